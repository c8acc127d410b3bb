-- grain: one row per day of lead creation, source, meaning, and days until the lead had a response
-- kind: incremental
-- strategy: merge
-- key: day, source, meaning, is_contacted, days
-- owner: marketing
-- The live leads of analytics.source_response, which explains a response, on all days. day: the first
-- of the first content known.
-- figures:
--   days (days): whole days until the response; null where it is not known
--   leads (count): live leads created on that day

with contents as (
    select h.*, h.is_converted or u.status is null as is_touched
    from analytics.lead_history h
    left join measures.untouched_statuses() u on u.status = h.status
    where not h.is_deleted
),
leads as (
    select
        id,
        min(from_day) filter (where is_first) as day,
        max(source) filter (where is_present) as source,
        max(meaning) filter (where is_present) as meaning,
        bool_or(is_touched) as is_contacted,
        case when not bool_or(is_touched and is_first)
            then min(from_day) filter (where is_touched) - min(from_day) filter (where is_first)
        end as days
    from contents
    group by id
)
select day, source, meaning, is_contacted, days, count(*) as leads
from leads
group by day, source, meaning, is_contacted, days
