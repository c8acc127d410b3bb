"""What is deleted for its age, and what never is: `sql/warehouse/retention.sql` says why."""

from psycopg2.extensions import connection as Connection
from psycopg2.extras import RealDictCursor

from aha_pipeline import sql


def prune(connection: Connection, *, logs_days: int, versions_days: int | None) -> dict[str, int]:
    """Delete what is older than these days; return how many rows of each kind.

    No figure and no day that is read changes by it.
    """
    parameters = {"logs": logs_days, "versions": versions_days}
    with connection.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(sql.statement("warehouse/retention", "prune"), parameters)
        [deleted] = cursor
        cursor.execute(sql.statement("warehouse/retention", "fold_writes"))
    return dict(deleted)


def prune_events(connection: Connection, *, logs_days: int) -> int:
    """Delete what Dagster logged of the steps of older runs; return how many rows."""
    with connection.cursor() as cursor:
        cursor.execute("select to_regclass('dagster.event_logs')")
        if cursor.fetchone() == (None,):  # another instance's storage
            return 0
        cursor.execute(sql.statement("warehouse/retention", "prune_events"), {"logs": logs_days})
        return cursor.rowcount
