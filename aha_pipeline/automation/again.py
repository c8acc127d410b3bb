"""The sensor that restarts a daily sync that was lost.

Dagster retries a run whose process ended (`run_retries`), but gives up if the code server is away
at that moment; it never retries a failed tick of the schedule; and a step that lost the database
fails like any other step.
"""

from datetime import UTC, datetime, timedelta

import dagster as dg

from aha_pipeline.assets.briefing import BRIEFING_KEY
from aha_pipeline.automation.causes import may_pass
from aha_pipeline.automation.jobs import UNFINISHED, daily_sync
from aha_pipeline.automation.schedules import sync_request
from aha_pipeline.calendar import due_before
from aha_pipeline.services import Services

WILL_RETRY = "dagster/will_retry"
MOST_RUNS = 6  # between one time at which the sync is due and the next
FIRST_PAUSE = timedelta(minutes=1)  # doubled by each run that was lost
DAGSTERS_PAUSE = timedelta(minutes=5)  # within which Dagster starts its own retry


@dg.sensor(
    job=daily_sync,
    default_status=dg.DefaultSensorStatus.RUNNING,
    minimum_interval_seconds=60,
    description="Starts daily_sync again where it was due and lost its process or the database.",
)
def sync_again(
    context: dg.SensorEvaluationContext, services: dg.ResourceParam[Services]
) -> dg.RunRequest | dg.SkipReason:
    """Start the sync that was due last, unless one has succeeded since or is under way."""
    due = due_before(datetime.now(UTC), services.settings)
    runs = _runs_since(context.instance, due)
    if any(one.dagster_run.status == dg.DagsterRunStatus.SUCCESS for one in runs):
        return dg.SkipReason("The sync that was due has succeeded.")
    if any(one.dagster_run.status in UNFINISHED for one in runs):
        return dg.SkipReason("One is under way.")
    why_not = _why_not(context.instance, runs) if runs else _why_not_begun(context, due)
    if why_not:
        return dg.SkipReason(why_not)
    return sync_request(services, f"{due.isoformat()} {len(runs)}")


def is_started_again(
    instance: dg.DagsterInstance, run: dg.DagsterRun, services: Services, failed_at: datetime
) -> bool:
    """Return whether `sync_again` will start a sync in place of this failed one."""
    runs = _runs_since(instance, due_before(failed_at, services.settings))
    is_known = run.run_id in {one.dagster_run.run_id for one in runs}
    return is_known and len(runs) < MOST_RUNS and _is_lost(instance, run)


def is_whole(run: dg.DagsterRun) -> bool:
    """Return whether a run writes a briefing: one of only some assets may not."""
    return not run.asset_selection or BRIEFING_KEY in run.asset_selection


def _runs_since(instance: dg.DagsterInstance, due: datetime) -> list[dg.RunRecord]:
    """Return the syncs begun since then, newest first. Dagster compares without the zone."""
    runs = dg.RunsFilter(job_name=daily_sync.name, created_after=due.astimezone(UTC))
    return [one for one in instance.get_run_records(runs) if is_whole(one.dagster_run)]


def _is_lost(instance: dg.DagsterInstance, run: dg.DagsterRun) -> bool:
    failures = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.STEP_FAILURE)
    return run.status == dg.DagsterRunStatus.FAILURE and may_pass(
        [one.dagster_event for one in failures if one.dagster_event]
    )


def _why_not(instance: dg.DagsterInstance, runs: list[dg.RunRecord]) -> str | None:
    """Return why nothing is started in place of the newest run, which has ended; None if it is."""
    newest = runs[0]
    if not _is_lost(instance, newest.dagster_run):
        return "The last one ended for a reason that does not pass by itself."
    if len(runs) >= MOST_RUNS:
        return f"{len(runs)} were lost: somebody has to look."
    pause = FIRST_PAUSE * 2 ** (len(runs) - 1)
    if newest.dagster_run.tags.get(WILL_RETRY) == "true":
        pause = max(pause, DAGSTERS_PAUSE)
    if newest.end_time and datetime.now(UTC).timestamp() < newest.end_time + pause.total_seconds():
        return "The last one was lost: it is started again in a moment."
    return None


def _why_not_begun(context: dg.SensorEvaluationContext, due: datetime) -> str | None:
    """Return why none is started though the schedule started none; None if it is.

    Before a first success the pipeline is being set up.
    """
    if context.cursor != due.isoformat():
        context.update_cursor(due.isoformat())
        return "The schedule begins the sync that is due; if not, it is begun at the next look."
    succeeded = dg.RunsFilter(job_name=daily_sync.name, statuses=[dg.DagsterRunStatus.SUCCESS])
    if not context.instance.get_runs(succeeded, limit=1):
        return "No sync has succeeded yet."
    return None
