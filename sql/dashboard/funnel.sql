-- grain: one row per step of the funnel on which something stands, leads first
-- Leads and deals created in the period, of the chosen sources and owners; of all they are the rows
-- of analytics.funnel. reached_pct: of the records that stand on the step before or further, junk and
-- lost ones apart, those that stand here or further; null for the first step.

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
    select 'deal', stage, meaning, count(*), coalesce(sum(amount), 0)
    from analytics.deals
    where (%(first_day)s::date is null or day >= %(first_day)s)
        and (%(last_day)s::date is null or day <= %(last_day)s)
        and (%(sources)s::text[] is null or source = any(%(sources)s))
        and (%(owners)s::text[] is null or owner_id = any(%(owners)s))
    group by stage, meaning
),
reached as (
    select
        f.position,
        entity,
        step,
        meaning,
        s.records::bigint as records,
        s.value,
        sum(s.records) filter (where meaning not in ('junk', 'lost')) over further as reached
    from steps s
    join analytics.funnel f using (entity, step, meaning)
    window further as (partition by entity order by f.position desc)
)
select
    position,
    entity,
    step,
    meaning,
    records,
    value,
    case when meaning not in ('junk', 'lost') then round(
        100.0 * reached / lag(reached) over (
            partition by entity, meaning in ('junk', 'lost') order by position
        ), 4
    ) end as reached_pct
from reached
order by position
