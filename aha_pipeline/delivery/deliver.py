"""Sends a briefing to its readers, each part once, whatever crashes in between."""

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import date, timedelta
from time import sleep

from psycopg2.extensions import connection as Connection

from aha_pipeline.delivery import ledger, template
from aha_pipeline.delivery.errors import DeliveryError, sentence
from aha_pipeline.delivery.ledger import Delivery, Outgoing
from aha_pipeline.delivery.sender import Message, Sender
from aha_pipeline.delivery.split import split

log = logging.getLogger(__name__)

Connect = Callable[[], AbstractContextManager[Connection]]

# A claim or a doubt younger than this is left alone: its sender may still wait for Twilio's
# answer, and a message that Twilio has just taken may not be listed yet.
SETTLE_SECONDS = 30
POLL_SECONDS = (1, 2, 3)
OUTCOMES = {"permanent": "failed", "retryable": "failed", "unknown": "unknown"}


def deliver(
    connect: Connect,
    sender: Sender,
    briefing: Outgoing,
    recipients: Sequence[str],
    *,
    today: date,
    settle_seconds: float = SETTLE_SECONDS,
    poll_seconds: Sequence[float] = POLL_SECONDS,
) -> list[Delivery]:
    """Send `briefing` to every recipient that has not got it; return what the ledger says.

    `connect` gives connections as context managers: one holds the lock, one writes the ledger.
    `today` is the business day. What Twilio has taken is never sent again, also when the day's
    briefing has been written anew: the one whose sending began is carried to its end. Statuses
    are then asked for after each of `poll_seconds`; `refresh_statuses` learns the rest.

    Raises DeliveryError for a briefing older than yesterday. A message that fails raises nothing:
    its row says failed or unknown, with a sentence in `error_text`.
    """
    if briefing.day < today - timedelta(days=1):
        raise DeliveryError(
            f"The briefing of {briefing.day} is not sent: only today's and yesterday's are.",
            "permanent",
        )
    with connect() as guard, connect() as connection:
        ledger.lock(guard)
        briefing = ledger.begun(connection, briefing.day) or briefing
        rows = [
            row
            for recipient in dict.fromkeys(recipients)
            for row in _deliver_to(connection, sender, briefing, recipient, settle_seconds)
        ]
    with connect() as connection:
        return _follow(connection, sender, rows, poll_seconds)


def refresh_statuses(connect: Connect, sender: Sender) -> list[Delivery]:
    """Ask Twilio about every message whose end is not known; return the rows that changed."""
    with connect() as connection:
        before = ledger.under_way(connection)
        after = [_refresh(connection, sender, row) for row in before]
    return [new for old, new in zip(before, after, strict=True) if new.status != old.status]


def _deliver_to(
    connection: Connection,
    sender: Sender,
    briefing: Outgoing,
    recipient: str,
    settle_seconds: float,
) -> Iterator[Delivery]:
    """Send the parts in order; the first that Twilio does not take ends it."""
    values = None
    if sender.content_sid:
        values = template.variables(briefing.day, briefing.facts, is_sandbox=briefing.is_sandbox)
    bodies = [template.render(values)] if values else split(briefing.text)
    for part, body in enumerate(bodies, 1):
        row = ledger.claim(connection, briefing, recipient, part, len(bodies), body)
        if row is None:
            row = ledger.find(connection, briefing.day, recipient, part)
            if not row.is_taken and row.age_seconds >= settle_seconds:
                row = _resolve(connection, sender, row, values)
        else:
            row = _send(connection, sender, row, values)
        yield row
        if not row.is_taken:
            return


def _send(
    connection: Connection, sender: Sender, row: Delivery, values: dict[str, str] | None
) -> Delivery:
    """Send a part that this process has claimed."""
    variables = json.dumps(values, ensure_ascii=False) if values else None
    try:
        message = sender.send(row.recipient, row.body, variables)
    except DeliveryError as error:
        log.warning("WhatsApp to %s: %s", row.masked, error)
        return ledger.mark(
            connection,
            row,
            OUTCOMES[error.kind],
            error_code=error.code,
            error_text=str(error),
            retry=error.kind == "retryable",
        )
    return _mark(connection, row, message)


def _resolve(
    connection: Connection, sender: Sender, row: Delivery, values: dict[str, str] | None
) -> Delivery:
    """Find out whether Twilio has a part whose sender is gone; send it only if it has not."""
    try:
        messages = sender.recent(row.recipient)
    except DeliveryError as error:
        log.warning("WhatsApp to %s cannot be looked up: %s", row.masked, error)
        return row
    for message in messages:
        if _is_same(message, row, values):
            return _mark(connection, row, message)
    return _send(connection, sender, ledger.reclaim(connection, row), values)


def _is_same(message: Message, row: Delivery, values: dict[str, str] | None) -> bool:
    """Whether `message` carries this part. The day stands in its text, so the text is enough.

    A template may be worded otherwise than ours, so its values are compared. A message that
    failed is an earlier attempt, or one that has to be sent again.
    """
    if message.status == "failed":
        return False
    body = " ".join(message.body.split())
    if values and all(value in body for value in values.values()):
        return True
    return body == " ".join(row.body.split())


def _follow(
    connection: Connection, sender: Sender, rows: list[Delivery], poll_seconds: Sequence[float]
) -> list[Delivery]:
    for seconds in poll_seconds:
        if not any(row.status in ("accepted", "sent") for row in rows):
            break
        sleep(seconds)
        rows = [
            _refresh(connection, sender, row) if row.status in ("accepted", "sent") else row
            for row in rows
        ]
    return rows


def _refresh(connection: Connection, sender: Sender, row: Delivery) -> Delivery:
    try:
        return _mark(connection, row, sender.fetch(row.message_sid))
    except DeliveryError as error:
        log.warning("The status of a message to %s is not known: %s", row.masked, error)
        return row


def _mark(connection: Connection, row: Delivery, message: Message) -> Delivery:
    has_failed = message.status == "failed"
    return ledger.mark(
        connection,
        row,
        message.status,
        message_sid=message.sid,
        error_code=message.error_code,
        error_text=sentence(message.error_code) if has_failed else None,
    )
