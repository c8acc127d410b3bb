"""The marts of real CRM records, where they are at hand, against pandas."""

import gzip
import os
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from aha_pipeline_tests.warehouse.marts_company import TABLES, build, company, rows, total

DATA = Path(os.environ.get("AHA_SHARED_DATA") or "absent") / "zoho-shaped"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="AHA_SHARED_DATA is not set")


@pytest.fixture
def frames():
    """Leads and deals as the files have them, one row a record."""
    import pandas as pd

    frames = {}
    for module in ("Leads", "Deals"):
        frame = pd.read_json(DATA / f"{module}.jsonl.gz", lines=True, dtype=False)
        frame["source"] = frame["Lead_Source"].fillna("(none)")
        frame["owner_id"] = frame["Owner"].map(lambda owner: owner["id"])
        frame["day"] = pd.to_datetime(frame["Created_Time"], utc=True).dt.tz_convert("Asia/Kolkata")
        frames[module.lower()] = frame
    return frames


@pytest.fixture
def connection(database_url):
    """A connection to a database that holds the files, all marts built."""
    with company(database_url) as connection:
        with connection.cursor() as cursor:
            for module in ("Leads", "Deals", "Accounts"):
                with gzip.open(DATA / f"{module}.jsonl.gz", "rt", encoding="utf-8") as file:
                    cursor.execute(
                        f"insert into crm.{TABLES[module]} (id, raw_data) "  # noqa: S608
                        "select record ->> 'id', record from unnest(%s::jsonb[]) record",
                        [list(file)],
                    )
        build(connection, date(2017, 6, 14), date(2018, 11, 30))
        yield connection


def test_marts_equal_pandas(connection, frames):
    check_totals(connection)
    check_breakdowns(connection, **frames)
    check_days(connection, **frames)


def check_totals(connection):
    leads = rows(connection, "leads")
    assert len(leads) == 8000
    assert sum(row["is_converted"] for row in leads) == 842
    assert total(connection, "source_quality", "converted_leads") == 842
    for mart in ("source_quality", "rep_matrix", "outcomes_by_month", "accounts_by_industry"):
        assert total(connection, mart, "won_value") == 71_789_540, mart
    assert total(connection, "source_quality", "won_deals") == 5080
    assert total(connection, "rep_matrix", "lost_deals") == 2473
    assert total(connection, "pipeline_by_stage", "deals") == 9642
    assert total(connection, "funnel", "records") == 8000 + 9642
    assert total(connection, "accounts_by_industry", "accounts") == 85
    assert rows(connection, "contacts_by_owner") == []


def check_breakdowns(connection, leads, deals):
    won = deals[deals["Stage"] == "Closed Won"]
    found = {row["source"]: row for row in rows(connection, "source_quality")}
    assert {k: r["leads"] for k, r in found.items()} == leads.groupby("source").size().to_dict()
    values = won.groupby("source")["Amount"].sum().to_dict()
    assert {k: float(r["won_value"]) for k, r in found.items() if r["won_deals"]} == values
    reps = {row["owner_id"]: row["won_deals"] for row in rows(connection, "rep_matrix")}
    assert {k: n for k, n in reps.items() if n} == won.groupby("owner_id").size().to_dict()
    stages = {row["stage"]: row["deals"] for row in rows(connection, "pipeline_by_stage")}
    assert stages == deals.groupby("Stage").size().to_dict()
    months = {row["month"].strftime("%Y-%m"): row for row in rows(connection, "lead_cohorts")}
    created = leads.groupby(leads["day"].dt.strftime("%Y-%m")).size().to_dict()
    assert {month: row["leads"] for month, row in months.items()} == created


def check_days(connection, leads, deals):
    won = deals[deals["Stage"] == "Closed Won"]
    kpis = rows(connection, "kpis")
    assert len(kpis) == 535
    created = leads.groupby(leads["day"].dt.date).size().to_dict()
    value = won.groupby("Closing_Date")["Amount"].sum().to_dict()
    day_of_deal = deals["day"].dt.strftime("%Y-%m-%d")
    is_closed = deals["Stage"].isin(["Closed Won", "Closed Lost"])
    for row in kpis:
        assert row["new_leads"] == created.get(row["day"], 0)
        assert float(row["won_value"]) == value.get(row["day"].isoformat(), 0)
        day = row["day"].isoformat()
        there = (day_of_deal <= day) & ~(is_closed & (deals["Closing_Date"] <= day))
        assert row["open_deals"] == there.sum()
        assert row["open_pipeline_value"] == Decimal(str(deals[there]["Amount"].sum()))
