"""Pace against a second reading in plain Python, over random companies, targets and holidays."""

from datetime import date, timedelta
from decimal import Decimal
from math import ceil
from pathlib import Path
from statistics import median

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg2.extras import Json, RealDictCursor, execute_values

from aha_pipeline import sql
from aha_pipeline.warehouse.business_hours import WEEK, derive_hours
from aha_pipeline_tests.warehouse.marts_company import build, company, deal, ist, put

OWNERS = ({"id": "1", "name": "Asha"}, {"id": "2", "name": "Bala"})
SOURCES = ("Facebook", "Web")
FIRST, LAST = date(2025, 1, 1), date(2026, 6, 30)
days = st.dates(FIRST, LAST)


@pytest.fixture(scope="module")
def connection(module_database_url):
    with company(module_database_url) as connection:
        yield connection


@pytest.fixture(scope="module")
def hours_file(tmp_path_factory):
    return tmp_path_factory.mktemp("home") / "business_hours.csv"


@st.composite
def companies(draw):
    today = draw(st.dates(date(2026, 1, 1), LAST))
    won = draw(
        st.lists(st.tuples(days, st.integers(0, 900), st.sampled_from(OWNERS),
                           st.sampled_from(SOURCES)), max_size=12)
    )  # fmt: skip
    open_ = draw(
        st.lists(st.tuples(days, st.integers(0, 900), st.sampled_from(OWNERS),
                           st.sampled_from(SOURCES), st.sampled_from([0, 20, 50])), max_size=5)
    )  # fmt: skip
    targets = draw(
        st.lists(
            st.tuples(
                st.sampled_from([("company", ""), ("rep", "Asha"), ("source", "web")]),
                st.sampled_from(["month", "quarter", "year"]),
                st.integers(1, 5000),
            ),
            max_size=5,
            unique_by=lambda row: row[:2],
        )
    )
    week = draw(st.sampled_from([None, [1, 2, 3, 4, 5, 6], [7, 1, 2, 3, 4]]))
    file = draw(st.sampled_from([None, None, [6, 7], [2, 3, 4]]))
    return {
        "today": today,
        "won": won,
        "open": open_,
        "targets": targets,
        "month": draw(st.sampled_from([None, 1, 2, 4, 7, 12])),
        "week": week,
        "file": file,
        "holidays": draw(st.lists(days, max_size=6, unique=True)),
        "whole": draw(st.booleans()),
    }


