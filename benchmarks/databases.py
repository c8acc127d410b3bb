"""An embedded PostgreSQL for one benchmark, and a fresh database for each of its rounds."""

import os
import tempfile
from collections.abc import Callable, Iterator
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


def cache() -> Path:
    """Return the folder of what benchmarks keep from run to run (AHA_BENCH_CACHE: another)."""
    default = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "aha-benchmarks"
    return Path(os.environ.get("AHA_BENCH_CACHE", default))


@contextmanager
def kept_postgres(name: str) -> Iterator[str]:
    """Yield the address of a PostgreSQL whose data stay for the next run, below the user's cache.

    It and all that it does give way to other processes.
    """
    folder = cache() / name
    os.nice(10)
    try:
        address = embedded.start(folder)
        for setting in ("fsync = off", "max_wal_size = '4GB'"):
            _run(address, f"alter system set {setting}")
        _run(address, "select pg_reload_conf()")
        yield address
    finally:
        embedded.stop(folder)


@contextmanager
def kept_database(server: str, name: str, fill: Callable[[str], None]) -> Iterator[str]:
    """Yield the address of a database that stays, filled by the first run that asks for it."""
    filled = _address(server, name)
    with connect(server) as connection, connection.cursor() as cursor:
        cursor.execute("select from pg_database where datname = %s", [name])
        is_filled = cursor.rowcount == 1
    if not is_filled:
        _run(server, f"drop database if exists {name}_filling")
        _run(server, f"create database {name}_filling")
        fill(_address(server, f"{name}_filling"))
        _run(server, f"alter database {name}_filling rename to {name}")
    yield filled


def server_seconds(pid: int) -> float:
    """Return the seconds that a server's process, without its helpers, has computed."""
    return int(Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0]) / 1e9


@contextmanager
def database(server: str, name: str) -> Iterator[str]:
    """Yield the address of a new database, and drop it at the end of the block."""
    _run(server, f"create database {name}")
    try:
        yield _address(server, name)
    finally:
        _run(server, f"drop database {name} with (force)")


def _address(server: str, name: str) -> str:
    base, _, query = server.partition("?")
    return f"{base.rpartition('/')[0]}/{name}?{query}"


def _run(address: str, statement: str) -> None:
    with connect(address, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
