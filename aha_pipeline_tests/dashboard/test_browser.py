"""The page in a real browser: at a desk, on a phone, in the dark.

Served from another folder, and read by axe-core against the rules of WCAG 2 (levels A and AA) that
a machine can check.
"""

from collections.abc import Iterator
from urllib.parse import quote_plus

import pytest

from aha_pipeline_tests.kit.waiting import MILLISECONDS

RULES = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
# Those that another colour scheme may break.
OF_COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
VIEWS = {
    # width, colour scheme, rules of axe
    "desk": (1366, "light", RULES),
    "phone": (390, "light", None),
    "dark": (1366, "dark", OF_COLOURS),
}
LEAST_CONTRAST = 4.5  # WCAG 2, level AA, for texts of this size
# The least contrast of a chart's texts outside its marks against the page, as WCAG 2 has it.
CONTRAST = """() => {
    const light = (colour) => {
        const [red, green, blue] = colour.match(/[\\d.]+/g).slice(0, 3).map((part) => {
            const value = part / 255;
            return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const app = document.querySelector("[data-testid=stApp]");
    const paper = light(getComputedStyle(app).backgroundColor);
    const axes = ".xtick text, .ytick text, .y2tick text";
    const texts = `${axes}, .legendtext, .bartext-outside, .annotation-text`;
    return Math.min(...[...document.querySelectorAll(texts)].map((text) => {
        const ink = light(getComputedStyle(text).fill);
        return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
    }));
}"""


@pytest.fixture(scope="module")
def page(chromium) -> Iterator[object]:
    """One page for all, so that Streamlit's scripts are fetched and compiled once."""
    with chromium.new_context(locale="en-IN") as context:
        yield context.new_page()


# What is read of a tab is read in one visit: a tab that is drawn costs two seconds of a core.
@pytest.mark.parametrize(("width", "scheme", "rules"), VIEWS.values(), ids=VIEWS)
def test_every_tab_opens_stands_in_the_address_and_can_be_read(
    page, address, width, scheme, rules, charts_by_tab
):
    page.set_viewport_size({"width": width, "height": 3000})
    page.emulate_media(color_scheme=scheme)
    requests, faults, found, contrasts = [], [], {}, {}
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
        if rules:
            page.wait_for_timeout(1000)  # what fades in is pale until it is there
            found |= _findings(page, tab, rules)
            contrasts[tab] = page.evaluate(CONTRAST)
    assert not faults
    assert all(url.startswith((address, "data:", "blob:")) for url in requests)
    assert not found
    assert all(contrast >= LEAST_CONTRAST for contrast in contrasts.values()), contrasts


def test_an_address_opens_its_tab(page, address, charts_by_tab):
    page.goto(f"{address}/?tab=Lead+Intelligence")
    _wait_for_charts(page, charts_by_tab["Lead Intelligence"])
    assert page.get_by_role("tab", selected=True).inner_text() == "Lead Intelligence"


def _findings(page: object, tab: str, rules: dict) -> dict[str, list[str]]:
    from axe_playwright_python.sync_playwright import Axe

    response = Axe().run(page, options={"runOnly": rules}).response
    return {
        f"{tab}: {violation['id']}": [node["html"][:200] for node in violation["nodes"]]
        for violation in response["violations"]
    }


def _wait_for_charts(page: object, charts: int) -> None:
    """Wait until the open tab has drawn that many charts, not one fewer and none of another."""
    drawn = "document.querySelectorAll('.js-plotly-plot:has(.main-svg)').length"
    page.wait_for_function(f"{drawn} === {charts}", timeout=MILLISECONDS)
