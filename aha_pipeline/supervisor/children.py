"""Child processes that are started again when they end, and that end together."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from aha_pipeline.processes import dies_with_parent, follow, last_line

STOP_SECONDS = 15
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
STEADY_SECONDS = 120  # a child that lived so long begins with the first pause again
MANY = 5
# Marks the children of one home, so that a later start finds those that an earlier one left.
MARK = "AHA_SUPERVISOR_HOME"

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Service:
    """A child process: what it is called, how it starts, and where a person finds it.

    One that is not `kept` is not started again.
    """

    name: str
    arguments: list[str]
    address: str | None = None
    is_ready: Callable[[str], bool] | None = None
    kept: bool = True


class Child:
    """One service: its process, and how often it had to be started."""

    def __init__(self, service: Service, log: Path, home: Path) -> None:
        self.service, self.log = service, log
        self.restarts = 0
        self._home = home
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = self._due_at = 0.0
        self._pause = FIRST_PAUSE
        self._failures = 0

    @property
    def is_up(self) -> bool:
        """Whether its process runs."""
        return self._process is not None and self._process.returncode is None

    @property
    def exit_status(self) -> int | None:
        """How its process ended; None while it runs."""
        return self._process.returncode if self._process else None

    @property
    def pid(self) -> int | None:
        """The number of its process."""
        return self._process.pid if self._process else None

    def tend(self, tell: Tell) -> None:
        """Start the child where it is due; say so if it has ended."""
        now = time.monotonic()
        if self._process is None:
            if now >= self._due_at:
                self._start(now)
        elif self._process.poll() is not None and self.service.kept:
            self._plan(now, tell)

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process and all that it started."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)

    def wait(self, deadline: float) -> None:
        """Wait until the process has ended, or kill it when the time has come."""
        if self._process is None:
            return
        try:
            self._process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.send(signal.SIGKILL)
            self._process.wait()

    def _start(self, now: float) -> None:
        """Run it in a session of its own: Ctrl-C reaches it through us."""
        is_quiet = self.service.kept
        self._process = subprocess.Popen(
            self.service.arguments,
            env={**os.environ, MARK: str(self._home)},
            stdout=subprocess.PIPE if is_quiet else None,
            stderr=subprocess.STDOUT if is_quiet else None,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=dies_with_parent(signal.SIGTERM),
        )
        self._started_at = now
        if self._process.stdout is not None:
            follow(self._process.stdout, self.log)

    def _plan(self, now: float, tell: Tell) -> None:
        assert self._process is not None
        how = _how(self._process.returncode)
        self.send(signal.SIGKILL)  # what it had started
        if now - self._started_at > STEADY_SECONDS:
            self._pause, self._failures = FIRST_PAUSE, 0
        self._process, self._due_at = None, now + self._pause
        self._failures += 1
        self.restarts += 1
        if self._failures == MANY:
            reason = last_line(self.log)
            tell(
                f"{self.service.name} {how}, as {MANY - 1} times before: it is tried again, at "
                f"last once a minute. {self.log} ends with: {reason}"
            )
        elif self._failures < MANY:
            tell(
                f"{self.service.name} {how} and is started again in {self._pause:.0f} s; "
                f"{self.log} says why."
            )
        self._pause = min(self._pause * 2, LONGEST_PAUSE)


class Children:
    """The child processes of one home. `tend` has to be called from the main thread.

    Linux ends a child when the thread that started it does.
    """

    def __init__(self, home: Path, tell: Tell) -> None:
        self._home, self._tell = home, tell
        self._children: dict[str, Child] = {}
        (home / "logs").mkdir(mode=0o700, exist_ok=True)

    def want(self, *services: Service) -> None:
        """Have services started at the next `tend`, and kept; may be called from any thread.

        One that is wanted already stays as it is: a second would find its port taken.
        """
        for service in services:
            if service.name in self._children:
                continue
            log = self._home / "logs" / f"{service.name.lower().replace(' ', '-')}.log"
            self._children[service.name] = Child(service, log, self._home)

    def tend(self) -> None:
        """Start what is due."""
        for child in list(self._children.values()):
            child.tend(self._tell)

    @property
    def all(self) -> list[Child]:
        """Every child, in the order of their start."""
        return list(self._children.values())

    def __getitem__(self, name: str) -> Child:
        return self._children[name]

    def stop(self) -> None:
        """End all at once: one after the other, slow ones would hold Ctrl-C up for a minute."""
        for child in reversed(self.all):
            child.send(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        for child in self.all:
            child.wait(deadline)
            child.send(signal.SIGKILL)


def end_orphans(home: Path) -> list[str]:
    """End what an earlier `aha up` of this home left behind; return the names of its programs.

    The caller holds the home's lock, so a process with the mark has no parent any more.
    """
    orphans = [one for one in psutil.process_iter() if _is_marked(one, home)]
    names = [_name(one) for one in orphans]
    for number in (signal.SIGTERM, signal.SIGKILL):
        for one in orphans:
            with suppress(psutil.Error):
                one.send_signal(number)
        _, orphans = psutil.wait_procs(orphans, timeout=STOP_SECONDS)
    return sorted({name for name in names if name})


def _is_marked(process: psutil.Process, home: Path) -> bool:
    try:
        return process.pid != os.getpid() and process.environ().get(MARK) == str(home)
    except (psutil.Error, OSError):
        return False


def _name(process: psutil.Process) -> str:
    try:
        return Path(next(iter(process.cmdline()[1:2]), process.name())).name
    except (psutil.Error, OSError):
        return ""


def _how(status: int) -> str:
    if status < 0:
        return f"was killed by {signal.Signals(-status).name}"
    return f"ended by itself with status {status}"
