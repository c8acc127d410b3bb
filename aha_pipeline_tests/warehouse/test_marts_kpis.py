"""The KPIs of a day, as of the end of the day, also one long past."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from aha_pipeline.warehouse.mart_files import read_marts
from aha_pipeline.warehouse.marts import refresh
from aha_pipeline_tests.warehouse.marts_company import (
    build,
    company,
    deal,
    ist,
    lead,
    put,
    put_history,
    rows,
    today,
)

KPIS = next(mart for mart in read_marts() if mart.name == "kpis")
CLOSED = {"Closing_Date": "2025-03-05"}


@pytest.fixture
def connection(database_url):
    """A connection to a company without records."""
    with company(database_url) as connection:
        yield connection


def march(day: int, time: str = "10:00:00") -> str:
    return ist(f"2025-03-{day:02} {time}")


def kpis(connection, first: int, last: int, column: str) -> list:
    """Return one figure for the days of March 2025."""
    build(connection, date(2025, 3, first), date(2025, 3, last))
    return [row[column] for row in rows(connection, "select * from analytics.kpis order by day")]


def test_new_leads_count_on_the_day_they_were_created(connection):
    put(
        connection,
        "Leads",
        lead(1, march(3, "00:00:00")),
        lead(2, march(3, "23:59:59")),
        lead(3, march(4, "00:00:00"), **{"$converted": True}),
    )
    put(connection, "Leads", lead(4, march(3)), deleted_at=march(9))
    assert kpis(connection, 2, 5, "new_leads") == [0, 2, 1, 0]


def test_the_average_is_of_the_seven_whole_days_before(connection):
    numbers = iter(range(100))
    for day, count in ((1, 7), (2, 1), (8, 5), (9, 4)):
        put(connection, "Leads", *(lead(next(numbers), march(day)) for _ in range(count)))
    averages = kpis(connection, 7, 10, "new_leads_avg_7d")
    assert [round(mean, 2) for mean in averages] == [
        Decimal(n) for n in ("1.14", "1.14", "0.86", "1.29")
    ]


def test_junk_is_counted_by_the_status_of_that_day(connection):
    put(connection, "Leads", lead(1, march(1)))
    put_history(
        connection,
        "Leads",
        lead(2, march(2)),
        lead(2, march(2), "Junk Lead", Modified_Time=march(4, "23:59:59")),
        lead(2, march(2), "Contacted", Modified_Time=march(6, "00:00:00")),
    )
    assert kpis(connection, 1, 6, "junk_pct") == [0, 0, 0, 50, 50, 0]


def test_a_day_without_any_lead_has_no_junk_percentage(connection):
    put(connection, "Leads", lead(1, march(5)))
    assert kpis(connection, 4, 5, "junk_pct") == [None, 0]


def test_a_record_counts_until_the_day_it_was_deleted(connection):
    put(connection, "Leads", lead(1, march(1), "Junk Lead"), deleted_at=march(3, "00:00:00"))
    put(connection, "Deals", deal(1, march(1)), deleted_at=march(3, "23:59:59"))
    assert kpis(connection, 1, 4, "leads") == [1, 1, 0, 0]
    assert kpis(connection, 1, 4, "open_deals") == [1, 1, 0, 0]


def test_a_deal_is_open_with_what_it_said_then(connection):
    put_history(
        connection,
        "Deals",
        deal(1, march(1), "Qualification", Amount=100),
        deal(1, march(1), "Proposal/Price Quote", Amount=400, Modified_Time=march(3)),
        deal(1, march(1), "Closed Won", Amount=390.5, Modified_Time=march(5), **CLOSED),
    )
    assert kpis(connection, 1, 6, "open_deals") == [1, 1, 1, 1, 0, 0]
    assert kpis(connection, 1, 6, "open_pipeline_value") == [100, 100, 400, 400, 0, 0]
    assert kpis(connection, 1, 6, "weighted_pipeline_value") == [10, 10, 300, 300, 0, 0]
    assert kpis(connection, 1, 6, "won_value") == [0, 0, 0, 0, Decimal("390.5"), 0]


def test_a_deal_first_seen_closed_was_open_before_its_closing_date(connection):
    late = {"Modified_Time": march(20)} | CLOSED
    put(connection, "Deals", deal(1, march(2), "Closed Lost", Amount=200, **late))
    assert kpis(connection, 1, 6, "open_deals") == [0, 1, 1, 1, 0, 0]
    # What its probability was then is not known: it weighs nothing, and that is said.
    assert kpis(connection, 1, 6, "weighted_pipeline_value") == [0] * 6
    assert kpis(connection, 1, 6, "unweighted_deals") == [0, 1, 1, 1, 0, 0]
    assert kpis(connection, 1, 6, "lost_deals") == [0, 0, 0, 0, 1, 0]


def test_a_deal_closed_with_a_later_date_is_closed_when_that_was_written(connection):
    put(connection, "Deals", deal(1, march(2), "Closed Won", Modified_Time=march(4), **CLOSED))
    assert kpis(connection, 1, 6, "open_deals") == [0, 1, 1, 0, 0, 0]
    assert kpis(connection, 1, 6, "won_deals") == [0, 0, 0, 1, 0, 0]


def test_a_reopened_deal_is_open_again(connection):
    put_history(
        connection,
        "Deals",
        deal(1, march(1)),
        deal(1, march(1), "Closed Lost", Modified_Time=march(3), Closing_Date="2025-03-03"),
        deal(1, march(1), "Negotiation/Review", Modified_Time=march(5)),
    )
    assert kpis(connection, 1, 6, "open_deals") == [1, 1, 0, 0, 1, 1]
    assert kpis(connection, 1, 6, "lost_deals") == [0] * 6


def test_an_edit_that_is_no_new_version_leaves_no_gap(connection):
    put_history(
        connection,
        "Deals",
        deal(1, march(1)),
        deal(1, march(1), "Needs Analysis", Modified_Time=march(2)),
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "update crm.crm_deals set raw_data = raw_data || jsonb_build_object"
            "('Modified_Time', %s)",
            [march(5)],
        )
    assert kpis(connection, 1, 6, "open_deals") == [1] * 6


def test_the_last_day_agrees_with_the_marts_of_the_present(connection):
    put(connection, "Deals", deal(1, march(1), Amount=12.34), deal(2, march(2), "Site visit"))
    future = (today(connection) + timedelta(40)).isoformat()
    put(connection, "Deals", deal(3, march(2), "Closed Won", Closing_Date=future))
    day = today(connection)
    build(connection, day, day)
    (kpi,) = rows(connection, "kpis")
    stages = [row for row in rows(connection, "pipeline_by_stage") if row["meaning"] == "open"]
    assert kpi["open_deals"] == sum(row["deals"] for row in stages) == 2
    assert kpi["open_pipeline_value"] == sum(row["value"] for row in stages)
    assert kpi["weighted_pipeline_value"] == sum(row["weighted_value"] for row in stages)


def test_there_is_no_row_for_a_day_to_come(connection):
    day = today(connection)
    build(connection)
    written = refresh(connection, KPIS, day - timedelta(2), day + timedelta(2))
    days = [row["day"] for row in rows(connection, "select day from analytics.kpis order by day")]
    assert written.rows == 3
    assert days == [day - timedelta(2), day - timedelta(1), day]
    assert refresh(connection, KPIS, day + timedelta(1), day + timedelta(5)).rows == 0


def test_a_day_is_the_same_alone_and_in_a_long_run(connection):
    put(connection, "Leads", *(lead(n, march(1 + n % 9)) for n in range(20)))
    put_history(
        connection, "Deals", deal(1, march(2)), deal(1, march(2), Amount=5, Modified_Time=march(6))
    )
    build(connection, date(2024, 9, 1), date(2025, 3, 31))
    query = "select * from analytics.kpis where day = '2025-03-07'"
    in_a_run = rows(connection, query)
    refresh(connection, KPIS, date(2025, 3, 7), date(2025, 3, 7))
    assert rows(connection, query) == in_a_run
    assert in_a_run[0]["open_pipeline_value"] == 5
