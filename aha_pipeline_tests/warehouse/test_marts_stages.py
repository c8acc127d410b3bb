"""How deals go through the stages: their moves, and how long they stand where."""

from datetime import date, timedelta
from decimal import Decimal
from random import Random

import pytest

from aha_pipeline_tests.warehouse.marts_company import (
    BALA,
    build,
    company,
    deal,
    ist,
    put,
    put_history,
    rows,
)

MARTS = ("time_in_stage", "pipeline_by_stage")
# Between two stays of a deal lies a move.
MOVES = """
    with moves as (
        select
            *,
            stay - 1 as move,
            stage as to_stage,
            position as to_position,
            meaning as to_meaning,
            lag(stage) over record as from_stage,
            lag(meaning) over record as from_meaning,
            round(lag(days) over record, 2) as days_before,
            lag(is_start_known) over record as was_start_known
        from analytics.stage_stays
        window record as (partition by id order by stay)
    )
    select m.*, (m.came_at at time zone o.timezone)::date as day
    from moves m
    cross join crm.organisation o
    where m.stay > 1
    order by m.id, m.stay
"""
# The percentiles of the stays themselves, by PostgreSQL.
PERCENTILES = """
    select
        stage,
        percentile_cont(0.5) within group (order by days) filter (where is_left) as median_days,
        percentile_cont(0.8) within group (order by days) filter (where is_left) as p80_days,
        percentile_cont(0.5) within group (order by days)
            filter (where is_left and outcome = 'won') as won_median_days,
        percentile_cont(0.8) within group (order by days)
            filter (where is_left and outcome = 'won') as won_p80_days,
        percentile_cont(0.5) within group (order by days)
            filter (where is_left and outcome = 'lost') as lost_median_days,
        percentile_cont(0.8) within group (order by days)
            filter (where is_left and outcome = 'lost') as lost_p80_days,
        percentile_cont(0.5) within group (order by days) filter (where is_standing)
            as standing_median_days
    from analytics.stage_stays
    where is_start_known and not is_deleted
    group by stage
"""
CREATED = ist("2025-03-01 10:00:00")


@pytest.fixture
def connection(database_url):
    """A connection to a company without records."""
    with company(database_url) as connection:
        yield connection


def history(number: int, *contents: tuple, created: str | None = None, **fields) -> list[dict]:
    """Return a deal's contents; each is (time, stage) or (time, stage, further fields)."""
    created = created or contents[0][0]
    return [
        deal(number, created, stage, Modified_Time=time, **(fields | dict(*more)))
        for time, stage, *more in contents
    ]


def moves(connection, *columns: str) -> list[tuple]:
    return [tuple(row[column] for column in columns) for row in rows(connection, MOVES)]


def test_every_move_has_its_day_and_the_time_before(connection):
    contents = history(
        1,
        (ist("2024-02-28 23:00:00"), "Qualification"),
        (ist("2024-02-29 05:00:00"), "Needs Analysis"),
        (ist("2024-02-29 17:00:00"), "Qualification"),
        (ist("2024-02-29 17:00:00"), "Identify Decision Makers"),
        (ist("2024-03-01 05:00:00"), "Id. Decision Makers"),
        (ist("2024-03-31 17:00:00"), "Closed Won"),
        (ist("2024-04-01 00:00:00"), "Negotiation/Review"),
        (ist("2024-12-31 23:59:59"), "Closed Lost"),
        (ist("2025-01-01 23:59:59"), "Closed Lost to Competition"),
        (ist("2025-01-02 11:59:59"), "Closed Won"),
    )
    put_history(connection, "Deals", *contents)
    build(connection, only=MARTS)
    assert moves(connection, "day", "from_stage", "to_stage", "days_before") == [
        (date(2024, 2, 29), "Qualification", "Needs Analysis", Decimal("0.25")),
        (date(2024, 2, 29), "Needs Analysis", "Qualification", Decimal("0.5")),
        (date(2024, 2, 29), "Qualification", "Identify Decision Makers", 0),
        (
            date(2024, 3, 1),
            "Identify Decision Makers",
            "Id. Decision Makers",
            Decimal("0.5"),
        ),
        (date(2024, 3, 31), "Id. Decision Makers", "Closed Won", Decimal("30.5")),
        (date(2024, 4, 1), "Closed Won", "Negotiation/Review", Decimal("0.29")),
        (date(2024, 12, 31), "Negotiation/Review", "Closed Lost", 275),
        (date(2025, 1, 1), "Closed Lost", "Closed Lost to Competition", 1),
        (date(2025, 1, 2), "Closed Lost to Competition", "Closed Won", Decimal("0.5")),
    ]
    assert all(row["was_start_known"] for row in rows(connection, MOVES))


