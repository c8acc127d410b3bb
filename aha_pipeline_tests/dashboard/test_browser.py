"""The page in a real browser: served from another folder, at a desk and on a phone."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote_plus
from urllib.request import urlopen

import pytest

from aha_pipeline_tests.dashboard.conftest import APP
from aha_pipeline_tests.dashboard.test_tabs import CHARTS

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
START_SECONDS = 60
MILLISECONDS = 60_000
WIDTHS = {"desk": 1366, "phone": 390}


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None and not os.environ.get("CI"):
        pytest.skip("no Chromium on this machine; install one to test the page in a browser")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        # One context for all, so that Streamlit's scripts are fetched and compiled once.
        yield opened.new_context(locale="en-IN")
        opened.close()


@pytest.fixture(scope="module")
def address(filled_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the page, served by a process that was started somewhere else."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["--server.address", "127.0.0.1", "--server.port", str(port)]
    with (elsewhere / "log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", str(APP), *options],
            cwd=elsewhere,
            env={**os.environ, "DATABASE_URL": filled_url, "HOME": str(elsewhere)},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_for(f"http://127.0.0.1:{port}/_stcore/health", elsewhere / "log")
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


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
def test_every_tab_opens_and_stands_in_the_address(browser, address, width):
    page = browser.new_page()
    page.set_viewport_size({"width": width, "height": 1600})
    requests, faults = [], []
    page.on("request", lambda request: requests.append(request.url))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: line.type == "error" and faults.append(line.text))
    page.goto(address)
    for tab, charts in reversed(CHARTS.items()):
        page.get_by_role("tab", name=tab).click(timeout=MILLISECONDS)
        _wait_for_charts(page, charts)
        assert page.get_by_test_id("stException").count() == 0
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert f"tab={quote_plus(tab)}" in page.url or tab == "Overview"
    assert not faults
    assert all(url.startswith((address, "data:", "blob:")) for url in requests)
    page.close()


def test_an_address_opens_its_tab(browser, address):
    page = browser.new_page()
    page.goto(f"{address}/?tab=Lead+Intelligence")
    _wait_for_charts(page, CHARTS["Lead Intelligence"])
    assert page.get_by_role("tab", selected=True).inner_text() == "Lead Intelligence"
    page.close()


def _wait_for_charts(page: object, charts: int) -> None:
    """Wait until the open tab has drawn that many charts, not one fewer and none of another."""
    drawn = "document.querySelectorAll('.js-plotly-plot:has(.main-svg)').length"
    page.wait_for_function(f"{drawn} === {charts}", timeout=MILLISECONDS)
