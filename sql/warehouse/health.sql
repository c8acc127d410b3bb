-- How long Dagster's daemon has been silent, in seconds, and when a module was last read to its end.
select
    (
        select extract(epoch from now() at time zone 'UTC' - max("timestamp"))
        from dagster.daemon_heartbeats
    ) as silent_seconds,
    (select max(finished_at) from crm.sync_logs where status = 'success') as synced_at
