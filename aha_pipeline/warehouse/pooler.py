"""What is between us and PostgreSQL: nothing, or a pooler, found by how it behaves.

A pooler in transaction mode lends each transaction another server connection, so that nothing a
session sets or holds may be relied upon. Source: PgBouncer, "features" (pool modes).
"""

from contextlib import ExitStack
from typing import Literal

from psycopg2.extensions import connection as Connection

from aha_pipeline.warehouse.connection import DatabaseUnreachable, connect

Mode = Literal["direct", "session", "transaction"]
OTHERS = 3


def mode(database_url: str) -> Mode:
    """Return how this address reaches its server. Raises DatabaseUnreachable.

    PostgreSQL tells a client the process that serves it; a pooler tells another number. While
    other clients hold transactions open, a session keeps its process, and a transaction mode's
    client finds itself served by another, or by one of theirs.
    """
    with connect(database_url, autocommit=True) as ours:
        served_by = _process(ours)
        if ours.get_backend_pid() == served_by:
            return "direct"
        with ExitStack() as stack:
            for _ in range(OTHERS):
                if _process(stack.enter_context(connect(database_url))) == served_by:
                    return "transaction"
            return "session" if _process(ours) == served_by else "transaction"


def check_session(database_url: str) -> None:
    """Raise DatabaseUnreachable where sessions do not hold, which Dagster's tables rest on."""
    if mode(database_url) == "transaction":
        raise DatabaseUnreachable(
            "DATABASE_URL leads to a pooler in transaction mode, which serves the figures but not "
            "migrations and Dagster: set DATABASE_SESSION_URL to a direct or session mode address "
            "of the same database."
        )


def _process(connection: Connection) -> int:
    with connection.cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
        [(process,)] = cursor
    return int(process)
