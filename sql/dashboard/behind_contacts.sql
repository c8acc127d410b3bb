-- grain: one row per live contact of the owners, the latest changed first, at most %(most)s
-- all_records: how many there are, as analytics.contacts_by_owner has them.

with counted as (
    select coalesce(sum(contacts), 0)::bigint as all_records
    from analytics.contacts_by_owner
    where %(owners)s::text[] is null or owner_id = any(%(owners)s)
),
-- How records spell their owners: what each is called is worked out once, not for each contact.
spelled as materialized (
    select distinct owner_id from crm.crm_contacts
),
-- Of those in the list alone it is worked out what they say.
listed as (
    select c.id
    from crm.crm_contacts c
    where c.deleted_at is null
        and (
            %(owners)s::text[] is null
            or coalesce(c.owner_id, '') in (
                select coalesce(s.owner_id, '')
                from spelled s
                where crm.label_or_none(s.owner_id) = any(%(owners)s)
            )
        )
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