def test_a_move_has_the_owner_and_amount_after_it_and_other_edits_are_no_move(connection):
    contents = history(
        1,
        (ist("2025-03-01 10:00:00"), "Qualification"),
        (ist("2025-03-02 10:00:00"), "Qualification", {"Amount": 700}),
        (ist("2025-03-04 22:00:00"), "Site visit", {"Amount": 700.5, "Owner": BALA}),
        (ist("2025-03-05 10:00:00"), "Site visit", {"Amount": 9, "Owner": BALA}),
        (ist("2025-03-06 10:00:00"), None, {"Amount": None}),
    )
    put_history(connection, "Deals", *contents)
    build(connection, only=MARTS)
    columns = ("move", "to_stage", "owner_id", "amount", "days_before", "to_position")
    assert moves(connection, *columns) == [
        (1, "Site visit", "2", Decimal("700.5"), Decimal("3.5"), 61),
        (2, "(none)", "1", None, Decimal("1.5"), 10),  # an empty stage is the first step
    ]
    assert moves(connection, "from_meaning", "to_meaning", "source")[1] == (
        "open",
        "open",
        "Facebook",
    )


def test_a_beginning_is_known_where_the_deal_was_seen_within_a_day_of_its_creation(connection):
    moved = (ist("2025-03-11 10:00:00"), "Needs Analysis")
    for number, seen in ((1, "2025-03-02 09:59:59"), (2, "2025-03-02 10:00:00")):
        contents = history(number, (ist(seen), "Qualification"), moved, created=CREATED)
        put_history(connection, "Deals", *contents)
    build(connection, only=MARTS)
    columns = ("id", "days_before", "was_start_known")
    assert moves(connection, *columns) == [("D1", 10, True), ("D2", 10, False)]
    stage = next(r for r in rows(connection, "time_in_stage") if r["stage"] == "Qualification")
    assert (stage["left_deals"], stage["timed_deals"], stage["median_days"]) == (2, 1, 10)


def test_a_deal_first_seen_closed_has_no_move_until_it_is_reopened(connection):
    closed = {"Closing_Date": "2025-03-10"}
    seen = (ist("2025-03-20 10:00:00"), "Closed Lost", closed)
    put(connection, "Deals", *history(1, seen, created=CREATED))
    again = (ist("2025-03-21 10:00:00"), "Qualification")
    put_history(connection, "Deals", *history(2, seen, again, created=CREATED))
    build(connection, only=MARTS)
    columns = ("id", "from_stage", "days_before", "was_start_known")
    assert moves(connection, *columns) == [("D2", "Closed Lost", 20, False)]


def test_a_deleted_deal_keeps_its_moves_and_counts_in_no_stage(connection):
    contents = history(
        1,
        (ist("2025-03-01 10:00:00"), "Qualification"),
        (ist("2025-03-02 10:00:00"), "Needs Analysis"),
    )
    put_history(connection, "Deals", *contents, deleted_at=ist("2025-03-04 10:00:00"))
    build(connection, only=MARTS)
    assert moves(connection, "day", "is_deleted") == [(date(2025, 3, 2), True)]
    stays = rows(connection, "select * from analytics.stage_stays order by stay")
    assert [(round(s["days"], 2), s["is_left"], s["is_standing"]) for s in stays] == [
        (1, True, False),
        (2, False, False),
    ]
    assert rows(connection, "time_in_stage") == []


def test_a_day_of_23_hours_is_not_a_whole_one(database_url):
    with company(database_url, "America/New_York") as connection:
        contents = history(
            1,
            ("2025-03-09T00:00:00-05:00", "Qualification"),
            ("2025-03-10T00:00:00-04:00", "Needs Analysis"),
            ("2025-03-10T23:59:59-04:00", "Negotiation/Review"),
        )
        put_history(connection, "Deals", *contents)
        build(connection, only=MARTS)
        assert moves(connection, "day", "days_before") == [
            (date(2025, 3, 10), Decimal("0.96")),
            (date(2025, 3, 10), 1),
        ]


def closed_after(number: int, days: float, outcome: str, seen_after: int = 0) -> list[dict]:
    """Return a deal that stood in Qualification for some days and then was closed."""
    start = date(2025, 3, 1)
    hours = int(days * 24)
    end = f"{start + timedelta(hours // 24)} {hours % 24:02}:00:00"
    return history(
        number,
        (ist(f"{start + timedelta(seen_after)} 00:00:00"), "Qualification"),
        (ist(end), outcome),
        created=ist(f"{start} 00:00:00"),
    )


