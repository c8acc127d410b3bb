"""What a reader's hand does in the browser, and what his eye reads there."""

import re
from typing import Any

from aha_pipeline_tests.kit.browser import STILL

# The last that a list draws.
LAST_OF_A_LIST = "Download all as Excel"
# Neither money nor a share.
COUNT = re.compile(r"(?<![\d.,₹])\d[\d,]*(?![\d,]*[.\d]|%| L| Cr)")
# On a busy machine a page that has just run may be about to draw, or to run again.
UNCHANGED = f"""() => {{
    const now = performance.now();
    if (window.lastChange === undefined) {{
        new MutationObserver(() => {{ window.lastChange = performance.now(); }}).observe(
            document, {{subtree: true, childList: true, attributes: true, characterData: true}});
        window.lastChange = now;
    }}
    if (!({STILL})) window.lastChange = now;
    return now - window.lastChange > 800;
}}"""


def tab_address(address: str, tab: str, more: str = "") -> str:
    """Return the address of a tab; `more` is added to it."""
    return f"{address}/?tab={tab.replace(' ', '+').replace('&', '%26')}{more}"


def open_tab(page: Any, address: str, tab: str, more: str = "") -> None:
    """Open a tab and wait until its charts stand still; `more` is added to the address."""
    page.goto(tab_address(address, tab, more))
    page.wait_for_selector(".js-plotly-plot .main-svg")
    settle(page)


def settle(page: Any) -> None:
    """Wait until the page has neither run nor changed for a while."""
    page.wait_for_function(UNCHANGED, polling=100)


def click(page: Any, chart: str, mark: str, place: int) -> None:
    """Click in the middle of a mark, as a finger does."""
    frame = page.locator(f"[class*='st-key-dashboard-charts-{chart}-']")
    drawn = frame.locator(mark).nth(place)
    drawn.scroll_into_view_if_needed()
    box = drawn.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def counts(says: str) -> list[int]:
    """Return the numbers of things that a mark says."""
    return [int(number.replace(",", "")) for number in COUNT.findall(says)]
