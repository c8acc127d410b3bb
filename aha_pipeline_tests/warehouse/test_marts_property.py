"""Small random companies: every mart equals a slow and obvious computation in Python."""

from collections import Counter
from datetime import datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings

from aha_pipeline_tests.kit.examples import examples
from aha_pipeline_tests.warehouse.brute_force import (
    closed_day,
    movements_of,
    standing,
)
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
    FIRST,
    JUNK,
    LAST,
    QUALIFIED,
    deal_contents,
    lead_contents,
    live,
    local_day,
    records,
    zones,
)
from aha_pipeline_tests.warehouse.stages_by_hand import (
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
    max_examples=examples(40),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
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
    assert wrong(connection) == {}


def money(record) -> Decimal:
    return Decimal(str(record["Amount"] or 0))


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
        then = list(contents_at(leads, end))
        junk = sum(not c["$converted"] and c["Lead_Status"] in JUNK for c in then)
        assert (row["leads"], row["junk_leads"]) == (len(then), junk)
        stood = [found for record in deals if (found := standing(record, day, zone))]
        opened = [found for found in stood if found.meaning == "open"]
        assert row["open_deals"] == len(opened)
        assert row["open_pipeline_value"] == sum(found.value for found in opened)
        assert row["weighted_pipeline_value"] == sum(found.weighted for found in opened)
        assert row["unweighted_deals"] == sum(found.chance is None for found in opened)
        created = [local_day(r["Created_Time"], zone) for r in live(leads)]
        week = sum(day - timedelta(7) <= c < day for c in created)
        assert row["new_leads"] == created.count(day)
        assert round(row["new_leads_avg_7d"], 9) == round(Decimal(week) / 7, 9)
        closed = [
            contents[-1]
            for contents, deleted_at in deals
            if deleted_at is None and closed_day(contents, zone) == day
        ]
        won = [r for r in closed if r["Stage"] == "Closed Won"]
        assert (row["won_deals"], row["lost_deals"]) == (len(won), len(closed) - len(won))
        assert row["won_value"] == sum(money(r) for r in won)


def check_movements(connection, deals, zone):
    """Day by day and owner by owner the movements sum to what the deals say, and to the steps."""
    steps = rows(connection, "funnel_by_day")
    days = {row["day"]: row for row in rows(connection, "kpis")}
    for day, kpi in days.items():
        then = [row for row in steps if row["day"] == day]
        stood = Counter(found.stage for record in deals if (found := standing(record, day, zone)))
        assert Counter({r["step"]: r["records"] for r in then if r["entity"] == "deal"}) == stood
        assert sum(r["records"] for r in then if r["entity"] == "lead") == kpi["leads"]
    expected = Counter()
    for day, owner, value, weighted in movements_of(deals, sorted(days), zone):
        expected[day, owner, "value"] += value
        expected[day, owner, "weighted"] += weighted
    found = Counter()
    for row in rows(connection, "pipeline_movements"):
        day = max(row["day"], min(days))
        found[day, row["owner_id"], "value"] += row["value"]
        found[day, row["owner_id"], "weighted"] += row["weighted_value"]
    for key in expected.keys() | found.keys():
        if key[0] <= max(days):
            assert expected[key] == found[key], key


def contents_at(histories_, end):
    """Yield what each record that exists at `end` said then."""
    for contents, deleted_at in histories_:
        if moment(contents[0]["Created_Time"]) >= end:
            continue
        if deleted_at and moment(deleted_at) < end:
            continue
        written = [c for c in contents if moment(c["Modified_Time"]) < end]
        yield written[-1] if written else contents[0]
