"""Every tab against the rules of WCAG 2 (levels A and AA) that a machine can check, by axe-core."""

from collections.abc import Iterator

import pytest

from aha_pipeline_tests.kit.ports import free_port
from aha_pipeline_tests.kit.serving import served

MILLISECONDS = 60_000
RULES = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
# Those that another colour scheme may break.
OF_COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
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
def address(filled_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("accessibility")
    with served(folder, free_port(), {"DATABASE_URL": filled_url}) as address:
        yield address


@pytest.mark.parametrize(("scheme", "rules"), [("light", RULES), ("dark", OF_COLOURS)])
def test_no_tab_has_a_finding_and_charts_can_be_read(
    chromium, address, scheme, rules, charts_by_tab
):
    from axe_playwright_python.sync_playwright import Axe

    found, contrasts = {}, {}
    with chromium.new_context(color_scheme=scheme, viewport={"width": 1366, "height": 3000}) as c:
        page = c.new_page()
        page.goto(address)
        for tab, charts in charts_by_tab.items():
            page.get_by_role("tab", name=tab).click(timeout=MILLISECONDS)
            drawn = "document.querySelectorAll('.js-plotly-plot:has(.main-svg)').length"
            page.wait_for_function(f"{drawn} === {charts}", timeout=MILLISECONDS)
            page.wait_for_timeout(1000)  # what fades in is pale until it is there
            found |= _named(tab, Axe().run(page, options={"runOnly": rules}).response)
            contrasts[tab] = page.evaluate(CONTRAST)
    assert not found
    assert min(contrasts.values()) >= LEAST_CONTRAST, contrasts


def _named(tab: str, response: dict) -> dict[str, list[str]]:
    return {
        f"{tab}: {violation['id']}": [node["html"][:200] for node in violation["nodes"]]
        for violation in response["violations"]
    }
