"""Databases of a server: made, named and dropped."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from aha_pipeline.warehouse.connection import connect


def administer(address: str, statement: str) -> None:
    """Run one statement outside any transaction, as `create database` needs it."""
    with connect(address, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute(statement)


def address_of(server: str, database: str) -> str:
    """Return the address of a database of the server."""
    base, _, query = server.partition("?")
    return f"{base.rpartition('/')[0]}/{database}" + (f"?{query}" if query else "")


@contextmanager
def fresh_database(server: str, template: str = "template1") -> Iterator[str]:
    """Yield the address of a copy of a database that nobody is connected to, dropped at the end."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    # Its files are copied as they are: by way of the log, as is the default, takes twice the time.
    administer(server, f"create database {name} template {template} strategy file_copy")
    yield address_of(server, name)
    administer(server, f"drop database {name} with (force)")
