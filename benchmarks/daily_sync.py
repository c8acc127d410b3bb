"""A day with nothing changed: the whole `aha sync` process against Dagster's own floor.

The floor is a process that loads the same definitions and runs one empty asset on the same
instance. Both take turns, so that a drifting machine slows both. The embedded database and the
sandbox are up already, as they are beside `aha up`.
"""

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from aha_pipeline import services
from aha_pipeline.instance import home

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


def main() -> None:
    """Print the medians of both, their ratio, and where the sync's seconds go."""
    with tempfile.TemporaryDirectory(prefix="aha-bench-") as folder:
        os.environ["AHA_HOME"] = folder
        opened = services.current()
        opened.zoho()
        home.prepare(opened.settings)
        _run(SYNC)
        pairs = [(_run(FLOOR), _run(SYNC)) for _ in range(ROUNDS)]
        phases = _phases()
    floor, sync = (statistics.median(seconds) for seconds in zip(*pairs, strict=True))
    ratio = statistics.median(sync / floor for floor, sync in pairs)
    print(f"definitions and one empty asset  {floor:5.1f} s")
    print(f"aha sync, nothing changed        {sync:5.1f} s   {ratio:.2f} x the floor")
    for name, seconds in phases.items():
        print(f"    {name:<29}{seconds:5.1f} s")


def _run(code: str) -> float:
    started = time.monotonic()
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - started


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
