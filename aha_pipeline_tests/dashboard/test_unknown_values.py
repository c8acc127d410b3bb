"""Deals none of which has a known value: nothing on a page says that they are worth zero."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from aha_pipeline_tests.dashboard.company import log_sync
from aha_pipeline_tests.dashboard.page import run
from aha_pipeline_tests.kit.databases import fresh_database
from aha_pipeline_tests.kit.serving import TABS
from aha_pipeline_tests.warehouse.marts_company import account, build, company, deal, put
from dashboard.periods import CUSTOM
from zoho_sandbox.clock import ZONE

OVERVIEW, _, DEAL_TAB, PEOPLE = TABS[:4]
NOON = datetime.now(ZONE).replace(hour=12, minute=0, second=0, microsecond=0).astimezone(UTC)
TODAY = NOON.astimezone(ZONE).date()
UNKNOWN = {
    "without an amount": {"Amount": None},
    "without a rate": {"Amount": 1000, "Currency": "USD", "Exchange_Rate": None},
    "of an unknown currency": {"Amount": 1000, "Currency": "XYZ"},
}
ZERO = re.compile(r"₹0(?![\d.,])|\b0\.0%")
# Of no deals the value is zero.
OF_NONE = re.compile(
    r"₹0 · 0\b|\b0 (?:open )?deals, ₹0(?:<br>weighted ₹0)?|₹0 (?:won|open|lost) in 0 deals|"
    r"₹0 won in the previous period"
)
STAGES = ("Qualification", "Closed Won", "Closed Lost")


def ago(days: int) -> str:
    return (NOON - timedelta(days)).astimezone(ZONE).isoformat(timespec="seconds")


def deals(**values: object) -> list[dict]:
    """Return two deals of each stage, open ones past their closing date."""
    closed = {"Closing_Date": ago(0)[:10], "Modified_Time": ago(0)}
    due = {"Closing_Date": ago(2)[:10], "Lost_Reason": "Price"}
    named = {"Account_Name": {"id": "A1", "name": "Account 1"}}
    return [
        deal(number, ago(20), stage, **(due if stage == STAGES[0] else closed), **named, **values)
        for number, stage in enumerate(STAGES * 2)
    ]


@pytest.fixture(scope="module", params=UNKNOWN)
def unknown_url(request, postgres: str, template_database: str):
    with fresh_database(postgres, template_database) as address, company(address) as connection:
        put(connection, "Deals", *deals(**UNKNOWN[request.param]))
        put(connection, "Accounts", account(1, "Housing"))
        with connection.cursor() as cursor:
            cursor.execute(
                "insert into analytics.targets (scope, name, period, first_day, last_day, amount) "
                "values ('company', '', 'month', %s, %s, 5000000)",
                [TODAY.replace(day=1), (TODAY.replace(day=28) + timedelta(9)).replace(day=1)
                 - timedelta(1)],
            )  # fmt: skip
        log_sync(connection, NOON)
        build(connection, TODAY - timedelta(120), TODAY)
        connection.commit()
        yield address


def words(shown) -> list[str]:
    """Return all that a page says: its figures, its captions, and what its charts draw and say."""
    said = [f"{it.label}: {it.value} {it.delta}" for it in shown.metric]
    said += [it.value for it in (*shown.caption, *shown.markdown, *shown.info)]
    for chart in shown.get("plotly_chart"):
        for trace in json.loads(chart.proto.spec)["data"]:
            said += [hover for hover, _ in trace.get("customdata", ())]
            said += trace.get("text") or ()
    return said


@pytest.mark.parametrize("tab", [OVERVIEW, DEAL_TAB, PEOPLE])
def test_no_sum_of_unknown_values_is_zero(unknown_url, monkeypatch, tab):
    days = (TODAY - timedelta(6), TODAY)
    shown = run(monkeypatch, unknown_url, tab, period=CUSTOM, days=days)
    assert not shown.exception
    said = words(shown)
    assert [text for text in said if ZERO.search(OF_NONE.sub("", text))] == []
    if tab == OVERVIEW:
        for card in ("Open pipeline", "Won", "Lost", "Won so far"):
            assert any(text.startswith(f"{card}: Not known") for text in said), card
        assert sum("2 deals of unknown value: this is not zero" in text for text in said) == 4
