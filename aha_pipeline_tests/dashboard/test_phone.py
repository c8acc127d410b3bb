"""The page on a phone, and by its keyboard alone, in a real browser."""

from typing import Any

import pytest

from aha_pipeline_tests.dashboard.clicks import settle
from aha_pipeline_tests.kit.browser import PHONE
from aha_pipeline_tests.kit.serving import TABS
from aha_pipeline_tests.kit.waiting import MILLISECONDS

MOST_SCREENS = 3
MOST_KEYS = 60
HEIGHT = "document.querySelector('[data-testid=stMainBlockContainer]').scrollHeight"
WIDTH = "document.querySelector('[data-testid=stMain]').scrollWidth"
FOCUSED = """(({activeElement: it}) => [
    ...(it.matches('a, button') ? it.innerText : '').split('\\n'), it.ariaLabel || '',
    it.closest('label')?.innerText || ''
].map((text) => text.trim()).filter(Boolean))(document)"""


def test_each_tab_is_three_screens_on_a_phone_and_opens_by_a_tap(chromium, address):
    heights, widths = {}, {}
    with chromium.new_context(**PHONE) as context:
        context.set_default_timeout(MILLISECONDS)
        page = context.new_page()
        page.goto(address)
        for tab in TABS:
            page.get_by_role("tab", name=tab).click()
            page.wait_for_timeout(500)
            settle(page)
            assert page.get_by_test_id("stException").count() == 0
            heights[tab], widths[tab] = page.evaluate(HEIGHT), page.evaluate(WIDTH)
        page.get_by_role("tab", name="Deal Pipeline").click()
        page.get_by_text("Value by stage").click()
        page.wait_for_selector(".js-plotly-plot .main-svg")
        assert page.locator(".js-plotly-plot").count() == 1
        settle(page)
        mark = page.locator(".barlayer .point path").first
        mark.scroll_into_view_if_needed()
        box = mark.bounding_box()
        page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.get_by_role("dialog").wait_for()
    assert max(heights.values()) <= MOST_SCREENS * PHONE["viewport"]["height"], heights
    assert max(widths.values()) <= PHONE["viewport"]["width"], widths


def test_the_keyboard_alone_leads_from_a_chart_to_its_table_and_to_a_record_and_back(
    chromium, address
):
    with chromium.new_context(viewport={"width": 1366, "height": 900}) as context:
        context.set_default_timeout(MILLISECONDS)
        page = context.new_page()
        page.goto(address)
        page.wait_for_selector(".js-plotly-plot .main-svg")
        settle(page)
        to(page, "Open")
        page.keyboard.press("Enter")
        page.wait_for_url("**/record?*")
        page.get_by_text("Related records").wait_for()
        to(page, "Back to the desk")
        page.keyboard.press("Enter")
        page.get_by_text("Today's work").wait_for()
        settle(page)
        to(page, "As a table")
        page.keyboard.press("Space")
        table = page.get_by_test_id("stTable").first
        table.wait_for()
        assert "won in the month" in table.inner_text()
        to(page, "List the records behind")
        page.keyboard.press("ArrowDown")
        page.get_by_role("option").first.wait_for()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        page.get_by_role("dialog").wait_for()


def to(page: Any, label: str) -> None:
    """Press Tab until what is named so has the focus."""
    passed = []
    for _ in range(MOST_KEYS):
        page.keyboard.press("Tab")
        passed.append(page.evaluate(FOCUSED))
        if any(text == label or text.endswith(f". {label}") for text in passed[-1]):
            return
    pytest.fail(f"The keyboard does not reach {label!r}, only {passed}")
