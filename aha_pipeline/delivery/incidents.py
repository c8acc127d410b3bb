"""Incidents: a daily sync that failed or did not come, or a statement that was held back."""

from datetime import date, datetime
from typing import Literal

from psycopg2.extensions import connection as Connection

from aha_pipeline.delivery import statements


def open_incident(
    connection: Connection,
    *,
    key: str,
    day: date,
    kind: Literal["failed", "late", "untrue"],
    cause: str,
    remedy: str,
    opened_at: datetime,
) -> bool:
    """Open an incident; whether it is new.

    Returns False where `key` exists or another incident is open (already reported).
    """
    values = {
        "key": key,
        "day": day,
        "kind": kind,
        "cause": cause,
        "remedy": remedy,
        "opened_at": opened_at,
    }
    return statements.first(connection, "incidents.open", values) is not None


def open_since(connection: Connection) -> datetime | None:
    """Return since when an incident is open; None if none is."""
    row = statements.first(connection, "incidents.open_since", {})
    return row["opened_at"] if row else None


def close_untrue(connection: Connection, at: datetime) -> None:
    """Close the incident of statements that were held back, if one is open."""
    statements.all_of(connection, "incidents.close_untrue", {"at": at})


def close_incident(connection: Connection, recovered_at: datetime) -> bool:
    """Close the incident that was open at `recovered_at`; whether there was one."""
    values = {"recovered_at": recovered_at}
    return statements.first(connection, "incidents.close", values) is not None
