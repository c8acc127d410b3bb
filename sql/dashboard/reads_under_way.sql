-- grain: one row per module that the sync under way reads, in the order in which they are read
-- is_read: to its end. is_first: it was never read to an end before. records_read: so far.

select
    l.module,
    l.status = 'success' as is_read,
    not exists (
        select from crm.sync_logs e
        where e.module = l.module and e.status = 'success' and e.run_id <> l.run_id
    ) as is_first,
    l.records_read
from crm.run_heartbeats h
join crm.sync_logs l using (run_id)
where h.beat_at > now() - interval '90 seconds'
order by l.started_at, l.module
