"""When an asset is late: the daily sync has had its time and has not brought it."""

from datetime import date, datetime
from functools import cache

import dagster as dg

from aha_pipeline.calendar import LATE_AFTER
from aha_pipeline.settings import Settings


def daily(settings: Settings) -> dg.FreshnessPolicy:
    """Return the policy that turns red three hours after AHA_DAILY_AT, in AHA_TIMEZONE.

    Red is an asset that has not been materialized since AHA_DAILY_AT; it is green again once it
    has. Dagster's daemon looks at it.
    """
    deadline = datetime.combine(date.min, settings.aha_daily_at) + LATE_AFTER
    return _policy(f"{deadline.minute} {deadline.hour} * * *", settings.aha_timezone)


@cache  # Dagster computes a thousand deadlines to see that none are too close: once is enough
def _policy(deadline: str, timezone: str) -> dg.FreshnessPolicy:
    return dg.FreshnessPolicy.cron(
        deadline_cron=deadline, lower_bound_delta=LATE_AFTER, timezone=timezone
    )
