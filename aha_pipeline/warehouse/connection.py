"""Connections to PostgreSQL: opened in one place, closed by a `with` block."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2
from psycopg2.extensions import connection as Connection

CONNECT_TIMEOUT_SECONDS = 10


class DatabaseUnreachable(RuntimeError):
    """The database cannot be used; the text says why and holds no password."""


@contextmanager
def connect(database_url: str, *, autocommit: bool = False) -> Iterator[Connection]:
    """Yield a connection, commit at the end (roll back on an error) and close it.

    Raises DatabaseUnreachable with one sentence when the server refuses or does not answer.
    """
    try:
        connection = psycopg2.connect(
            database_url,
            connect_timeout=CONNECT_TIMEOUT_SECONDS,
            application_name="aha_pipeline",
            keepalives_idle=30,
        )
    except psycopg2.OperationalError as error:
        raise DatabaseUnreachable(_sentence(error)) from None
    except psycopg2.ProgrammingError:
        # libpq's text for a malformed address may quote the address, password and all.
        raise DatabaseUnreachable(
            "DATABASE_URL cannot be read: it must look like "
            "postgresql://user:password@host:5432/name, with special characters percent-encoded."
        ) from None
    try:
        if autocommit:
            connection.autocommit = True
            yield connection
        else:
            with connection:
                yield connection
    finally:
        connection.close()


@contextmanager
def connect_reader(database_url: str) -> Iterator[Connection]:
    """Yield a connection that can read both schemas and write nothing."""
    with connect(database_url, autocommit=True) as connection:
        with connection.cursor() as cursor:
            cursor.execute("set default_transaction_read_only = on")
            cursor.execute("set statement_timeout = '30s'")
            cursor.execute("set role aha_reader")
        yield connection


def _sentence(error: psycopg2.OperationalError) -> str:
    """Return libpq's reason in one line. libpq names host and user here, never the password."""
    reason = " ".join(str(error).split()) or type(error).__name__
    return f"The database does not accept a connection; check DATABASE_URL. It said: {reason}"
