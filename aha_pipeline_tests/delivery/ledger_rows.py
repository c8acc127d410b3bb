"""A briefing in the log, whom it goes to, and what the ledger of deliveries says of it."""

from contextlib import AbstractContextManager
from datetime import date, timedelta
from functools import partial

from psycopg2.extras import Json

from aha_pipeline.delivery.outgoing import Outgoing, briefing_subject, pending, read

DAY = date(2026, 11, 20)
READER, OTHER = "+919812345678", "+919800000001"
Connect = partial[AbstractContextManager]


def stored(
    connect: Connect,
    text: str = "*20 Nov 2026*: all is well.",
    day: date = DAY,
    **message: str,
) -> Outgoing:
    """Put a briefing into the log, with what its message has; return what is sent of its day."""
    messages = {"en": {"text": text, **message}}
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute(
            "insert into analytics.ai_briefings_log (day, dashboard_report, whatsapp_summary,"
            " written_by, messages, facts, is_sandbox, duration_seconds)"
            " values (%s, '', %s, 'plain', %s, '[]', true, 0)",
            (day, text, Json(messages)),
        )
        return read(connection, briefing_subject(day))


def pass_time(connect: Connect, hours: float = 1) -> None:
    """Let the ledger look as if so many hours had gone by."""
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute(
            "update analytics.whatsapp_deliveries set updated_at = updated_at - %(gone)s,"
            " created_at = created_at - %(gone)s, asked_at = asked_at - %(gone)s",
            {"gone": timedelta(hours=hours)},
        )


def is_pending(connect: Connect, recipients=(READER,), oldest_day=DAY, templated=()) -> list[date]:
    """Return the days whose briefings are still to be sent."""
    with connect() as connection:
        subjects = pending(connection, oldest_day, recipients, templated=templated, window_hours=23)
    return [date.fromisoformat(subject.removeprefix("briefing ")) for subject in subjects]
