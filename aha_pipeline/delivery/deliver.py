"""Sends a message to its readers, each part once, whatever crashes in between."""

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from time import sleep

from psycopg2.extensions import connection as Connection

from aha_pipeline.delivery import ledger, outgoing, routing, statuses
from aha_pipeline.delivery.channel import Channel, Message, Part, Reader, Route
from aha_pipeline.delivery.errors import DeliveryError
from aha_pipeline.delivery.ledger import Delivery
from aha_pipeline.delivery.outgoing import Outgoing
from aha_pipeline.delivery.routing import Step

log = logging.getLogger(__name__)

Connect = Callable[[], AbstractContextManager[Connection]]

# An uncertain message younger than this is left alone: its sender may still wait for the answer,
# and a message that was just taken may not be listed yet.
SETTLE_SECONDS = 30
POLL_SECONDS = (1, 2, 3)
# This machine's clock and the channel's may differ.
CLOCKS = timedelta(minutes=10)
PATIENCE = timedelta(minutes=30)
OUTCOMES = {"permanent": "failed", "retryable": "failed", "reply": "failed", "unknown": "unknown"}


@dataclass(frozen=True)
class _Context:
    """One message on its way to the readers."""

    connection: Connection
    message: Outgoing
    patience: timedelta
    settle_seconds: float
    poll_seconds: Sequence[float]


def deliver(
    connect: Connect,
    subject: str,
    readers: Sequence[Reader],
    *,
    today: date,
    patience: timedelta = PATIENCE,
    settle_seconds: float = SETTLE_SECONDS,
    poll_seconds: Sequence[float] = POLL_SECONDS,
) -> list[Delivery]:
    """Send the message of `subject` to every reader who has not got it; return the ledger's rows.

    `connect` gives connections as context managers: one holds the lock, one writes the ledger.
    `today` is the business day. What a channel has taken is never sent again, also when the day's
    briefing has been rewritten: the version whose sending began is sent to the end. `routing`
    says by which channel and in which form; a later part goes when the one before has been passed
    on. Statuses are asked for after each of `poll_seconds`; `statuses.refresh` learns the rest.

    Raises DeliveryError for a message older than yesterday, and for one that does not exist. A
    part that fails raises nothing, and the other readers get theirs: its row says failed or
    unknown, with a sentence in `error_text`. Rows that another channel made good are left out.
    """
    with connect() as guard, connect() as connection:
        ledger.lock(guard)
        message = outgoing.read(connection, subject)
        if message.day < today - timedelta(days=1):
            raise DeliveryError(
                f"The message of {message.day} is not sent: only today's and yesterday's are.",
                "permanent",
            )
        context = _Context(connection, message, patience, settle_seconds, poll_seconds)
        rows = [row for one in readers for row in _deliver_to(context, one)]
    channels = {route.channel.name: route.channel for one in readers for route in one.routes}
    with connect() as connection:
        return _follow(connection, channels, rows, poll_seconds)


def _deliver_to(context: _Context, reader: Reader) -> list[Delivery]:
    """Take every step that is due for a reader; return the rows that show the outcome."""

    @cache
    def wrote_at(route: Route) -> datetime | None:
        return statuses.ask_reply(context.connection, route)

    tried: set[tuple[str, str]] = set()
    while True:
        rows = ledger.find(context.connection, context.message.subject, reader.name)
        step = routing.next_step(context.message.kind, reader, rows, wrote_at, context.patience)
        if step is None:
            return [row for row in rows if row.is_taken] or rows
        attempt = step.route.channel.name, step.form
        if attempt in tried or not all(_give_up(context, *one) for one in step.overdue):
            return [row for row in rows if (row.channel, row.form) == attempt] or rows
        tried.add(attempt)
        _take(context, reader, step)


def _give_up(context: _Context, channel: Channel, row: Delivery) -> bool:
    """Give up an overdue message unless it turns out to be delivered; return whether it was.

    Nothing is given up while the channel does not answer.
    """
    try:
        row = statuses.write(context.connection, row, channel.fetch(row.message_sid or ""))
    except DeliveryError as error:
        log.warning("The status of a message to %s is not known: %s", row.masked, error)
        return False
    if row.is_under_way:
        minutes = context.patience // timedelta(minutes=1)
        says = f"It was not delivered within {minutes} minutes; the next channel took it on."
        row = ledger.mark(
            context.connection, row, "failed", error=DeliveryError(says, "permanent", "overdue")
        )
    return row.status == "failed"


