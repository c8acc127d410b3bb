"""The statements of `sql/delivery`, each of them one transaction."""

from typing import Any

from psycopg2.extensions import connection as Connection
from psycopg2.extras import RealDictCursor

from aha_pipeline import sql


def first(connection: Connection, name: str, values: dict[str, Any]) -> dict[str, Any] | None:
    """Return the first row of `sql/delivery/<name>.sql`, committed, or None."""
    return next(iter(all_of(connection, name, values)), None)


def one(connection: Connection, name: str, values: dict[str, Any]) -> dict[str, Any]:
    """Return the one row of `sql/delivery/<name>.sql`, committed. Raises LookupError for none."""
    row = first(connection, name, values)
    if row is None:
        raise LookupError(f"sql/delivery/{name}.sql returned no row")
    return row


def all_of(connection: Connection, name: str, values: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of `sql/delivery/<name>.sql`, committed."""
    with connection.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(sql.read(f"delivery/{name}"), values)
        found = [dict(row) for row in cursor] if cursor.description else []
    connection.commit()
    return found
