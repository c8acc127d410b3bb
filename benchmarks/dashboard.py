"""What the dashboard costs a viewer, in Chromium: small and large company, and a look-alike.

The look-alike (`peers/raw_dashboard.py`) asks the raw tables on each run, as a page without marts
does. First chart: from opening the address to the first chart drawn, with scripts in the browser's
cache. Tab, filter: from the click until the page has stopped running and all charts are drawn.
"""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from urllib.request import urlopen

from aha_pipeline.warehouse.connection import connect
from aha_pipeline.warehouse.mart_files import read_marts
from aha_pipeline.warehouse.marts import refresh
from aha_pipeline_tests.kit.browser import STILL, launched
from benchmarks.databases import database, postgres
from benchmarks.marts import fill

ROOT = Path(__file__).resolve().parent.parent
PAGES = {
    "ours": ROOT / "dashboard" / "app.py",
    "look-alike": Path(__file__).with_name("peers") / "raw_dashboard.py",
}
SHARE = 100  # the small company has a hundredth of the records
DAYS = timedelta(days=60)
PEOPLE = 10
MILLISECONDS = 300_000
CHART = ".js-plotly-plot .main-svg"


def dashboard(records: int = 1_000_000, rounds: int = 5) -> None:
    """Open, change tab and change a filter, over a small and a large company."""
    with postgres() as server, _browser() as browser:
        small, large = (
            _measure(browser, server, size, rounds) for size in (records // SHARE, records)
        )
    print(f"medians of {rounds}, ms        {records // SHARE:>12,} {records:>12,} leads")
    for name, few in small.items():
        print(f"  {name:<28}{few:10.0f} {large[name]:12.0f}   {large[name] / few:.2f} x")


def _measure(browser: object, server: str, leads: int, rounds: int) -> dict[str, float]:
    found: dict[str, float] = {}
    with database(server, f"dashboard_{leads}") as address:
        fill(address, leads)
        _build(address)
        for name, page in PAGES.items():
            with _served(page, address) as url:
                tries = [_visit(browser, url) for _ in range(rounds + 1)][1:]  # the first warms up
                for step in tries[0]:
                    found[f"{name}: {step}"] = median(one[step] for one in tries)
                if name == "ours":
                    found[f"{name}: slowest of {PEOPLE}"] = _together(browser, url)
    return found


def _build(address: str) -> None:
    today = datetime.now(UTC).date()
    with connect(address) as connection:
        with connection.cursor() as cursor:
            cursor.execute(
                "insert into crm.sync_logs (run_id, module, window_start, window_end, status, "
                "started_at, finished_at) select 'benchmark', module, now() - interval '1 day', "
                "now(), 'success', now(), now() from unnest(array['Leads', 'Deals']) module"
            )
        for mart in read_marts():
            refresh(connection, mart, *((today - DAYS, today) if mart.kind == "daily" else ()))
            connection.commit()


def _visit(browser: object, url: str) -> dict[str, float]:
    page = browser.new_page()
    page.set_default_timeout(MILLISECONDS)
    seconds = {"first chart": _took(lambda: (page.goto(url), page.wait_for_selector(CHART)))}
    _settle(page)
    seconds["tab change"] = _took(
        lambda: (page.get_by_role("tab", name="Lead Intelligence").click(), _settle(page))
    )
    seconds["filter change"] = _took(lambda: (_choose(page), _settle(page)))
    page.close()
    return {step: 1000 * value for step, value in seconds.items()}


def _choose(page: object) -> None:
    page.get_by_role("combobox", name="Sources").click()
    page.get_by_role("option", name="Facebook").click()


def _settle(page: object) -> None:
    page.wait_for_timeout(100)  # the page needs a moment to hear of the click
    page.wait_for_function(STILL)
    page.wait_for_selector(CHART)


def _together(browser: object, url: str) -> float:
    """Return the milliseconds until the slowest of ten who open the page at once has a chart."""
    pages = [browser.new_page() for _ in range(PEOPLE)]
    began = time.perf_counter()
    for page in pages:
        page.goto(url, wait_until="commit")
    for page in pages:
        page.wait_for_selector(CHART, timeout=MILLISECONDS)
    took = time.perf_counter() - began
    for page in pages:
        page.close()
    return 1000 * took


def _took(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


@contextmanager
def _browser() -> Iterator[object]:
    with launched() as opened:
        yield opened.new_context(locale="en-IN", viewport={"width": 1366, "height": 2000})


@contextmanager
def _served(page: Path, address: str) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(page), "--server.headless", "true"]
    with tempfile.TemporaryDirectory() as folder:
        server = subprocess.Popen(
            [*command, "--server.address", "127.0.0.1", "--server.port", str(port)],
            cwd=folder,
            env={**os.environ, "DATABASE_URL": address, "PYTHONPATH": str(ROOT), "HOME": folder},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait_for(f"http://127.0.0.1:{port}/_stcore/health")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait()


def _wait_for(url: str) -> None:
    for _ in range(300):
        try:
            urlopen(url, timeout=2).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise RuntimeError("The page's server did not start.")
