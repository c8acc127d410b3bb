-- Delete what is too old to be of use.

-- name: prune
-- Delete what tells of reads and figures older than `logs` days and is needed for none: reads that
-- succeeded stay, because they say which days are read; the copies of facts that the briefings'
-- log holds stay too. And former contents older than `versions` days (null: none) of modules of
-- which no history is made: those of leads and deals are never deleted, nor is the first content of an
-- activity, which says what it was first seen on.
with reads as (
    delete from crm.sync_logs
    where status not in ('success', 'running', 'paused')
        and started_at < now() - %(logs)s * interval '1 day'
    returning 1
),
credits as (
    delete from crm.api_credits
    where hour < now() - %(logs)s * interval '1 day'
    returning 1
),
facts as (
    delete from analytics.facts
    where day < current_date - %(logs)s
    returning 1
),
versions as (
    delete from crm.record_versions v
    where module not in ('Leads', 'Deals')
        and replaced_at < now() - %(versions)s * interval '1 day'
        and not (module in ('Calls', 'Tasks', 'Events', 'Notes') and not exists (
            select from crm.record_versions o
            where o.module = v.module and o.id = v.id and o.version < v.version
        ))
    returning 1
)
select
    (select count(*) from reads) as "failed reads",
    (select count(*) from credits) as "hours of credits",
    (select count(*) from facts) as "facts",
    (select count(*) from versions) as "former contents";

-- name: fold_writes
-- Make one mark of all that were left by transactions long over, and forget tables that are gone: the
-- sum, which tells whether a table was written to, stays as it is.
with folded as (
    delete from crm.table_writes
    where (written_by <> '0' and written_by < pg_snapshot_xmin(pg_current_snapshot()))
        or not exists (select from pg_class where oid = relation)
    returning relation, mark, added
)
insert into crm.table_writes as w (relation, written_by, mark, added)
select f.relation, '0', sum(f.mark), sum(f.added)
from folded f
join pg_class c on c.oid = f.relation
group by f.relation
on conflict (relation, written_by) do update
set mark = w.mark + excluded.mark, added = w.added + excluded.added;

-- name: prune_events
-- Delete Dagster's events of runs older than `logs` days, which the UI shows as a run's log: nine in
-- ten are steps that began, ended or logged. What says that a run, an asset or a check was there
-- stays, so no partition turns missing.
delete from dagster.event_logs
where "timestamp" < now() at time zone 'utc' - %(logs)s * interval '1 day'
    and (dagster_event_type is null or dagster_event_type in (
        'ENGINE_EVENT', 'STEP_START', 'STEP_SUCCESS', 'STEP_INPUT', 'STEP_OUTPUT', 'LOADED_INPUT',
        'HANDLED_OUTPUT', 'RESOURCE_INIT_STARTED', 'RESOURCE_INIT_SUCCESS', 'LOGS_CAPTURED',
        'STEP_WORKER_STARTING', 'STEP_WORKER_STARTED', 'ASSET_MATERIALIZATION_PLANNED',
        'ASSET_CHECK_EVALUATION_PLANNED'));
