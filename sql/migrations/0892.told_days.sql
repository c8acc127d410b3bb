-- Of which days Zoho's own history tells is looked up by day.

create index on crm.record_history (module, audited_time);
