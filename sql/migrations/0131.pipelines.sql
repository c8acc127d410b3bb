-- Where a deal stands: a stage may mean one thing in one layout or pipeline and another in another.
alter table crm.crm_deals
    add layout_id text generated always as (raw_data #>> '{Layout,id}') stored,
    add pipeline text generated always as (raw_data ->> 'Pipeline') stored;
alter table crm.record_versions
    add layout_id text generated always as (raw_data #>> '{Layout,id}') stored,
    add pipeline text generated always as (raw_data ->> 'Pipeline') stored;
