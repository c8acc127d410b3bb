"""From a mark to its records, and from an address to the same view, in a real browser."""

import csv
from collections.abc import Iterator

import pytest

from aha_pipeline_tests.dashboard.clicks import LAST_OF_A_LIST, click, open_tab, settle, tab_address
from aha_pipeline_tests.kit.waiting import MILLISECONDS, wait_until

YEAR = "&period=This+fiscal+year"
# Drawings of charts that reach out of the columns they stand in.
BEYOND_ITS_FRAME = """[...document.querySelectorAll(".js-plotly-plot .main-svg")].map((drawing) => [
    drawing.getBoundingClientRect(),
    drawing.closest("[data-testid=stColumn]").getBoundingClientRect()
]).filter(([drawn, frame]) => drawn.right > frame.right + 1 || drawn.width < 50)"""

# What only a screen has a use for, where paper shows it.
PRESSED_ON_SCREEN = """[
    ...document.querySelectorAll("button, input, [data-testid=stSidebar]")
].filter((it) => it.checkVisibility() && !it.matches("[role=tab], [role=radio]"))
    .map((it) => it.outerHTML)"""
GROUNDS = """[
    ...["[data-testid=stApp]", ".js-plotly-plot .main-svg"].flatMap((kind) =>
        [...document.querySelectorAll(kind)].map((it) => getComputedStyle(it).backgroundColor)),
    ...[...document.querySelectorAll(".js-plotly-plot .bg")].map((it) => getComputedStyle(it).fill)
]"""


@pytest.fixture(scope="module")
def browser(chromium) -> Iterator[object]:
    with chromium.new_context(locale="en-IN", viewport={"width": 1366, "height": 2600}) as context:
        yield context


@pytest.fixture
def page(browser, address) -> Iterator[object]:
    page = browser.new_page()
    page.set_default_timeout(MILLISECONDS)
    yield page
    page.close()


def test_second_click_opens_a_list_again_and_closing_or_back_runs_no_chart(page, address):
    told = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda it: told.append(len(it))))
    open_tab(page, address, "Deal Pipeline")
    whole, before = sum(told), page.url
    window = page.get_by_role("dialog")
    for close in (lambda: page.keyboard.press("Escape"), page.go_back):
        click(page, "reps-values", ".barlayer .point path", 0)
        window.get_by_text(LAST_OF_A_LIST).wait_for()
        settle(page)
        told.clear()
        close()
        window.wait_for(state="hidden")
        page.wait_for_url(before)
        settle(page)
        assert sum(told) < whole / 20


def test_back_and_forward_go_one_place_each_and_an_open_list_is_one(page, address):
    """From the desk to a rep, a list, a record, and back to each, as it was; then forward."""
    open_tab(page, address, "Deal Pipeline", YEAR)
    places = [place(page)]
    frame = page.locator("[class*='st-key-dashboard-charts-reps-win_rates-']")
    frame.locator(".ytick a", has_text="Asha").click()
    page.get_by_role("heading", name="Asha").wait_for()
    page.wait_for_selector(".js-plotly-plot .main-svg")
    settle(page)
    places.append(place(page))
    click(page, "deals-stage_count", ".barlayer .point path", 0)
    window = page.get_by_role("dialog")
    window.wait_for()
    settle(page)
    places.append(place(page))
    box = window.get_by_test_id("stDataFrame").bounding_box()
    page.mouse.click(box["x"] + 60, box["y"] + 52)
    page.get_by_text("Related records").wait_for()
    settle(page)
    places.append(place(page))
    for move, expected in (
        *((page.go_back, before) for before in places[-2::-1]),
        *((page.go_forward, after) for after in places[1:]),
    ):
        move()
        page.wait_for_url(expected[0])
        page.locator("h1", has_text=expected[1]).wait_for()
        page.wait_for_function(
            f"document.querySelectorAll('[role=dialog]').length == {expected[2]}"
        )
        settle(page)
        assert place(page) == expected


def place(page: object) -> tuple[str, str, int]:
    """Return where the reader is: the address, the heading, and how many lists are open."""
    return page.url, page.locator("h1").inner_text(), page.get_by_role("dialog").count()


