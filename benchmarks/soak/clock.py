"""A clock that several processes share and that can be put forward: time flows on, but jumps.

A file holds by how many seconds the shared time is apart from this machine's, as libfaketime reads
it (`+86400.000`), so that PostgreSQL can follow the same file. Python follows by time-machine,
which leaves `time.monotonic` as it is: libfaketime hangs the timed waits of Python.
"""

import os
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import time_machine
from grpc import _channel, _common, _server

ROOT = Path(__file__).parents[2]
VARIABLE = "AHA_SOAK_CLOCK"
LOOK_SECONDS = 0.05
FOLLOWED_SECONDS = 1.5  # within which every process is there; libfaketime looks once a second
SHORT_SECONDS = 1.0

_wait = threading.Event.wait


class SharedClock:
    """The clock of a file, which this process may move."""

    def __init__(self, file: Path, moment: datetime) -> None:
        """Set the clock of `file` to a moment, and let this process follow it."""
        self.file = file
        write(file, moment.timestamp() - time.time())
        self._travel = follow(file)

    def now(self) -> datetime:
        """Return the time it shows, in UTC."""
        return datetime.now(UTC)

    def jump_to(self, moment: datetime) -> None:
        """Put it forward to a moment; returns when every process is there.

        A moment that is gone by is left alone: time does not run backwards.
        """
        self.forward((moment - self.now()).total_seconds())

    def forward(self, seconds: float) -> None:
        """Put it forward by so many seconds, if any; returns when every process is there."""
        if seconds > 0:
            write(self.file, read(self.file) + seconds)
            time.sleep(FOLLOWED_SECONDS)

    def stop(self) -> None:
        """Let this process live in its machine's time again."""
        self._travel.stop()

    def environment(self) -> dict[str, str]:
        """Return the variables by which a Python process follows this clock from its start."""
        own = Path(__file__).with_name("in_every_process")
        paths = [str(own), str(ROOT), os.environ.get("PYTHONPATH", "")]
        return {VARIABLE: str(self.file), "PYTHONPATH": os.pathsep.join(filter(None, paths))}


class Follower:
    """Keeps the time of this process that of a file, until it is stopped."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._apart = read(file)
        destination = datetime.now(UTC) + timedelta(seconds=self._apart)
        self._travel = time_machine.travel(destination, tick=True)
        self._traveller = self._travel.start()
        self._stopped = False
        threading.Event.wait = _wait_in_shared_time  # type: ignore[method-assign]
        _set_grpc_time(time_machine.escape_hatch.time.time)
        os.register_at_fork(after_in_child=self._watch)
        self._watch()

    def stop(self) -> None:
        """Give the process its machine's time back."""
        self._stopped = True
        threading.Event.wait = _wait  # type: ignore[method-assign]
        _set_grpc_time(time.time)
        self._travel.stop()

    def _watch(self) -> None:
        threading.Thread(target=self._look, name="shared-clock", daemon=True).start()

    def _look(self) -> None:
        while not self._stopped:
            apart = read(self._file)
            if apart != self._apart:
                self._traveller.shift(apart - self._apart)
                self._apart = apart
            time.sleep(LOOK_SECONDS)


def follow(file: Path) -> Follower:
    """Let this process, and those it forks, live in the time of a file."""
    return Follower(file)


def read(file: Path) -> float:
    """Return by how many seconds the time of a file is apart from this machine's."""
    return float(file.read_text())


def write(file: Path, apart: float) -> None:
    """Set the time of a file so many seconds apart from this machine's; nobody reads half of it."""
    fresh = file.with_suffix(".new")
    fresh.write_text(f"{apart:+.3f}\n")
    fresh.chmod(0o644)
    fresh.replace(file)


def _set_grpc_time(now: Callable[[], float]) -> None:
    """Let gRPC reckon its limits by a time: its core, in C, holds them against this machine's."""
    for module in (_channel, _common, _server):
        module.time = SimpleNamespace(time=now, perf_counter=time.perf_counter)


def _wait_in_shared_time(event: threading.Event, timeout: float | None = None) -> bool:
    """Wait as `Event.wait` does, but no longer than until its time has come by the shared clock.

    A daemon that sleeps until the next minute would otherwise sleep through a jump.
    """
    if timeout is None or timeout <= SHORT_SECONDS:
        return _wait(event, timeout)
    until = time.time() + timeout
    while (left := until - time.time()) > 0:
        if _wait(event, min(left, SHORT_SECONDS / 4)):
            return True
    return event.is_set()
