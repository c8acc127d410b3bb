"""Deals that are in no sum of money: what shows a sum says how many deals it leaves out."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from aha_pipeline_tests.dashboard.company import log_sync
from aha_pipeline_tests.dashboard.page import run
from aha_pipeline_tests.kit.databases import fresh_database
from aha_pipeline_tests.kit.serving import TABS
from aha_pipeline_tests.warehouse.marts_company import build, company, deal, put
from dashboard.periods import CUSTOM
from zoho_sandbox.clock import ZONE

OVERVIEW, _, DEAL_TAB, PEOPLE = TABS[:4]
NOON = datetime.now(ZONE).replace(hour=12, minute=0, second=0, microsecond=0).astimezone(UTC)
TODAY = NOON.astimezone(ZONE).date()
LAKH = 100_000
NO_RATE, NO_AMOUNT = {"Currency": "USD", "Exchange_Rate": None}, {"Amount": None}


def ago(days: int) -> str:
    return (NOON - timedelta(days)).astimezone(ZONE).isoformat(timespec="seconds")


def one(number: int, stage: str, days: int, **values) -> dict:
    closed = {"Closing_Date": ago(days)[:10], "Modified_Time": ago(days)}
    return deal(number, ago(days + 5), stage, **{"Amount": LAKH} | closed | values)


def missing(stage: str, unknown: dict, days: int = 3) -> list[dict]:
    """Return a deal of each kind that is in the sums, and two that are in none."""
    known = [one(n, at, 3) for n, at in enumerate(("Qualification", "Closed Won", "Closed Lost"))]
    return [*known, one(10, stage, days, **unknown), one(11, stage, days, **unknown)]


WON, LOST = (
    f"Not included in any value: 2 {how} deals of unknown value in the last twelve months."
    for how in ("won", "lost")
)
COMPANIES = {
    "nothing": ([], {}),
    "open": (
        missing("Qualification", NO_RATE),
        {
            OVERVIEW: (
                "not included: 2 deals without a valid exchange rate",
                "Not included in any value: 2 open deals without a valid exchange rate.",
            ),
            DEAL_TAB: (
                "Not included in any value: 2 open deals without a valid exchange rate.",
                "3 deals · ₹1.00 L together, 2 deals of unknown value not included.",
            ),
        },
    ),
    "open without an amount": (  # told of a list, and no fault of a rate
        missing("Qualification", NO_AMOUNT),
        {DEAL_TAB: ("3 deals · ₹1.00 L together, 2 deals of unknown value not included.",)},
    ),
    "won": (
        missing("Closed Won", NO_RATE),
        {
            OVERVIEW: (
                "3 deals  \nnot included: 2 deals of unknown value",
                WON,
            ),
            DEAL_TAB: (WON,),
        },
    ),
    "lost before the period": (
        missing("Closed Lost", NO_AMOUNT, days=100),
        {
            OVERVIEW: (LOST,),
            DEAL_TAB: (LOST,),
        },
    ),
}


@pytest.fixture(scope="module", params=COMPANIES)
def filled(request, postgres: str, template_database: str):
    with fresh_database(postgres, template_database) as address, company(address) as connection:
        deals, said = COMPANIES[request.param]
        put(connection, "Deals", *(deals or missing("Qualification", {})))
        log_sync(connection, NOON)
        build(connection, TODAY - timedelta(120), TODAY)
        connection.commit()
        yield address, said


FOLDED = "overdue for more than 90 days"


@pytest.mark.parametrize(
    ("amounts", "said"),
    [
        ([LAKH, None], f"Also show 2 {FOLDED}, ₹1.00 L, 1 deal of unknown value not included"),
        ([None, None], f"Also show 2 {FOLDED}, 2 deals of unknown value not included"),
        ([0, LAKH], f"Also show 2 {FOLDED}, ₹1.00 L"),
    ],
)
def test_what_a_list_folds_away_says_what_its_sum_leaves_out(
    postgres, template_database, monkeypatch, amounts, said
):
    with fresh_database(postgres, template_database) as address, company(address) as connection:
        old = [one(n, "Qualification", 100, Amount=it) for n, it in enumerate(amounts, 1)]
        put(connection, "Deals", one(9, "Qualification", 3, Amount=LAKH), *old)
        log_sync(connection, NOON)
        build(connection, TODAY - timedelta(120), TODAY)
        connection.commit()
        shown = run(monkeypatch, address, DEAL_TAB)
    assert {toggle.label for toggle in shown.toggle if FOLDED in toggle.label} == {said}


@pytest.mark.parametrize("tab", [OVERVIEW, DEAL_TAB])
def test_the_page_says_how_many_deals_its_values_leave_out(filled, monkeypatch, tab):
    address, said = filled
    days = (TODAY - timedelta(6), TODAY)
    shown = run(monkeypatch, address, tab, period=CUSTOM, days=days)
    assert not shown.exception
    captions = [caption.value for caption in shown.caption]
    for words in said.get(tab, ()):
        assert any(words in caption for caption in captions), captions
    silent = {"not included", "Not included"} - {
        words for words in ("not included", "Not included") if words in " ".join(said.get(tab, ()))
    }
    assert not [caption for caption in captions for words in silent if words in caption]


# The charts of each tab that show a value of open, won or lost deals, by a word of their titles.
OPEN_CHARTS = {"funnel", "stage_value", "movements", "values", "closing", "slipping"}
CLOSED_CHARTS = {"funnel", "outcomes", "lost_reasons", "movements", "values"}
SHOWN = {
    "nothing": set(),
    "open": OPEN_CHARTS | {"industry_value"},
    "open without an amount": set(),
    "won": CLOSED_CHARTS - {"lost_reasons"} | {"industry_value"},
    "lost before the period": CLOSED_CHARTS,
}


def test_a_chart_looked_at_alone_says_which_deals_it_leaves_out(request, filled, monkeypatch):
    address, said = filled
    name = request.node.callspec.params["filled"]
    sentence = {"open": said.get(DEAL_TAB, ("",))[0], "won": WON, "lost before the period": LOST}
    days = (TODAY - timedelta(120), TODAY)
    found = set()
    for tab in (OVERVIEW, DEAL_TAB, PEOPLE):
        shown = run(monkeypatch, address, tab, period=CUSTOM, days=days)
        assert not shown.exception
        for chart in shown.get("plotly_chart"):
            title = json.loads(chart.proto.spec)["layout"].get("title", {}).get("text", "")
            if "Not included" in title:
                assert re.sub("<[^>]+>", "", title.replace("<br>", " ")) == sentence[name]
                found.add(chart.proto.id.rpartition("-")[2].split(".")[3])
    assert found == SHOWN[name]
