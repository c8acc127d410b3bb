"""Real CRM records, where they are at hand, and what the marts must say of them.

The totals were counted in the files; the days are worked out by pandas, without the help of
`expected`.
"""

import os
from decimal import Decimal
from pathlib import Path

import pandas as pd

from aha_pipeline_tests.warehouse.marts_company import rows, total

DATA = Path(os.environ.get("AHA_SHARED_DATA") or "absent") / "zoho-shaped"


def _frame(module: str) -> pd.DataFrame:
    frame = pd.read_json(DATA / f"{module}.jsonl.gz", lines=True, dtype=False)
    frame["day"] = pd.to_datetime(frame["Created_Time"], utc=True).dt.tz_convert("Asia/Kolkata")
    return frame


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


def check_days(connection):
    leads, deals = (_frame(module) for module in ("Leads", "Deals"))
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
