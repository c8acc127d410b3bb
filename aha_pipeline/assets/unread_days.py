"""Which business days a sync has to read, and which a daily mart has to fill, so none is missed."""

from collections.abc import Collection
from datetime import date, datetime, timedelta

from psycopg2.extensions import connection as Connection

from aha_pipeline.calendar import DayRange, contiguous_ranges, days_of, start_of, today
from aha_pipeline.crm.reading.clock import COMMIT_LAG
from aha_pipeline.settings import Settings
from aha_pipeline.warehouse.state import unread_ranges


def first_unread_day(connection: Connection, settings: Settings) -> date:
    """Return the first business day that some module has not been read to the end of.

    After an outage this is the day the outage began. It is never later than today, because today
    cannot be read to its end.
    """
    unread = unread_days(connection, settings, settings.aha_start_date, today(settings))
    return unread[0][0] if unread else today(settings)


def unread_days(
    connection: Connection, settings: Settings, first: date, last: date
) -> list[DayRange]:
    """Return the days from `first` to `last` with time that no complete read has covered.

    The ranges cover the gaps of all modules, so that one run can fill each. Days in the future are
    left out.
    """
    since = start_of(first, settings)
    until = min(start_of(last + timedelta(days=1), settings), datetime.now(settings.zone))
    if since >= until:
        return []
    days: set[date] = set()
    for gap in unread_ranges(connection, settings.zoho_modules, since, until, lag=COMMIT_LAG):
        start, end = (t.astimezone(settings.zone) for t in (gap.start, gap.end))
        days.update(days_of((start.date(), (end - timedelta(microseconds=1)).date())))
    return contiguous_ranges(days)


def days_to_fill(
    connection: Connection,
    settings: Settings,
    filled: Collection[date],
    first: date,
    last: date,
) -> list[DayRange]:
    """Return the days to fill a daily mart with when `first` to `last` are asked for.

    These days, and each earlier one that is completely read but not among those `filled`: a failed
    check or mart may have kept an earlier run from filling it.
    """
    unread = {
        day
        for days in unread_days(connection, settings, settings.aha_start_date, last)
        for day in days_of(days)
    }
    earlier = set(days_of((settings.aha_start_date, first))) - unread - set(filled)
    return contiguous_ranges(earlier | set(days_of((first, last))))
