"""The product's own commands, in processes of their own, on a sandbox and a database given."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aha_pipeline.settings import Settings

ROOT = Path(__file__).parents[1]
# The benchmarks' leads end before: all but the changes belong to the first partition.
START = timedelta(days=2)


def sync(url: str, home: Path, database_url: str) -> bool:
    """Run `aha sync`; return whether it said that all of it succeeded."""
    code = "from aha_pipeline.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "sync"],
        env=environment(url, home, database_url),
        cwd=home,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return done.returncode == 0


def land(
    url: str, home: Path, database_url: str, *arguments: str, calls: int | None = None
) -> dict:
    """Read and land Leads without Dagster around it; return what `landed.py` measured.

    `calls` are made at a time, by default as many as the edition allows.
    """
    limits = {"ZOHO_MAX_CONCURRENCY": str(calls)} if calls else {}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.landed", *arguments],
        env=environment(url, home, database_url) | limits,
        cwd=home,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def environment(url: str, home: Path, database_url: str) -> dict[str, str]:
    """Return the environment of a process whose CRM is the sandbox at `url`."""
    settings = {name.upper() for name in Settings.model_fields}
    own = {name: value for name, value in os.environ.items() if name.upper() not in settings}
    return own | {
        "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), own.get("PYTHONPATH")])),
        "AHA_HOME": str(home),
        "AHA_START_DATE": (datetime.now(UTC).date() - START).isoformat(),
        "DATABASE_URL": database_url,
        "ZOHO_MODULES": "Leads",
        "ZOHO_DAILY_CREDITS": "1000000",
        "ZOHO_API_URL": url,
        "ZOHO_ACCOUNTS_URL": url,
        "ZOHO_CLIENT_ID": "benchmark",
        "ZOHO_CLIENT_SECRET": "benchmark",
        "ZOHO_REFRESH_TOKEN": "benchmark",
    }
