"""On course or not: the queries behind the card and the chart, and its sentences."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from psycopg2.extras import RealDictCursor

from aha_pipeline import sql
from aha_pipeline.forecast.histories import number_of
from aha_pipeline.forecast.periods import Period
from aha_pipeline.forecast.predict import Course
from aha_pipeline.forecast.store import add
from aha_pipeline_tests.warehouse.marts_company import BALA, build, company, deal, ist, put
from dashboard import course
from dashboard.charts import course as charts


def record(**given) -> dict:
    return {
        "period": "month", "value_p50": 1, "periods": 12, "inside_80": 10, "back_tests": 0,
        "than_weighted_pct": Decimal(18), "than_weighted_size": Decimal(18),
        "than_paced_pct": Decimal(-4), "than_paced_size": Decimal(4), **given,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("row", "sentences"),
    [
        (record(),
         ["10 of the last 12 month-ends fell inside the forecast. Its error was 18.0% smaller than "
          "that of amount × probability and 4.0% larger than that of last month's pace."]),
        (record(than_weighted_pct=None, back_tests=9, than_paced_pct=Decimal(0)),
         ["10 of the last 12 month-ends fell inside the forecast (9 of them back-tested). Its "
          "error was as large as that of last month's pace. It cannot be compared with amount × "
          "probability yet."]),
        (record(than_weighted_pct=None, than_paced_pct=None, back_tests=12),
         ["10 of the last 12 month-ends fell inside the forecast (all back-tested). It cannot be "
          "compared with amount × probability or last month's pace yet."]),
        (record(periods=0), ["No forecast of month-ends has been scored yet."]),
        (record(value_p50=None), []),
    ],
)  # fmt: skip
def test_the_record_says_where_it_is_not_better(row, sentences):
    assert course.record(row) == sentences


@pytest.mark.parametrize(
    ("low", "high", "said", "shown"),
    [
        (107_600, 108_400, "8 times in 10 about that much", ["₹1.08 L"]),
        (0, 0.4, "8 times in 10 about that much", ["₹0"]),
        (107_000, 108_400, "8 times in 10 from ₹1.07 L to ₹1.08 L",
         ["₹1.07 L to ₹1.08 L", "₹1.08 L"]),
    ],
)  # fmt: skip
def test_a_forecast_has_no_range_where_both_ends_read_the_same(low, high, said, shown):
    row = {"value_p10": low, "value_p50": high, "value_p90": high, "day": date(2026, 11, 30)}
    assert course.likely(row, "INR") == said
    [hover, _] = charts._forecast(row, "INR")
    assert hover.split("<br>")[1:] == shown


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (40, 40, "By now, usually 40.0% is won"),
        (39.96, 40.04, "By now, usually 40.0% is won"),
        (38, 42, "By now, usually 40.0% is won (38.0% to 42.0%)"),
    ],
)
def test_what_was_always_won_by_now_has_no_range(low, high, said):
    row = {"usual_pct": 40, "usual_low_pct": low, "usual_high_pct": high}
    assert course._usual(row) == said


@pytest.mark.parametrize(
    ("reps", "sources", "sentences"),
    [
        (None, None, []),
        (300, 300, []),
        (Decimal("300.4"), Decimal("299.6"), []),
        (280, None, ["The company's target is ₹300; rep targets add up to ₹280."]),
        (280, 310, ["The company's target is ₹300; rep targets add up to ₹280 and source targets "
                    "add up to ₹310."]),
    ],
)  # fmt: skip
def test_parts_that_do_not_sum_are_named(reps, sources, sentences):
    row = {"target_value": 300, "reps_target_value": reps, "sources_target_value": sources}
    assert course.parts(row, "INR") == sentences
    assert course.parts({**row, "target_value": None}, "INR") == []


@pytest.fixture(scope="module")
def connection(module_database_url):
    """A company whose month has a target and a forecast; Bala has a forecast and no target."""
    with company(module_database_url) as connection:
        today = _today(connection)
        first = today.replace(day=1)
        last_month = first - timedelta(days=1)
        closed = [(first, 100, {}), (first, 20, {"Owner": BALA}), (last_month, 50, {})]
        put(
            connection,
            "Deals",
            deal(0, ist("2020-01-01 10:00:00"), "Closed Lost", Closing_Date="2020-01-01"),
            *(
                deal(n, ist("2020-01-01 10:00:00"), "Closed Won", Closing_Date=str(day),
                     Modified_Time=ist(f"{today} 00:00:00"), Amount=amount, **fields)
                for n, (day, amount, fields) in enumerate(closed, 1)
            ),
        )  # fmt: skip
        end = _end(first)
        with connection.cursor() as cursor:
            cursor.execute(
                "insert into analytics.targets (scope, name, period, first_day, last_day, amount) "
                "values ('company', '', 'month', %s, %s, 400)",
                [first, end],
            )
        period = Period("month", number_of(first), number_of(end))
        for owner, middle in ((None, 300.0), ("2", 30.0)):
            values = tuple(middle * share for share in (0.5, 0.8, 1.0, 1.2, 2.0))
            made = Course(period, owner, 0, 0, values, values, 1.0, 1.0, 1.0, 1.0, 60, None)
            add(connection, first, [made], is_back_test=False)
        build(connection, only=("pace", "forecast_scores", "kpi_days"))
        yield connection


def _today(connection) -> date:
    with connection.cursor() as cursor:
        cursor.execute("select (now() at time zone 'Asia/Kolkata')::date")
        [(today,)] = cursor
    return today


def _end(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def ask(connection, name: str, owner: str | None) -> list[dict]:
    with connection.cursor(cursor_factory=RealDictCursor) as cursor:
        given = {"today": _today(connection), "owner": owner}
        cursor.execute(sql.read(f"dashboard/{name}"), given)
        return [dict(row) for row in cursor]


@pytest.mark.parametrize(
    ("owner", "won", "target", "to_go", "middle"),
    [(None, 120, 400, 280, 300), ("2", 20, None, None, 30), ("1", 100, None, None, None)],
)
def test_the_card_holds_pace_and_forecast(connection, owner, won, target, to_go, middle):
    month, quarter, year = ask(connection, "course", owner)
    assert [row["period"] for row in (month, quarter, year)] == ["month", "quarter", "year"]
    assert [month["won_value"], month["target_value"], month["to_go_value"]] == [won, target, to_go]
    assert month["value_p50"] == middle
    assert [quarter["value_p50"], year["value_p50"]] == [None, None]
    assert year["won_value"] >= quarter["won_value"] >= won


def test_the_chart_holds_the_month_to_today(connection):
    rows = ask(connection, "course_days", None)
    today = _today(connection)
    assert [row["day"].day for row in rows] == list(range(1, _end(today.replace(day=1)).day + 1))
    assert {row["won_value"] for row in rows if row["day"] <= today} == {120}
    assert {row["won_value"] for row in rows if row["day"] > today} <= {None}
    assert [row["value_p50"] for row in rows[:-1]] == [None] * (len(rows) - 1)
    assert rows[-1]["value_p50"] == 300
    # The one month before that brought in anything did so on its last day.
    assert {row["usual_value"] for row in rows[:-2]} == {0}  # months differ in length
    assert rows[-1]["usual_value"] == 400
    names = {trace.name for trace in charts.month(rows, "INR").data}
    assert {"Won", "Target", "On course", "Forecast, 80% interval"} <= names
