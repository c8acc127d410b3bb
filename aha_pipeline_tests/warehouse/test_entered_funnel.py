"""The funnel of those who entered: reached, left or waiting on each step, by hand."""

from collections import Counter
from random import Random

import pytest

from aha_pipeline.warehouse.checks import find_failing_rows, mart_checks
from aha_pipeline_tests.warehouse.marts_company import (
    BALA,
    build,
    company,
    deal,
    ist,
    lead,
    put,
    put_history,
    rows,
)

STAGES = ("Qualification", "Needs Analysis", "Value Proposition", "Id. Decision Makers",
    "Proposal/Price Quote", "Negotiation/Review")  # fmt: skip
LOST, WON = "Closed Lost", "Closed Won"


def day(number: int) -> str:
    return ist(f"2025-03-{number:02d} 10:00:00")


@pytest.fixture
def connection(database_url):
    with company(database_url) as opened:
        yield opened


def steps(connection, entity: str) -> list[tuple]:
    totals: dict[tuple, list[int]] = {}
    for row in rows(connection, "entered_funnel"):
        if row["entity"] == entity:
            counts = totals.setdefault((row["position"], row["step"]), [0] * 5)
            for place, name in enumerate(("reached", "junk", "lost", "waiting", "not_known")):
                counts[place] += row[name]
    return [(step, *counts) for (_, step), counts in sorted(totals.items())]


def test_leads_that_left_are_on_the_step_that_they_left(connection):
    converted = {"$converted": True}
    put(connection, "Leads", lead(1, day(1)), lead(2, day(1), None), lead(3, day(1), "Junk Lead"))
    for number, last in ((4, "Lost Lead"), (5, "Junk Lead"), (6, "Contacted")):
        contents = (lead(number, day(1), "Pre-Qualified"), lead(number, day(1), last))
        put_history(connection, "Leads", contents[0], contents[1] | {"Modified_Time": day(3)})
    put(connection, "Leads", lead(7, day(2), **converted), lead(8, day(2), "Qualified"))
    for number, linked in ((9, "D1"), (10, "D2"), (11, "D3"), (12, "D9")):
        detail = {"$converted_detail": {"deal": linked}}
        put(connection, "Leads", lead(number, day(2), "Junk Lead", **converted, **detail))
    put(connection, "Leads", lead(13, day(2), "Junk Lead"), deleted_at=day(4))
    put(connection, "Deals", deal(1, day(3), WON), deal(2, day(3), LOST), deal(3, day(3)))
    build(connection, only=("entered_funnel",))
    assert steps(connection, "lead") == [
        ("Created", 12, 1, 0, 2, 0),
        ("Qualified", 9, 1, 1, 2, 0),
        ("Converted", 5, 0, 1, 1, 2),
        ("Won", 1, 0, 0, 0, 0),
    ]


def test_a_deal_lost_late_has_reached_what_it_passed_and_a_won_one_everything(connection):
    later = {"Modified_Time": day(5)}
    put_history(connection, "Deals", deal(1, day(1), STAGES[2]), deal(1, day(1), LOST) | later)
    put_history(connection, "Deals", deal(2, day(1), STAGES[4]), deal(2, day(1), STAGES[1]) | later)
    put(
        connection, "Deals", deal(3, day(1), WON), deal(4, day(1), LOST), deal(5, day(1), STAGES[0])
    )
    build(connection, only=("entered_funnel",))
    found = steps(connection, "deal")
    assert [row[1] for row in found] == [5, 3, 3, 2, 2, 1, 1]
    assert [row[3] for row in found] == [1, 0, 1, 0, 0, 0, 0]
    assert [row[4] for row in found] == [1, 0, 0, 0, 1, 0, 0]
    assert found[-1][0] == "Won"


@pytest.mark.parametrize("seed", range(3))
def test_a_random_company_equals_a_count_by_hand(connection, seed):
    chance = Random(seed)
    ends = {WON: 6, LOST: None}
    reached, left = Counter(), Counter()
    for number in range(150):
        path = chance.choices((*STAGES, WON, LOST), k=chance.randint(1, 4))
        contents = [
            deal(
                number,
                day(1),
                stage,
                Owner=BALA if number % 3 else None,
                Lead_Source=str(number % 4),
            )
            | {"Modified_Time": day(1 + place)}
            for place, stage in enumerate(path)
        ]
        put_history(connection, "Deals", *contents)
        passed = [STAGES.index(stage) for stage in path if stage in STAGES]
        furthest = ends.get(path[-1]) or max(passed, default=0)
        reached.update(range(furthest + 1))
        if path[-1] != WON:
            left[furthest, "lost" if path[-1] == LOST else "waiting"] += 1
    build(connection, only=("entered_funnel",))
    found = steps(connection, "deal")
    assert {n: row[1] for n, row in enumerate(found)} == dict(reached)
    assert {(n, k): row[c] for n, row in enumerate(found) for k, c in (("lost", 3), ("waiting", 4))
            if row[c]} == dict(left)  # fmt: skip
    (check,) = (c for c in mart_checks() if c.asset == "analytics/entered_funnel")
    assert find_failing_rows(connection, check).count == 0


@pytest.mark.parametrize("is_used", [False, True])
def test_a_default_of_zoho_that_the_company_does_not_have_is_no_step(connection, is_used):
    named = "module = 'Deals' and value = 'Id. Decision Makers'"
    with connection.cursor() as cursor:
        cursor.execute("update crm.picklist_meaning set source = 'crm'")
        cursor.execute(
            f"update crm.picklist_meaning set source = 'default', position = 70 where {named}"  # noqa: S608
        )
    put(connection, "Deals", deal(1, day(1), WON), deal(2, day(2), STAGES[3 if is_used else 4]))
    build(connection, only=("entered_funnel",))
    shown = [row[0] for row in steps(connection, "deal")]
    assert shown.count("Identify Decision Makers") == 1
    assert shown[-2:] == [STAGES[3] if is_used else STAGES[5], "Won"]


def test_an_empty_company_has_no_step(connection):
    build(connection, only=("entered_funnel",))
    assert rows(connection, "entered_funnel") == []
