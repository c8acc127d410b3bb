"""Which business days a sync has to read, and which a daily mart has to fill, so none is missed."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta

from psycopg2.extensions import connection as Connection

from aha_pipeline.calendar import DayRange, contiguous_ranges, days_of, start_of, today
from aha_pipeline.crm.reading.clock import COMMIT_LAG
from aha_pipeline.settings import Settings
from aha_pipeline.warehouse.mart_files import core_modules
from aha_pipeline.warehouse.state import unread_ranges, unreadable_modules


def first_unread_day(connection: Connection, settings: Settings) -> date:
    """Return the first business day that some module has not been read to the end of.

    After an outage this is the day the outage began. It is never later than today, because today
    cannot be read to its end. A module that no figure needs and whose last read failed does not
    count, or all days would be read again because of it.
    """
    modules = without_unreadable(connection, settings.zoho_modules)
    unread = unread_days(connection, settings, settings.aha_start_date, today(settings), modules)
    return unread[0][0] if unread else today(settings)


def without_unreadable(connection: Connection, modules: Sequence[str]) -> list[str]:
    """Return the modules without those that no figure needs and whose last read failed."""
    dispensable = set(unreadable_modules(connection)) - set(core_modules(modules))
    return [module for module in modules if module not in dispensable]


def unread_days(
    connection: Connection,
    settings: Settings,
    first: date,
    last: date,
    modules: Sequence[str] | None = None,
) -> list[DayRange]:
    """Return the days from `first` to `last` with time that no complete read has covered.

    The ranges cover the gaps of all modules that are configured, or of those given, so that one run
    can fill each. Days in the future are left out.
    """
    since = start_of(first, settings)
    until = min(start_of(last + timedelta(days=1), settings), datetime.now(settings.zone))
    if since >= until:
        return []
    read = settings.zoho_modules if modules is None else modules
    days: set[date] = set()
    for gap in unread_ranges(connection, read, since, until, lag=COMMIT_LAG):
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

    These days, and each earlier one that is completely read, as far as marts need it, but not among
    those `filled`: a failed check or mart may have kept an earlier run from filling it.
    """
    core = core_modules(settings.zoho_modules)
    unread = {
        day
        for days in unread_days(connection, settings, settings.aha_start_date, last, core)
        for day in days_of(days)
    }
    earlier = set(days_of((settings.aha_start_date, first))) - unread - set(filled)
    return contiguous_ranges(earlier | set(days_of((first, last))))