def month_of(day: date, shift: int) -> date:
    number = day.year * 12 + day.month - 1 + shift
    return date(number // 12, number % 12 + 1, 1)


def period_of(kind: str, day: date, first_month: int) -> tuple[date, date]:
    months = {"month": 1, "quarter": 3, "year": 12}[kind]
    begins = month_of(day, -((day.month - first_month) % months))
    return begins, month_of(begins, months) - timedelta(days=1)


def expected(it: dict, scope: str, kind: str) -> dict:
    """Return what pace says of a scope and period, by the definitions alone."""
    first, last = period_of(kind, it["today"], it["month"] or 1)
    left_from = it["today"] + timedelta(days=it["whole"])
    week = it["file"] or it["week"] or [1, 2, 3, 4, 5]
    worked = [
        day
        for n in range((last - first).days + 1)
        if (day := first + timedelta(days=n)).isoweekday() in week and day not in it["holidays"]
    ]
    gone = sum(day < left_from for day in worked)

    def ours(row: tuple) -> bool:
        return (
            scope == "company"
            or (scope == "rep" and row[2] == OWNERS[0])
            or (scope == "source" and row[3] == "Web")
        )

    won = sum(row[1] for row in it["won"] if first <= row[0] <= it["today"] and ours(row))
    # What is won later is still open, with a weight that nobody knows.
    later = [(*row, 0) for row in it["won"] if row[0] > it["today"]]
    closing = [row for row in it["open"] + later if first <= row[0] <= last and ours(row)]
    months = {"month": 1, "quarter": 3, "year": 12}[kind]
    shares = []
    for back in range(1, {"month": 12, "quarter": 8, "year": 3}[kind] + 1):
        begins = month_of(first, -back * months)
        ends = month_of(begins, months) - timedelta(days=1)
        if begins < FIRST:
            continue
        over = ceil((left_from - first).days * ((ends - begins).days + 1)
                    / ((last - first).days + 1))  # fmt: skip
        same = begins + timedelta(days=over - 1)
        total = sum(row[1] for row in it["won"] if begins <= row[0] <= ends)
        if total:
            shares.append(100 * sum(r[1] for r in it["won"] if begins <= r[0] <= same) / total)
    target = next((t[2] for t in it["targets"] if t[0][0] == scope and t[1] == kind), None)
    return {
        "won_value": won,
        "days_gone": gone,
        "days_left": len(worked) - gone,
        "target_value": target,
        "closing_deals": len(closing),
        "closing_value": sum(row[1] for row in closing),
        "closing_weighted_value": sum(row[1] * row[4] for row in closing) / 100,
        "usual_pct": median(shares) if shares else None,
        "usual_low_pct": min(shares, default=None),
        "usual_high_pct": max(shares, default=None),
        "needed_a_day": None if target is None or gone == len(worked)
        else max(target - won, 0) / (len(worked) - gone),
    }  # fmt: skip


def put_week(connection, path: Path, of_zoho: list[int] | None, of_file: list[int] | None) -> None:
    """Say which days are worked: by Zoho, by the user's file, by neither."""
    told = None
    if of_zoho:
        told = Json({"type": "custom", "business_days": [WEEK[day - 1] for day in of_zoho],
                     "daily_timing": ["09:00", "17:00"]})  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("update crm.organisation set business_hours = %s", [told])
    lines = [f"{WEEK[day - 1]},10:00,19:00" for day in of_file or ()]
    path.write_text("\n".join(["day,opens,closes", *lines]))
    derive_hours(connection, path)


def pace_of(connection, path: Path, it: dict) -> list[dict]:
    connection.rollback()
    # The oldest deal is of the first day, so that all periods are known.
    records = [deal(0, ist(f"{FIRST} 10:00:00"), "Closed Lost", Closing_Date=str(FIRST), Amount=0)]
    for n, (day, amount, owner, source) in enumerate(it["won"], 1):
        records.append(
            deal(n, ist(f"{FIRST} 10:00:00"), "Closed Won", Modified_Time=ist(f"{LAST} 10:00:00"),
                 Closing_Date=str(day), Amount=amount, Owner=owner, Lead_Source=source)
        )  # fmt: skip
    for n, (day, amount, owner, source, chance) in enumerate(it["open"], 100):
        records.append(
            deal(n, ist(f"{FIRST} 10:00:00"), Closing_Date=str(day), Amount=amount, Owner=owner,
                 Lead_Source=source, Probability=chance)
        )  # fmt: skip
    put(connection, "Deals", *records)
    put_week(connection, path, it["week"], it["file"])
    with connection.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute("update crm.organisation set fiscal_start_month = %s", [it["month"]])
        rows = [(day, "", "zoho") for day in it["holidays"]]
        execute_values(cursor, "insert into crm.holidays values %s", rows)
        targets = [
            (*who, kind, *period_of(kind, it["today"], it["month"] or 1), amount)
            for who, kind, amount in it["targets"]
        ]
        insert = (
            "insert into analytics.targets (scope, name, period, first_day, last_day, amount) "
            "values %s"
        )
        if targets:
            execute_values(cursor, insert, targets)
        build(connection, only=("pace",))
        left_from = it["today"] + timedelta(days=it["whole"])
        cursor.execute("select * from measures.pace(%s, %s)", [it["today"], left_from])
        return cursor.fetchall()


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(companies())
def test_pace_is_what_its_definitions_say(connection, hours_file, it):
    rows = pace_of(connection, hours_file, it)
    sources = {source for *_, source in it["won"]} | {row[3] for row in it["open"]}
    known = {"company": True, "source": "Web" in sources, "rep": True}
    wanted = {("company", kind) for kind in ("month", "quarter", "year")} | {
        (who[0], kind) for who, kind, _ in it["targets"] if known[who[0]]
    }
    assert {(row["scope"], row["period"]) for row in rows} == wanted
    assert len(rows) == len(wanted)
    for row in rows:
        for name, value in expected(it, row["scope"], row["period"]).items():
            assert (row[name] is None) == (value is None), (name, row[name], value)
            assert value is None or float(row[name]) == pytest.approx(float(value)), name
        if row["target_value"] is not None:
            assert row["won_value"] + row["to_go_value"] == row["target_value"]
            if row["usual_pct"] is not None:
                ahead = row["won_value"] - row["usual_value"]
                assert row["ahead_value"] == pytest.approx(ahead)
        if row["to_go_value"] is not None and row["to_go_value"] > 0:
            covered = row["coverage_pct"] * row["to_go_value"] / 100
            assert covered == pytest.approx(Decimal(row["closing_value"]))
        else:
            assert row["coverage_pct"] is None


def test_the_parts_are_summed_beside_the_whole(connection, hours_file):
    it = {"today": date(2026, 3, 10), "won": [(date(2026, 3, 1), 5, OWNERS[0], "Web")], "open": [],
          "targets": [(("company", ""), "month", 100), (("rep", "Asha"), "month", 60),
                      (("rep", "Bala"), "month", 30)],
          "month": 4, "week": None, "file": None, "holidays": [], "whole": True}  # fmt: skip
    it["open"] = [(date(2026, 3, 9), 1, OWNERS[1], "Web", 20)]
    company_row = next(
        row for row in pace_of(connection, hours_file, it)
        if (row["scope"], row["period"]) == ("company", "month")
    )  # fmt: skip
    assert company_row["reps_target_value"] == 90
    assert company_row["sources_target_value"] is None


@pytest.mark.parametrize(
    ("of_file", "left"),
    [(None, 14), ([6, 7], 6), ([1, 2, 3, 4, 5, 6, 7], 20), ([1], 3)],
    ids=["Zoho's", "weekends", "all", "Mondays"],
)
def test_the_users_hours_are_the_working_days_too(connection, hours_file, of_file, left):
    """From 11 to 31 March 2026, with the 17th off; Zoho says Monday to Friday."""
    it = {"today": date(2026, 3, 10), "won": [], "open": [],
          "targets": [(("company", ""), "month", 100)], "month": 4, "week": [1, 2, 3, 4, 5],
          "file": of_file, "holidays": [date(2026, 3, 17)], "whole": True}  # fmt: skip
    [row] = [row for row in pace_of(connection, hours_file, it) if row["period"] == "month"]
    assert row["days_left"] == left
    claim = {"day": it["today"], "money": 0, "target": 100, "short": 100, "stance": "target_to_go"}
    proof = sql.statement("briefing/proofs/target", "target_to_go")
    with connection.cursor() as cursor:
        for n in (left, left + 1):
            cursor.execute(proof, {**claim, "n": n, "a_day": Decimal(100) / n})
            assert cursor.fetchone() == (n == left,)
