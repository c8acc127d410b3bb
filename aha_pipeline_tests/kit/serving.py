"""The dashboard served by a process of its own, as people start it."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest

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
START_SECONDS = 60


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
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            urlopen(url, timeout=2).close()  # noqa: S310  (our own loopback address)
        except OSError:
            time.sleep(0.2)
        else:
            return
    pytest.fail(f"The server did not start: {log.read_text()}")
