"""Small random companies: every mart equals a slow and obvious computation in Python."""

from collections import Counter
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings

from aha_pipeline_tests.warehouse.marts_company import (
    build,
    company,
    deal,
    lead,
    moment,
    name_organisation,
    put_history,
    rows,
    wrong,
)
from aha_pipeline_tests.warehouse.random_histories import (
    CLOSED,
    FIRST,
    JUNK,
    LAST,
    OPEN,
    QUALIFIED,
    deal_contents,
    lead_contents,
    live,
    local_day,
    records,
    zones,
)
from aha_pipeline_tests.warehouse.stages_by_hand import (
    check_comparisons,
    check_slipping,
    check_stages,
)


@pytest.fixture
def connection(database_url):
    """A connection to a company that each example fills and empties again."""
    with company(database_url) as connection:
        yield connection


@given(records(lead, lead_contents), records(deal, deal_contents), zones)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_marts_of_any_company(connection, leads, deals, zone):
    connection.rollback()
    name_organisation(connection, zone)
    for module, histories_ in (("Leads", leads), ("Deals", deals)):
        for contents, deleted_at in histories_:
            put_history(connection, module, *contents, deleted_at=deleted_at)
    build(connection, FIRST, LAST)
    check_present(connection, live(leads), live(deals))
    check_days(connection, leads, deals, ZoneInfo(zone))
    check_movements(connection, deals, ZoneInfo(zone))
    check_stages(connection, deals)
    check_slipping(connection, deals)
    check_comparisons(connection)
    assert wrong(connection) == {}


def money(record) -> Decimal:
    return Decimal(str(record["Amount"] or 0))


def weight(record) -> Decimal:
    own = record["Probability"]
    return money(record) * (OPEN[record["Stage"]] if own is None else own) / 100


def check_present(connection, leads, deals):
    """Every breakdown against a count over the records, and so against its total."""
    source = Counter(record["Lead_Source"] or "(none)" for record in leads)
    owner = Counter((record["Owner"] or {"id": "(none)"})["id"] for record in leads)
    step = Counter(
        "Converted" if record["$converted"] else record["Lead_Status"] or "(none)"
        for record in leads
    )
    stage = Counter(record["Stage"] for record in deals)
    won = sum(money(record) for record in deals if record["Stage"] == "Closed Won")
    assert summed(connection, "source_quality", "source", "leads") == source
    assert summed(connection, "lead_volume", "source", "leads") == source
    assert summed(connection, "lead_volume", "owner_id", "leads") == owner
    assert summed(connection, "rep_matrix", "owner_id", "leads") == owner
    assert summed(connection, "funnel", "step", "records") == step + stage
    assert summed(connection, "pipeline_by_stage", "stage", "deals") == stage
    for mart in ("source_quality", "rep_matrix", "outcomes_by_month", "accounts_by_industry"):
        assert sum(row["won_value"] for row in rows(connection, mart)) == won, mart
    for row in rows(connection, "lead_cohorts"):
        assert row["leads"] >= row["qualified"] >= row["converted"] >= row["won"]
    for row in rows(connection, "source_quality"):
        parts = ("open_leads", "qualified_leads", "lost_leads", "junk_leads")
        assert row["leads"] == sum(row[part] for part in parts)
    junk = sum(not r["$converted"] and r["Lead_Status"] in JUNK for r in leads)
    qualified = sum(r["$converted"] or r["Lead_Status"] in QUALIFIED for r in leads)
    assert sum(row["junk_leads"] for row in rows(connection, "rep_matrix")) == junk
    assert sum(row["leads_qualified"] for row in rows(connection, "rep_matrix")) == qualified


def summed(connection, mart, column, figure):
    counter = Counter()
    for row in rows(connection, mart):
        counter[row[column]] += row[figure]
    return +counter


def check_days(connection, leads, deals, zone):
    """Each day's row against the state of every single record at the end of that day."""
    for row in rows(connection, "kpis"):
        day = row["day"]
        end = datetime.combine(day + timedelta(1), time(), zone)
        then = [content for content, _ in contents_at(leads, end)]
        junk = sum(not c["$converted"] and c["Lead_Status"] in JUNK for c in then)
        assert (row["leads"], row["junk_leads"]) == (len(then), junk)
        open_deals = [found for found in contents_at(deals, end) if is_open(*found, day, zone)]
        assert row["open_deals"] == len(open_deals)
        assert row["open_pipeline_value"] == sum(money(content) for content, _ in open_deals)
        weights = [
            weight(content)
            if content["Stage"] in OPEN
            else money(content) * OPEN["Qualification"] / 100
            for content, _ in open_deals
        ]
        assert row["weighted_pipeline_value"] == sum(weights)
        created = [local_day(r["Created_Time"], zone) for r in live(leads)]
        week = sum(day - timedelta(7) <= c < day for c in created)
        assert row["new_leads"] == created.count(day)
        assert row["new_leads_avg_7d"] == round(Decimal(week) / 7, 2)
        closed = [r for r in live(deals) if r["Stage"] in CLOSED and closing_day(r, zone) == day]
        won = [r for r in closed if r["Stage"] == "Closed Won"]
        assert (row["won_deals"], row["lost_deals"]) == (len(won), len(closed) - len(won))
        assert row["won_value"] == sum(money(r) for r in won)


def check_movements(connection, deals, zone):
    """Between the ends of any two days, movements sum to the difference: in all and by owner."""
    steps = rows(connection, "funnel_by_day")
    movements = rows(connection, "pipeline_movements")
    days = {row["day"]: row for row in rows(connection, "kpis")}
    for day, kpi in days.items():
        then = [row for row in steps if row["day"] == day]
        of_deals = [row for row in then if row["entity"] == "deal" and row["meaning"] == "open"]
        assert sum(row["records"] for row in then if row["entity"] == "lead") == kpi["leads"]
        assert sum(row["records"] for row in of_deals) == kpi["open_deals"]
        assert sum(row["value"] for row in of_deals) == kpi["open_pipeline_value"]
        assert sum(row["weighted_value"] for row in of_deals) == kpi["weighted_pipeline_value"]
    first, last = min(days), max(days)
    between = [row for row in movements if first < row["day"] <= last]
    for name, figure in (
        ("open_deals", "deals"),
        ("open_pipeline_value", "value"),
        ("weighted_pipeline_value", "weighted_value"),
    ):
        assert sum(row[figure] for row in between) == days[last][name] - days[first][name]
    by_owner = Counter()
    for row in between:
        by_owner[row["owner_id"]] += row["value"]
    for day, sign in ((first, -1), (last, 1)):
        end = datetime.combine(day + timedelta(1), time(), zone)
        for content, is_first in contents_at(deals, end):
            if is_open(content, is_first, day, zone):
                by_owner[(content["Owner"] or {"id": "(none)"})["id"]] -= sign * money(content)
    assert not any(by_owner.values())


def contents_at(histories_, end):
    """Yield (content, whether it is the first known) of each record that exists at `end`."""
    for contents, deleted_at in histories_:
        if moment(contents[0]["Created_Time"]) >= end:
            continue
        if deleted_at and moment(deleted_at) < end:
            continue
        written = [c for c in contents if moment(c["Modified_Time"]) < end]
        content = (written or contents)[-1 if written else 0]
        yield content, content is contents[0]


def is_open(content, is_first, day, zone):
    if content["Stage"] in OPEN:
        return True
    written = local_day(content["Modified_Time"], zone)
    return is_first and day < min(closing_day(content, zone), written)


def closing_day(record, zone):
    text = record["Closing_Date"]
    return date.fromisoformat(text) if text else local_day(record["Modified_Time"], zone)
