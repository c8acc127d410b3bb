-- The name of the person behind each of the given deals, where the deal has a contact.

select id, raw_data #>> '{Contact_Name,name}'
from crm.crm_deals
where id = any(%(ids)s) and raw_data #>> '{Contact_Name,name}' is not null
