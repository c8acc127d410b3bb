"""The messages to send: the briefing of a day, or the notice of a sync that failed or is late.

A message is named by its subject, 'briefing 2026-11-20' or 'incident 7', and sent once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from psycopg2.extensions import connection as Connection

from aha_pipeline.delivery import statements
from aha_pipeline.delivery.channel import Content, Kind
from aha_pipeline.delivery.errors import DeliveryError

TITLES = {
    "failed": "The sync failed",
    "late": "The sync is late",
    "untrue": "A statement was held back",
}


@dataclass(frozen=True)
class Outgoing:
    """A message in each of its languages, the default first."""

    subject: str
    day: date
    contents: Mapping[str, Content]
    briefing_id: int | None = None
    incident_id: int | None = None

    @property
    def kind(self) -> Kind:
        """Whether it is a briefing or an alert."""
        return "briefing" if self.incident_id is None else "alert"

    def content(self, language: str) -> Content:
        """Return what is said to a reader of this language; the default where there is no such."""
        return self.contents.get(language) or next(iter(self.contents.values()))


@dataclass(frozen=True)
class Subject:
    """A message by its name in the ledger, such as `briefing 2026-11-20`."""

    subject: str
    kind: Kind
    day: date


def briefing_subject(day: date) -> str:
    """Return the subject of the briefing of a day."""
    return f"briefing {day}"


def subjects(connection: Connection, oldest_day: date) -> list[Subject]:
    """Return the messages of `oldest_day` or later: alerts first, then the newest day."""
    found = statements.all_of(connection, "outgoing.subjects", {"oldest_day": oldest_day})
    return [Subject(**row) for row in found]


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


def alert(
    day: date, cause: str, remedy: str, *, title: str = "Something is down", is_sandbox: bool
) -> Content:
    """Return the notice that something is wrong, and what to do about it."""
    head = f"*{title}*" + (" · _sandbox data_" if is_sandbox else "")
    values = {"date": _date(day, is_sandbox), "cause": cause, "remedy": remedy}
    return Content("alert", title, f"{head}\n\n{cause}\n\n*What to do*\n{remedy}", values)


def _briefing(connection: Connection, subject: str, day: date) -> Outgoing | None:
    row = statements.first(connection, "outgoing.briefing", {"day": day})
    if row is None:
        return None
    default = {"text": row["text"]}
    told = [(code, one) for code, one in row["messages"].items() if one["text"] == row["text"]]
    first, default = told[0] if told else ("", default)
    ordered = {first: default, **row["messages"]}
    contents = {
        code: _content(code, day, message, row["is_sandbox"]) for code, message in ordered.items()
    }
    return Outgoing(subject, day, contents, briefing_id=row["id"])


def _content(code: str, day: date, message: Mapping[str, str], is_sandbox: bool) -> Content:
    values = {name: message.get(name, "") for name in ("headline", "glance")}
    title = values["headline"] or _date(day, is_sandbox)
    values["date"] = _date(day, is_sandbox)
    return Content("briefing", title, message["text"], values, code or "en")


def _alert(connection: Connection, subject: str, incident_id: int) -> Outgoing | None:
    row = statements.first(connection, "outgoing.incident", {"id": incident_id})
    if row is None:
        return None
    content = alert(
        row["day"],
        row["cause"],
        row["remedy"],
        title=TITLES[row["kind"]],
        is_sandbox=row["is_sandbox"],
    )
    return Outgoing(subject, row["day"], {"en": content}, incident_id=incident_id)


def _date(day: date, is_sandbox: bool) -> str:
    return f"{day:%a} {day.day} {day:%b %Y}" + (" (sandbox data)" if is_sandbox else "")
