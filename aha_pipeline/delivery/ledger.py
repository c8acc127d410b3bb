"""The ledger `analytics.deliveries`: what was claimed, sent and delivered, to whom, by what.

    claimed -> accepted -> sent -> delivered -> read
       |           |        |
       |           +--------+-> failed -> claimed (a new attempt: this one never arrives)
       |           +--------+-> unknown  no end within a day; it was taken, so it is not sent again
       +-> unknown              nobody knows whether it was taken; the channel is asked first
              +-> accepted ...  found
              +-> claimed       not found, so sent

The moves are rows of `analytics.delivery_transitions`, and a trigger refuses every other, as well
as a claim while another channel has the message. Every function takes a psycopg2 connection and
commits, so that a crash at any moment leaves what was known then.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from psycopg2.errors import LockNotAvailable
from psycopg2.extensions import connection as Connection
from psycopg2.extras import Json

from aha_pipeline.delivery import statements
from aha_pipeline.delivery.channel import Reader, Route
from aha_pipeline.delivery.errors import DeliveryError
from aha_pipeline.delivery.outgoing import Outgoing

LOCK_KEY = 0x4148415F57484154  # "AHA_WHAT"
LOCK_WAIT_SECONDS = 120
TAKEN = ("accepted", "sent", "delivered", "read")


@dataclass(frozen=True)
class Delivery:
    """One row of the ledger: a part of a message and where it is.

    `created_at` is when this attempt was claimed, `begun_seconds` how long ago the first one was,
    `age_seconds` how long ago the row last changed.
    """

    subject: str
    day: date
    reader: str = field(repr=False)
    channel: str
    recipient: str = field(repr=False)
    masked: str
    confirms: bool
    form: str
    part: int
    parts: int
    status: str
    message_sid: str | None
    error_code: str | None
    error_text: str | None
    retry: bool
    awaits_reply: bool
    body: str = field(repr=False)
    variables: dict[str, str] | None = field(repr=False)
    created_at: datetime
    age_seconds: float
    begun_seconds: float

    @property
    def is_taken(self) -> bool:
        """Whether the channel has it, so that it is never sent again."""
        return self.status in TAKEN or (self.status == "unknown" and self.message_sid is not None)

    @property
    def is_uncertain(self) -> bool:
        """Whether nobody knows if the channel has it."""
        return self.status == "claimed" or (self.status == "unknown" and self.message_sid is None)

    @property
    def is_under_way(self) -> bool:
        """Whether the channel has taken it and will report its delivery."""
        return self.confirms and self.status in ("accepted", "sent")

    @property
    def key(self) -> str:
        """What names this part and no other, also after a crash; it tells nothing of the reader."""
        named = (self.subject, self.reader, self.channel, self.form, str(self.part))
        return sha256("\n".join(named).encode()).hexdigest()[:32]


def lock(connection: Connection) -> None:
    """Hold the sender's lock until the transaction of `connection` ends; others wait for it.

    A transaction's lock and not a session's, which a transaction pooler would hand to others.
    Raises DeliveryError when another sender holds it for more than two minutes.
    """
    connection.autocommit = False
    with connection.cursor() as cursor:
        cursor.execute("set local lock_timeout = %s", (LOCK_WAIT_SECONDS * 1000,))
        try:
            cursor.execute("select pg_advisory_xact_lock(%s)", (LOCK_KEY,))
        except LockNotAvailable:
            connection.rollback()
            raise DeliveryError(
                "Another process has been sending for two minutes; let it end, then try again.",
                "retryable",
            ) from None


def claim(
    connection: Connection,
    message: Outgoing,
    reader: Reader,
    route: Route,
    *,
    form: str,
    part: int,
    parts: int,
    body: str,
    variables: dict[str, str] | None = None,
) -> Delivery | None:
    """Claim a part before it is sent; None where it is claimed, uncertain or sent already."""
    values = {
        "subject": message.subject,
        "briefing_id": message.briefing_id,
        "incident_id": message.incident_id,
        "day": message.day,
        "reader": reader.name,
        "channel": route.channel.name,
        "recipient": route.address,
        "masked": route.channel.mask(route.address),
        "confirms": route.channel.confirms,
        "form": form,
        "part": part,
        "parts": parts,
        "body": body,
        "variables": Json(variables) if variables is not None else None,
    }
    row = statements.first(connection, "ledger.claim", values)
    return _delivery(row) if row else None


def find(connection: Connection, subject: str, reader: str) -> list[Delivery]:
    """Return what the ledger knows of a message to a reader: text first, parts in order."""
    return find_all(connection, [subject]).get((subject, reader), [])


def find_all(
    connection: Connection, subjects: Sequence[str]
) -> dict[tuple[str, str], list[Delivery]]:
    """Return what the ledger knows of these messages, as `find` does, by subject and reader."""
    found: dict[tuple[str, str], list[Delivery]] = {}
    for row in statements.all_of(connection, "ledger.find", {"subjects": list(subjects)}):
        found.setdefault((row["subject"], row["reader"]), []).append(_delivery(row))
    return found


def reclaim(connection: Connection, delivery: Delivery) -> Delivery:
    """Take over a part whose sender is gone and that its channel does not know."""
    return _delivery(statements.one(connection, "ledger.reclaim", _key(delivery)))


def mark_unknown(connection: Connection, delivery: Delivery, error: DeliveryError) -> Delivery:
    """Record why it is unknown whether a part was taken, and return its row."""
    values = {"error_code": error.code, "error_text": str(error)}
    row = statements.one(connection, "ledger.mark_unknown", {**_key(delivery), **values})
    return _delivery(row)


def mark(
    connection: Connection,
    delivery: Delivery,
    status: str,
    *,
    message_id: str | None = None,
    error: DeliveryError | None = None,
) -> Delivery:
    """Write what became of a part and return its row; what is no allowed move changes nothing."""
    values = {
        "status": status,
        "message_sid": message_id,
        "error_code": error and error.code,
        "error_text": error and str(error),
        "retry": error is not None and status == "failed" and error.cause == "retryable",
        "awaits_reply": error is not None and status == "failed" and error.cause == "reply",
    }
    return _delivery(statements.one(connection, "ledger.mark", {**_key(delivery), **values}))


def known_ids(connection: Connection, channel: str, recipient: str) -> set[str]:
    """Return the messages to an address that belong to a part already."""
    values = {"channel": channel, "recipient": recipient}
    found = statements.all_of(connection, "ledger.known_ids", values)
    return {row["message_sid"] for row in found}


def under_way(connection: Connection, channels: Sequence[str]) -> list[Delivery]:
    """Return the parts of the last day whose status these channels are to be asked for now."""
    found = statements.all_of(connection, "ledger.under_way", {"channels": list(channels)})
    return [_delivery(row) for row in found]


def expire(connection: Connection) -> list[Delivery]:
    """Mark as unknown what has no end after a day, with the reason; return those rows."""
    return [_delivery(row) for row in statements.all_of(connection, "ledger.expire", {})]


def awaited(
    connection: Connection, oldest_day: date, readers: Sequence[str]
) -> list[tuple[str, str]]:
    """Return the channels and addresses of readers whose reply opens the way for a text."""
    values = {"oldest_day": oldest_day, "readers": list(readers)}
    found = statements.all_of(connection, "ledger.awaited", values)
    return [(row["channel"], row["recipient"]) for row in found]


def keep_reply(connection: Connection, channel: str, recipient: str, wrote_at: datetime) -> None:
    """Keep when a reader last wrote to the sender."""
    values = {"channel": channel, "recipient": recipient, "wrote_at": wrote_at}
    statements.first(connection, "ledger.keep_reply", values)


def replies(connection: Connection) -> dict[tuple[str, str], datetime]:
    """Return when each reader last wrote, by channel and address."""
    found = statements.all_of(connection, "ledger.replies", {})
    return {(row["channel"], row["recipient"]): row["wrote_at"] for row in found}


def _key(delivery: Delivery) -> dict[str, Any]:
    key = asdict(delivery)
    return {name: key[name] for name in ("subject", "reader", "channel", "form", "part")}


def _delivery(row: dict[str, Any]) -> Delivery:
    return Delivery(**{f.name: row[f.name] for f in fields(Delivery)})
