"""The sensors that tell the readers that a daily sync failed or is late, once per incident.

They open and close incidents; `whatsapp_on_briefing` sends what is open, through the same ledger.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg

from aha_pipeline.automation.again import WILL_RETRY, is_started_again, is_whole
from aha_pipeline.automation.causes import cause
from aha_pipeline.automation.jobs import UNFINISHED, daily_sync
from aha_pipeline.calendar import LATE_AFTER, due_before, today
from aha_pipeline.delivery import incidents
from aha_pipeline.instance.home import end_runs
from aha_pipeline.services import Services
from aha_pipeline.warehouse.heartbeat import dead, end_sessions, never_beat

FIRST_BEAT_WITHIN = timedelta(minutes=5)  # a run beats when it opens its services
REMEDY = (
    "Pass this on to whoever looks after the pipeline: {where} in Dagster says more, and "
    "daily_sync can be started again there. Until it succeeds the figures are those of the last "
    "sync."
)


@dg.run_failure_sensor(
    monitored_jobs=[daily_sync],
    default_status=dg.DefaultSensorStatus.RUNNING,
    minimum_interval_seconds=30,
    description="Tells the readers once when the daily sync failed.",
)
def alert_on_failure(
    context: dg.RunFailureSensorContext, services: dg.ResourceParam[Services]
) -> dg.SkipReason:
    """Open an incident for a run that failed and that Dagster will not try again.

    A run that a person started in a terminal is not seen here: Dagster knows of no code location
    for it, and its reason is in that terminal.
    """
    run = context.dagster_run
    if run.tags.get(WILL_RETRY) == "true":
        return dg.SkipReason("Dagster tries this run again.")
    failed_at = _ended_at(context.instance.get_run_record_by_id(run.run_id))
    if is_started_again(context.instance, run, services, failed_at):
        return dg.SkipReason("It was lost and is started again.")
    when = failed_at.astimezone(services.settings.zone)
    reason = cause(context.get_step_failure_events(), services.settings)
    _close_recovered(context.instance, services)
    if _has_succeeded(context.instance, failed_at):
        return dg.SkipReason("A sync has succeeded since.")
    return _tell(
        services,
        key=f"run {run.run_id}",
        kind="failed",
        cause=f"The daily sync failed on {when:%a} {when.day} {when:%b at %H:%M}. {reason}",
        remedy=REMEDY.format(where=f"run {run.run_id[:8]}"),
        opened_at=failed_at,
    )


@dg.sensor(
    default_status=dg.DefaultSensorStatus.RUNNING,
    minimum_interval_seconds=60,
    description="Tells the readers once when no daily sync has succeeded three hours after it was "
    "due, and closes the incident when one succeeds.",
)
def alert_on_lateness(
    context: dg.SensorEvaluationContext, services: dg.ResourceParam[Services]
) -> dg.SkipReason:
    """Open an incident where the sync is late at two looks in a row, close it when one succeeds.

    Two, because after a standstill this sensor may look before the schedule has begun to catch up.
    """
    with services.connect() as connection:
        gone = dead(connection) + never_beat(connection, _began_long_ago(context.instance))
        end_runs(context.instance, gone)
        end_sessions(connection, gone)
    if _close_recovered(context.instance, services):
        return dg.SkipReason("A sync has succeeded: the incident is over.")
    due = due_before(datetime.now(UTC) - LATE_AFTER, services.settings)
    if not _is_late(context.instance, due):
        context.update_cursor("")
        return dg.SkipReason("No sync is late.")
    if context.cursor != due.isoformat():
        context.update_cursor(due.isoformat())
        return dg.SkipReason("The sync is late; if it still is at the next look, it is told.")
    return _tell(
        services,
        key=f"late {due.isoformat()}",
        kind="late",
        cause="No daily sync has succeeded since it was due on "
        f"{due:%a} {due.day} {due:%b at %H:%M}.",
        remedy=REMEDY.format(where="the list of runs"),
        opened_at=datetime.now(UTC),
    )


def _tell(services: Services, **incident: Any) -> dg.SkipReason:
    """Open an incident of today, with the fields of `open_incident`; say whether it is new."""
    with services.connect() as connection:
        is_new = incidents.open_incident(connection, day=today(services.settings), **incident)
    return dg.SkipReason("The readers are told." if is_new else "The readers know.")


def _began_long_ago(instance: dg.DagsterInstance) -> list[str]:
    """Return the runs under way that have had time to beat.

    One whose process ended before its first beat would be believed to be alive.
    """
    then = datetime.now(UTC) - FIRST_BEAT_WITHIN
    under_way = dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED])
    return [
        one.dagster_run.run_id
        for one in instance.get_run_records(under_way)
        if one.start_time and one.start_time < then.timestamp()
    ]


def _is_late(instance: dg.DagsterInstance, due: datetime) -> bool:
    """Whether no sync has succeeded since `due` and none of the last hours is under way.

    A pipeline in which none ever succeeded is not late: it is being set up.
    """
    if _has_succeeded(instance, due):
        return False
    since = datetime.now(UTC) - LATE_AFTER
    if instance.get_runs(
        dg.RunsFilter(job_name=daily_sync.name, statuses=UNFINISHED, created_after=since), limit=1
    ):
        return False
    return _has_succeeded(instance, None)


def _close_recovered(instance: dg.DagsterInstance, services: Services) -> bool:
    """Close the incident that is open if a sync has succeeded since; whether it did."""
    with services.connect() as connection:
        since = incidents.open_since(connection)
        recovered_at = since and next(_successes(instance, since), None)
        return recovered_at is not None and incidents.close_incident(connection, recovered_at)


def _has_succeeded(instance: dg.DagsterInstance, since: datetime | None) -> bool:
    return any(True for _ in _successes(instance, since))


def _successes(instance: dg.DagsterInstance, since: datetime | None) -> Iterator[datetime]:
    """Yield when the daily syncs that ended since then succeeded, newest first."""
    runs = dg.RunsFilter(
        job_name=daily_sync.name,
        statuses=[dg.DagsterRunStatus.SUCCESS],
        updated_after=since and since.astimezone(UTC),  # Dagster compares without the zone
    )
    for record in instance.get_run_records(runs, limit=50):
        if is_whole(record.dagster_run):
            ended_at = _ended_at(record)
            if since is None or ended_at > since:
                yield ended_at


def _ended_at(record: dg.RunRecord | None) -> datetime:
    if record is None or record.end_time is None:
        raise LookupError("Dagster does not know when this run ended")
    return datetime.fromtimestamp(record.end_time, UTC)
