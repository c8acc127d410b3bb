-- grain: one row per module that has a table

select module, table_name
from crm.modules
order by array_position(array['Leads', 'Deals', 'Contacts', 'Accounts'], module), module
