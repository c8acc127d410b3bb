-- The log of reads, crm.sync_logs: what is written to it and what it proves to be read.

-- name: start
insert into crm.sync_logs (run_id, module, window_start, window_end, status)
values (%(run_id)s, %(module)s, %(window_start)s, %(window_end)s, 'running')
on conflict (run_id, module, window_start) do update
set status = 'running', records_read = 0, api_calls = 0, started_at = now(),
    finished_at = null, error = null, window_end = excluded.window_end;

-- name: progress
-- Nothing waits for it to be on the disk: a read that did not come to its end counts as none.
set local synchronous_commit = off;
update crm.sync_logs
set records_read = %(records_read)s, api_calls = %(api_calls)s
where (run_id, module, window_start) = (%(run_id)s, %(module)s, %(window_start)s);

-- name: finish
update crm.sync_logs
set status = %(status)s, records_read = %(records_read)s, inserted = %(inserted)s,
    updated = %(updated)s, unchanged = %(unchanged)s, deleted = %(deleted)s,
    api_calls = %(api_calls)s, read_until = %(read_until)s, error = %(error)s,
    finished_at = clock_timestamp()
where (run_id, module, window_start) = (%(run_id)s, %(module)s, %(window_start)s);

-- name: close_interrupted
-- Called with the module's lock held: no other process can be in a window that is still open.
update crm.sync_logs
set status = 'interrupted', finished_at = now(), error = 'The process ended before the window did.'
where module = %(module)s and status = 'running' and run_id <> %(run_id)s;

-- name: read_until
-- Up to when a module was surely read, whatever its windows: null where it never was.
select max(least(window_end, read_until)) - %(lag)s::interval
from crm.sync_logs
where module = %(module)s and status = 'success' and read_until is not null;

-- name: unread_ranges
-- One row per module and time range in [since, until) that no complete read has covered.
-- A read covers its window up to the CRM's clock at that time, less the lag after which Zoho has
-- shown every change.
select m.module, lower(gap) as unread_from, upper(gap) as unread_to
from unnest(%(modules)s::text[]) as m (module)
cross join lateral (
    select coalesce(
        range_agg(tstzrange(window_start,
            greatest(window_start, least(window_end, read_until - %(lag)s::interval)))),
        '{}'::tstzmultirange) as covered
    from crm.sync_logs l
    where l.module = m.module and l.status = 'success' and l.read_until is not null
) l
cross join lateral unnest(
    tstzmultirange(tstzrange(%(since)s, %(until)s)) - l.covered) as gap
order by 1, 2;

-- name: unreadable_modules
-- The modules whose newest read that ended has failed.
select module
from (
    select distinct on (module) module, status
    from crm.sync_logs
    where status in ('success', 'failed')
    order by module, started_at desc
) newest
where status = 'failed'
order by 1;
