"""What there is to send: the briefing of a day, or the notice of a sync that failed or is late.

A message is named by its subject, 'briefing 2026-11-20' or 'incident 7', and sent once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from psycopg2.extensions import connection as Connection

from aha_pipeline.delivery import rows, template
from aha_pipeline.delivery.errors import DeliveryError

Kind = Literal["briefing", "alert"]
TITLES = {
    "failed": "The sync failed",
    "late": "The sync is late",
    "untrue": "A statement was held back",
}
TEMPLATES = {"briefing": template.BRIEFING, "alert": template.ALERT}


@dataclass(frozen=True)
class Outgoing:
    """A message: its whole text, and the values of the template that announces it."""

    subject: str
    kind: Kind
    day: date
    text: str
    values: dict[str, str]
    briefing_id: int | None = None
    incident_id: int | None = None

    @property
    def announcement(self) -> str:
        """The template as the reader will see it, in our words."""
        return template.render(TEMPLATES[self.kind], self.values)


def briefing_subject(day: date) -> str:
    """Return the subject of the briefing of a day."""
    return f"briefing {day}"


def read(connection: Connection, subject: str) -> Outgoing:
    """Return the message of a subject. Raises DeliveryError if there is none."""
    kind, _, name = subject.partition(" ")
    message = None
    if kind == "briefing":
        message = _briefing(connection, subject, date.fromisoformat(name))
    elif kind == "incident":
        message = _alert(connection, subject, int(name))
    if message is None:
        raise DeliveryError(f"There is no message {subject!r} to send.", "permanent")
    return message


def pending(
    connection: Connection,
    oldest_day: date,
    recipients: Sequence[str],
    *,
    templated: Sequence[str],
    window_hours: float,
) -> list[str]:
    """Return the subjects of `oldest_day` or later that a recipient is still to get, in order.

    `templated` are the kinds for which there is an approved template. Failures that only a person
    can cure do not count, nor does what changed within two minutes.
    """
    found = rows.all_of(
        connection,
        "pending",
        {
            "oldest_day": oldest_day,
            "recipients": list(recipients),
            "templated": list(templated),
            "window_hours": window_hours,
        },
    )
    return [row["subject"] for row in found]


def _briefing(connection: Connection, subject: str, day: date) -> Outgoing | None:
    row = rows.first(connection, "outgoing_briefing", {"day": day})
    if row is None:
        return None
    return Outgoing(
        subject=subject,
        kind="briefing",
        day=day,
        text=row["text"],
        values=template.briefing_values(day, row["message"] or {}, is_sandbox=row["is_sandbox"]),
        briefing_id=row["id"],
    )


def _alert(connection: Connection, subject: str, incident_id: int) -> Outgoing | None:
    row = rows.first(connection, "outgoing_incident", {"id": incident_id})
    if row is None:
        return None
    cause, remedy = row["cause"], row["remedy"]
    head = f"*{TITLES[row['kind']]}*" + (" · _sandbox data_" if row["is_sandbox"] else "")
    return Outgoing(
        subject=subject,
        kind="alert",
        day=row["day"],
        text=f"{head}\n\n{cause}\n\n*What to do*\n{remedy}",
        values=template.alert_values(row["day"], cause, remedy, is_sandbox=row["is_sandbox"]),
        incident_id=incident_id,
    )
