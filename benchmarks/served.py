"""The sandbox with invented leads, in a process of its own: it shares no core lock with a reader.

`python -m benchmarks.served RECORDS` prints its address and serves until its input ends; a line
`COUNT MOMENT` edits so many leads in the hour after a moment.
"""

import argparse
import gc
import gzip
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random

from benchmarks.leads import leads, times
from zoho_sandbox.faults.switches import Switches
from zoho_sandbox.server import Sandbox, start

ROOT = Path(__file__).parents[1]
HOUR = 3600
EMPTY_MODULE = gzip.compress(b"")


def start_empty(**switches: object) -> Sandbox:
    """Start the sandbox of an organisation without records, in this process."""
    with tempfile.TemporaryDirectory(prefix="aha-bench-") as folder:
        (Path(folder) / "Leads.jsonl.gz").write_bytes(EMPTY_MODULE)
        return start(data_dir=Path(folder), switches=Switches(**switches))


@dataclass(frozen=True)
class Served:
    """A sandbox that runs in a process of its own."""

    url: str
    _process: subprocess.Popen

    def edit(self, count: int, since: datetime) -> None:
        """Edit some leads in the hour after `since`; returns when that is done."""
        self._process.stdin.write(f"{count} {since.timestamp()}\n")
        self._process.stdin.flush()
        self._process.stdout.readline()


@contextmanager
def served(records: int, *, latency: float = 0.0, max_calls: int | None = None) -> Iterator[Served]:
    """Yield a sandbox with so many leads; stop it at the end of the block."""
    command = [sys.executable, "-m", "benchmarks.served", str(records), "--latency", str(latency)]
    if max_calls is not None:
        command += ["--max-calls", str(max_calls)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            url = process.stdout.readline().strip()
            if not url:
                raise RuntimeError("the sandbox did not start")
            yield Served(url, process)
        finally:
            process.stdin.close()


def main() -> None:
    """Serve until the input ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("records", type=int)
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--max-calls", type=int)
    asked = parser.parse_args()
    rng = Random(asked.records)
    gc.disable()  # a million records are made, and none is garbage
    with start_empty(latency=asked.latency, max_calls=asked.max_calls) as sandbox:
        sandbox.store.load("Leads", list(leads(times(asked.records, rng))))
        gc.freeze()
        gc.enable()
        print(sandbox.url, flush=True)
        for line in sys.stdin:
            count, since = line.split()
            _edit(sandbox, int(count), float(since), rng)
            print("edited", flush=True)


def _edit(sandbox: Sandbox, count: int, since: float, rng: Random) -> None:
    ids = list(sandbox.store.tables["Leads"].records)
    for id_ in rng.sample(ids, count):
        said = f"Asked again, {rng.random():.9f}."
        sandbox.store.edit("Leads", id_, {"Description": said}, at=since + rng.random() * HOUR)


if __name__ == "__main__":
    main()
