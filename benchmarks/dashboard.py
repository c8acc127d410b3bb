"""What the dashboard costs a viewer, in Chromium: small and large company, and a look-alike.

The look-alike (`peers/raw_dashboard.py`) asks the raw tables on each run, as a page without marts
does. First row: from opening the address to the first row of today's work, with scripts in the
browser's cache; look-alike: to the first chart. Tab, filter: from the click until the page has
stopped running and all charts are drawn. Search: from Enter to what is found. Record page: from
the click on what was found until the page stands still.
"""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from urllib.request import urlopen

from aha_pipeline_tests.kit.browser import STILL, launched
from benchmarks.company import build, companies

ROOT = Path(__file__).resolve().parent.parent
OURS, LOOK_ALIKE = "ours", "look-alike"
PAGES = {
    OURS: ROOT / "dashboard" / "server.py",
    LOOK_ALIKE: Path(__file__).with_name("peers") / "raw_dashboard.py",
}
SHARE = 100  # the small company has a hundredth of the records
AT_ONCE = 10
MILLISECONDS = 300_000
CHART = ".js-plotly-plot .main-svg"
FIRST = {OURS: "[class*='st-key-work-']", LOOK_ALIKE: CHART}
REFUSED = "[data-testid='stAlertContentError']"
SOUGHT = "Deal 1234"

Steps = dict[str, float]  # ms


def dashboard(records: int = 1_000_000, rounds: int = 5) -> None:
    """Visit a small and a large company in turn, and let ten people open each at once."""
    sizes = (records // SHARE, records)
    with companies(*sizes) as addresses:
        for address in addresses:
            build(address)
        few, many = compare(addresses, rounds)
    print(f"medians of {rounds}, ms        {sizes[0]:>12,} {sizes[1]:>12,} leads")
    for name, small in few.items():
        print(f"  {name:<28}{small:10.0f} {many[name]:12.0f}   {many[name] / small:.2f} x")


def compare(addresses: list[str], rounds: int) -> list[Steps]:
    """Return the medians of each step over the database at each address, measured in turn."""
    with ExitStack() as stack:
        browser = stack.enter_context(_browser())
        places = [
            {kind: stack.enter_context(_served(page, address)) for kind, page in PAGES.items()}
            for address in addresses
        ]
        for place in places:  # the first visit warms up
            _visit(browser, place)
        visits = [[_visit(browser, place) for place in places] for _ in range(rounds)]
        crowds = [[_together(browser, place[OURS]) for place in places] for _ in range(rounds)]
    return [
        {step: median(one[step] for one in taken) for step in taken[0]}
        | {f"ours: slowest of {AT_ONCE}": median(crowd)}
        for taken, crowd in zip(zip(*visits, strict=True), zip(*crowds, strict=True), strict=True)
    ]


def _visit(browser: object, place: dict[str, str]) -> Steps:
    """Return the milliseconds of each step on each page of a place."""
    return {
        f"{kind}: {step}": 1000 * seconds
        for kind, url in place.items()
        for step, seconds in _steps(browser, kind, url).items()
    }


def _steps(browser: object, kind: str, url: str) -> dict[str, float]:
    page = browser.new_page()
    page.set_default_timeout(MILLISECONDS)
    opened = f"first {'row' if kind == OURS else 'chart'}"
    seconds = {opened: _took(lambda: (page.goto(url), page.wait_for_selector(FIRST[kind])))}
    _settle(page)
    seconds["tab change"] = _took(
        lambda: (page.get_by_role("tab", name="Lead Intelligence").click(), _settle(page))
    )
    seconds["filter change"] = _took(lambda: (_choose(page), _settle(page)))
    if kind == OURS:
        page.get_by_placeholder("Find a name").fill(SOUGHT)
        found = page.locator("[class*='st-key-found-']").first
        seconds["search"] = _took(lambda: (page.keyboard.press("Enter"), found.wait_for()))
        _stand_still(page)
        seconds["record page"] = _took(
            lambda: (found.get_by_role("button").click(), _wait_for_record(page))
        )
    page.close()
    return seconds


def _wait_for_record(page: object) -> None:
    page.get_by_role("link", name="Back to the desk").wait_for()
    _stand_still(page)


def _choose(page: object) -> None:
    page.get_by_role("combobox", name="Sources").click()
    page.get_by_role("option", name="Facebook").click()


def _settle(page: object) -> None:
    _stand_still(page)
    page.wait_for_selector(CHART)


def _stand_still(page: object) -> None:
    page.wait_for_timeout(100)  # the page needs a moment to hear of the click
    page.wait_for_function(STILL)


def _together(browser: object, url: str) -> float:
    """Return the milliseconds until the slowest of ten who open the page at once has a row."""
    pages = [browser.new_page() for _ in range(AT_ONCE)]
    began = time.perf_counter()
    for page in pages:
        page.goto(url, wait_until="commit")
    for page in pages:
        page.wait_for_selector(f"{FIRST[OURS]}, {REFUSED}", timeout=MILLISECONDS)
        if refused := page.query_selector(REFUSED):
            raise RuntimeError(f"A page was refused: {refused.inner_text()}")
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
