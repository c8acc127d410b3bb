-- grain: one row per owner of contacts, most contacts first

select owner_id, owner_name, contacts
from analytics.contacts_by_owner
where %(owners)s::text[] is null or owner_id = any(%(owners)s)
order by contacts desc, owner_name
