-- grain: one row: whether calls are read, so that the first touch of leads can be known; reason: why not

select
    exists (select from analytics.first_touch) as is_known,
    case
        when not m.is_configured then 'Calls are not among the modules that are read (ZOHO_MODULES).'
        when not exists (
            select from crm.sync_logs s where s.module = 'Calls' and s.status = 'success'
        ) then 'Calls have not been read yet.'
        else 'No call has been logged in Zoho since leads came in.'
    end as reason
from crm.modules m
where m.module = 'Calls'
