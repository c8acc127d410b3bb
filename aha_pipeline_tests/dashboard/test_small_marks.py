"""A mark of a pixel beside one of hundreds is met by a hand that comes near it, whatever it is.

The charts are drawn by Plotly in a real browser, with the script of the page and without a server.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from html import unescape
from pathlib import Path
from typing import Any

import pytest

import dashboard
from aha_pipeline_tests.kit.waiting import MILLISECONDS
from dashboard.charts import leads, overview, reps

NEAR = 10  # pixels from the middle of a mark
SCRIPT = Path(dashboard.__path__[0], "page.html")
LISTEN = """() => {
    window.met = [];
    for (const chart of document.querySelectorAll(".js-plotly-plot")) {
        for (const event of ["plotly_selected", "plotly_treemapclick"]) {
            chart.on(event, (it) => { window.met.push(it?.points[0].customdata[0]); });
        }
    }
}"""
BOXES = """kind => [...document.querySelectorAll(kind)].map((mark) => {
    const { x, y, width, height } = mark.getBoundingClientRect();
    return [x, y, width, height];
})"""


def month(number: int, won: int, lost: int) -> dict[str, Any]:
    first, last = date(2026, number, 1), date(2026, number, 28)
    return {
        "month": first, "first_day": first, "last_day": last, "is_partial": False,
        "won_value": won, "lost_value": lost, "won_deals": 3, "lost_deals": 1,
        "win_rate_by_count": Decimal(75),
    }  # fmt: skip


def judged(source: str, **leads_of: int) -> dict[str, Any]:
    whole = sum(leads_of.values())
    shares = {f"share_{name}": Decimal(100 * n) / whole for name, n in leads_of.items()}
    counts = {f"{name}_leads": n for name, n in leads_of.items()}
    return {
        "source": source, "leads": whole, "qualified_now": leads_of["qualified"],
        "junk_pct": shares["share_junk"], **shares, **counts,
    }  # fmt: skip


MONTHS = [month(1, 3_000_000, 3_000), month(2, 500_000, 3_000)]
SOURCES = [
    judged("Facebook", converted=40_000, qualified=100, open=58_900, lost=0, junk=0),
    judged("Walk-in", converted=200, qualified=300, open=200, lost=200, junk=100),
]


@pytest.fixture(scope="module")
def page(chromium) -> Iterator[Any]:
    figures = (
        overview.outcomes(MONTHS, "INR"),
        leads.source_quality(SOURCES, "INR"),
        leads.source_map(SOURCES, "INR"),
    )
    drawn = [
        figure.update_layout(width=500, clickmode="event+select").to_html(
            include_plotlyjs=not place, full_html=False
        )
        for place, figure in enumerate(figures)
    ]
    page = chromium.new_page(viewport={"width": 520, "height": 1200})
    page.set_default_timeout(MILLISECONDS)
    page.set_content(SCRIPT.read_text() + "".join(drawn))
    page.wait_for_function("document.querySelectorAll('.main-svg').length >= 6")
    page.evaluate(LISTEN)
    yield page
    page.close()


# The mark that is pressed, the part of its box, pixels from there, and what is met.
BARS = ".barlayer .point path"
TILES = ".treemaplayer .slice path.surface"
PRESSED = {
    "a column": (BARS, 2, (0.5, 0.5), (0, 0), "₹3,000 lost"),
    "above a column": (BARS, 3, (0.5, 0), (0, -NEAR), "₹3,000 lost"),
    "the foot of its tall neighbour": (BARS, 0, (0.98, 1), (0, -2), "₹30.00 L won"),
    "beside a part of a stack": (BARS, 6, (0, 0.5), (-NEAR, 0), "100 of 99,000"),
    "the next part": (BARS, 8, (0, 0.5), (3 * NEAR, 0), "58,900 of 99,000"),
    "beside a tile": (TILES, 2, (0.5, 0.5), (-NEAR, 0), "Walk-in"),
}


@pytest.mark.parametrize(("kind", "place", "part", "off", "says"), PRESSED.values(), ids=PRESSED)
def test_a_small_mark_is_met_near_it_and_a_large_one_where_it_is(
    page, kind, place, part, off, says
):
    x, y, width, height = page.evaluate(BOXES, kind)[place]
    assert says in ("₹30.00 L won", "58,900 of 99,000") or min(width, height) < NEAR / 2
    page.mouse.move(x + width * part[0] + off[0], y + height * part[1] + off[1])
    page.wait_for_timeout(100)  # Plotly looks where the pointer is every 50 ms
    page.mouse.down()
    page.mouse.up()
    page.wait_for_function("window.met.length > 0")
    assert says in unescape(page.evaluate("window.met.splice(0)[0]"))


def rep(name: str, rate: int) -> dict[str, Any]:
    return {
        "owner_name": name, "owner_id": name, "win_rate_by_count": rate, "win_rate_low": rate,
        "win_rate_high": rate, "win_rate_by_value": rate, "win_rate_before": None,
        "won_deals": 1, "closed_deals": 20, "too_few": False, "all_win_rate": 50,
    }  # fmt: skip


def test_a_marker_at_zero_covers_no_name(chromium):
    rows = [rep("Asha", 0), rep("A representative of a long name", 0), rep("Bala", 100)]
    widths = (320, 500, 900)
    drawn = [
        reps.win_rates(rows, "INR")
        .update_layout(width=width)
        .to_html(include_plotlyjs=not place, full_html=False, div_id=f"wide-{width}")
        for place, width in enumerate(widths)
    ]
    page = chromium.new_page(viewport={"width": max(widths), "height": 1200})
    page.set_default_timeout(MILLISECONDS)
    page.set_content("".join(drawn))
    page.wait_for_function("document.querySelectorAll('.scatterlayer .point').length >= 9")
    for width in widths:
        names, markers = (
            [(x, x + across) for x, _, across, _ in page.evaluate(BOXES, f"#wide-{width} {kind}")]
            for kind in (".ytick text", ".scatterlayer .point")
        )
        assert len(names) == len(markers) == len(rows)
        assert max(end for _, end in names) <= min(begin for begin, _ in markers)
    page.close()
