"""Start and stop of the embedded server; any number of processes use it together."""

import logging
import os
import subprocess
import sys
import time
from pathlib import Path
from threading import Lock
from urllib.parse import quote

from aha_pipeline import memory
from aha_pipeline.processes import last_line
from aha_pipeline.warehouse.connection import DatabaseUnreachable, connect
from aha_pipeline.warehouse.embedded import cluster, folders, locks

log = logging.getLogger(__name__)

START_SECONDS = 300  # after a crash it first replays what was under way
TELL_SECONDS = 5
STOP_SECONDS = 60
POLL_SECONDS = 0.05
SETTINGS = {"listen_addresses": "", "unix_socket_permissions": "0700"}
# Of the memory, which a language model may share: for a server of its own PostgreSQL recommends a
# quarter (its manual, 19.4). It takes what it uses; by default it has 128 MB, whatever there is.
BUFFERS_SHARE = 1 / 8
LEAST_BUFFERS_MB, MOST_BUFFERS_MB = 128, 2048

_lock = Lock()
_held: dict[Path, int] = {}
_keepers: dict[Path, subprocess.Popen[bytes]] = {}


def start(home: Path) -> str:
    """Start the embedded PostgreSQL of `home` if it is not running; return its address.

    It listens on a Unix socket only. It stops when the last process that called this is gone,
    however that ended. Raises DatabaseUnreachable with one sentence.
    """
    home = home.resolve()
    folders.check_length(home)
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _lock:
        if home not in _held:
            _held[home] = locks.share(_users(home))
        _await(home)
    return _address(home)


def stop(home: Path) -> None:
    """Let go of the embedded PostgreSQL of `home`; where nobody else uses it, it is down after."""
    home = home.resolve()
    with _lock:
        if (descriptor := _held.pop(home, None)) is None:
            return
        os.close(descriptor)
        if (others := _others(home)) is not None:
            os.close(others)
            return
        deadline = time.monotonic() + STOP_SECONDS
        while _is_kept(home) and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
        if keeper := _keepers.pop(home, None):
            keeper.wait()


def is_running(home: Path) -> bool:
    """Return whether a server of `home` is up, or on its way up or down."""
    return _is_kept(home.resolve())


def _others(home: Path) -> int | None:
    """Return a shared lock if others use the server too; None if it is ending for want of users."""
    if (alone := locks.try_alone(_users(home))) is not None:
        os.close(alone)
        return None
    return locks.try_share(_users(home))


def _await(home: Path) -> None:
    """Wait until the server answers, having started it where nobody has."""
    began, is_told, ours = time.monotonic(), False, None
    while True:
        if ours is None and (claimed := locks.try_alone(_keeper(home))) is not None:
            ours = _keepers[home] = _start_keeper(home, claimed)
        try:
            with connect(_address(home)):
                return
        except DatabaseUnreachable as error:
            waited = time.monotonic() - began
            if (ours and ours.poll() is not None) or waited > START_SECONDS:
                raise DatabaseUnreachable(
                    "The embedded PostgreSQL does not start; its log "
                    f"{_log(home)} ends with: {last_line(_log(home)) or error}"
                ) from None
            if waited > TELL_SECONDS and not is_told:
                is_told = True
                log.warning("Waiting for the embedded PostgreSQL, which is starting.")
            time.sleep(POLL_SECONDS)


def _start_keeper(home: Path, claimed: int) -> subprocess.Popen[bytes]:
    """Start the server's parent, which takes over the lock that says there is one."""
    data = home / "postgres"
    try:
        cluster.prepare(data)
        sockets = folders.socket_folder(data)
        folders.make_private(sockets)
        quoted = str(sockets).replace('"', '""')
        settings = SETTINGS | {
            "unix_socket_directories": f'"{quoted}"',
            "shared_buffers": _buffers(),
        }
        command = [str(cluster.newest() / "postgres"), "-D", str(data)]
        command += [part for name in settings for part in ("-c", f"{name}={settings[name]}")]
        _log(home).parent.mkdir(mode=0o700, exist_ok=True)
        user = "" if os.geteuid() else folders.owner().pw_name
        keeper = "aha_pipeline.warehouse.embedded.keeper"
        return subprocess.Popen(
            [sys.executable, "-m", keeper, _users(home), _log(home), user, *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=[claimed],
            cwd="/",
        )
    finally:
        os.close(claimed)


def _buffers() -> str:
    megabytes = int(memory.total() * BUFFERS_SHARE) // 2**20
    return f"{max(LEAST_BUFFERS_MB, min(megabytes, MOST_BUFFERS_MB))}MB"


def _is_kept(home: Path) -> bool:
    if (free := locks.try_share(_keeper(home))) is None:
        return True
    os.close(free)
    return False


def _address(home: Path) -> str:
    sockets = quote(str(folders.socket_folder(home / "postgres")), safe="/")
    return f"postgresql://{cluster.SUPERUSER}@/{cluster.SUPERUSER}?host={sockets}"


def _users(home: Path) -> Path:
    return home / "postgres.users"


def _keeper(home: Path) -> Path:
    return home / "postgres.lock"


def _log(home: Path) -> Path:
    return home / "logs" / "postgresql.log"
