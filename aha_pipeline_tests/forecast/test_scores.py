"""Forecasts stay as they were made, and are scored as numpy scores them."""

from datetime import date, timedelta

import numpy as np
import psycopg2
import pytest

from aha_pipeline.forecast.histories import number_of
from aha_pipeline.forecast.made import days_made
from aha_pipeline.forecast.periods import Period
from aha_pipeline.forecast.predict import Course
from aha_pipeline.forecast.store import add
from aha_pipeline.warehouse.checks import find_failing_rows, mart_checks
from aha_pipeline_tests.warehouse.marts_company import build, company, deal, ist, put, rows

SHARES = np.array([0.1, 0.25, 0.5, 0.75, 0.9])
MONTHS = [date(2025, month, 1) for month in range(1, 13)]


def end_of(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def course(first: date, quantiles, owner=None, weighted=None, paced=None, silent=None) -> Course:
    period = Period("month", number_of(first), number_of(end_of(first)))
    value = None if silent else tuple(map(float, quantiles))
    return Course(period, owner, 0.0, 0, value, value, weighted, weighted, paced, paced, 99, silent)


@pytest.fixture
def connection(database_url):
    """A company that won 1,000 in two deals of each month of 2025."""
    with company(database_url) as connection:
        won = [
            deal(number, ist("2025-01-01 10:00:00"), "Closed Won", Amount=300 + 400 * (number % 2),
                 Closing_Date=str(MONTHS[number // 2].replace(day=7)),
                Modified_Time=ist("2026-01-01 10:00:00"),
                 Owner={"id": str(1 + number % 2), "name": f"Rep {1 + number % 2}"})
            for number in range(24)
        ]  # fmt: skip
        put(connection, "Deals", *won)
        yield connection


def test_a_forecast_stays_as_it_was_made(connection):
    first, day = MONTHS[3], MONTHS[3].replace(day=9)
    assert add(connection, day, [course(first, [1, 2, 3, 4, 5])], is_back_test=False) == 1
    add(connection, day, [course(first, [6, 7, 8, 9, 10])], is_back_test=True)
    assert days_made(connection, day, day) == {day}
    with connection.cursor() as cursor:
        cursor.execute("select value_p50::int, is_back_test from analytics.forecasts")
        assert cursor.fetchall() == [(3, False)]
        for change in (
            "update analytics.forecasts set value_p50 = 0",
            "delete from analytics.forecasts",
        ):
            cursor.execute("savepoint before")
            with pytest.raises(psycopg2.Error, match="A forecast stays as it was made"):
                cursor.execute(change)
            cursor.execute("rollback to before")


def test_scores_are_those_of_numpy(connection):
    rng = np.random.default_rng(5)
    made = {}
    for first in MONTHS:
        for number in (4, 17):
            day = first.replace(day=number)
            quantiles = np.sort(rng.normal(1000, 400, 5).round())
            weighted = None if number == 4 and first.month < 4 else float(rng.integers(100, 3000))
            paced = float(rng.integers(100, 3000))
            silent = "No forecast yet." if first.month == 2 else None
            found = [
                course(first, quantiles, None, weighted, paced, silent),
                course(first, quantiles / 2, "2", weighted, None),
            ]
            add(connection, day, found, is_back_test=number == 4)
            if not silent:
                made[day, ""] = (quantiles, 1000, weighted, paced)
            made[day, "2"] = (quantiles / 2, 700, weighted, None)
    build(connection, only=("forecast_scores",))
    scored = {(row["day"], row["owner_id"]): row for row in rows(connection, "forecast_scores")}
    assert scored.keys() == made.keys()
    for key, (quantiles, actual, weighted, paced) in made.items():
        row = scored[key]
        assert row["actual_value"] == actual
        assert row["is_inside_80"] == (quantiles[0] <= actual <= quantiles[4])
        assert row["is_inside_50"] == (quantiles[1] <= actual <= quantiles[3])
        assert float(row["error_value"]) == quantiles[2] - actual
        for name, said in (("loss", quantiles), ("weighted_loss", weighted), ("paced_loss", paced)):
            if said is None:
                assert row[name] is None
                continue
            over = actual - np.broadcast_to(said, 5)
            loss = np.where(over > 0, SHARES * over, (SHARES - 1) * over).mean()
            assert float(row[name]) == pytest.approx(loss)
    check_record(connection, scored)


def check_record(connection, scored: dict) -> None:
    """The record of the company's months, of the forecasts nearest to twelve days to go."""
    nearest = [
        min((row for (_, who), row in scored.items() if not who and row["first_day"] == first),
            key=lambda row: abs(row["days_to_go"] - 12), default=None)
        for first in MONTHS
    ]  # fmt: skip
    nearest = [row for row in nearest if row]
    with connection.cursor() as cursor:
        cursor.execute(
            "select periods, inside_80, inside_50, back_tests, than_weighted_pct, than_paced_pct "
            "from measures.forecast_record('2026-01-01', 'month', '', 12)"
        )
        [(periods, inside_80, inside_50, back_tests, *better)] = cursor
    assert periods == len(nearest) == 11
    assert inside_80 == sum(row["is_inside_80"] for row in nearest)
    assert inside_50 == sum(row["is_inside_50"] for row in nearest)
    assert back_tests == sum(row["is_back_test"] for row in nearest)
    for found, rival in zip(better, ("weighted_loss", "paced_loss"), strict=True):
        loss = sum(row["loss"] for row in nearest)
        assert float(found) == pytest.approx(
            float(100 * (1 - loss / sum(r[rival] for r in nearest)))
        )


@pytest.mark.parametrize(("missed", "is_raised"), [(0, False), (4, False), (5, True), (12, True)])
def test_a_drop_in_coverage_raises_the_check(connection, missed, is_raised):
    today = date.fromisoformat(_value(connection, "select now()::date::text"))
    firsts = [today.replace(day=1)]
    for _ in range(12):
        firsts.append((firsts[-1] - timedelta(days=1)).replace(day=1))
    for place, first in enumerate(firsts[1:]):
        wrong = place < missed  # nothing was won in these months
        quantiles = [500, 600, 700, 800, 900] if wrong else [0, 0, 0, 1, 2]
        if first.year == 2025:
            quantiles = [1, 2, 3, 4, 5] if wrong else [0, 900, 1000, 1100, 2000]
        add(connection, first.replace(day=15), [course(first, quantiles)], is_back_test=False)
    build(connection, only=("forecast_scores", "kpi_parts"))
    [check] = [check for check in mart_checks() if check.asset == "analytics/forecast_scores"]
    assert bool(find_failing_rows(connection, check).count) == is_raised


def _value(connection, query: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(query)
        [(value,)] = cursor
    return value
