-- Who owned leads and deals before and owns none now is looked up here from the one before, as owners
-- of now are: in what the records said before, and in what Zoho's own history tells.
create index on crm.record_versions (owner_id, version) where module in ('Leads', 'Deals');
create index on crm.record_history ((raw_data #>> '{automation_details,owner,old,id}'))
    where raw_data #>> '{automation_details,owner,old,id}' is not null;
