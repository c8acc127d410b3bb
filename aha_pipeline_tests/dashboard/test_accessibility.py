"""Every tab against the rules of WCAG 2 (levels A and AA) that a machine can check, by axe-core."""

from collections.abc import Iterator

import pytest

from aha_pipeline_tests.kit.ports import free_port
from aha_pipeline_tests.kit.serving import served

MILLISECONDS = 60_000
RULES = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
# Those that another colour scheme may break.
OF_COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
# What Streamlit draws itself and no parameter of it changes.
NOT_OURS = {
    "svg-img-alt": "the small line in a card: its figure stands beside it as text",
}
GRAVE = ("serious", "critical")


@pytest.fixture(scope="module")
def address(filled_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("accessibility")
    with served(folder, free_port(), {"DATABASE_URL": filled_url}) as address:
        yield address


@pytest.mark.parametrize(("scheme", "rules"), [("light", RULES), ("dark", OF_COLOURS)])
def test_no_tab_has_a_grave_finding(chromium, address, scheme, rules, charts_by_tab):
    from axe_playwright_python.sync_playwright import Axe

    options = {"runOnly": rules, "rules": {rule: {"enabled": False} for rule in NOT_OURS}}
    found = {}
    with chromium.new_context(color_scheme=scheme, viewport={"width": 1366, "height": 3000}) as c:
        page = c.new_page()
        page.goto(address)
        for tab, charts in charts_by_tab.items():
            page.get_by_role("tab", name=tab).click(timeout=MILLISECONDS)
            drawn = "document.querySelectorAll('.js-plotly-plot:has(.main-svg)').length"
            page.wait_for_function(f"{drawn} === {charts}", timeout=MILLISECONDS)
            page.wait_for_timeout(1000)  # what fades in is pale until it is there
            found |= _grave(tab, Axe().run(page, options=options).response)
    assert not found


def _grave(tab: str, response: dict) -> dict[str, list[str]]:
    return {
        f"{tab}: {violation['id']}": [node["html"][:200] for node in violation["nodes"]]
        for violation in response["violations"]
        if violation["impact"] in GRAVE
    }
