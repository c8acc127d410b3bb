-- grain: one row per day, source and owner of the leads created in the seven days up to it
-- kind: incremental
-- strategy: merge
-- key: day, source, owner_id
-- owner: sales operations
-- The figures of analytics.week_leads, which explains them, on all days: also on those before leads are
-- read, and on those to come, as they will be if nothing changes.
-- figures:
--   leads (count): leads created in the seven days up to the day
--   junk_leads (count): those of them that are junk at the end of the day

with contents as (
    select
        *,
        min(from_day) filter (where is_first) over (partition by id collate "C") as created_day
    from analytics.lead_history
)
select
    d.day::date as day,
    c.source,
    c.owner_id,
    count(*) as leads,
    count(*) filter (where c.meaning = 'junk') as junk_leads
from contents c
cross join lateral generate_series(
    c.from_day::timestamp,
    least(c.until_day - 1, c.created_day + 6)::timestamp,
    interval '1 day'
) d (day)
group by 1, 2, 3
