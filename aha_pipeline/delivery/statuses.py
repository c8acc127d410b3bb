"""What became of the messages, and whether the readers have written: the channels are asked.

A callback would need a public address, which a machine behind a firewall does not have.
"""

import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime

from psycopg2.extensions import connection as Connection

from aha_pipeline.delivery import ledger
from aha_pipeline.delivery.channel import Channel, Message, Reader, Route
from aha_pipeline.delivery.errors import DeliveryError
from aha_pipeline.delivery.ledger import Delivery

log = logging.getLogger(__name__)


def refresh(
    connect: Callable[[], AbstractContextManager[Connection]],
    readers: Sequence[Reader],
    *,
    oldest_day: date,
) -> list[Delivery]:
    """Bring the ledger up to date with the channels; return the rows whose status changed.

    Asks about each message that is due, marks those without an outcome after a day as unknown, and
    notes which readers with a message of `oldest_day` or later have written, if that allows a text.
    """
    channels = {route.channel.name: route.channel for one in readers for route in one.routes}
    with connect() as connection:
        ended = ledger.expire(connection)
        before = ledger.under_way(connection, list(channels))
        after = [ask(connection, channels[row.channel], row) for row in before]
        for name, address in ledger.awaited(connection, oldest_day, [one.name for one in readers]):
            if name in channels:
                ask_reply(connection, Route(channels[name], address))
    moved = [new for old, new in zip(before, after, strict=True) if new.status != old.status]
    return ended + moved


def ask(connection: Connection, channel: Channel, row: Delivery) -> Delivery:
    """Return the row of a message with the status that its channel reports now."""
    if row.message_sid is None or not row.confirms:
        return row
    try:
        return write(connection, row, channel.fetch(row.message_sid))
    except DeliveryError as error:
        log.warning("The status of a message to %s is not known: %s", row.masked, error)
        return row


def ask_reply(connection: Connection, route: Route) -> datetime | None:
    """Return when a reader last wrote, and note it in the ledger; None if unknown."""
    if route.channel.window is None:
        return None
    try:
        wrote_at = route.channel.wrote_at(route.address)
    except DeliveryError as error:
        log.warning("Whether a reader has written is not known: %s", error)
        return None
    if wrote_at:
        ledger.keep_reply(connection, route.channel.name, route.address, wrote_at)
    return wrote_at


def write(connection: Connection, row: Delivery, message: Message) -> Delivery:
    """Store what a channel says about a message and return its row."""
    return ledger.mark(connection, row, message.status, message_id=message.id, error=message.error)
