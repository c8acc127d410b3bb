"""Connections to PostgreSQL: opened in one place, closed by a `with` block."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from secrets import token_hex
from typing import Any

import psycopg2
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor
from psycopg2.sql import Composable

from aha_pipeline import sql
from aha_pipeline.warehouse import errors

CONNECT_TIMEOUT_SECONDS = 10
KEPT = 3  # of a run: its step, its heartbeat, and calls and credits use one each at a time
# Says in the database which machine and process a session is of; PostgreSQL keeps 63 bytes. A
# recreated container may have the same name and number: the last part is this process's own.
APPLICATION = f"aha_pipeline {os.uname().nodename[:32]}/{os.getpid()} {token_hex(3)}"
ON_SOCKET = "connection to server on socket"
NO_TLS = "server does not support SSL"  # libpq's words


class DatabaseUnreachable(RuntimeError):
    """The database cannot be used; the text says why and holds no password."""


@contextmanager
def connect(
    database_url: str, *, autocommit: bool = False, factory: type[Connection] = Connection
) -> Iterator[Connection]:
    """Yield a connection, commit at the end (roll back on an error) and close it.

    Raises DatabaseUnreachable with one sentence when the server refuses or does not answer.
    """
    connection = _opened(database_url, factory)
    try:
        if autocommit:
            connection.autocommit = True
            yield connection
        else:
            with connection:
                yield connection
    finally:
        connection.close()


class KeptConnection:
    """Connections one after the other for the price of one: between two it stays open.

    PostgreSQL starts a process for each new connection, which reads anew what tables there are.
    Safe for use by several threads: who finds none idle gets a new one, and some of those stay too.
    """

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url
        self._idle: list[Connection] = []
        self._is_closed = False

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """Yield a connection as the function `connect` does, without traces of its last user."""
        connection = self._taken() or _opened(self._database_url, Connection)
        try:
            with connection:
                yield connection
        except BaseException:
            connection.close()
            raise
        if connection.closed or len(self._idle) >= KEPT or self._is_closed:
            connection.close()
        else:
            self._idle.append(connection)

    def close(self) -> None:
        """Close what is idle; what is in use is closed by its user."""
        self._is_closed = True
        while self._idle:
            self._idle.pop().close()

    def _taken(self) -> Connection | None:
        """Return the idle connection as if it were new; None where there is none that answers."""
        try:
            connection = self._idle.pop()
        except IndexError:
            return None
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("discard all")
            connection.autocommit = False
        except psycopg2.Error:  # the server was started again, or has ended the session
            connection.close()
            return None
        return connection


def _opened(database_url: str, factory: type[Connection]) -> Connection:
    try:
        return psycopg2.connect(
            database_url,
            connect_timeout=CONNECT_TIMEOUT_SECONDS,
            application_name=APPLICATION,
            client_encoding="UTF8",
            keepalives_idle=30,
            connection_factory=factory,
        )
    except psycopg2.OperationalError as error:
        raise DatabaseUnreachable(_sentence(error)) from None
    except psycopg2.ProgrammingError:
        # libpq's text for a malformed address may quote the address, password and all.
        raise DatabaseUnreachable(
            "DATABASE_URL cannot be read: it must look like "
            "postgresql://user:password@host:5432/name, with special characters percent-encoded."
        ) from None


@contextmanager
def connect_reader(database_url: str) -> Iterator[Connection]:
    """Yield a connection that can read both schemas and write nothing; it commits each query."""
    with connect(database_url, autocommit=True, factory=_ReaderConnection) as connection:
        yield connection


class _AsReader(Cursor):
    """A cursor that asks every query as the reader."""

    def execute(self, query: Any, vars: Any = None) -> None:
        text = query.as_string(self) if isinstance(query, Composable) else query
        super().execute(f"{sql.read('warehouse/read_as')}\n{text}", vars)


class _ReaderConnection(Connection):
    def cursor(self, *arguments: Any, cursor_factory: Any = Cursor, **options: Any) -> Any:
        return super().cursor(*arguments, cursor_factory=_as_reader(cursor_factory), **options)


@cache
def _as_reader(factory: Any) -> Any:
    return type("ReaderCursor", (_AsReader, factory), {})


def _sentence(error: psycopg2.OperationalError) -> str:
    """Return libpq's reason in one line. libpq names host and user here, never the password."""
    reason = " ".join(str(error).split()) or type(error).__name__
    if NO_TLS in reason:
        return (
            "The database takes no encrypted connection, and it is not on this machine: turn SSL "
            "on at the server; for a network that nobody else can listen to, add sslmode=disable "
            f"to DATABASE_URL. It said: {reason}"
        )
    if any(words in reason for words in errors.AT_CONNECT):
        return errors.sentence(error)
    if ON_SOCKET in reason:
        return (
            "No database answers on its socket, or it has just ended: give the command again, "
            "which starts the embedded one; where DATABASE_URL names a socket, start that server. "
            f"It said: {reason}"
        )
    return f"The database does not accept a connection; check DATABASE_URL. It said: {reason}"
