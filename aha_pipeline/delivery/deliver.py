"""Sends a message to its readers, each part once, whatever crashes in between."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, timedelta
from time import sleep

from psycopg2.extensions import connection as Connection

from aha_pipeline.delivery import ledger, outgoing, statuses
from aha_pipeline.delivery.errors import OUTSIDE_WINDOW, DeliveryError
from aha_pipeline.delivery.ledger import TEMPLATE, TEXT, Delivery
from aha_pipeline.delivery.outgoing import Outgoing
from aha_pipeline.delivery.sender import Message, Sender
from aha_pipeline.delivery.split import split

log = logging.getLogger(__name__)

Connect = Callable[[], AbstractContextManager[Connection]]

# A claim or a doubt younger than this is left alone: its sender may still wait for Twilio's
# answer, and a message that Twilio has just taken may not be listed yet.
SETTLE_SECONDS = 30
POLL_SECONDS = (1, 2, 3)
# This machine's clock and Twilio's may differ.
CLOCKS = timedelta(minutes=10)
OUTCOMES = {"permanent": "failed", "retryable": "failed", "unknown": "unknown"}


@dataclass(frozen=True)
class _Errand:
    """One message on its way to the readers."""

    connection: Connection
    sender: Sender
    message: Outgoing
    settle_seconds: float
    poll_seconds: Sequence[float]


def deliver(
    connect: Connect,
    sender: Sender,
    subject: str,
    recipients: Sequence[str],
    *,
    today: date,
    settle_seconds: float = SETTLE_SECONDS,
    poll_seconds: Sequence[float] = POLL_SECONDS,
) -> list[Delivery]:
    """Send the message of `subject` to every recipient that has not got it; return the ledger.

    `connect` gives connections as context managers: one holds the lock, one writes the ledger.
    `today` is the business day. What Twilio has taken is never sent again, also when the day's
    briefing has been written anew: the one whose sending began is carried to its end. Within 24
    hours of the reader's last message the text goes, else the template, if there is one; the text
    follows once the reader answers. A later part goes when Twilio has passed on the one before.
    Statuses are asked for after each of `poll_seconds`; `statuses.refresh` learns the rest.

    Raises DeliveryError for a message older than yesterday, and for one that does not exist. A
    part that fails raises nothing, and the other recipients get theirs: its row says failed or
    unknown, with a sentence in `error_text`.
    """
    with connect() as guard, connect() as connection:
        ledger.lock(guard)
        message = outgoing.read(connection, subject)
        if message.day < today - timedelta(days=1):
            raise DeliveryError(
                f"The message of {message.day} is not sent: only today's and yesterday's are.",
                "permanent",
            )
        errand = _Errand(connection, sender, message, settle_seconds, poll_seconds)
        rows = [row for one in dict.fromkeys(recipients) for row in _deliver_to(errand, one)]
    with connect() as connection:
        return _follow(connection, sender, rows, poll_seconds)


def _deliver_to(errand: _Errand, recipient: str) -> Iterator[Delivery]:
    """Send the parts of the form that is due, in order, and yield their rows.

    The first that Twilio does not take, or does not pass on yet, ends it.
    """
    known = ledger.find(errand.connection, errand.message.subject, recipient)
    form = _due(errand, recipient, known)
    if form is None:
        yield from [row for row in known if row.is_taken] or known
        return
    bodies = [errand.message.announcement] if form == TEMPLATE else split(errand.message.text)
    for part, body in enumerate(bodies, 1):
        row = ledger.claim(
            errand.connection,
            errand.message,
            recipient,
            form=form,
            part=part,
            parts=len(bodies),
            body=body,
        )
        row = _send(errand, row) if row else _settle(errand, recipient, form, part)
        if part < len(bodies):
            row = _passed_on(errand, row)
        yield row
        if not row.is_taken or (part < len(bodies) and row.status == "accepted"):
            return


def _due(errand: _Errand, recipient: str, known: list[Delivery]) -> str | None:
    """Return the form in which the message is due now; None where nothing is."""
    doubtful = next((row for row in known if row.is_in_doubt), None)
    if doubtful:
        return doubtful.form
    texts = [row for row in known if row.form == TEXT]
    outside = [row for row in texts if row.error_code == OUTSIDE_WINDOW]
    has_template = errand.sender.content_sid(errand.message.kind) is not None
    is_announced = any(row.form == TEMPLATE and row.is_taken for row in known)
    if not outside and (texts or not (has_template or is_announced)):
        return TEXT
    if errand.message.kind == "alert" and is_announced:
        return None  # the template says all there is to say
    wrote_at = statuses.ask_reader(errand.connection, errand.sender, recipient)
    if (
        wrote_at
        and statuses.is_open(wrote_at)
        and all(wrote_at > row.created_at for row in outside)
    ):
        return TEXT
    return TEMPLATE if has_template and not is_announced else None


def _settle(errand: _Errand, recipient: str, form: str, part: int) -> Delivery:
    """Return the row of a part that is claimed or sent already; a doubt is looked into."""
    known = ledger.find(errand.connection, errand.message.subject, recipient)
    row = next(row for row in known if (row.form, row.part) == (form, part))
    if row.is_in_doubt and row.age_seconds >= errand.settle_seconds:
        return _resolve(errand, row)
    return row


def _send(errand: _Errand, row: Delivery) -> Delivery:
    """Send a part that this process has claimed."""
    try:
        message = errand.sender.send(
            row.recipient,
            row.body,
            content_sid=errand.sender.content_sid(errand.message.kind) if row.variables else None,
            variables=row.variables,
        )
    except DeliveryError as error:
        log.warning("WhatsApp to %s: %s", row.masked, error)
        return ledger.mark(
            errand.connection,
            row,
            OUTCOMES[error.kind],
            error_code=error.code,
            error_text=str(error),
            retry=error.kind == "retryable",
        )
    return statuses.write(errand.connection, row, message)


def _resolve(errand: _Errand, row: Delivery) -> Delivery:
    """Find out whether Twilio has a part whose sender is gone; send it only if it has not."""
    try:
        messages = errand.sender.sent_since(row.recipient, row.created_at - CLOCKS)
    except DeliveryError as error:
        log.warning("WhatsApp to %s cannot be looked up: %s", row.masked, error)
        return ledger.doubt(errand.connection, row, error)
    others = ledger.known_sids(errand.connection, row.recipient)
    for message in messages:
        if message.sid not in others and _is_same(message, row):
            return statuses.write(errand.connection, row, message)
    return _send(errand, ledger.reclaim(errand.connection, row))


def _is_same(message: Message, row: Delivery) -> bool:
    """Whether `message` carries this part.

    A template may be worded otherwise than ours, so its values are compared. A message that
    failed is an earlier attempt, or one that has to be sent again.
    """
    if message.status == "failed":
        return False
    body = " ".join(message.body.split())
    if row.variables and all(value in body for value in row.variables.values()):
        return True
    return body == " ".join(row.body.split())


def _passed_on(errand: _Errand, row: Delivery) -> Delivery:
    """Wait a little for Twilio to pass a part on: two that it queues may change places."""
    for seconds in (0, *errand.poll_seconds):
        if row.status != "accepted":
            break
        sleep(seconds)
        row = statuses.ask(errand.connection, errand.sender, row)
    return row


def _follow(
    connection: Connection, sender: Sender, rows: list[Delivery], poll_seconds: Sequence[float]
) -> list[Delivery]:
    for seconds in poll_seconds:
        if not any(row.status in ("accepted", "sent") for row in rows):
            break
        sleep(seconds)
        rows = [
            statuses.ask(connection, sender, row) if row.status in ("accepted", "sent") else row
            for row in rows
        ]
    return rows