def _take(context: _Context, reader: Reader, step: Step) -> None:
    """Send the parts of a form, in order.

    The first that the channel does not take, or does not pass on yet, ends it.
    """
    content = context.message.content(reader.language)
    parts = step.route.channel.parts(content, step.form)
    for number, (text, values) in enumerate(parts, 1):
        is_last = number == len(parts)
        row = ledger.claim(
            context.connection,
            context.message,
            reader,
            step.route,
            form=step.form,
            part=number,
            parts=len(parts),
            body=text,
            variables=values,
        )
        if row:
            row = _send(context, reader, step.route, row)
        else:
            row = _resolve_claimed(context, reader, step, number)
        if not is_last:
            row = _await_handoff(context, step.route.channel, row)
        if not row.is_taken or (row.status == "accepted" and not is_last):
            return


def _send(context: _Context, reader: Reader, route: Route, row: Delivery) -> Delivery:
    """Send a part that this process has claimed."""
    content = context.message.content(reader.language)
    part = Part(
        key=row.key,
        kind=content.kind,
        title=content.title,
        text=row.body,
        values=row.variables,
        valid_for=None if route == reader.routes[-1] else context.patience,
        language=content.language,
    )
    try:
        message = route.channel.send(route.address, part)
    except DeliveryError as error:
        log.warning("%s to %s: %s", route.channel.name, row.masked, error)
        return ledger.mark(context.connection, row, OUTCOMES[error.cause], error=error)
    return statuses.write(context.connection, row, message)


def _resolve_claimed(context: _Context, reader: Reader, step: Step, number: int) -> Delivery:
    """Return the row of a part that is claimed or sent already; an uncertain one is looked up."""
    known = ledger.find(context.connection, context.message.subject, reader.name)
    key = step.route.channel.name, step.form, number
    row = next(row for row in known if (row.channel, row.form, row.part) == key)
    if not row.is_uncertain or row.age_seconds < context.settle_seconds:
        return row
    return _look_up(context, reader, step.route, row)


def _look_up(context: _Context, reader: Reader, route: Route, row: Delivery) -> Delivery:
    """Find out whether a channel has a part whose sender is gone; send it only if it has not."""
    try:
        messages = route.channel.sent_since(row.recipient, row.created_at - CLOCKS)
    except DeliveryError as error:
        log.warning("%s to %s cannot be looked up: %s", route.channel.name, row.masked, error)
        return ledger.mark_unknown(context.connection, row, error)
    others = ledger.known_ids(context.connection, row.channel, row.recipient)
    for message in messages:
        if message.id not in others and _is_same(message, row):
            return statuses.write(context.connection, row, message)
    return _send(context, reader, route, ledger.reclaim(context.connection, row))


def _is_same(message: Message, row: Delivery) -> bool:
    """Whether `message` carries this part.

    A template may be worded otherwise than ours, so its values are compared. A message that
    failed is an earlier attempt, or one that has to be sent again.
    """
    if message.status == "failed":
        return False
    text = " ".join(message.text.split())
    if row.variables and all(value in text for value in row.variables.values()):
        return True
    return text == " ".join(row.body.split())


def _await_handoff(context: _Context, channel: Channel, row: Delivery) -> Delivery:
    """Wait a little for a part to be passed on: two that are queued may change places."""
    for seconds in (0, *context.poll_seconds):
        if row.status != "accepted":
            break
        sleep(seconds)
        row = statuses.ask(context.connection, channel, row)
    return row


def _follow(
    connection: Connection,
    channels: Mapping[str, Channel],
    rows: list[Delivery],
    poll_seconds: Sequence[float],
) -> list[Delivery]:
    for seconds in poll_seconds:
        if not any(row.is_under_way for row in rows):
            break
        sleep(seconds)
        rows = [
            statuses.ask(connection, channels[row.channel], row) if row.is_under_way else row
            for row in rows
        ]
    return rows
