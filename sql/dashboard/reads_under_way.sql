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
from crm.sync_logs l
where l.run_id = any(%(syncs)s)
order by l.started_at, l.module
