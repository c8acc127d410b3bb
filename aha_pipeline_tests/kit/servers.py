"""Servers that tests start for themselves: an installed PostgreSQL, PgBouncer, an application."""

import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from aha_pipeline.warehouse.connection import DatabaseUnreachable, connect
from aha_pipeline.warehouse.connection_limits import MOST_FOR_SYNC
from aha_pipeline_tests.kit.ports import free_port
from aha_pipeline_tests.kit.waiting import LONGEST

PGBOUNCER = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
UNPRIVILEGED = "nobody"
MEMORY = Path("/dev/shm")  # noqa: S108  (a file system, not a file in it)
ROOM = 4 << 30  # bytes; four workers with a server each take less than one
POOL_SIZE = MOST_FOR_SYNC  # no session more than a sync may take
# As Supabase creates them; service_role passes row-level security by.
SUPABASE_ROLES = {
    "anon": "nobypassrls",
    "authenticated": "nobypassrls",
    "service_role": "bypassrls",
}


def server_folder(prefix: str) -> Path:
    """Return a new folder for a server's data: in memory, where the machine has the room.

    On a disk, its journal takes two thirds of the time of databases that come and go.
    """
    has_room = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM
    return Path(tempfile.mkdtemp(prefix=prefix, dir=MEMORY if has_room else None))


@contextmanager
def installed_postgres(programs: Path, folder: Path) -> Iterator[str]:
    """Yield the address of a new PostgreSQL, run by the programs of a folder until the end."""
    data = folder / "data"
    subprocess.run(
        [programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8"],
        check=True,
        capture_output=True,
        **_run_as(UNPRIVILEGED, folder),
    )
    command = [programs / "postgres", "-D", data, "-k", folder, "-c", "listen_addresses="]
    address = f"postgresql://postgres@/postgres?host={folder}"
    with _running(command, address, _run_as(UNPRIVILEGED, folder)):
        yield address


@contextmanager
def pgbouncer(folder: Path, database_url: str, pool_mode: str) -> Iterator[str]:
    """Yield the address of a database behind a PgBouncer on loopback, in a pool mode."""
    with connect(database_url) as direct:
        parameters = direct.get_dsn_parameters()
    port = free_port()
    file = folder / f"{pool_mode}.ini"
    file.write_text(
        f"[databases]\n* = host={parameters['host']} port={parameters['port']} user=postgres\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
        f"auth_type = any\npool_mode = {pool_mode}\ndefault_pool_size = {POOL_SIZE}\n"
    )
    # PostgreSQL's socket may be where only its own user gets to.
    user = _run_as(Path(parameters["host"]).owner(), folder)
    address = f"postgresql://postgres@127.0.0.1:{port}/{parameters['dbname']}"
    with _running([PGBOUNCER, "-q", file], address, user):
        yield address


@contextmanager
def _running(command: Sequence[str | Path], address: str, user: dict[str, str]) -> Iterator[None]:
    """Run a server as a user while the block runs, once its address answers."""
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **user)
    try:
        _await(address, server)
        yield
    finally:
        server.terminate()
        server.wait()


@contextmanager
def serve(app: Starlette, port: int) -> Iterator[str]:
    """Yield the address of an application that answers on loopback until the end."""
    config = uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


def create_supabase_roles(database_url: str) -> None:
    """Give a database Supabase's web roles and their default rights."""
    with connect(database_url, autocommit=True) as admin, admin.cursor() as cursor:
        for role, bypass in SUPABASE_ROLES.items():
            cursor.execute("select 1 from pg_roles where rolname = %s", [role])
            if not cursor.fetchone():
                cursor.execute(f"create role {role} nologin noinherit {bypass}")
            cursor.execute(f"grant usage on schema public to {role}")
            for what in ("tables", "functions", "sequences"):
                cursor.execute(
                    f"alter default privileges in schema public grant all on {what} to {role}"
                )


def _run_as(user: str, folder: Path) -> dict[str, str]:
    """Return how a server is started that refuses to be run by root; it is given the folder."""
    if os.geteuid() != 0:
        return {}
    for path in (folder, *folder.rglob("*")):
        shutil.chown(path, user)
    return {"user": user}


def _await(address: str, server: subprocess.Popen) -> None:
    deadline = time.monotonic() + LONGEST
    while True:
        try:
            with connect(address):
                return
        except DatabaseUnreachable:
            if server.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.1)
