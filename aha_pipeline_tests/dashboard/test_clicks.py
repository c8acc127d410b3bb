"""From a mark to its records, and from an address to the same view, in a real browser."""

import csv
import re
from collections.abc import Iterator

import pytest

from aha_pipeline_tests.dashboard.clicks import MILLISECONDS, click, open_tab, settle
from aha_pipeline_tests.kit.ports import free_port
from aha_pipeline_tests.kit.serving import served

YEAR = "&period=This+fiscal+year"
PLACES = [
    # tab, chart, mark, its place among those of the chart, heading of the list, records in it
    ("Overview", "overview-funnel", ".barlayer .point path", 0, "Leads: Not Contacted", 12),
    ("Lead Intelligence", "leads-source_map", ".treemaplayer .slice", 1, "Leads from", 40),
    ("Lead Intelligence", "leads-cohorts", ".barlayer .point path", 1, "Leads of Feb 26", 18),
    ("Overview", "overview-entered_funnel", ".barlayer .point path", 1, "Leads: Qualified", 36),
    ("Overview", "overview-lost_reasons", ".barlayer .point path", 0, "Deals lost: Price", 3),
    ("Deal Pipeline", "reps-win_rates", ".scatterlayer .point", 0, "Closed deals of Asha", 13),
]


@pytest.fixture(scope="module")
def browser(chromium) -> Iterator[object]:
    with chromium.new_context(locale="en-IN", viewport={"width": 1366, "height": 2600}) as context:
        yield context


@pytest.fixture(scope="module")
def address(filled_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("clicks")
    with served(folder, free_port(), {"DATABASE_URL": filled_url}) as address:
        yield address


@pytest.fixture
def page(browser, address) -> Iterator[object]:
    page = browser.new_page()
    page.set_default_timeout(MILLISECONDS)
    yield page
    page.close()


@pytest.mark.parametrize(("tab", "chart", "mark", "place", "heading", "records"), PLACES)
def test_click_on_a_mark_lists_its_records(
    page, address, tab, chart, mark, place, heading, records
):
    open_tab(page, address, tab, YEAR)
    click(page, chart, mark, place)
    window = page.get_by_role("dialog")
    window.wait_for()
    assert heading in window.inner_text()
    assert records is None or re.search(rf"\b{records} ", window.inner_text())


def test_second_click_on_a_mark_opens_its_list_again(page, address):
    open_tab(page, address, "Deal Pipeline")
    window = page.get_by_role("dialog")
    for _ in range(2):
        click(page, "reps-values", ".barlayer .point path", 0)
        window.wait_for()
        page.keyboard.press("Escape")
        window.wait_for(state="hidden")
        settle(page)


def test_list_is_downloaded_whole_and_exact(page, address):
    open_tab(page, address, "Deal Pipeline", f"&owner=Asha{YEAR}")
    click(page, "reps-win_rates", ".scatterlayer .point", 0)
    with page.expect_download() as downloading:
        page.get_by_role("dialog").get_by_role("button", name="Download all as CSV").click()
    assert downloading.value.suggested_filename == "Closed deals of Asha.csv"
    with open(downloading.value.path(), encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 13
    assert {row["Owner"] for row in rows} == {"Asha"}
    assert sorted({row["Amount"] for row in rows}) == ["100000", "250000"]
    assert all(row["Id"].startswith("D") for row in rows)


def test_filters_stand_in_the_address_and_an_address_gives_the_same_view(page, address):
    open_tab(page, address, "Lead Intelligence")
    for label, value in (("Sources", "Referral"), ("Owners", "Bala")):
        page.get_by_role("combobox", name=label).click()
        page.get_by_role("option", name=value).click()
        page.keyboard.press("Escape")
        settle(page)
    page.get_by_role("combobox", name="Period").click()
    page.get_by_role("option", name="This quarter").click()
    settle(page)
    assert "source=Referral" in page.url
    assert "owner=Bala" in page.url
    assert "period=This+quarter" in page.url
    drawn = names(page)
    shared = page.context.new_page()
    shared.set_default_timeout(MILLISECONDS)
    shared.goto(page.url)
    shared.wait_for_selector(".js-plotly-plot .main-svg")
    settle(shared)
    assert names(shared) == drawn == [("Referral", "20")]
    shared.close()


def names(page: object) -> list[tuple[str, ...]]:
    """Return the names and sample sizes on the axis of the chart of source quality."""
    chart = "[class*='st-key-dashboard-charts-leads-source_quality-']"
    page.wait_for_function(f'document.querySelectorAll("{chart}").length === 1')
    axis = page.locator("[class*='st-key-dashboard-charts-leads-source_quality-'] .ytick text")
    return [tuple(text.split()) for text in axis.all_text_contents()]


def test_wrong_values_in_an_address_are_dropped(page, address):
    open_tab(page, address, "Overview", "&source=Nobody&period=Never&owner=%27%3B--")
    assert page.get_by_test_id("stException").count() == 0
    assert "Nobody" not in page.url
    assert page.get_by_text("1–10 Mar (today until 12:00)").count() == 1
