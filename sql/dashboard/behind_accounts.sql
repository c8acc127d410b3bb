-- grain: one row per live account of the industries and owners, by name, at most %(most)s

select
    a.id,
    a.name,
    a.industry,
    a.owner_name,
    a.day as created,
    count(*) over () as all_records
from analytics.accounts a
where (%(industries)s::text[] is null or a.industry = any(%(industries)s))
    and (%(owners)s::text[] is null or a.owner_id = any(%(owners)s))
order by a.name, a.id
limit %(most)s
