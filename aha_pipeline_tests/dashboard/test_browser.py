"""The page in a real browser: served from another folder, at a desk and on a phone."""

from collections.abc import Iterator
from urllib.parse import quote_plus

import pytest

from aha_pipeline_tests.kit.ports import free_port
from aha_pipeline_tests.kit.serving import served

MILLISECONDS = 60_000
WIDTHS = {"desk": 1366, "phone": 390}


@pytest.fixture(scope="module")
def browser(chromium) -> Iterator[object]:
    """One context for all, so that Streamlit's scripts are fetched and compiled once."""
    with chromium.new_context(locale="en-IN") as context:
        yield context


@pytest.fixture(scope="module")
def address(filled_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the page, served by a process that was started somewhere else."""
    folder = tmp_path_factory.mktemp("elsewhere")
    with served(folder, free_port(), {"DATABASE_URL": filled_url}) as address:
        yield address


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
def test_every_tab_opens_and_stands_in_the_address(browser, address, width, charts_by_tab):
    page = browser.new_page()
    page.set_viewport_size({"width": width, "height": 1600})
    requests, faults = [], []
    page.on("request", lambda request: requests.append(request.url))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: line.type == "error" and faults.append(line.text))
    page.goto(address)
    for tab, charts in reversed(charts_by_tab.items()):
        page.get_by_role("tab", name=tab).click(timeout=MILLISECONDS)
        _wait_for_charts(page, charts)
        assert page.get_by_test_id("stException").count() == 0
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert f"tab={quote_plus(tab)}" in page.url or tab == "Overview"
    assert not faults
    assert all(url.startswith((address, "data:", "blob:")) for url in requests)
    page.close()


def test_an_address_opens_its_tab(browser, address, charts_by_tab):
    page = browser.new_page()
    page.goto(f"{address}/?tab=Lead+Intelligence")
    _wait_for_charts(page, charts_by_tab["Lead Intelligence"])
    assert page.get_by_role("tab", selected=True).inner_text() == "Lead Intelligence"
    page.close()


def _wait_for_charts(page: object, charts: int) -> None:
    """Wait until the open tab has drawn that many charts, not one fewer and none of another."""
    drawn = "document.querySelectorAll('.js-plotly-plot:has(.main-svg)').length"
    page.wait_for_function(f"{drawn} === {charts}", timeout=MILLISECONDS)
