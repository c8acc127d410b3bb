-- grain: one row per owner of a live contact
-- kind: table
-- key: owner_id

select owner_id, owner_name, count(*) as contacts
from analytics.contacts
group by owner_id, owner_name
