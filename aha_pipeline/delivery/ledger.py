"""The ledger `analytics.whatsapp_deliveries`: what was claimed, sent and delivered, to whom.

    claimed -> accepted -> sent -> delivered -> read
           \\-> failed        \\-> failed
           \\-> unknown -> (looked up) -> accepted, or claimed again

Every function takes a psycopg2 connection and commits, so that a crash at any moment leaves what
was known then.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import date

from psycopg2.errors import LockNotAvailable
from psycopg2.extensions import connection as Connection
from psycopg2.extras import RealDictCursor

from aha_pipeline import sql
from aha_pipeline.delivery.errors import DeliveryError
from aha_pipeline.delivery.sender import mask

LOCK_KEY = 0x4148415F57484154  # "AHA_WHAT"
LOCK_WAIT_SECONDS = 120
TAKEN = ("accepted", "sent", "delivered", "read")


@dataclass(frozen=True)
class Outgoing:
    """What is sent of a briefing: its WhatsApp summary, and the facts for a template."""

    id: int
    day: date
    text: str
    facts: list[dict]
    is_sandbox: bool


@dataclass(frozen=True)
class Delivery:
    """One row of the ledger: a part of a day's message and where it is."""

    briefing_id: int
    day: date
    recipient: str = field(repr=False)
    part: int
    parts: int
    status: str
    message_sid: str | None
    error_code: str | None
    error_text: str | None
    retry: bool
    body: str = field(repr=False)
    age_seconds: float

    @property
    def is_taken(self) -> bool:
        """Whether Twilio has it, so that it is never sent again."""
        return self.status in TAKEN

    @property
    def masked(self) -> str:
        """The recipient's number as it may be shown: +91******1234."""
        return mask(self.recipient)


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


def read_briefing(connection: Connection, briefing_id: int) -> Outgoing:
    """Return what is sent of a stored briefing. Raises DeliveryError if there is none."""
    row = _one(connection, "briefing", {"id": briefing_id})
    if row is None:
        raise DeliveryError(f"There is no briefing {briefing_id}.", "permanent")
    return Outgoing(**row)


def pending_briefing(
    connection: Connection, oldest_day: date, recipients: Sequence[str]
) -> Outgoing | None:
    """Return the newest briefing of `oldest_day` or later that a recipient has not got, or None.

    Failures that only a person can cure do not count, nor does what changed within two minutes.
    """
    row = _one(connection, "pending", {"oldest_day": oldest_day, "recipients": list(recipients)})
    return read_briefing(connection, row["id"]) if row else None


def begun(connection: Connection, day: date) -> Outgoing | None:
    """Return the briefing of `day` whose sending has begun: no other of that day is sent."""
    row = _one(connection, "begun", {"day": day})
    return read_briefing(connection, row["id"]) if row["id"] is not None else None


def claim(
    connection: Connection, briefing: Outgoing, recipient: str, part: int, parts: int, body: str
) -> Delivery | None:
    """Claim a part before it is sent; None where it is claimed, in doubt or sent already."""
    values = {
        "briefing_id": briefing.id,
        "day": briefing.day,
        "recipient": recipient,
        "part": part,
        "parts": parts,
        "body": body,
    }
    row = _one(connection, "claim", values)
    return _delivery(row) if row else None


def find(connection: Connection, day: date, recipient: str, part: int) -> Delivery:
    """Return the row of a part that has been claimed."""
    return _delivery(_one(connection, "part", {"day": day, "recipient": recipient, "part": part}))


def reclaim(connection: Connection, delivery: Delivery) -> Delivery:
    """Take over a part whose sender is gone and that Twilio does not know."""
    return _delivery(_one(connection, "reclaim", _key(delivery)))


def mark(
    connection: Connection,
    delivery: Delivery,
    status: str,
    *,
    message_sid: str | None = None,
    error_code: str | None = None,
    error_text: str | None = None,
    retry: bool = False,
) -> Delivery:
    """Write what became of a part and return its row; a row never moves backwards."""
    values = {
        "status": status,
        "message_sid": message_sid,
        "error_code": error_code,
        "error_text": error_text,
        "retry": retry,
    }
    return _delivery(_one(connection, "mark", {**_key(delivery), **values}))


def under_way(connection: Connection) -> list[Delivery]:
    """Return the parts of the last two days whose end is not known yet."""
    return [_delivery(row) for row in _all(connection, "under_way", {})]


def _key(delivery: Delivery) -> dict:
    return {"day": delivery.day, "recipient": delivery.recipient, "part": delivery.part}


def _delivery(row: dict) -> Delivery:
    return Delivery(**{f.name: row[f.name] for f in fields(Delivery)})


def _one(connection: Connection, name: str, values: dict) -> dict | None:
    return next(iter(_all(connection, name, values)), None)


def _all(connection: Connection, name: str, values: dict) -> list[dict]:
    with connection.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(sql.read(f"delivery/{name}"), values)
        rows = [dict(row) for row in cursor]
    connection.commit()
    return rows
