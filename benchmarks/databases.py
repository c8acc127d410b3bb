"""An embedded PostgreSQL for one benchmark, and a fresh database for each of its rounds."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aha_pipeline.warehouse import embedded
from aha_pipeline.warehouse.connection import connect


@contextmanager
def postgres() -> Iterator[str]:
    """Yield the address of a PostgreSQL that is gone after the block."""
    with tempfile.TemporaryDirectory(prefix="aha-bench-", ignore_cleanup_errors=True) as folder:
        try:
            yield embedded.start(Path(folder))
        finally:
            embedded.stop(Path(folder))


@contextmanager
def database(server: str, name: str) -> Iterator[str]:
    """Yield the address of a new database, and drop it at the end of the block."""
    _run(server, f"create database {name}")
    base, _, query = server.partition("?")
    try:
        yield f"{base.rpartition('/')[0]}/{name}?{query}"
    finally:
        _run(server, f"drop database {name} with (force)")


def _run(address: str, statement: str) -> None:
    with connect(address, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
