"""Sessions of PostgreSQL, kept from one use to the next: a new one has to read its catalogs first.

For tests of many short transactions, most of whose time would go into opening connections. Between
two uses nothing of a session is left but what it has read of the catalogs.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection

_idle: dict[tuple[int, str, type], list[Connection]] = {}  # by process: a fork takes none along
_open = psycopg2.connect


@contextmanager
def kept_sessions() -> Iterator[None]:
    """Let what this process opens meanwhile be kept until the end."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(psycopg2, "connect", _connect)
        try:
            yield
        finally:
            for session in [one for idle in _idle.values() for one in idle]:
                Connection.close(session)
            _idle.clear()


def _connect(
    dsn: str, *, connection_factory: type[Connection] = Connection, **options: Any
) -> Connection:
    factory = _keeping(connection_factory)
    try:
        return _idle[os.getpid(), dsn, factory].pop()  # in one step: threads share the list
    except (KeyError, IndexError):
        session: Connection = _open(dsn, connection_factory=factory, **options)
        session.address = dsn
        return session


@cache
def _keeping(factory: type[Connection]) -> Any:
    """Return a class of connections whose closing gives them back as new."""

    class Kept(factory):  # type: ignore[misc, valid-type]
        address: str

        def close(self) -> None:
            if self.closed:
                return
            try:
                self.rollback()
                self.autocommit = True
                Connection.cursor(self).execute("discard all")
                self.autocommit = False
            except psycopg2.Error:
                super().close()
                return
            _idle.setdefault((os.getpid(), self.address, type(self)), []).append(self)

    return Kept
