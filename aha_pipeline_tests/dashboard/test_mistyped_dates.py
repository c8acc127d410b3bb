"""Closing dates of a mistyped year: a page names the year, and counts no days from or to it."""

from datetime import UTC, datetime, timedelta

import pytest

from aha_pipeline_tests.dashboard.company import log_sync
from aha_pipeline_tests.dashboard.page import run
from aha_pipeline_tests.kit.databases import fresh_database
from aha_pipeline_tests.kit.serving import TABS
from aha_pipeline_tests.warehouse.marts_company import build, company, deal, put
from zoho_sandbox.clock import ZONE

OVERVIEW, _, DEAL_TAB = TABS[:3]
NOON = datetime.now(ZONE).replace(hour=12, minute=0, second=0, microsecond=0).astimezone(UTC)
TODAY = NOON.astimezone(ZONE).date()
YEARS = ["0026", "0206", "2206"]


@pytest.fixture(scope="module", params=YEARS)
def mistyped(request, postgres: str, template_database: str):
    with fresh_database(postgres, template_database) as address, company(address) as connection:
        created = (NOON - timedelta(3)).astimezone(ZONE).isoformat(timespec="seconds")
        put(connection, "Deals", deal(1, created, Closing_Date=f"{request.param}-12-24"))
        late = str(TODAY - timedelta(2))
        put(connection, "Deals", deal(2, created, Closing_Date=late))
        log_sync(connection, NOON)
        build(connection, TODAY - timedelta(30), TODAY)
        connection.commit()
        yield address, int(request.param)


def test_the_work_list_asks_for_the_date_to_be_corrected(mistyped, monkeypatch):
    address, year = mistyped
    shown = run(monkeypatch, address, OVERVIEW)
    assert not shown.exception
    said = [it.value.replace("\\", "") for it in (*shown.markdown, *shown.caption)]
    assert any(f"Closing date in the year {year}: correct it" in text for text in said)
    assert any("2 days overdue" in text for text in said)
    assert not [text for text in said if "00 days" in text or ",691" in text]


def test_a_list_counts_no_days_to_such_a_date(mistyped, monkeypatch):
    address, year = mistyped
    shown = run(monkeypatch, address, DEAL_TAB)
    assert not shown.exception
    captions = " ".join(it.value for it in shown.caption)
    is_past = year < TODAY.year
    assert ("1 closing date in a year that cannot be right: correct it" in captions) is is_past
    lists = [frame.value for frame in shown.dataframe]
    days = [n for rows in lists if "days_left" in rows for n in rows["days_left"].dropna()]
    assert days == [-2]
    reasons = [text for rows in lists if "reasons" in rows for text in rows["reasons"]]
    told = f"closing date in the year {year}, to be corrected"
    assert sorted(reasons) == ([told, "overdue"] if is_past else ["overdue"])
