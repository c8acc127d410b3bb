"""The schedules: daily sync and erasure; weekly comparison, housekeeping and audit of marts."""

import dagster as dg

from aha_pipeline.assets import partitions
from aha_pipeline.assets.unread_days import first_unread_day
from aha_pipeline.automation.erasure import erase_personal_data
from aha_pipeline.automation.housekeeping import housekeeping
from aha_pipeline.automation.jobs import daily_sync, reconcile_job
from aha_pipeline.automation.mart_audit import audit_marts
from aha_pipeline.calendar import today
from aha_pipeline.services import Services
from aha_pipeline.settings import Settings

SUNDAY, SATURDAY = 0, 6  # as cron counts them


def daily_schedule(settings: Settings) -> dg.ScheduleDefinition:
    """Return the schedule `daily_sync`: at AHA_DAILY_AT in AHA_TIMEZONE, on by default."""

    @dg.schedule(
        name="daily_sync",
        job=daily_sync,
        cron_schedule=f"{settings.aha_daily_at.minute} {settings.aha_daily_at.hour} * * *",
        execution_timezone=settings.aha_timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Reads every day that is not read to its end, today included, in one run.",
    )
    def tick(
        context: dg.ScheduleEvaluationContext, services: dg.ResourceParam[Services]
    ) -> dg.RunRequest:
        return sync_request(services, context.scheduled_execution_time.isoformat())

    return tick


def sync_request(services: Services, run_key: str) -> dg.RunRequest:
    """Return a run request for all days that are not read to their end, today included."""
    settings = services.settings
    with services.connect() as connection:
        first = first_unread_day(connection, settings)
    return dg.RunRequest(run_key=run_key, tags=partitions.range_tags(first, today(settings)))


def weekly_reconcile(settings: Settings) -> dg.ScheduleDefinition:
    """Return the schedule `reconcile`: on Sundays, three hours before the daily sync."""
    about = "Compares every record with Zoho once a week, before the day's figures."
    return _weekly(settings, "reconcile", reconcile_job, SUNDAY, about)


def daily_erasure(settings: Settings) -> dg.ScheduleDefinition:
    """Return the schedule `erase_personal_data`: an hour before the daily sync."""
    hour = (settings.aha_daily_at.hour - 1) % 24
    return dg.ScheduleDefinition(
        name="erase_personal_data",
        job=erase_personal_data,
        cron_schedule=f"{settings.aha_daily_at.minute} {hour} * * *",
        execution_timezone=settings.aha_timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Erases what is due, before the day's figures.",
    )


def weekly_housekeeping(settings: Settings) -> dg.ScheduleDefinition:
    """Return the schedule `housekeeping`: on Saturdays, three hours before the daily sync."""
    about = "Deletes logs that are too old to be of use."
    return _weekly(settings, "housekeeping", housekeeping, SATURDAY, about)


def weekly_audit(settings: Settings) -> dg.ScheduleDefinition:
    """Return the schedule `audit_marts`: on Saturdays, three hours before the daily sync."""
    about = "Compares the incremental marts with a build from nothing."
    return _weekly(settings, "audit_marts", audit_marts, SATURDAY, about)


def _weekly(
    settings: Settings, name: str, job: dg.JobDefinition, weekday: int, about: str
) -> dg.ScheduleDefinition:
    hour = (settings.aha_daily_at.hour - 3) % 24
    return dg.ScheduleDefinition(
        name=name,
        job=job,
        cron_schedule=f"{settings.aha_daily_at.minute} {hour} * * {weekday}",
        execution_timezone=settings.aha_timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=about,
    )
