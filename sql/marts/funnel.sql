-- grain: one row per step: a lead status, then a deal stage
-- kind: table
-- key: position
-- owner: sales operations
-- Where every live record stands now. Each lead and each deal is on exactly one step, so the
-- records of the lead steps sum to the leads and those of the deal steps to the deals; junk and
-- lost are steps of their own. Converted leads stand on 'Converted', whatever their status. A
-- status or stage that crm.picklist_meaning does not list is a step of its own name and counts as
-- open. position: 1, 2, 3 ... leads by status position, then deals by stage position.
-- figures:
--   records (count): live leads or deals that stand on the step now
--   value (money): sum of Amount of the deals; null for leads, which have none

with steps as (
    select
        1 as half,
        position as place,
        'lead' as entity,
        step,
        meaning,
        count(*) as records,
        null::numeric as value
    from analytics.leads
    group by 2, 4, 5
    union all
    select 2, position, 'deal', stage, meaning, count(*), coalesce(sum(amount), 0)
    from analytics.deals
    group by position, stage, meaning
)
select
    row_number() over (order by half, place, step = '(none)', step) as position,
    entity,
    step,
    meaning,
    records,
    value
from steps
