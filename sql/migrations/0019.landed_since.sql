-- Which records have landed since a mart was built is asked of these two at every sync.
create index on crm.leads_raw (synced_at);
create index on crm.crm_deals (synced_at);
