-- grain: one row per owner of contacts, most contacts first

select owner_id, owner_name, contacts
from analytics.contacts_by_owner
order by contacts desc, owner_name
