"""Each mark that lists something, pressed in a real browser: as many rows as the mark says.

`AHA_TEST_MARKS=all` presses every one of each tab, on desktop and phone, filtered and not, and
`first` the first of each chart; else the first of those of one tab are pressed with the mouse, and
of one with a finger. `-rP` tells how many agreed.
"""

import os
import re
from html import unescape
from itertools import product
from typing import Any

import pytest

from aha_pipeline_tests.dashboard.clicks import LAST_OF_A_LIST, counts, settle, tab_address
from aha_pipeline_tests.kit.browser import PHONE, STILL
from aha_pipeline_tests.kit.serving import TABS
from aha_pipeline_tests.kit.waiting import MILLISECONDS

PRESSED = os.environ.get("AHA_TEST_MARKS")
ALL = PRESSED == "all"
DEVICES = {"desktop": {"viewport": {"width": 1366, "height": 768}}, "phone": PHONE}
FILTERS = ["", "&period=Last+month&owner=Asha", "&period=This+quarter&source=Facebook&owner=Bala"]
OPENED = (
    list(product(TABS[:4], DEVICES, FILTERS))
    if PRESSED
    else [(TABS[1], "desktop", ""), (TABS[3], "phone", "")]
)
TOGETHER = re.compile(r"(₹\S+(?: L| Cr)?) together")
# Of each mark on the page that lists something: its chart, its place in it, and what it says.
MARKS = """(kinds) => [...document.querySelectorAll(".js-plotly-plot")].flatMap((chart, of) =>
    [...chart.querySelectorAll(kinds)].flatMap((mark, place) => {
        const point = mark.__data__, item = point.data?.data ?? point;
        const trace = chart.calcdata.find((points) => points.includes(item))?.[0].trace;
        const [says, own] = trace?.customdata?.[item.i] ?? [];
        const list = trace?.ids?.[item.i] ?? own;
        const {width, height} = mark.getBoundingClientRect();
        return list?.startsWith("{") && width && height ? [{of, place, says}] : [];
    }))"""
KINDS = ".barlayer .point path, .scatterlayer .point, .treemaplayer .slice"
# Where a finger meets the mark.
MEETS = """([of, place, kinds]) => {
    const chart = document.querySelectorAll(".js-plotly-plot")[of];
    const mark = chart.querySelectorAll(kinds)[place];
    mark.scrollIntoView({block: "center", behavior: "instant"});
    const box = mark.getBoundingClientRect();
    return [box.x + box.width / 2, box.y + box.height / 2];
}"""
FOLDED = "[class*='st-key-frame-dashboard-charts-'] summary"
DRAWN = """folded => [...document.querySelectorAll(folded)].every((chart) =>
    chart.closest("details").querySelector(".main-svg, [data-testid=stAlert]"))"""
# On a busy machine a page stands still before its last chart is drawn, which then moves the others.
ALL_DRAWN = """() => [...document.querySelectorAll("[data-testid=stPlotlyChart]")].every(
    (chart) => chart.querySelector(".main-svg"))"""
CLOSED = f"""() => !document.querySelector("[role=dialog]") && !location.search.includes("list=")
    && {STILL}"""
ROWS = """dialog => Number(dialog.querySelector("[role=grid]").getAttribute("aria-rowcount")) - 1"""
MORE = f"""few => ({ROWS})(document.querySelector("[role=dialog]")) > few"""


@pytest.mark.timeout(0 if ALL else 900)
@pytest.mark.parametrize(("tab", "device", "narrowed"), OPENED)
def test_a_mark_lists_as_many_records_as_it_says(chromium, address, tab, device, narrowed):
    wrong = []
    with chromium.new_context(**DEVICES[device], locale="en-IN") as context:
        page = context.new_page()
        page.set_default_timeout(MILLISECONDS)
        page.goto(tab_address(address, tab, narrowed))
        page.get_by_role("tab", name=tab, selected=True).wait_for()
        settle(page)
        unfold(page)
        page.wait_for_function(ALL_DRAWN)
        settle(page)
        assert page.get_by_test_id("stException").count() == 0
        drawn = marks(page)
        for mark in drawn:
            said, rows = press(page, mark, device)
            if not agree(mark["says"], said, rows):
                wrong.append((mark["says"], said, rows))
    print(f"{len(drawn) - len(wrong)} of {len(drawn)} agree: {tab}, {device}, {narrowed or 'all'}")
    assert not wrong
    assert drawn or narrowed


def unfold(page: Any) -> None:
    """Open the charts that a phone folds."""
    if folded := page.locator(FOLDED).all():
        for chart in folded:
            chart.click()
        page.wait_for_function(DRAWN, arg=FOLDED)
        settle(page)


def marks(page: Any) -> list[dict[str, Any]]:
    """Return the marks that are drawn and list something: all, or the first of each chart."""
    found = page.evaluate(MARKS, KINDS)
    if ALL:
        return found
    return list({mark["of"]: mark for mark in reversed(found)}.values())


def press(page: Any, mark: dict[str, Any], device: str) -> tuple[str, int]:
    """Press a mark; return what its list says first and its rows, and close the list again."""
    point = page.evaluate(MEETS, [mark["of"], mark["place"], KINDS])
    (page.touchscreen.tap if device == "phone" else page.mouse.click)(*point)
    window = page.get_by_role("dialog")
    window.get_by_text(LAST_OF_A_LIST).wait_for()
    window.locator("[role=grid]").wait_for(state="attached")
    said = window.inner_text().split("\n\n")[1]
    rows = window.evaluate(ROWS)
    if (aged := window.get_by_text("overdue for more than 90 days")).count():
        aged.click()
        page.wait_for_function(MORE, arg=rows)
        rows = window.evaluate(ROWS)
    window.get_by_role("button", name="Close").click()
    page.wait_for_function(CLOSED)
    return said, rows


def agree(says: str, said: str, rows: int) -> bool:
    """Return whether a mark says how many rows its list has, or how much they are together."""
    together = TOGETHER.search(said)
    return said.startswith(f"{rows:,} ") and (
        rows in counts(unescape(says)) or (together is not None and f"{together[1]} " in says)
    )
