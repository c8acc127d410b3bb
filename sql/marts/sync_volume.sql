-- grain: one row per day and module that was read
-- kind: table
-- key: day, module
-- owner: data engineering
-- day: on which the reading started, in the organisation's time zone (UTC before one is known).
-- figures:
--   windows (count): partitions or ranges read
--   records_read (count): records that Zoho sent, changed or not
--   inserted (count): records that were new
--   updated (count): records that said something else than before
--   deleted (count): records that were marked as deleted
--   api_calls (count): calls of Zoho's API
--   failed (count): windows that failed or were interrupted

select
    (s.started_at at time zone coalesce(o.timezone, 'UTC'))::date as day,
    s.module,
    count(*) as windows,
    sum(s.records_read) as records_read,
    sum(s.inserted) as inserted,
    sum(s.updated) as updated,
    sum(s.deleted) as deleted,
    sum(s.api_calls) as api_calls,
    count(*) filter (where s.status in ('failed', 'interrupted')) as failed
from crm.sync_logs s
left join crm.organisation o on o.singleton
group by 1, 2
