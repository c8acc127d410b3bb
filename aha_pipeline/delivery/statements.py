"""The statements of `sql/delivery`, each of them one transaction."""

from typing import Any

from psycopg2.extensions import connection as Connection
from psycopg2.extras import RealDictCursor

from aha_pipeline import sql


def first(connection: Connection, name: str, values: dict[str, Any]) -> dict[str, Any] | None:
    """Return the first row of a statement, such as `ledger.claim`, committed, or None."""
    return next(iter(all_of(connection, name, values)), None)


def one(connection: Connection, name: str, values: dict[str, Any]) -> dict[str, Any]:
    """Return the one row of a statement, committed. Raises LookupError for none."""
    row = first(connection, name, values)
    if row is None:
        raise LookupError(f"{name} of sql/delivery returned no row")
    return row


def all_of(connection: Connection, name: str, values: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of a statement, committed."""
    file, _, statement = name.partition(".")
    with connection.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(sql.statement(f"delivery/{file}", statement), values)
        found = [dict(row) for row in cursor] if cursor.description else []
    connection.commit()
    return found
