"""What the waits of a group say, against the estimate of Kaplan and Meier in whole fractions."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from random import Random

import pytest

from aha_pipeline.warehouse.state import save_configured_modules
from aha_pipeline_tests.oracle.mutants import alive_of_measure
from aha_pipeline_tests.warehouse.kaplan_meier import STATES, estimate
from aha_pipeline_tests.warehouse.marts_company import (
    build,
    call,
    company,
    lead,
    put,
    put_sync,
    rows,
)

ASKED = """
    select t.* from measures.touch_times(array(
        select measures.wait_key(wait, state)
        from unnest(%(waits)s::numeric[], %(states)s::text[]) w (wait, state)
        order by 1
    )) t
"""
# A wait in minutes, None for one whose end lies behind the calendar, and how it stands.
GROUPS = {
    "one that was touched": [(5, "touched")],
    "one that waits": [(90, "waiting")],
    "one that has waited for less than an hour": [(59, "waiting")],
    "one that ended behind the calendar": [(None, "ended")],
    "all at once": [(0, "touched")] * 7,
    "half of an even number": [(1, "touched"), (2, "touched"), (3, "waiting"), (4, "waiting")],
    "less than half": [(1, "touched"), (2, "waiting"), (3, "waiting"), (4, "ended")],
    "half of those that are left": [(1, "ended"), (2, "ended"), (3, "touched"), (4, "touched")],
    "half of six after three left, which logarithms just miss": [
        *[(minute, "ended") for minute in (1, 2, 3)],
        *[(minute, "touched") for minute in (4, 5, 6, 7, 8, 9)],
    ],
    "the last is touched after all others left": [(1, "ended"), (2, "waiting"), (3, "touched")],
    "the last leaves": [(1, "touched"), (2, "ended")],
    "touched and left at the same instant": [(7, "waiting"), (7, "touched"), (7, "ended")],
    "touched after an hour to the second": [(60, "touched"), (61, "touched"), (61, "waiting")],
    "left after an hour to the second": [(10, "touched"), (60, "ended"), (60, "waiting")],
    "the last ended after an hour to the second": [(10, "touched"), (60, "ended")],
    "touched at an odd microsecond": [(Fraction(300_000_001, 60_000_000), "touched")],
    "left at odd microseconds": [
        (Fraction(300_000_001, 60_000_000), state) for state in ("touched", "ended", "waiting")
    ],
    "half of a hundred after many left, which is half to the last digit": [
        *[(1, "ended")] * 900,
        *[(2, "touched")] * 50,
        *[(70, "touched")] * 50,
    ],
    "nobody is touched within an hour": [(2, "ended"), (3, "waiting"), (90, "touched")],
    "a third of an hour and a second": [(Fraction(1201, 60), "touched"), (30, "waiting")],
}


def drawn(seed: int) -> list[tuple[Fraction, str]]:
    """Up to 400 waits in seconds, many of them the same in some groups."""
    rng = Random(f"touch times {seed}")
    longest = rng.choice((20, 300, 7000, 400000))
    weights = rng.choice(((8, 1, 1), (4, 3, 3), (1, 4, 5), (1, 0, 1), (1, 1, 0)))
    states = rng.choices(STATES, weights, k=rng.randint(1, 400))
    return [(Fraction(rng.randrange(longest), 60), state) for state in states]


@pytest.fixture(scope="module")
def warehouse(module_database_url):
    with company(module_database_url, "UTC") as connection:
        save_configured_modules(connection, ["Leads", "Deals", "Contacts", "Accounts", "Calls"])
        put_sync(connection, "Calls", "2026-01-01")
        build(connection, only=("first_touch",))
        connection.commit()
        yield connection


def told(connection, waits) -> dict[str, object]:
    given = {
        "waits": [None if wait is None else str(float(wait)) for wait, _ in waits],
        "states": [state for _, state in waits],
    }
    with connection.cursor() as cursor:
        cursor.execute(ASKED, given)
        [row] = cursor
        names = [column.name for column in cursor.description]
    return {
        name: float(value) if name in ("median_minutes", "within_hour_pct") and value is not None
        else value
        for name, value in zip(names, row, strict=True)
    }  # fmt: skip


@pytest.mark.parametrize("group", GROUPS)
def test_waits_that_are_special(warehouse, group):
    assert told(warehouse, GROUPS[group]) == estimate(GROUPS[group])


@pytest.mark.parametrize("seeds", [range(50), range(50, 100), range(100, 150)])
def test_waits_that_are_drawn(warehouse, seeds):
    for seed in seeds:
        waits = drawn(seed)
        assert told(warehouse, waits) == estimate(waits), seed


@pytest.mark.parametrize("name", ["touch_times", "wait_key"])
def test_each_mutant_gives_another_estimate(warehouse, name, capsys):
    given = [*GROUPS.values(), *map(drawn, range(20))]

    def is_right() -> bool:
        return all(told(warehouse, waits) == estimate(waits) for waits in given)

    with warehouse.cursor() as cursor:
        assert alive_of_measure(cursor, name, is_right, capsys) == []


def test_a_lead_that_ended_behind_the_calendar_is_known_to_wait_for_longer(warehouse):
    now = datetime.now(UTC).replace(microsecond=0)

    def ago(**of: int) -> str:
        return (now - timedelta(**of)).isoformat()

    put(warehouse, "Calls", call(1, ago(days=9), "L0"), call(2, ago(hours=3, minutes=-30), "L1"))
    put(
        warehouse,
        "Leads",
        lead(1, ago(hours=3)),
        lead(
            2, ago(hours=2), **{"$converted": True, "Converted_Date_Time": "2099-01-01T10:00:00Z"}
        ),
    )
    build(warehouse, only=("first_touch",))
    asked = "select * from measures.first_touch('-infinity', 'infinity', null, null, '{source}')"
    for row in rows(warehouse, asked):
        assert (row["leads"], row["touched"], row["ended"]) == (2, 1, 1)
        assert (row["median_minutes"], row["within_hour_pct"]) == (30, 50)
