"""A briefing in the log, whom it goes to, and what the ledger of deliveries says of it."""

from contextlib import AbstractContextManager
from datetime import date, timedelta
from functools import partial

from psycopg2.extras import Json

from aha_pipeline.delivery import ledger
from aha_pipeline.delivery.channel import TEXT, Channel, Part, Reader, Route
from aha_pipeline.delivery.channels.whatsapp import WhatsApp
from aha_pipeline.delivery.deliver import PATIENCE
from aha_pipeline.delivery.outgoing import Outgoing, briefing_subject, read
from aha_pipeline.delivery.routing import survey

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


def text_of(message: Outgoing) -> str:
    """Return the text of a message in its default language."""
    return message.content("en").text


def part_of(text: str) -> Part:
    """Return a text as it is handed to a channel."""
    return Part("key", "briefing", "Title", text)


def claim(
    connection, message: Outgoing, channel: Channel, address: str = READER
) -> ledger.Delivery | None:
    """Claim the text of a message, as a sender that is then killed."""
    (reader,) = readers_by(channel, address)
    return ledger.claim(
        connection,
        message,
        reader,
        reader.routes[0],
        form=TEXT,
        part=1,
        parts=1,
        body=text_of(message),
    )


def pass_time(connect: Connect, hours: float = 1) -> None:
    """Let the ledger look as if so many hours had gone by."""
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute(
            "update analytics.deliveries set updated_at = updated_at - %(gone)s,"
            " begun_at = begun_at - %(gone)s, created_at = created_at - %(gone)s,"
            " asked_at = asked_at - %(gone)s",
            {"gone": timedelta(hours=hours)},
        )


def readers_by(channel: Channel, *addresses: str) -> list[Reader]:
    """Return readers who are reached by one channel alone."""
    routes = {address: (Route(channel, address),) for address in addresses}
    return [Reader(address, ways, "en") for address, ways in routes.items()]


def is_pending(connect: Connect, recipients=(READER,), oldest_day=DAY, templated=()) -> list[date]:
    """Return the days whose briefings are to be sent by WhatsApp now."""
    channel = WhatsApp("AC", "x", "+1", content_sids=dict.fromkeys(templated, "HX"))
    readers = readers_by(channel, *recipients)
    with connect() as connection:
        found = survey(connection, readers, oldest_day=oldest_day, patience=PATIENCE)
    subjects = dict.fromkeys(one.subject for one in found if one.is_due)
    return [date.fromisoformat(subject.removeprefix("briefing ")) for subject in subjects]
