"""The access tokens that all processes and machines on one database share.

Zoho makes ten tokens in ten minutes, and the sixteenth live one kills the first: processes that
each fetch their own stop one another. What is kept comes encrypted, and readers cannot see it.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from psycopg2.extensions import connection as Connection

from aha_pipeline import sql


class TokenStore:
    """What is kept of each connection to the CRM."""

    def __init__(self, connect: Callable[[], AbstractContextManager[Connection]]) -> None:
        self._connect = connect

    @contextmanager
    def locked(self, key: str) -> Iterator["Kept"]:
        """Yield what is kept of a connection, for this process alone until the block ends.

        Raises DatabaseUnreachable or psycopg2.Error.
        """
        with self._connect() as connection:
            with connection.cursor() as cursor:
                cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", (key,))
            yield Kept(connection, key)


class Kept:
    """What is kept of one connection."""

    def __init__(self, connection: Connection, key: str) -> None:
        self._connection, self._key = connection, key

    def read(self) -> str | None:
        """Return what was kept last, or None."""
        with self._connection.cursor() as cursor:
            cursor.execute(
                "select kept from aha_private.access_tokens where connection = %s", (self._key,)
            )
            row = cursor.fetchone()
        return row[0] if row else None

    def write(self, text: str) -> None:
        """Keep something, and drop what other connections have not used for a day."""
        parameters = {"connection": self._key, "kept": text}
        with self._connection.cursor() as cursor:
            cursor.execute(sql.statement("warehouse/zoho_limits", "save_token"), parameters)
