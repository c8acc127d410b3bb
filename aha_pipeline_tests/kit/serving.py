"""The dashboard served by a process of its own, as people start it."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.request import urlopen

from aha_pipeline_tests.kit.waiting import LONGEST, wait_until

APP = Path(__file__).resolve().parents[2] / "dashboard" / "app.py"
# In their order on the page; their names are part of the design.
TABS = (
    "Overview",
    "Lead Intelligence",
    "Deal Pipeline",
    "Contacts & Accounts",
    "AI & System Health",
)
SERVER = APP.with_name("server.py")


@contextmanager
def served(folder: Path, port: int, settings: Mapping[str, str], *options: str) -> Iterator[str]:
    """Yield the address of the page, served by a process that was started in `folder`."""
    log = folder / "log"
    with log.open("wb") as output:
        page = [sys.executable, "-m", "streamlit", "run", str(SERVER)]
        server = subprocess.Popen(
            [*page, "--server.port", str(port), *options],
            cwd=folder,
            env={**os.environ, **settings, "HOME": str(folder)},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_for(f"http://127.0.0.1:{port}/_stcore/health", log)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


def _wait_for(url: str, log: Path) -> None:
    def answers() -> bool:
        with suppress(OSError):
            urlopen(url, timeout=LONGEST).close()  # noqa: S310  (our own loopback address)
            return True
        return False

    wait_until(answers, log.read_text, step=0.2)
