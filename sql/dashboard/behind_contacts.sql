-- grain: one row per live contact of the owners, the latest changed first, at most %(most)s

select
    c.id,
    c.name,
    c.account_name,
    c.owner_name,
    c.source,
    c.day as created,
    count(*) over () as all_records
from analytics.contacts c
where %(owners)s::text[] is null or c.owner_id = any(%(owners)s)
order by c.modified_time desc nulls last, c.id
limit %(most)s
