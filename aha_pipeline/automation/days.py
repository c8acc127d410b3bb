"""The business days, and which of them a sync has to read so that none stays unread."""

from collections.abc import Collection
from datetime import date, datetime, time, timedelta

from psycopg2.extensions import connection as Connection

from aha_pipeline.crm.reading.clock import COMMIT_LAG
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
        start, end = (t.astimezone(settings.zone) for t in (gap.start, gap.end))
        days.update(days_of((start.date(), (end - timedelta(microseconds=1)).date())))
    return _stretches(sorted(days))


def spans_to_fill(
    connection: Connection,
    settings: Settings,
    filled: Collection[date],
    first: date,
    last: date,
) -> list[Span]:
    """Return the stretches of days to fill a daily mart with when `first` to `last` are asked for.

    These days, and each earlier one that is read to its end and not among those `filled`: what a
    failed check or mart kept from being filled is made up for by the next run.
    """
    unread_days = {
        day
        for span in unread_spans(connection, settings, settings.aha_start_date, last)
        for day in days_of(span)
    }
    earlier = set(days_of((settings.aha_start_date, first))) - unread_days - set(filled)
    return _stretches(sorted(earlier | set(days_of((first, last)))))


def days_of(span: Span) -> list[date]:
    """Return the days of a stretch, both ends included."""
    first, last = span
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _stretches(days: list[date]) -> list[Span]:
    spans: list[Span] = []
    for day in days:
        if spans and day - spans[-1][1] == timedelta(days=1):
            spans[-1] = (spans[-1][0], day)
        else:
            spans.append((day, day))
    return spans
