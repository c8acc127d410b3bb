"""The business calendar: days in AHA_TIMEZONE, and when the daily sync is due."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from aha_pipeline.settings import Settings

DayRange = tuple[date, date]  # first and last day, both included
# A first sync of a large organisation takes an hour; retries and a pause for API credits take more.
LATE_AFTER = timedelta(hours=3)


def today(settings: Settings) -> date:
    """Return the current business day."""
    return datetime.now(settings.zone).date()


def start_of(day: date, settings: Settings) -> datetime:
    """Return the first instant of a business day, in AHA_TIMEZONE."""
    return datetime.combine(day, time(), settings.zone)


def due_before(moment: datetime, settings: Settings) -> datetime:
    """Return the last time at or before `moment` at which the sync was due, in AHA_TIMEZONE."""
    day = moment.astimezone(settings.zone).date()
    due = datetime.combine(day, settings.aha_daily_at, settings.zone)
    if due > moment:
        due = datetime.combine(day - timedelta(days=1), settings.aha_daily_at, settings.zone)
    return due


def days_of(days: DayRange) -> list[date]:
    """Return the days of a range, both ends included."""
    first, last = days
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def contiguous_ranges(days: Iterable[date]) -> list[DayRange]:
    """Return the fewest ranges that hold exactly these days, in order."""
    ranges: list[DayRange] = []
    for day in sorted(days):
        if ranges and day - ranges[-1][1] == timedelta(days=1):
            ranges[-1] = (ranges[-1][0], day)
        else:
            ranges.append((day, day))
    return ranges
