"""Kills while `aha up` serves: part of `make faults`, or `python .ci/faults.py KILLS [SEED]`.

Each kill -9 takes one process at random: the embedded PostgreSQL, its keeper, the code server, the
UI, the dashboard, the daemon. After each `/healthz` has to say that all is well again. At the end
`aha up` itself is killed and started anew. Nothing may be lost, no message go out twice, no
process be left. The words that a person was shown are printed.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import psutil
import requests

from aha_pipeline.supervisor.health import LOOK_SECONDS
from aha_pipeline.warehouse.embedded import cluster, folders
from aha_pipeline_tests.kit.ports import free_port
from benchmarks.soak.place import without_settings

SECONDS = 1800  # the machine may be slow, and shared
LOG_BYTES = 21 * 2**20
DAYS = timedelta(days=7)  # partitions: a year of them would mostly wait for Dagster's log
MODULES = "Leads,Deals,Contacts,Accounts"  # activities would take three times as long


class Fault(Exception):
    """What was seen is not what has to be; the text is one sentence."""


def main() -> int:
    """Run; return the exit status."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    chance = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 2026)  # noqa: S311
    folder = Path(tempfile.mkdtemp(prefix="aha-faults-"))
    try:
        run(folder, kills, chance)
    except Fault as fault:
        print(f"FAULT: {fault}\n{(folder / 'output').read_text()}", file=sys.stderr)
        return 1
    finally:
        for one in family(folder / "home"):
            one.kill()
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def run(folder: Path, kills: int, chance: random.Random) -> None:
    """Start, kill, and look."""
    home, began = folder / "home", time.monotonic()
    environment = {**without_settings(), **small(datetime.now(UTC))}
    started, health = start(folder, environment)
    for number in range(1, kills + 1):
        victim = chance.choice(sorted(victims(home, started.pid), key=lambda one: one.pid))
        name = " ".join(victim.cmdline())[-60:]
        killed_at = time.monotonic()
        victim.kill()
        # Of a child that is back at once nothing is seen: the next look has to be a later one.
        await_(lambda: not is_well(health), LOOK_SECONDS + 2, "", required=False)
        await_(lambda: is_well(health), SECONDS, f"all is not well again after the kill of {name}")
        print(f"{number}. kill -9 of …{name}: well after {time.monotonic() - killed_at:.0f} s")
    started.kill()
    started.wait()
    started, health = start(folder, environment)
    started.send_signal(signal.SIGINT)
    await_(lambda: started.poll() is not None, SECONDS, "Ctrl-C does not stop it")
    await_(lambda: not family(home), SECONDS, f"processes are left: {family(home)}")
    messages = (home / "outbox.jsonl").read_text().splitlines()
    check(len(messages) == 1, f"{len(messages)} messages went out and not one")
    largest = max(file.stat().st_size for file in (home / "logs").iterdir())
    check(largest < LOG_BYTES, f"a log has grown to {largest:,} bytes")
    print("\nSaid:\n" + (folder / "output").read_text())
    print(f"{kills + 1} kills in {time.monotonic() - began:.0f} s; largest log {largest:,} bytes.")


def small(moment: datetime) -> dict[str, str]:
    """Return the settings of a company that reads no more than faults need, from a moment on."""
    return {
        "AHA_START_DATE": (moment - DAYS).date().isoformat(),
        "ZOHO_MODULES": MODULES,
        "ZOHO_HISTORY_SHARE": "0",  # it would be another 3,000 calls
        "COLUMNS": "140",
    }


def start(folder: Path, environment: Mapping[str, str]) -> tuple[subprocess.Popen[bytes], str]:
    """Start `aha up`; return it and its `/healthz`, once that says that all is well."""
    started, health = launch(folder, environment)
    await_(lambda: is_well(health) or started.poll() is not None, SECONDS, "it does not start")
    check(started.poll() is None, "aha up ended by itself")
    return started, health


def launch(folder: Path, environment: Mapping[str, str]) -> tuple[subprocess.Popen[bytes], str]:
    """Start `aha up`, whose words go to the file `output`; return it and its `/healthz`."""
    port = free_port()
    ports = ["--ui-port", free_port(), "--dashboard-port", free_port(), "--health-port", port]
    with (folder / "output").open("a") as output:
        started = subprocess.Popen(
            [sys.executable, "-m", "aha_pipeline", "up", *map(str, ports)],
            cwd=folder,
            env={**environment, "AHA_HOME": str(folder / "home")},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    return started, f"http://127.0.0.1:{port}/healthz"


def database(home: Path) -> str:
    """Return the address of the embedded database, without keeping it up."""
    sockets = quote(str(folders.socket_folder(home / "postgres")), safe="/")
    return f"postgresql://{cluster.SUPERUSER}@/{cluster.SUPERUSER}?host={sockets}"


def is_well(health: str) -> bool:
    """Return whether all is well."""
    try:
        return requests.get(health, timeout=5).status_code == 200
    except requests.RequestException:
        return False


def victims(home: Path, parent: int) -> Iterator[psutil.Process]:
    """Yield what `aha up` keeps up: its children, the postmaster, and the postmaster's keeper."""
    for one in family(home):
        if one.pid != parent and (one.ppid() == parent or "-D" in one.cmdline()):
            yield one


def family(home: Path) -> list[psutil.Process]:
    """Return every process that has to do with a home."""
    found = []
    for one in psutil.process_iter():
        try:
            words = " ".join([*one.cmdline(), one.environ().get("AHA_HOME", "")])
        except (psutil.Error, OSError):
            continue
        if str(home) in words and one.pid != os.getpid() and one.status() != "zombie":
            found.append(one)
    return found


def await_(
    condition: Callable[[], bool], seconds: float, fault: str, *, required: bool = True
) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.3)
    check(not required or condition(), fault)


def check(condition: bool, fault: str) -> None:
    """Raise Fault where a condition does not hold."""
    if not condition:
        raise Fault(fault)


if __name__ == "__main__":
    sys.exit(main())