@pytest.mark.parametrize(("won", "limit"), [(9, None), (10, Decimal("8.2"))])
def test_times_in_a_stage_by_outcome(connection, won, limit):
    for days in range(1, won + 1):
        put_history(connection, "Deals", *closed_after(days, days, "Closed Won"))
    for days in (0.5, 2, 6.5):
        contents = closed_after(int(100 + days), days, "Closed Lost")
        put_history(connection, "Deals", *contents)
    put_history(connection, "Deals", *closed_after(200, 90, "Closed Won", seen_after=9))
    moved = (ist("2025-03-05 10:00:00"), "Needs Analysis")
    put_history(connection, "Deals", *history(300, (CREATED, "Qualification"), moved))
    build(connection, only=MARTS)
    stages = {row["stage"]: row for row in rows(connection, "time_in_stage")}
    stage = stages["Qualification"]
    assert (stage["left_deals"], stage["timed_deals"]) == (won + 5, won + 4)
    assert (stage["won_deals"], stage["lost_deals"], stage["standing_deals"]) == (won, 3, 0)
    assert stage["won_median_days"] == Decimal(won + 1) / 2
    assert stage["won_p80_days"] == (limit or Decimal("7.4"))
    assert stage["won_limit_days"] == limit
    assert (stage["lost_median_days"], stage["lost_p80_days"]) == (2, Decimal("4.7"))
    assert stages["Needs Analysis"]["standing_deals"] == 1
    assert stages["Needs Analysis"]["median_days"] is None
    assert stages["Closed Won"]["standing_deals"] == won + 1


def test_a_stage_says_how_long_its_deals_stand_there(connection):
    now = rows(connection, "select now() at time zone 'UTC' as now")[0]["now"]

    def ago(days):
        return f"{now - timedelta(days):%Y-%m-%dT%H:%M:%S}Z"

    for number, days in enumerate((2, 10, 50)):
        contents = history(number, (ago(60), "Qualification"), (ago(days), "Needs Analysis"))
        put_history(connection, "Deals", *contents)
    put(connection, "Deals", deal(7, ago(90), "Needs Analysis", Modified_Time=ago(20)))
    put(connection, "Deals", deal(8, ago(90), "Closed Won"))
    for number in range(10, 20):
        stages = ((ago(90), "Needs Analysis"), (ago(90 - number), "Closed Won"))
        put_history(connection, "Deals", *history(number, *stages))
    build(connection, only=MARTS)
    times = {row["stage"]: row for row in rows(connection, "time_in_stage")}
    timed = times["Needs Analysis"]
    assert (timed["standing_deals"], timed["standing_timed_deals"]) == (4, 3)
    assert round(timed["standing_median_days"], 2) == 10
    stages = {row["stage"]: row for row in rows(connection, "pipeline_by_stage")}
    stage = stages["Needs Analysis"]
    assert round(stage["median_days_in_stage"], 2) == 10
    assert stage["untimed_deals"] == 1
    assert round(stage["avg_age_days"], 2) == Decimal("67.5")
    assert (stage["older_deals"], round(stage["won_limit_days"], 2)) == (1, Decimal("17.2"))
    won = stages["Closed Won"]
    assert (won["median_days_in_stage"], won["older_deals"]) == (None, None)


@pytest.mark.parametrize("most_seconds", [5, 40_000, 4_000_000])
def test_percentiles_are_those_of_the_stays_themselves(connection, most_seconds):
    random = Random(most_seconds)
    now = rows(connection, "select date_trunc('second', now() at time zone 'UTC') as now")[0]["now"]
    stages = ("Qualification", "Needs Analysis", "Closed Won", "Closed Lost")
    deals = []
    for number in range(120):
        steps = [random.randrange(most_seconds) for _ in range(random.randint(1, 5))]
        first = now + timedelta(seconds=60 - sum(steps) - random.randrange(most_seconds))
        ends = [first + timedelta(seconds=sum(steps[:n])) for n in range(len(steps))]
        said = [(f"{end:%Y-%m-%dT%H:%M:%S}Z", random.choice(stages)) for end in ends]
        created = ends[0] - timedelta(days=random.randint(0, 9) // 7)
        deals.append(history(number, *said, created=f"{created:%Y-%m-%dT%H:%M:%S}Z"))
    for number, contents in enumerate(deals):
        deleted_at = ist("2025-03-04 10:00:00") if number % 10 == 0 else None
        put_history(connection, "Deals", *contents, deleted_at=deleted_at)
    build(connection, only=MARTS)
    found = {row["stage"]: row for row in rows(connection, "time_in_stage")}
    expected = {row["stage"]: row for row in rows(connection, PERCENTILES)}
    assert expected.keys() <= found.keys()
    for stage, row in found.items():
        right = expected.get(stage, dict.fromkeys(expected["Closed Won"]))
        for name in right.keys() - {"stage"}:
            days = right[name]
            assert row[name] == (None if days is None else pytest.approx(Decimal(days)))
