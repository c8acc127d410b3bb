"""What a reader's hand does in the browser."""

from typing import Any

from aha_pipeline_tests.kit.browser import STILL

MILLISECONDS = 180_000


def open_tab(page: Any, address: str, tab: str, more: str = "") -> None:
    """Open a tab and wait until its charts stand still; `more` is added to the address."""
    page.goto(f"{address}/?tab={tab.replace(' ', '+').replace('&', '%26')}{more}")
    page.wait_for_selector(".js-plotly-plot .main-svg")
    settle(page)


def settle(page: Any) -> None:
    """Wait until the page has stopped running and its charts have stopped moving."""
    page.wait_for_function(STILL)
    page.wait_for_timeout(1000)


def click(page: Any, chart: str, mark: str, place: int) -> None:
    """Click in the middle of a mark, as a finger does."""
    frame = page.locator(f"[class*='st-key-dashboard-charts-{chart}-']")
    drawn = frame.locator(mark).nth(place)
    drawn.scroll_into_view_if_needed()
    box = drawn.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
