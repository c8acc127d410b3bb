"""Dagster's daemon, exactly one for a database: `python -m aha_pipeline.supervisor.daemon ...`.

Two daemons would both run the schedules. A session holds a lock in the database while the daemon
runs; where the session ends, so does the daemon, until the lock is had again. The arguments are
those of `dagster-daemon`.
"""

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg2
from psycopg2.extensions import connection as Connection

from aha_pipeline import settings as configuration
from aha_pipeline import sql
from aha_pipeline.processes import dies_with_parent
from aha_pipeline.warehouse import errors
from aha_pipeline.warehouse.connection import DatabaseUnreachable, connect

log = logging.getLogger("aha")

LOOK_SECONDS = 5.0
STOP_SECONDS = 12
# The server notices within a minute that a machine which held the lock is gone.
KEEP_ALIVE = "set tcp_keepalives_idle = 20; set tcp_keepalives_interval = 10; "
KEEP_ALIVE += "set tcp_keepalives_count = 3"


def run(database_url: str, command: Sequence[str]) -> None:
    """Run the daemon of `command` whenever this process has the lock, until SIGTERM or SIGINT.

    `database_url` has to be good for sessions.
    """
    told = ""
    while True:
        try:
            with _locked(database_url) as (connection, holder):
                if holder is None:
                    told = ""
                    _run_while_locked(connection, command)
                elif holder != told:
                    told = holder
                    log.warning(
                        "Another daemon serves this database, %s: this one waits until it ends.",
                        holder,
                    )
        except (psycopg2.Error, DatabaseUnreachable) as error:
            said = errors.meaning(error, alone=True) or error
            log.warning("The daemon waits for the database. %s", said)
        time.sleep(LOOK_SECONDS)


@contextmanager
def _locked(database_url: str) -> Iterator[tuple[Connection, str | None]]:
    """Yield a session that holds the lock, or one that does not and who does instead."""
    with connect(database_url, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute(KEEP_ALIVE)
        cursor.execute(sql.read("warehouse/lock_daemon"))
        [(has_lock, holder)] = cursor
        yield connection, None if has_lock else holder or "which has just ended"


def _run_while_locked(connection: Connection, command: Sequence[str]) -> None:
    """Run the command until it ends (its status becomes ours) or the session is lost."""
    child = subprocess.Popen(command, preexec_fn=dies_with_parent(signal.SIGTERM))
    try:
        while True:
            with suppress(subprocess.TimeoutExpired):
                sys.exit(child.wait(LOOK_SECONDS))
            with connection.cursor() as cursor:
                cursor.execute("select 1")
    except psycopg2.Error:
        log.warning("The daemon is stopped: the session that keeps others away was lost.")
    finally:
        _stop(child)


def _stop(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def main() -> None:
    """Run it with this process's settings."""
    logging.basicConfig(format="%(asctime)s %(message)s")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    program = str(Path(sys.executable).with_name("dagster-daemon"))
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    run(configuration.load().session_url, [program, *sys.argv[1:]])


if __name__ == "__main__":
    main()
