-- grain: one row per step: a lead status, then a deal stage
-- kind: table
-- key: position
-- owner: sales operations
-- Where every live record stands now. Each lead and each deal is on exactly one step, so the
-- records of the lead steps sum to the leads and those of the deal steps to the deals; junk and
-- lost are steps of their own. Converted leads are on 'Converted', whatever their status. A
-- status or stage that crm.picklist_meaning does not list is a step of its own name and counts as
-- open. position: 1, 2, 3 ... leads by status position, then deals by stage position.
-- figures:
--   records (count): live leads or deals on the step now
--   value (money): sum of Amount of the deals; null for leads, which have none, and where the value
--     of none of the deals is known

select
    row_number() over (order by entity = 'deal', position, step = '(none)', step) as position,
    entity,
    step,
    meaning,
    records,
    case when valued_deals > 0 then value end as value
from analytics.funnel_parts
