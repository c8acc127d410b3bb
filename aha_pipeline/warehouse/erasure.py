"""Erase persons from the records: suppress at once, purge later; figures keep their values.

A suppressed record keeps its row, its id and what figures need. What it said is sealed in the
schema aha_private, which the dashboard's role cannot enter, until it is purged.
"""

import hashlib
import json
import secrets
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from psycopg2.extensions import connection as Connection
from psycopg2.extras import RealDictCursor
from psycopg2.sql import SQL, Identifier

from aha_pipeline import sql
from aha_pipeline.warehouse.meaning_file import read_personal_fields
from aha_pipeline.warehouse.person import Key, keys, module_tables

DEFAULTS = sql.ROOT / "personal_fields.csv"
FILE = "personal_fields.csv"
REQUEST, CRM, AGE = "request", "crm", "age"


@dataclass(frozen=True)
class Certificate:
    """What was erased: rows by place. Times are aware; None: not yet. It names nobody."""

    id: int
    basis: str
    subject_digest: str | None
    begun_at: datetime
    suppressed_at: datetime | None
    purged_at: datetime | None
    erased: dict[str, int]
    records: int


@dataclass(frozen=True)
class Sealed:
    """What one record said before it was suppressed.

    `erased` are the fields that it has lost; None where the content was no JSON.
    """

    module: str
    id: str | None
    content: str
    erased: dict[str, Any] | None


@dataclass(frozen=True)
class Request:
    """An erasure requested in the dashboard, and the records shown to the viewer."""

    id: int
    asked_by: str
    basis: str
    subject_digest: str | None
    found: tuple[Key, ...]


def receipt(subject: str) -> tuple[str, str]:
    """Return a receipt, to be kept nowhere, and the digest that a certificate holds.

    The digest is the SHA-256 of "receipt:subject": with the receipt somebody can prove that a
    certificate is theirs. `subject` is the normal form of what was asked for.
    """
    made = secrets.token_hex(8)
    return made, hashlib.sha256(f"{made}:{subject}".encode()).hexdigest()


def consequence(count: int, days: int | None) -> str:
    """Return what erasing `count` records does, for the person who is about to confirm it.

    `days`: until the sealed copies are deleted; None: not set.
    """
    noun = "record loses" if count == 1 else "records lose"
    when = (
        "is sealed until AHA_PURGE_AFTER_DAYS is set"
        if days is None
        else "is deleted for good at once"
        if days == 0
        else f"is deleted for good after {days:,} days"
    )
    return (
        f"{count:,} {noun} what is personal, here and in former contents, briefings, messages, "
        f"events and logs; no figure changes. What they said {when}. There is no way back. "
        "Erase them in Zoho too."
    )


def save_personal_fields(connection: Connection, corrections: Path) -> None:
    """Bring `crm.personal_fields` up to date with our file and the user's, which need not exist.

    Raises UserFileError, and leaves everything as it was.
    """
    told = read_personal_fields(DEFAULTS) | read_personal_fields(corrections)
    rows = [
        {"module": module, "field": field, "is_personal": is_personal}
        for (module, field), is_personal in told.items()
    ]
    with connection.cursor() as cursor:
        cursor.execute(_statement("save_fields"), {"fields": json.dumps(rows)})


def begin(connection: Connection, basis: str, found: Iterable[Key], digest: str | None) -> int:
    """Write down that these records are to be forgotten and suppress them; return the erasure.

    In the caller's transaction: all of it or nothing. Waits for reads of the modules under way.
    """
    with connection.cursor() as cursor:
        cursor.execute(_statement("begin"), {"basis": basis, "digest": digest})
        [(erasure,)] = cursor
        cursor.execute(_statement("remember"), keys(found) | {"erasure": erasure})
    counts = suppress_records(connection) + suppress_names(connection)
    add_counts(connection, erasure, counts)
    return int(erasure)


def requested(connection: Connection) -> list[Request]:
    """Return what was asked for in the dashboard and is not begun yet, oldest first."""
    return [
        Request(found=tuple(zip(row.pop("modules"), row.pop("ids"), strict=True)), **row)
        for row in _rows(connection, "requested", {})
    ]


def mark_begun(connection: Connection, request: Request, erasure: int) -> None:
    """Write down which erasure came of a request."""
    _run(connection, "mark_begun", {"request": request.id, "erasure": erasure})


