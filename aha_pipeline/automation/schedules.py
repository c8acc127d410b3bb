"""The schedules: every day what changed, every Sunday night everything."""

import dagster as dg

from aha_pipeline.assets import partitions
from aha_pipeline.assets.resources import ServicesResource
from aha_pipeline.automation.days import first_unread_day, today
from aha_pipeline.automation.jobs import daily_sync, reconcile_job
from aha_pipeline.settings import Settings


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
    def tick(context: dg.ScheduleEvaluationContext, services: ServicesResource) -> dg.RunRequest:
        with services.get().connect() as connection:
            first = first_unread_day(connection, settings)
        return dg.RunRequest(
            run_key=context.scheduled_execution_time.isoformat(),
            tags=partitions.range_tags(first, today(settings)),
        )

    return tick


def weekly_reconcile(settings: Settings) -> dg.ScheduleDefinition:
    """Return the schedule `reconcile`: on Sundays, three hours before the daily sync."""
    hour = (settings.aha_daily_at.hour - 3) % 24
    return dg.ScheduleDefinition(
        name="reconcile",
        job=reconcile_job,
        cron_schedule=f"{settings.aha_daily_at.minute} {hour} * * 0",
        execution_timezone=settings.aha_timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Compares every record with Zoho once a week, before the day's figures.",
    )
