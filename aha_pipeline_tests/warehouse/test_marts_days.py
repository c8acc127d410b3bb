"""A day begins in the organisation's zone, whatever zone the machine and the session have."""

import time
from datetime import date

import pytest

from aha_pipeline_tests.warehouse.marts_company import (
    build,
    company,
    deal,
    ist,
    lead,
    put,
    put_history,
    rows,
)

MACHINES = ["UTC", "Asia/Kolkata", "America/Los_Angeles", "Pacific/Kiritimati"]


@pytest.fixture(params=MACHINES)
def machine(request, monkeypatch):
    """The zone of this process; sessions of PostgreSQL take it over."""
    monkeypatch.setenv("TZ", request.param)
    monkeypatch.setenv("PGTZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def connection(machine, database_url):
    """A connection to an Indian company from such a machine."""
    with company(database_url) as connection:
        assert rows(connection, "select current_setting('TimeZone') as zone") == [{"zone": machine}]
        yield connection


def test_the_last_and_the_first_second_of_a_day(connection):
    put(
        connection,
        "Leads",
        lead(1, ist("2025-03-31 23:59:59")),
        lead(2, ist("2025-04-01 00:00:00")),
        lead(3, "2025-03-31T18:29:59Z"),
        lead(4, "2025-03-31T11:30:00-07:00"),
    )
    build(connection, date(2025, 3, 30), date(2025, 4, 2))
    assert [row["new_leads"] for row in rows(connection, "kpis")] == [0, 2, 2, 0]
    assert [row["leads"] for row in rows(connection, "kpis")] == [0, 2, 4, 4]
    volume = {row["day"]: row["leads"] for row in rows(connection, "lead_volume")}
    assert volume == {date(2025, 3, 31): 2, date(2025, 4, 1): 2}
    cohorts = {row["month"]: row["leads"] for row in rows(connection, "lead_cohorts")}
    assert cohorts == {date(2025, 3, 1): 2, date(2025, 4, 1): 2}


def test_an_edit_in_the_last_second_belongs_to_that_day(connection):
    put_history(
        connection,
        "Deals",
        deal(1, ist("2025-03-30 10:00:00"), Amount=100),
        deal(1, ist("2025-03-30 10:00:00"), Amount=250, Modified_Time=ist("2025-03-31 23:59:59")),
        deal(1, ist("2025-03-30 10:00:00"), Amount=400, Modified_Time=ist("2025-04-01 00:00:00")),
    )
    build(connection, date(2025, 3, 30), date(2025, 4, 1))
    values = [row["open_pipeline_value"] for row in rows(connection, "kpis")]
    assert values == [100, 250, 400]
    moved = [(row["day"].day, row["kind"], row["value"]) for row in movements(connection)]
    assert moved == [(30, "opened", 100), (31, "added", 150), (1, "added", 150)]


def test_the_leap_day_is_a_day_of_february(connection):
    put(
        connection,
        "Leads",
        lead(1, ist("2024-02-29 23:59:59")),
        lead(2, ist("2024-03-01 00:00:00")),
    )
    closing = {"Closing_Date": "2024-02-29", "Modified_Time": ist("2024-02-29 23:59:59")}
    put(connection, "Deals", deal(1, ist("2024-02-28 12:00:00"), "Closed Won", **closing))
    build(connection, date(2024, 2, 28), date(2024, 3, 1))
    kpis = rows(connection, "kpis")
    assert [row["day"] for row in kpis] == [date(2024, 2, 28), date(2024, 2, 29), date(2024, 3, 1)]
    assert [row["new_leads"] for row in kpis] == [0, 1, 1]
    assert [row["won_value"] for row in kpis] == [0, 1000, 0]
    assert [row["open_deals"] for row in kpis] == [1, 0, 0]
    months = [row["month"] for row in rows(connection, "outcomes_by_month")]
    assert months == [date(2024, 2, 1)]


@pytest.mark.parametrize(
    "deleted",
    ["2025-02-20 10:00", "2025-03-02 10:00", "2025-03-04 09:00", "2025-03-06 10:00"],
)
@pytest.mark.parametrize("module", ["Leads", "Deals"])
def test_what_was_deleted_before_its_last_change_ends_on_no_day_before_it_began(
    connection, module, deleted
):
    """Zoho tells when a record was put into the bin, and may have changed it there since."""
    make, field, mart = {
        "Leads": (lead, "Lead_Status", "lead_history"),
        "Deals": (deal, "Stage", "deal_history"),
    }[module]
    contents = [
        make(1, ist("2025-03-01 10:00"))
        | {"Modified_Time": ist(f"2025-03-0{day} 10:00"), field: said}
        for day, said in ((1, "Not Contacted"), (3, "Contacted"), (5, "Qualification"))
    ]
    put_history(connection, module, *contents, deleted_at=ist(deleted))
    build(connection, only=(mart,))
    found = rows(connection, mart)
    assert len(found) == 3
    assert all(row["from_day"] <= row["until_day"] for row in found)


def test_days_of_23_and_25_hours(machine, database_url):
    """New York: summer time from 9 March to 2 November 2025, each change at two in the morning."""
    with company(database_url, "America/New_York") as connection:
        put(
            connection,
            "Leads",
            lead(1, "2025-03-09T04:59:59Z"),  # 23:59:59 on the 8th
            lead(2, "2025-03-09T05:00:00Z"),  # 00:00:00 on the 9th, a day of 23 hours
            lead(3, "2025-03-10T03:59:59Z"),
            lead(4, "2025-03-10T04:00:00Z"),
            lead(5, "2025-11-02T03:59:59Z"),
            lead(6, "2025-11-02T04:00:00Z"),  # 00:00:00 on 2 November, a day of 25 hours
            lead(7, "2025-11-03T04:59:59Z"),
            lead(8, "2025-11-03T05:00:00Z"),
        )
        build(connection)
        days = {row["day"]: row["new_leads"] for row in rows(connection, "daily_flows")}
    assert days == {
        date(2025, 3, 8): 1,
        date(2025, 3, 9): 2,
        date(2025, 3, 10): 1,
        date(2025, 11, 1): 1,
        date(2025, 11, 2): 2,
        date(2025, 11, 3): 1,
    }


def movements(connection) -> list[dict]:
    return rows(connection, "select * from analytics.pipeline_movements order by day, kind")
