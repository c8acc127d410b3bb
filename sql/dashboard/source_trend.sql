-- grain: one row per source with leads in the 60 whole days up to the end of the period
-- The last whole day is that of the period, at the latest yesterday. recent: leads created in the 30
-- days up to it; before: in the 30 days before those. Most recent leads first.

with ended as (
    select least(%(today)s::date - 1, coalesce(%(last_day)s::date, 'infinity')) as day
)
select
    v.source,
    coalesce(sum(v.leads) filter (where v.day > e.day - 30), 0) as recent,
    coalesce(sum(v.leads) filter (where v.day <= e.day - 30), 0) as before,
    coalesce(sum(v.leads) filter (where v.day > e.day - 30), 0)
        - coalesce(sum(v.leads) filter (where v.day <= e.day - 30), 0) as change,
    e.day - 29 as recent_from,
    e.day as recent_until,
    e.day - 59 as before_from,
    e.day - 30 as before_until
from analytics.lead_volume v
join ended e on v.day > e.day - 60 and v.day <= e.day
where (%(sources)s::text[] is null or v.source = any(%(sources)s))
    and (%(owners)s::text[] is null or v.owner_id = any(%(owners)s))
group by v.source, e.day
order by recent desc, before desc, v.source