def test_an_address_opens_the_list_that_was_open_and_closing_leaves_no_step(page, address):
    open_tab(page, address, "Deal Pipeline", f"&owner=Asha{YEAR}")
    steps = page.evaluate("history.length")
    click(page, "reps-win_rates", ".scatterlayer .point", 0)
    page.get_by_role("dialog").get_by_text(LAST_OF_A_LIST).wait_for()
    settle(page)
    shared = page.context.new_page()
    shared.set_default_timeout(MILLISECONDS)
    shared.goto(page.url)
    window = shared.get_by_role("dialog")
    window.get_by_text(LAST_OF_A_LIST).wait_for()
    settle(shared)
    assert window.inner_text() == page.get_by_role("dialog").inner_text()
    for opened in (page, shared):
        opened.keyboard.press("Escape")
        opened.get_by_role("dialog").wait_for(state="hidden")
        settle(opened)
        opened.wait_for_url(lambda url: "list=" not in url)
        assert "owner=Asha" in opened.url
    assert page.evaluate("history.length") <= steps + 1  # the step forward, to the list
    assert page.evaluate("history.state?.isList") is None
    shared.close()


def test_a_page_on_paper_is_light_has_its_figures_and_no_buttons_and_cuts_no_chart(page, address):
    page.set_viewport_size({"width": 1920, "height": 1000})
    page.emulate_media(color_scheme="dark")
    open_tab(page, address, "Overview", "&owner=Bala")
    figures = page.get_by_test_id("stMetricValue").all_inner_texts()
    page.evaluate("window.print = () => dispatchEvent(new Event('beforeprint'))")
    page.get_by_role("button", name="Print or save as PDF").click()
    settle(page)
    page.emulate_media(media="print", color_scheme="dark")
    page.set_viewport_size({"width": 1047, "height": 718})  # A4, without its margins
    said = page.inner_text("body")
    assert len(figures) > 7
    for part in ("Data as of 10 Mar 2026", "1–10 Mar", "Owners: Bala", "Sources: all", *figures):
        assert part in said
    for part in ("Print", "Lead Intelligence", "As a table", "Find a name", "Quarter"):
        assert part not in said
    assert page.evaluate(PRESSED_ON_SCREEN) == []
    assert set(page.evaluate(GROUNDS)) <= {"rgba(0, 0, 0, 0)", "none"}
    assert page.evaluate(BEYOND_ITS_FRAME) == []
    page.emulate_media(media="screen", color_scheme="light")


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
    wait_until(lambda: names(page) == [("Referral", "20")], lambda: names(page))
    settle(page)
    assert "source=Referral" in page.url
    assert "owner=Bala" in page.url
    assert "period=This+quarter" in page.url
    shared = page.context.new_page()
    shared.set_default_timeout(MILLISECONDS)
    shared.goto(page.url)
    shared.wait_for_selector(".js-plotly-plot .main-svg")
    settle(shared)
    wait_until(lambda: names(shared) == [("Referral", "20")], lambda: names(shared))
    shared.close()


def names(page: object) -> list[tuple[str, ...]]:
    """Return the names and sample sizes on the axis of the chart of source quality."""
    chart = "[class*='st-key-dashboard-charts-leads-source_quality-']"
    page.wait_for_function(f'document.querySelectorAll("{chart}").length === 1')
    axis = page.locator("[class*='st-key-dashboard-charts-leads-source_quality-'] .ytick text")
    return [tuple(text.split()) for text in axis.all_text_contents()]


def test_wrong_values_in_an_address_are_dropped(page, address):
    open_tab(page, address, "Overview", "&source=Referral&source=Nobody&period=Never")
    assert page.get_by_test_id("stException").count() == 0
    assert "Nobody" not in page.url
    assert page.get_by_text("1–10 Mar (today until 12:00)").count() == 1


def test_an_address_that_names_nobody_shows_no_figure(page, address):
    page.goto(tab_address(address, "Overview", "&source=Nobody&period=Never&owner=%27%3B--"))
    page.get_by_text("Nobody").first.wait_for()
    settle(page)
    assert page.get_by_test_id("stException").count() == 0
    assert "Nobody" not in page.url
    assert page.get_by_test_id("stMetric").count() == 0