def suppress_records(connection: Connection) -> Counter[str]:
    """Take out of every forgotten record what is personal; return how many rows by place.

    What it said is sealed. A record that is suppressed already is left as it is, unless a field
    has been called personal since: then its erasure is to be finished again.
    """
    counts: Counter[str] = Counter()
    for module, table in module_tables(connection).items():
        with connection.cursor() as cursor:
            # A landing that began before would write the record as it was.
            cursor.execute("select pg_advisory_xact_lock(hashtext('crm.' || %s))", [module])
        for statement, place in (
            ("suppress_records", f"crm.{table}"),
            ("suppress_versions", "crm.record_versions"),
            ("suppress_history", "crm.record_history"),
            ("suppress_quarantine", "crm.quarantine"),
        ):
            counts[place] += _run(connection, statement, {"module": module}, table)
    _run(connection, "reopen", {})
    return counts


def suppress_names(connection: Connection) -> Counter[str]:
    """Take forgotten persons out of records of others that name them; return as above.

    Reads every record. Later ones are seen to as they land.
    """
    counts: Counter[str] = Counter()
    for module, table in module_tables(connection).items():
        for statement, place in (
            ("suppress_names_in_records", f"crm.{table}"),
            ("suppress_names_in_versions", "crm.record_versions"),
        ):
            counts[place] += _run(connection, statement, {"module": module}, table)
    return counts


def kept_fields(connection: Connection, module: str) -> set[str]:
    """Return the fields of a module that a forgotten record keeps."""
    with connection.cursor() as cursor:
        cursor.execute("select unnest(crm.kept_fields(%s))", [module])
        return {name for (name,) in cursor}


def unfinished(connection: Connection, purge_after_days: int | None) -> tuple[list[int], list[int]]:
    """Return the erasures that were begun and not finished, and those that are due to be purged.

    None: only those by age are ever due.
    """
    rows = _rows(connection, "unfinished", {"days": purge_after_days})
    begun = [row["id"] for row in rows if row["is_begun"]]
    return begun, [row["id"] for row in rows if not row["is_begun"]]


def sealed(connection: Connection, erasures: Sequence[int]) -> list[Sealed]:
    """Return what the records of these erasures said and no longer say."""
    rows = _rows(connection, "sealed", {"erasures": list(erasures)})
    kept = {module: kept_fields(connection, module) for module in {row["module"] for row in rows}}
    return [_sealed(row, kept[row["module"]]) for row in rows]


def mark_suppressed(connection: Connection, erasures: Sequence[int]) -> None:
    """Write down that no surface shows these persons any more."""
    _run(connection, "mark_suppressed", {"erasures": list(erasures)})


def purge(connection: Connection, erasures: Sequence[int]) -> None:
    """Delete what is sealed, for good."""
    _run(connection, "purge", {"erasures": list(erasures)})


def add_counts(connection: Connection, erasure: int, counts: Counter[str]) -> None:
    """Add to a certificate how many rows were erased, by place."""
    _run(connection, "add_counts", {"erasure": erasure, "counts": json.dumps(counts)})


def certificates(connection: Connection, erasure: int | None = None) -> list[Certificate]:
    """Return one certificate or all, oldest first."""
    rows = _rows(connection, "certificates", {"erasure": erasure})
    return [Certificate(**row) for row in rows]


def already_forgotten(connection: Connection, found: Iterable[Key]) -> set[Key]:
    """Return those of the records that are forgotten already."""
    rows = _rows(connection, "already_forgotten", keys(found))
    return {(row["module"], row["id"]) for row in rows}


def _sealed(row: dict[str, Any], kept: set[str]) -> Sealed:
    try:
        record = json.loads(row["content"], strict=False)
    except ValueError:
        record = None
    if not isinstance(record, dict):
        return Sealed(**row, erased=None)
    erased = {field: value for field, value in record.items() if field not in kept}
    return Sealed(**row, erased=erased)


def _run(
    connection: Connection, name: str, parameters: dict[str, Any], table: str | None = None
) -> int:
    statement: Any = _statement(name)
    if table is not None:
        statement = SQL(statement).format(table=Identifier(table))
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.rowcount)


def _rows(connection: Connection, name: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    with connection.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(_statement(name), parameters)
        return [dict(row) for row in cursor]


def _statement(name: str) -> str:
    return sql.statement("warehouse/erasure", name)
