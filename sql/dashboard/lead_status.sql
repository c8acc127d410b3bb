-- grain: one row per step of the funnel of the leads created in the period
-- share: of these leads, 0 to 100. Converted leads are one step, whatever their status.

with counted as (
    select step, meaning, sum(leads)::bigint as leads
    from analytics.lead_volume
    where (%(first_day)s::date is null or day >= %(first_day)s)
        and (%(last_day)s::date is null or day <= %(last_day)s)
        and (%(sources)s::text[] is null or source = any(%(sources)s))
        and (%(owners)s::text[] is null or owner_id = any(%(owners)s))
    group by step, meaning
)
select
    c.step,
    c.meaning,
    c.leads,
    measures.pct(c.leads, sum(c.leads) over ()) as share,
    sum(c.leads) over () as all_leads
from counted c
join analytics.funnel f on f.entity = 'lead' and f.step = c.step and f.meaning = c.meaning
order by f.position
