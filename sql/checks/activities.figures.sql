-- asset: analytics/activities
-- severity: error
-- blocking: yes
-- description: The activities do not add up to the live calls, tasks, meetings and notes, and the
-- e-mails read. Run `aha sync` to build them again.

with whole as (
    select 'Calls' as module, count(*) as records from crm.crm_calls where deleted_at is null
    union all
    select 'Tasks', count(*) from crm.crm_tasks where deleted_at is null
    union all
    select 'Events', count(*) from crm.crm_events where deleted_at is null
    union all
    select 'Notes', count(*) from crm.crm_notes where deleted_at is null
    union all
    select 'Emails', count(*) from crm.record_emails
),
parts as (
    select module, count(*) as records from analytics.activities where not is_deleted group by module
)
select w.module as rule, w.records as expected, coalesce(p.records, 0) as found
from whole w
left join parts p using (module)
where coalesce(p.records, 0) <> w.records
