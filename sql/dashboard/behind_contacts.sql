-- grain: one row per live contact of the owners, the latest changed first, at most %(most)s
-- all_records: how many there are, as analytics.contacts_by_owner has them.

with counted as (
    select coalesce(sum(contacts), 0)::bigint as all_records
    from analytics.contacts_by_owner
    where %(owners)s::text[] is null or owner_id = any(%(owners)s)
),
-- Of those in the list alone it is worked out what they say.
listed as (
    select c.id
    from analytics.contacts c
    where %(owners)s::text[] is null or c.owner_id = any(%(owners)s)
    order by c.modified_time desc nulls last, c.id
    limit %(most)s
)
select
    c.id,
    c.name,
    c.account_name,
    c.owner_name,
    c.source,
    c.day as created,
    n.all_records
from listed l
join analytics.contacts c on c.id = l.id
cross join counted n
order by c.modified_time desc nulls last, c.id
