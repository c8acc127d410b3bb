"""Random companies over ten weeks: the parts of every change sum to it, to the last digit."""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aha_pipeline_tests.kit.examples import examples
from aha_pipeline_tests.warehouse.marts_company import (
    build,
    company,
    deal,
    lead,
    name_organisation,
    put_history,
    put_sync,
    rows,
)
from aha_pipeline_tests.warehouse.random_histories import (
    START,
    at,
    deal_contents,
    lead_contents,
    live,
    local_day,
    owners,
    records,
    sources,
    statuses,
    zones,
)

WEEKS = 10

# Two days and a night of each week: so the days of one weekday have something to compare.
hours = st.builds(
    lambda week, hour: week * 7 * 24 + hour, st.integers(0, WEEKS - 1), st.integers(0, 48)
)
crowds = st.lists(st.tuples(hours, sources, owners, statuses), max_size=80)


@pytest.fixture
def connection(database_url):
    """A connection to a company that each example fills and empties again."""
    with company(database_url) as connection:
        yield connection


@given(
    records(lead, lead_contents, hours),
    crowds,
    records(deal, deal_contents, hours, max_size=20),
    zones,
    st.integers(4, WEEKS),
)
@settings(
    max_examples=examples(40),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_changes_of_any_company(connection, leads, crowd, deals, zone, weeks):
    connection.rollback()
    name_organisation(connection, zone)
    put_sync(connection, "Leads", START.isoformat())
    leads = [*leads, *(([make_lead(number, *one)], None) for number, one in enumerate(crowd))]
    for module, histories_ in (("Leads", leads), ("Deals", deals)):
        for contents, deleted_at in histories_:
            put_history(connection, module, *contents, deleted_at=deleted_at)
    last = (START + timedelta(weeks=weeks - 1, days=2)).date()
    build(connection, last - timedelta(days=9), last, ("change_causes",))
    changes = rows(connection, "changes")
    check_sums(changes, rows(connection, "change_causes"))
    check_normals(changes, live(leads), ZoneInfo(zone))


def make_lead(number, hour, source, owner, status):
    fields = {"Lead_Source": source, "Owner": owner, "Lead_Status": status}
    return lead(10**9 + 1 + number, at(hour), **fields)


def check_sums(changes, causes):
    sums = {name: Counter() for name in ("value", "normal", "change")}
    for row in causes:
        key = (row["day"], row["figure"], row["days"], row["dimension"])
        for name, counter in sums.items():
            counter[key] += row[name] or 0
    for row in changes:
        is_pipeline = row["topic"] == "pipeline"
        for dimension in ("source", "owner", *(("stage", "kind") if is_pipeline else ())):
            key = (row["day"], row["figure"], row["days"], dimension)
            if row["normal"] is None:
                assert key not in sums["change"]
                continue
            assert sums["change"][key] == row["change"] == row["value"] - row["normal"]
            if row["figure"] != "junk_pct":
                assert sums["value"][key] == row["value"]
                assert sums["normal"][key] == row["normal"]


def check_normals(changes, leads, zone):
    """New leads against the mean of the middle of the same weekdays, counted one by one."""
    created = Counter(local_day(record["Created_Time"], zone) for record in leads)
    for row in changes:
        if row["figure"] == "new_leads":
            assert row["value"] == created[row["day"]]
            assert row["normal"] == usual(created, row["day"], row["comparable_days"])


def usual(created: Counter, day: date, weeks: int) -> Decimal | None:
    if weeks < 4:
        return None
    before = sorted(created[day - timedelta(weeks=n + 1)] for n in range(weeks - weeks % 2))
    middle = before[len(before) // 4 : len(before) - len(before) // 4]
    return Decimal(sum(middle)) / len(middle)
