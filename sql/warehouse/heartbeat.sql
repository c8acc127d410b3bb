-- The beats of runs, and whom a run waits for.

-- name: beat
insert into crm.run_heartbeats (run_id, host, application)
values (%(run_id)s, %(host)s, %(application)s)
on conflict (run_id) do update set beat_at = now()

-- name: forget
delete from crm.run_heartbeats where run_id = %(run_id)s

-- name: dead
-- Not soon after the database itself was away: nobody could beat then.
select run_id
from crm.run_heartbeats
where beat_at < now() - %(seconds)s * interval '1 second'
    and pg_postmaster_start_time() < now() - %(seconds)s * interval '1 second'

-- name: never_beat
select r.run_id
from unnest(%(runs)s::text[]) r (run_id)
where not exists (select from crm.run_heartbeats h where h.run_id = r.run_id)

-- name: end_sessions
-- Those begun since the last beat too: a machine may have been suspended right after it.
select pg_terminate_backend(a.pid)
from crm.run_heartbeats h
join pg_stat_activity a on a.application_name = h.application
where h.run_id = any(%(runs)s)
    and a.datname = current_database()
    and a.usename = current_user
    and a.application_name <> %(own)s

-- name: locks_waited_for
-- Sessions of this process that have waited for a lock, and who holds it.
select distinct
    format('process %%s of %%s (%%s), in a transaction since %%s', h.pid, h.usename,
        coalesce(nullif(h.application_name, ''), 'no name'),
        to_char(h.xact_start, 'HH24:MI:SS TZ'))
from pg_stat_activity w
cross join lateral unnest(pg_blocking_pids(w.pid)) b (pid)
join pg_stat_activity h on h.pid = b.pid
where w.application_name = %(application)s
    and w.datname = current_database()
    and w.wait_event_type = 'Lock'
    and w.state_change < clock_timestamp() - interval '4 seconds'
order by 1

-- name: has_slots
select to_regclass('dagster.pending_steps') is not null

-- name: slots_waited_for
-- Runs that hold the slot of a pool for which a step of this run waits.
select distinct
    format('run %%s on %%s, which has had it since %%s and beat %%s s ago', left(s.run_id, 8),
        coalesce(h.host, 'a machine that does not beat'),
        coalesce(to_char(h.began_at, 'HH24:MI:SS TZ'), 'it began'),
        coalesce(round(extract(epoch from now() - h.beat_at))::text, '?'))
from dagster.pending_steps p
join dagster.concurrency_slots s
    on s.concurrency_key = p.concurrency_key and s.run_id is distinct from p.run_id
left join crm.run_heartbeats h on h.run_id = s.run_id
where p.run_id = %(run_id)s
    and p.assigned_timestamp is null
    and s.run_id is not null
order by 1
