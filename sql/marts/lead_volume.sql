-- grain: one row per day of creation, source, owner, status and step of live leads
-- kind: incremental
-- strategy: merge
-- key: day, source, owner_id, status, step, meaning
-- owner: marketing
-- A converted lead keeps its status; its step is 'Converted' and its meaning 'converted'. Days without a lead have no
-- row. Sum of leads = rows of analytics.leads.
-- figures:
--   leads (count): live leads created on that day, converted ones included, by what they say now

with counted as (
    select day, source, owner_id, status, step, meaning, count(*) as leads
    from analytics.leads
    group by day, source, owner_id, status, step, meaning
)
select
    c.day,
    c.source,
    c.owner_id,
    coalesce(w.owner_name, c.owner_id) as owner_name,
    c.status,
    c.leads,
    c.meaning,
    c.step
from counted c
left join analytics.owners w on w.owner_id = c.owner_id
