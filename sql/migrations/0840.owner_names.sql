-- The names of owners are few: each is looked up here from the one before it, and no record is read.
create index on crm.leads_raw (owner_id, owner_name, modified_time);
create index on crm.crm_deals (owner_id, owner_name, modified_time);
create index on crm.crm_contacts (owner_id, owner_name, modified_time);
create index on crm.crm_accounts (owner_id, owner_name, modified_time);
