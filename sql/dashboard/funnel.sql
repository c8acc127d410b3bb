-- grain: one row per step of the funnel on which something stands, leads first
-- Leads and deals created in the period, of the chosen sources and owners; of all they are the rows
-- of analytics.funnel. Where records stand tells no rate from step to step: those that left would be
-- in none. Rates are those of analytics.entered_funnel. value: null of leads, which have none, and where
-- that of none of the deals is known.

with steps as (
    select
        'lead' as entity,
        step,
        meaning,
        sum(leads) as records,
        null::numeric as value
    from analytics.lead_volume
    where (%(first_day)s::date is null or day >= %(first_day)s)
        and (%(last_day)s::date is null or day <= %(last_day)s)
        and (%(sources)s::text[] is null or source = any(%(sources)s))
        and (%(owners)s::text[] is null or owner_id = any(%(owners)s))
    group by step, meaning
    union all
    select 'deal', stage, meaning, count(*), sum(amount)
    from analytics.deals
    where (%(first_day)s::date is null or day >= %(first_day)s)
        and (%(last_day)s::date is null or day <= %(last_day)s)
        and (%(sources)s::text[] is null or source = any(%(sources)s))
        and (%(owners)s::text[] is null or owner_id = any(%(owners)s))
    group by stage, meaning
)
select
    f.position,
    entity,
    step,
    meaning,
    s.records::bigint as records,
    s.value
from steps s
join analytics.funnel f using (entity, step, meaning)
order by f.position
