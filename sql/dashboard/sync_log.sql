-- grain: one row per module and window that was read, the latest 200
-- seconds: from start to finish; null while it runs.

select
    s.started_at at time zone o.timezone as started,
    s.module,
    s.status,
    s.records_read,
    s.inserted,
    s.updated,
    s.unchanged,
    s.deleted,
    s.api_calls,
    round(extract(epoch from s.finished_at - s.started_at), 1) as seconds,
    s.window_start at time zone o.timezone as window_start,
    s.window_end at time zone o.timezone as window_end,
    s.error,
    s.run_id
from crm.sync_logs s
cross join crm.organisation o
order by s.started_at desc, s.module
limit 200
