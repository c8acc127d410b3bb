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
