"""The e-mails of records, as far as figures need them, and of which records they were read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg2.extensions import connection as Connection
from psycopg2.extras import RealDictCursor

from aha_pipeline import sql

LEADS_WITHIN = timedelta(days=90)  # as in measures.email_records


@dataclass(frozen=True)
class DueRecord:
    """A record whose e-mails are to be read; those before `read_at`, aware, are here already."""

    module: str
    id: str
    read_at: datetime | None


@dataclass(frozen=True)
class ReadEmails:
    """The e-mails of one record, as JSON texts, and what they cost.

    `read_at`, aware: all of before are among them or here already; None: they were not read, and
    `problem` says why. With a time, `problem` says why there are none.
    """

    id: str
    emails: Sequence[bytes] = ()
    read_at: datetime | None = None
    credits: int = 0
    problem: str | None = None


@dataclass(frozen=True)
class EmailProgress:
    """Of how many leads of the last 90 days and open deals the e-mails were read, and why not.

    Who tells of leads alone leaves out the deals.
    """

    leads: int
    read_leads: int
    problem: str | None
    deals: int = 0
    read_deals: int = 0

    @property
    def sentence(self) -> str:
        """How far they are read, in a sentence."""
        if self.problem:
            return f"E-mails are not read. {self.problem}"
        if not (self.leads or self.deals):
            return "E-mails are not read: no lead or deal rests on them, or calls are not read."
        return (
            f"E-mails read of {_part(self.read_leads, self.leads)} leads of 90 days and of "
            f"{_part(self.read_deals, self.deals)} open deals."
        )

    @property
    def sentence_of_leads(self) -> str:
        """What a wait of leads rests on, in a sentence or two."""
        if self.problem:
            return self.sentence
        if not self.read_leads:
            return "E-mails are not read: whom somebody only wrote to counts as waiting."
        told = f"E-mails read of {_part(self.read_leads, self.leads)} leads of 90 days."
        if self.read_leads == self.leads:
            return told
        return f"{told} Of the others, whom somebody only wrote to counts as waiting."


def to_read(connection: Connection) -> list[DueRecord]:
    """Return the records whose e-mails are to be read now, those that wait first."""
    with connection.cursor() as cursor:
        cursor.execute(_statement("to_read"))
        return [DueRecord(*row) for row in cursor]


def land(connection: Connection, module: str, read: Sequence[ReadEmails]) -> None:
    """Land what was read of records of a module and note it, in the caller's transaction."""
    emails = [(one.id, email.decode()) for one in read for email in one.emails]
    with connection.cursor() as cursor:
        cursor.execute(_statement("hold_off_others"), {"module": module})
        landed: dict[str, Any] = {"module": module, "ids": [id_ for id_, _ in emails]}
        cursor.execute(_statement("land"), landed | {"texts": [text for _, text in emails]})
        noted: dict[str, Any] = {"module": module, "ids": [one.id for one in read]}
        noted |= {"read_at": [one.read_at for one in read]}
        noted |= {"credits": [one.credits for one in read]}
        noted |= {"problems": [one.problem for one in read]}
        cursor.execute(_statement("note"), noted)


def note_refusal(connection: Connection, module: str, problem: str, credits: int) -> None:
    """Note why e-mails are not to be had, and what asking cost."""
    parameters = {"module": module, "problem": problem, "credits": credits}
    with connection.cursor() as cursor:
        cursor.execute(_statement("note_refusal"), parameters)


def clear_refusal(connection: Connection) -> None:
    """Note that e-mails are to be had."""
    with connection.cursor() as cursor:
        cursor.execute(_statement("clear_refusal"))


def spent(connection: Connection) -> int:
    """Return the credits that reading e-mails has cost in a day."""
    with connection.cursor() as cursor:
        cursor.execute(_statement("spent"))
        [(credits,)] = cursor
    return int(credits)


def progress(connection: Connection) -> EmailProgress:
    """Return how far they are read."""
    with connection.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(_statement("progress"))
        [row] = cursor
    return EmailProgress(**row)


def _part(read: int, of: int) -> str:
    return f"all {of:,}" if read == of else f"{read:,} of {of:,}"


def _statement(name: str) -> str:
    return sql.statement("warehouse/record_emails", name)
