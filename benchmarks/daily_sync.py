"""A day with nothing changed: the whole `aha sync` process against Dagster's own floor.

The floor is a process that loads the same definitions and runs one empty asset on the same
instance. Both take turns, so that a drifting machine slows both. The embedded database and the
sandbox are up already, as they are beside `aha up`, and nobody works in the sandbox's company while
its clock goes on. Told by the clock, and in the time of the
processors: of the process and of the database's server together, without the sandbox. A busy
machine stretches the clock much and the processors little.
"""

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from unittest.mock import patch

import psutil

from aha_pipeline import services
from aha_pipeline.instance import home
from benchmarks.databases import server_seconds
from zoho_sandbox import server

ROUNDS = 5
FLOOR = """
import dagster as dg
from aha_pipeline.definitions import defs
from aha_pipeline.commands.run import QUIET

defs().resolve_job_def("daily_sync")

@dg.asset
def empty() -> None: ...

with dg.DagsterInstance.get() as opened:
    job = dg.Definitions([empty], jobs=[dg.define_asset_job("one", [empty])])
    job.resolve_job_def("one").execute_in_process(instance=opened, run_config=QUIET)
"""
SYNC = "import sys; sys.argv[1:] = ['sync']; from aha_pipeline.cli import main; main()"


@dataclass(frozen=True)
class Took:
    """What a process took, in seconds: by the clock, of its processor and of the server's."""

    clock: float
    process: float
    server: float

    @property
    def cpu(self) -> float:
        """The processors' seconds, process and server together."""
        return self.process + self.server


def main() -> None:
    """Print the medians of both, their ratios, and where the sync's seconds go."""
    with tempfile.TemporaryDirectory(prefix="aha-bench-") as folder:
        os.environ["AHA_HOME"] = folder
        with _company_at_rest():
            opened = services.current()
        opened.zoho()
        home.prepare(opened.settings)
        for _ in range(2):  # the second compiles the rest, and finds nothing new
            _run(SYNC, Path(folder))
        pairs = [(_run(FLOOR, Path(folder)), _run(SYNC, Path(folder))) for _ in range(ROUNDS)]
        phases = _phases()
    floors, syncs = zip(*pairs, strict=True)
    print(f"{'one empty asset':<27}", _medians(floors))
    print(f"{'aha sync, nothing changed':<27}", _medians(syncs))
    clock = statistics.median(sync.clock / floor.clock for floor, sync in pairs)
    cpu = statistics.median(sync.cpu / floor.cpu for floor, sync in pairs)
    print(f"{'ratio':<27} clock {clock:5.2f}   processors {cpu:5.2f}")
    for name, seconds in phases.items():
        print(f"    {name:<29}{seconds:5.1f} s")


@contextmanager
def _company_at_rest() -> Iterator[None]:
    """Let nothing happen any more in the company of a sandbox that is started in the block.

    Otherwise its people work on between two syncs, and something has changed.
    """

    def rest(_now: datetime) -> None: ...

    start = server.start

    def start_at_rest(*arguments: object, **options: object) -> server.Sandbox:
        started = start(*arguments, **options)  # type: ignore[arg-type]
        started.organisation.open_module("Calls")  # all activities, which else come when asked for
        started.organisation.advance = rest
        return started

    with patch.object(server, "start", start_at_rest):
        yield


def _medians(taken: tuple[Took, ...]) -> str:
    clock, process, server = (
        statistics.median(getattr(each, name) for each in taken)
        for name in ("clock", "process", "server")
    )
    return f"clock {clock:5.1f} s   process {process:5.2f} s   server {server:5.2f} s"


def _run(code: str, folder: Path) -> Took:
    before, started = _server_seconds(folder), time.monotonic()
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    clock = time.monotonic() - started
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, code)
    return Took(clock, used.ru_utime + used.ru_stime, _server_seconds(folder) - before)


def _server_seconds(folder: Path) -> float:
    """Return the seconds that the embedded server has computed, in all its sessions until now."""
    number = (folder / "postgres" / "postmaster.pid").read_text(encoding="utf-8").split()[0]
    main = psutil.Process(int(number))
    ended = main.cpu_times()
    total = ended.user + ended.system + ended.children_user + ended.children_system
    for session in main.children():
        try:
            total += server_seconds(session.pid)
        except FileNotFoundError:  # it has just ended
            continue
    return total


def _phases() -> dict[str, float]:
    """Return the seconds of one more sync by phase, from its own timestamps."""
    script = Path(__file__).with_name("phases.py").read_text(encoding="utf-8")
    output = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    ).stdout
    found = re.findall(r"^phase (.+): ([\d.]+)$", output, re.MULTILINE)
    return {name: float(seconds) for name, seconds in found}


if __name__ == "__main__":
    main()
