"""The ledger `analytics.whatsapp_deliveries`: what was claimed, sent and delivered, to whom.

    claimed -> accepted -> sent -> delivered -> read
       |           |        |
       |           +--------+-> failed -> claimed (a new attempt: this one never arrives)
       |           +--------+-> unknown  no end within a day; Twilio has it, so it is not sent again
       +-> unknown              nobody knows whether Twilio has it; it is looked up there first
              +-> accepted ...  found
              +-> claimed       not found, so sent

The moves are rows of `analytics.whatsapp_transitions`, and a trigger refuses every other. Every
function takes a psycopg2 connection and commits, so that a crash at any moment leaves what was
known then.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import date, datetime
from typing import Any

from psycopg2.errors import LockNotAvailable
from psycopg2.extensions import connection as Connection
from psycopg2.extras import Json

from aha_pipeline.delivery import rows
from aha_pipeline.delivery.errors import DeliveryError
from aha_pipeline.delivery.outgoing import Outgoing
from aha_pipeline.delivery.sender import mask

LOCK_KEY = 0x4148415F57484154  # "AHA_WHAT"
LOCK_WAIT_SECONDS = 120
TAKEN = ("accepted", "sent", "delivered", "read")
TEXT, TEMPLATE = "text", "template"


@dataclass(frozen=True)
class Delivery:
    """One row of the ledger: a part of a message and where it is. `created_at`: of this attempt."""

    subject: str
    day: date
    recipient: str = field(repr=False)
    form: str
    part: int
    parts: int
    status: str
    message_sid: str | None
    error_code: str | None
    error_text: str | None
    retry: bool
    body: str = field(repr=False)
    variables: dict[str, str] | None = field(repr=False)
    created_at: datetime
    age_seconds: float

    @property
    def is_taken(self) -> bool:
        """Whether Twilio has it, so that it is never sent again."""
        return self.status in TAKEN or (self.status == "unknown" and self.message_sid is not None)

    @property
    def is_in_doubt(self) -> bool:
        """Whether nobody knows if Twilio has it."""
        return self.status == "claimed" or (self.status == "unknown" and self.message_sid is None)

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


def claim(
    connection: Connection,
    message: Outgoing,
    recipient: str,
    *,
    form: str,
    part: int,
    parts: int,
    body: str,
) -> Delivery | None:
    """Claim a part before it is sent; None where it is claimed, in doubt or sent already."""
    values = {
        "subject": message.subject,
        "briefing_id": message.briefing_id,
        "incident_id": message.incident_id,
        "day": message.day,
        "recipient": recipient,
        "form": form,
        "part": part,
        "parts": parts,
        "body": body,
        "variables": Json(message.values) if form == TEMPLATE else None,
    }
    row = rows.first(connection, "claim", values)
    return _delivery(row) if row else None


def find(connection: Connection, subject: str, recipient: str) -> list[Delivery]:
    """Return what the ledger knows of a message to a recipient: text first, parts in order."""
    found = rows.all_of(connection, "rows", {"subject": subject, "recipient": recipient})
    return [_delivery(row) for row in found]


def reclaim(connection: Connection, delivery: Delivery) -> Delivery:
    """Take over a part whose sender is gone and that Twilio does not know."""
    return _delivery(rows.one(connection, "reclaim", _key(delivery)))


def doubt(connection: Connection, delivery: Delivery, error: DeliveryError) -> Delivery:
    """Write why it cannot be told whether Twilio has a part, and return its row."""
    values = {"error_code": error.code, "error_text": str(error)}
    return _delivery(rows.one(connection, "doubt", {**_key(delivery), **values}))


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
    """Write what became of a part and return its row; what is no allowed move changes nothing."""
    values = {
        "status": status,
        "message_sid": message_sid,
        "error_code": error_code,
        "error_text": error_text,
        "retry": retry,
    }
    return _delivery(rows.one(connection, "mark", {**_key(delivery), **values}))


def known_sids(connection: Connection, recipient: str) -> set[str]:
    """Return the messages of a recipient that belong to a part already."""
    found = rows.all_of(connection, "known_sids", {"recipient": recipient})
    return {row["message_sid"] for row in found}


def under_way(connection: Connection) -> list[Delivery]:
    """Return the parts of the last day whose status is to be asked for now."""
    return [_delivery(row) for row in rows.all_of(connection, "under_way", {})]


def expire(connection: Connection) -> list[Delivery]:
    """Mark as unknown what has no end after a day, with the reason; return those rows."""
    return [_delivery(row) for row in rows.all_of(connection, "expire", {})]


def awaited(connection: Connection, oldest_day: date, recipients: Sequence[str]) -> list[str]:
    """Return the recipients whose answer opens the way for a text."""
    values = {"oldest_day": oldest_day, "recipients": list(recipients)}
    return [row["recipient"] for row in rows.all_of(connection, "awaited", values)]


def keep_reader(connection: Connection, recipient: str, wrote_at: datetime) -> None:
    """Keep when a reader last wrote to the sender."""
    rows.first(connection, "keep_reader", {"recipient": recipient, "wrote_at": wrote_at})


def _key(delivery: Delivery) -> dict[str, Any]:
    key = asdict(delivery)
    return {name: key[name] for name in ("subject", "recipient", "form", "part")}


def _delivery(row: dict[str, Any]) -> Delivery:
    return Delivery(**{f.name: row[f.name] for f in fields(Delivery)})
