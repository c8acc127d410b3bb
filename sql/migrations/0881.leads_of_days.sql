-- Leads of the last days are counted by an index alone.
create index on crm.leads_raw (created_time) where deleted_at is null;
