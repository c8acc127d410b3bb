"""What became of the messages, and whether the readers have written: Twilio is asked for both.

A callback would need a public address, which a machine behind a firewall has not got.
"""

import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta

from psycopg2.extensions import connection as Connection

from aha_pipeline.delivery import ledger
from aha_pipeline.delivery.errors import PASSING, DeliveryError, sentence
from aha_pipeline.delivery.ledger import Delivery
from aha_pipeline.delivery.sender import Message, Sender

log = logging.getLogger(__name__)

# WhatsApp takes free text for 24 hours after the reader's last message; the rest is for a message
# that Twilio queues, and for clocks that differ.
WINDOW = timedelta(hours=23, minutes=50)


def refresh(
    connect: Callable[[], AbstractContextManager[Connection]],
    sender: Sender,
    recipients: Sequence[str],
    *,
    oldest_day: date,
) -> list[Delivery]:
    """Bring the ledger up to date with Twilio; return the rows whose status changed.

    Asks for each message that is due, marks what has no end after a day as unknown, and notes
    which of the readers with a message of `oldest_day` or later have written, where that opens
    the way for a text.
    """
    with connect() as connection:
        ended = ledger.expire(connection)
        before = ledger.under_way(connection)
        after = [ask(connection, sender, row) for row in before]
        for recipient in ledger.awaited(connection, oldest_day, recipients):
            ask_reader(connection, sender, recipient)
    moved = [new for old, new in zip(before, after, strict=True) if new.status != old.status]
    return ended + moved


def ask(connection: Connection, sender: Sender, row: Delivery) -> Delivery:
    """Return the row of a message with the status that Twilio names now."""
    if row.message_sid is None:  # Twilio has never had it
        return row
    try:
        return write(connection, row, sender.fetch(row.message_sid))
    except DeliveryError as error:
        log.warning("The status of a message to %s is not known: %s", row.masked, error)
        return row


def ask_reader(connection: Connection, sender: Sender, recipient: str) -> datetime | None:
    """Return when a reader last wrote, also to the ledger; None where that is not known."""
    try:
        wrote_at = sender.wrote_at(recipient)
    except DeliveryError as error:
        log.warning("Whether a reader has written is not known: %s", error)
        return None
    if wrote_at:
        ledger.keep_reader(connection, recipient, wrote_at)
    return wrote_at


def is_open(wrote_at: datetime | None) -> bool:
    """Return whether WhatsApp takes free text to a reader who last wrote then."""
    return wrote_at is not None and datetime.now(UTC) - wrote_at < WINDOW


def write(connection: Connection, row: Delivery, message: Message) -> Delivery:
    """Write what Twilio says of a message and return its row."""
    has_failed = message.status == "failed"
    return ledger.mark(
        connection,
        row,
        message.status,
        message_sid=message.sid,
        error_code=message.error_code,
        error_text=sentence(message.error_code) if has_failed else None,
        retry=has_failed and message.error_code in PASSING,
    )
