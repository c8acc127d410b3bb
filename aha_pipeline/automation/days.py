"""The business days, and which of them a sync has to read so that none stays unread."""

from datetime import date, datetime, time, timedelta

from psycopg2.extensions import connection as Connection

from aha_pipeline.crm.reading import COMMIT_LAG
from aha_pipeline.services import modules_of
from aha_pipeline.settings import Settings
from aha_pipeline.warehouse.state import unread

Span = tuple[date, date]
# A first sync of a large organisation takes an hour, retries and a pause for credits more.
LATE_AFTER = timedelta(hours=3)


def today(settings: Settings) -> date:
    """Return the current business day."""
    return datetime.now(settings.zone).date()


def start_of(day: date, settings: Settings) -> datetime:
    """Return the first instant of a business day, with its zone."""
    return datetime.combine(day, time(), settings.zone)


def due_before(moment: datetime, settings: Settings) -> datetime:
    """Return when the daily sync was last due at `moment` or before, with its zone."""
    day = moment.astimezone(settings.zone).date()
    due = datetime.combine(day, settings.aha_daily_at, settings.zone)
    if due > moment:
        due = datetime.combine(day - timedelta(days=1), settings.aha_daily_at, settings.zone)
    return due


def first_unread_day(connection: Connection, settings: Settings) -> date:
    """Return the first business day that some module has not been read to the end of.

    After days of standstill this is the day it stopped; at the latest it is today, because today
    is never read to its end.
    """
    spans = unread_spans(connection, settings, settings.aha_start_date, today(settings))
    return spans[0][0] if spans else today(settings)


def unread_spans(connection: Connection, settings: Settings, first: date, last: date) -> list[Span]:
    """Return the stretches of days, first to last, that hold time no complete read has covered.

    A stretch covers the gaps of all modules, so that one run can fill it; days that have not
    begun are none.
    """
    since = start_of(first, settings)
    until = min(start_of(last + timedelta(days=1), settings), datetime.now(settings.zone))
    if since >= until:
        return []
    days: set[date] = set()
    for gap in unread(connection, modules_of(settings), since, until, lag=COMMIT_LAG):
        days |= _days_of(gap.start.astimezone(settings.zone), gap.end.astimezone(settings.zone))
    return _stretches(sorted(days))


def _days_of(start: datetime, end: datetime) -> set[date]:
    last = (end - timedelta(microseconds=1)).date()
    return {start.date() + timedelta(days=n) for n in range((last - start.date()).days + 1)}


def _stretches(days: list[date]) -> list[Span]:
    spans: list[Span] = []
    for day in days:
        if spans and day - spans[-1][1] == timedelta(days=1):
            spans[-1] = (spans[-1][0], day)
        else:
            spans.append((day, day))
    return spans
