"""The statements of `sql/delivery`, each of them one transaction."""

from psycopg2.extensions import connection as Connection
from psycopg2.extras import RealDictCursor

from aha_pipeline import sql


def first(connection: Connection, name: str, values: dict) -> dict | None:
    """Return the first row of `sql/delivery/<name>.sql`, committed, or None."""
    return next(iter(all_of(connection, name, values)), None)


def all_of(connection: Connection, name: str, values: dict) -> list[dict]:
    """Return the rows of `sql/delivery/<name>.sql`, committed."""
    with connection.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(sql.read(f"delivery/{name}"), values)
        found = [dict(row) for row in cursor] if cursor.description else []
    connection.commit()
    return found
