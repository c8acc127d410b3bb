-- grain: one row per owner of a live contact
-- kind: table
-- key: owner_id
-- owner: sales operations
-- figures:
--   contacts (count): live contacts of the owner

select owner_id, owner_name, count(*) as contacts
from analytics.contacts
group by owner_id, owner_name
