"""The KPIs against the days before, and how soon the leads of each source are answered."""

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

MARTS = ("kpi_comparison",)
COMPARISON = next(mart for mart in read_marts() if mart.name in MARTS)
BASES = ("day_before", "mean_7d", "mean_28d", "week_before")


@pytest.fixture
def connection(database_url):
    """A connection to a company without records."""
    with company(database_url) as connection:
        yield connection


def compared(connection, kpi: str) -> dict[date, dict]:
    query = f"select * from analytics.kpi_comparison where kpi = '{kpi}'"  # noqa: S608
    return {row["day"]: row for row in rows(connection, query)}


def hundredth(number):
    return number if number is None else round(number, 2)


def changes(row: dict) -> list[tuple]:
    names = [(base, f"{base}_change", f"{base}_change_pct") for base in BASES]
    return [tuple(hundredth(row[name]) for name in of_base) for of_base in names]


def test_a_flow_against_the_days_before_over_a_leap_day(connection):
    days = {date(2024, 2, 2): 28, date(2024, 2, 29): 6, date(2024, 2, 23): 1, date(2024, 3, 1): 4}
    numbers = iter(range(100))
    for day, count in days.items():
        leads = (lead(next(numbers), ist(f"{day} 12:00:00")) for _ in range(count))
        put(connection, "Leads", *leads)
    build(connection, date(2024, 2, 1), date(2024, 3, 2), only=MARTS)
    found = compared(connection, "new_leads")
    assert changes(found[date(2024, 3, 1)]) == [
        (6, -2, Decimal("-33.33")),
        (1, 3, 300),
        (Decimal("1.25"), Decimal("2.75"), 220),
        (1, 3, 300),
    ]
    assert changes(found[date(2024, 3, 2)]) == [
        (4, -4, -100),
        (Decimal("1.43"), Decimal("-1.43"), -100),
        (Decimal("0.39"), Decimal("-0.39"), -100),
        (0, 0, None),
    ]


def test_a_base_that_is_not_known_gives_no_comparison(connection):
    put(connection, "Leads", lead(1, ist("2024-02-10 12:00:00")))
    build(connection, date(2024, 1, 1), date(2024, 2, 10), only=MARTS)
    with connection.cursor() as cursor:
        cursor.execute("delete from analytics.kpis where day in ('2024-01-31', '2024-02-03')")
    refresh(connection, COMPARISON)
    found = compared(connection, "open_deals")
    known = {day: [row[base] is not None for base in BASES] for day, row in found.items()}
    assert known[date(2024, 1, 1)] == [False] * 4
    assert known[date(2024, 1, 8)] == [True, True, False, True]
    assert known[date(2024, 1, 29)] == [True] * 4
    assert known[date(2024, 2, 1)] == [False, False, False, True]
    assert known[date(2024, 2, 10)] == [True, False, False, False]
    assert changes(found[date(2024, 2, 10)])[1] == (None, None, None)
    junk = compared(connection, "junk_pct")[date(2024, 2, 10)]
    assert (junk["value"], junk["day_before"], junk["day_before_change"]) == (0, None, None)


def test_a_stock_of_money_and_a_percentage_are_compared_too(connection):
    put(connection, "Deals", deal(1, ist("2024-03-01 10:00:00"), Amount=100.5))
    put(connection, "Deals", deal(2, ist("2024-03-02 10:00:00"), Amount=50.25))
    put(connection, "Leads", lead(1, ist("2024-03-01 10:00:00"), "Junk Lead"))
    put(connection, "Leads", lead(2, ist("2024-03-02 10:00:00")))
    build(connection, date(2024, 3, 1), date(2024, 3, 2), only=MARTS)
    day = date(2024, 3, 2)
    pipeline = compared(connection, "open_pipeline_value")[day]
    assert pipeline["unit"] == "money"
    assert changes(pipeline)[0] == (Decimal("100.5"), Decimal("50.25"), 50)
    junk = compared(connection, "junk_pct")[day]
    assert (junk["unit"], *changes(junk)[0]) == ("percent", 100, -50, -50)


def test_every_kpi_is_compared(connection):
    build(connection, date(2024, 3, 1), date(2024, 3, 1), only=MARTS)
    (kpis,) = rows(connection, "kpis")
    names = {row["kpi"] for row in rows(connection, "kpi_comparison")}
    assert names == set(kpis) - {"day", "new_leads_avg_7d", "unweighted_deals", "unconverted_deals"}


def test_sources_by_the_response_to_their_leads(connection):
    day = today(connection)

    def at(days, time="10:00:00"):
        return ist(f"{day - timedelta(days)} {time}")

    def later(number, days, *changes, **fields):
        contents = [lead(number, at(days), **fields)]
        contents += [
            lead(number, at(days), status, Modified_Time=at(when), **(fields | dict(*more)))
            for when, status, *more in changes
        ]
        put_history(connection, "Leads", *contents)

    later(1, 30, (28, "Not Contacted"), (25, "Contacted"), (20, "Qualified"))
    later(2, 20, (20, "Attempted to Contact"), (19, "Not Contacted"))
    later(3, 20, (10, "Junk Lead"))
    later(4, 9, (5, "Not Contacted", {"$converted": True}))
    later(5, 9, (8, None))
    put(connection, "Leads", lead(6, at(1), "Contacted", Modified_Time=at(0)))
    put(connection, "Leads", lead(7, at(1, "23:59:59"), Lead_Source=None))
    put(connection, "Leads", lead(8, at(0, "00:00:00")), lead(9, at(31, "23:59:59")))
    put(connection, "Leads", lead(10, at(9), "Contacted"), deleted_at=at(2))
    build(connection, only=("source_response",))
    found = {row.pop("source"): row for row in rows(connection, "source_response")}
    assert found["Facebook"] == {
        "first_day": day - timedelta(30),
        "last_day": day - timedelta(1),
        "leads": 6,
        "contacted_leads": 5,
        "contacted_pct": Decimal("83.3333"),
        "qualified_leads": 2,
        "junk_leads": 1,
        "converted_leads": 1,
        "timed_leads": 4,
        "median_days": Decimal("4.5"),
    }
    nobody = found.pop("(none)")
    assert (nobody["leads"], nobody["contacted_leads"], nobody["median_days"]) == (1, 0, None)
    assert list(found) == ["Facebook"]
