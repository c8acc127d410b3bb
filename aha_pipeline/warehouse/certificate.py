"""Certificates: whether a module here equals the one in the CRM, and what was healed."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg2.extensions import connection as Connection
from psycopg2.extras import RealDictCursor
from psycopg2.sql import SQL, Identifier, Literal

from aha_pipeline import sql
from aha_pipeline.warehouse.tables import table_name

EQUAL, HEALED, REFUSED = "equal", "healed", "refused"
# How Zoho may count the live records of a module; the last reads every record whole.
WAYS = ("all_records", "without_converted", "without_unapproved")


@dataclass(frozen=True)
class Certificate:
    """The verdict on one module: `equal`, `healed` or `refused`, then with a `reason`.

    `missing`, `stale` and `extra` count the records that an earlier read should have loaded,
    updated or marked deleted; `healed` is their sum. `records_here` is the number before.
    """

    run_id: str
    module: str
    verdict: str
    records_in_crm: int = 0
    records_here: int = 0
    healed: int = 0
    missing: int = 0
    stale: int = 0
    extra: int = 0
    reason: str | None = None
    checked_at: datetime | None = None

    @property
    def sentence(self) -> str:
        """The verdict in one sentence."""
        if self.verdict == REFUSED:
            return f"{self.module}: refused. {self.reason}"
        if self.verdict == EQUAL:
            return f"{self.module}: equal, {self.records_in_crm:,} records."
        return (
            f"{self.module}: healed {self.healed:,} of {self.records_in_crm:,} records "
            f"({self.missing:,} missing, {self.stale:,} stale, {self.extra:,} extra)."
        )


def certify(connection: Connection, certificate: Certificate) -> None:
    """Write a certificate, in the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute(sql.statement("warehouse/certificates", "save"), asdict(certificate))


def latest(connection: Connection, module: str) -> Certificate | None:
    """Return the newest certificate of a module, or None."""
    row = _row(connection, sql.statement("warehouse/certificates", "latest"), {"module": module})
    return Certificate(**row) if row else None


def read_until(connection: Connection, module: str, lag: timedelta) -> datetime | None:
    """Return up to when a module was read, less the CRM's `lag`; None if it never was."""
    parameters = {"module": module, "lag": lag}
    with connection.cursor() as cursor:
        cursor.execute(sql.statement("warehouse/sync_log", "read_until"), parameters)
        until: datetime | None
        [(until,)] = cursor
    return until


def count_live_records(connection: Connection, module: str) -> int:
    """Return the number of live records of a module."""
    return _counted(connection, module, WAYS[0])


def count_as_zoho(connection: Connection, module: str, counted: int) -> dict[str, int]:
    """Return the number of live records of a module in each way that Zoho may count them.

    Up to the way in which they are as many as it `counted`: each takes longer than the one before.
    """
    live: dict[str, int] = {}
    for way in WAYS:
        live[way] = _counted(connection, module, way)
        if live[way] == counted:
            break
    return live


def _counted(connection: Connection, module: str, way: str) -> int:
    query = SQL(sql.statement("warehouse/certificates", way)).format(
        table=Identifier(table_name(module)),
        converted=Identifier("is_converted") if module == "Leads" else Literal(False),
    )
    return int(_row(connection, query, {})[way])


def _row(connection: Connection, statement: Any, parameters: dict[str, Any]) -> dict[str, Any]:
    with connection.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(statement, parameters)
        return dict(cursor.fetchone() or {})
