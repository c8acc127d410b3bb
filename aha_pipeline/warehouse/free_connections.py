"""How many connections the server has room for, and how many of them a sync and `aha up` take.

There is no setting for it: PostgreSQL has its own (`alter role … connection limit`), and the
nearest of its bounds decides how many modules are read at the same time. What a pooler's pool
holds cannot be asked; there the sentence for "too many connections" says what is needed.
"""

from dataclasses import dataclass

from psycopg2.extensions import connection as Connection

from aha_pipeline import sql
from aha_pipeline.warehouse.connection import APPLICATION, DatabaseUnreachable, connect
from aha_pipeline.warehouse.connection_limits import (
    BESIDE_MODULES,
    LEAST_FOR_SYNC,
    MODULE,
    MOST_FOR_UP,
    MOST_MODULES,
)


@dataclass(frozen=True)
class FreeConnections:
    """The lowest limit on sessions, and how many of them other processes use."""

    allowed: int
    others: int

    @property
    def free(self) -> int:
        """How many sessions this process may have, including those it has."""
        return max(self.allowed - self.others, 0)

    @property
    def modules(self) -> int:
        """How many modules may be read at the same time, at least one."""
        fitting = (self.free - BESIDE_MODULES) // MODULE
        return min(max(fitting, 1), MOST_MODULES)

    @property
    def too_few(self) -> str | None:
        """A sentence if a sync has too few connections, else None."""
        if self.free >= LEAST_FOR_SYNC:
            return None
        return (
            f"A sync needs {LEAST_FOR_SYNC} connections to the database, and of its {self.allowed} "
            f"only {self.free} are free: close what holds the others, or raise the limit "
            "(max_connections, or the connection limit of the role or the database)."
        )

    @property
    def scarce(self) -> str | None:
        """A sentence if `aha up` with a sync may need more connections, else None."""
        if self.free >= MOST_FOR_UP:
            return None
        return (
            f"`aha up` with a sync may take {MOST_FOR_UP} connections to the database, and of its "
            f"{self.allowed} only {self.free} are free: modules are read {self.modules} at a time, "
            "and pages may have to wait. Raise the limit, or close what holds the others."
        )


def count(connection: Connection) -> FreeConnections:
    """Return how many sessions this process may have."""
    with connection.cursor() as cursor:
        cursor.execute(sql.read("warehouse/connections"), {"application": APPLICATION})
        [(allowed, others)] = cursor
    return FreeConnections(allowed, others)


def check(database_url: str) -> FreeConnections:
    """Return how many sessions there is room for.

    Raises DatabaseUnreachable if they are too few for a sync.
    """
    with connect(database_url, autocommit=True) as connection:
        found = count(connection)
    if found.too_few:
        raise DatabaseUnreachable(found.too_few)
    return found
