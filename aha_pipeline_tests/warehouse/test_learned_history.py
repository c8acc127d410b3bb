"""A company watched for a year against one connected after it, to which Zoho's history is told.

Judged by the lives themselves: `told_histories` writes down what was watched and what Zoho tells of
one simulation, and what a record said on a day is read off its life.
"""

import os
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from operator import itemgetter
from random import Random

import pytest

from aha_pipeline.warehouse.mart_files import read_marts
from aha_pipeline.warehouse.marts import contiguous_range, refresh
from aha_pipeline_tests.warehouse.marts_company import build, rows, wrong
from aha_pipeline_tests.warehouse.told_histories import (
    CONNECTED,
    FIRST_DAY,
    LAST_DAY,
    MARTS,
    NOW,
    TRACKED,
    Life,
    Told,
    connected,
    contents,
    existing,
    lives,
    tell,
    timeline,
    tracker,
)
from zoho_sandbox.clock import ZONE

# Of how many customers one is taken, and how many damaged histories are told.
EVERY, DAMAGED = (1, 25) if os.environ.get("AHA_TEST_WHOLE_HISTORIES") else (60, 1)
NAMES = {
    "Deals": {
        "stage": "Stage",
        "original_amount": "Amount",
        "closing_date": "Closing_Date",
        "owner_id": "Owner",
    },
    "Leads": {"status": "Lead_Status", "source": "Lead_Source", "owner_id": "Owner"},
}


@pytest.fixture(scope="module")
def found() -> list[Life]:
    return lives("a small company", NOW, EVERY)


def test_a_told_year_is_the_watched_one(postgres, template_database, found):
    said = []
    for since in (None, CONNECTED):
        with connected(postgres, template_database, found, since) as connection:
            if since:
                tell(connection, map(timeline, existing(found)))
            build(connection, FIRST_DAY, LAST_DAY)
            said.append({mart: contents(connection, mart) for mart in MARTS})
            known = {row["known_by"] for row in rows(connection, "deal_history")}
            assert known == ({"watched", "zoho_history"} if since else {"watched"})
            assert wrong(connection) == {}
    assert [mart for mart in MARTS if said[0][mart] != said[1][mart]] == []
    assert all(said[0].values())


def damaged(found: list[Life], random: Random) -> Iterator[Told]:
    """Yield what Zoho tells of some lives: in part, unclear, or by the tracker alone."""
    for life in found:
        told = timeline(life)
        match random.choice(
            ("named", "whole", "late", "lost", "unclear", "tracker", "both", "none")
        ):
            case "late":
                yield _late(told, random.randrange(len(told.entries)))
            case "lost" if len(moves := _moves(told)) > 2:
                # Not the first or last one: nobody could see that it is missing.
                place = random.choice(moves[1:-1])
                yield replace(told, entries=told.entries[:place] + told.entries[place + 1 :])
            case "unclear":
                yield replace(told, entries=[_unclear(*one, random) for one in told.entries])
            case "named":
                yield replace(told, entries=[_named(*one) for one in told.entries])
            case "both":
                yield _late(told, random.randrange(len(told.entries)))
                yield tracker(life)
            case "tracker":
                yield tracker(life)
            case "none":
                pass
            case _:
                yield told


def _moves(told: Told) -> list[int]:
    """Return the places of the entries by which a record came to another stage or status."""
    tracked = TRACKED[told.life.module]
    return [
        place
        for place, (_, _, raw) in enumerate(told.entries)
        if tracked in {one["api_name"] for one in raw["field_history"] or []}
    ]


def _late(told: Told, place: int) -> Told:
    """Return a history of which the older part is gone."""
    return replace(told, entries=told.entries[place:], reaches=told.entries[place][0])


def _named(at: datetime, key: str, raw: dict) -> tuple[datetime, str, dict]:
    """Return an entry that tells owners by their names alone."""
    owners = (raw.get("automation_details") or {}).get("owner")
    if not owners:
        return at, key, raw
    names = {"old": owners["old"]["name"], "new": owners["new"]["name"]}
    fields = [*raw["field_history"], {"api_name": "Owner", "_value": names}]
    return at, key, raw | {"automation_details": None, "field_history": fields}


def _unclear(at: datetime, key: str, raw: dict, random: Random) -> tuple[datetime, str, dict]:
    """Return an entry in which some values cannot be read with certainty."""

    def spoil(name: str, value: str | None) -> str | None:
        if value is None or random.random() < 0.5:
            return value
        return f"₹ {value}" if name == "Amount" else value + "x" * 255

    fields = [
        {
            "api_name": one["api_name"],
            "_value": {k: spoil(one["api_name"], v) for k, v in one["_value"].items()},
        }
        for one in raw["field_history"] or []
    ]
    return at, key, raw | {"field_history": fields}


def in_force(life: Life, day: date) -> dict | None:
    """Return what a record said at the end of a day."""
    said = [state for at, state in life.states if at.astimezone(ZONE).date() <= day]
    return said[-1] if said else None


@pytest.mark.parametrize("seed", range(DAMAGED))
def test_what_is_told_in_part_is_right_where_it_says_that_it_is_known(
    postgres, template_database, found, seed
):
    told = list(damaged(existing(found), Random(seed)))
    by_id = {life.id: life for life in found}
    known, not_known = Counter(), 0
    with connected(postgres, template_database, found, CONNECTED) as connection:
        tell(connection, told)
        build(connection, FIRST_DAY, LAST_DAY)
        assert wrong(connection) == {}
        judge_known(connection)
        judge_assumed(connection)
        for module, mart in (("Deals", "deal_history"), ("Leads", "lead_history")):
            for row in rows(connection, mart):
                until = row["until_day"] or LAST_DAY + timedelta(days=1)
                if row["known_from"] is None or row["known_from"] > row["from_day"]:
                    not_known += 1
                if row["known_from"] is None or row["known_from"] >= until:
                    continue
                known[row["known_by"]] += 1
                days = {row["known_from"], until - timedelta(days=1)}
                if module == "Deals" and row["closed_day"]:
                    days = {until - timedelta(days=1)}  # closed by its date before it was saved so
                for day in days:
                    state = in_force(by_id[row["id"]], day)
                    if state and not row["closed_day" if module == "Deals" else "deal_id"]:
                        assert _said(row, module) == _states(state, module), (row, day)
    assert min(known["zoho_history"], known["assumed"], not_known) > 0


def judge_known(connection) -> None:
    """Compare how far back the past is known with the contents, walked back one by one."""
    records, value = Counter(), Counter()
    for entity, mart in (("deal", "deal_history"), ("lead", "lead_history")):
        contents = defaultdict(list)
        for row in sorted(rows(connection, mart), key=itemgetter("from_day")):
            contents[row["id"]].append(row)
        for held in contents.values():
            if held[0]["is_deleted"]:
                continue
            [now] = [row for row in held if row["is_present"]]
            is_open = now["meaning"] in ("open", "qualified")
            by, since = _known(held)
            for scope in ("all", "open") if is_open else ("all",):
                records[entity, scope, by, since] += 1
                if entity == "deal" and is_open:
                    value[entity, scope, by] += now["amount"] or 0
    shown = rows(connection, "history_known")
    assert {row["known_by"] for row in shown} == {"watched", "zoho_history", "assumed"}
    for row in shown:
        if row["entity"] != "all":
            of = row["entity"], row["scope"], row["known_by"]
            days = {since: n for (*key, since), n in records.items() if tuple(key) == of}
            first = max(days) if row["known_by"] == "assumed" else min(days)
            assert (row["known_from"], row["records"]) == (first, sum(days.values())), of
            assert row["value"] == value[of], of
    for scope in ("all", "open"):
        of_all = [row for row in shown if (row["entity"], row["scope"]) == ("all", scope)]
        assert sum(row["records"] for row in of_all) == sum(
            number for key, number in records.items() if key[1] == scope
        )
        assert sum(row["records_pct"] for row in of_all) == pytest.approx(100)
        assert sum(row["value_pct"] for row in of_all) == pytest.approx(100)


def judge_assumed(connection) -> None:
    """Compare how much of the open value of a day is assumed with its deals, one by one."""
    shares = set()
    for day in (FIRST_DAY + timedelta(days=number) for number in range(40, 401, 60)):
        held = [
            row
            for row in rows(connection, "deal_history")
            if row["meaning"] == "open" and row["from_day"] <= day < (row["until_day"] or date.max)
        ]
        value = sum(row["amount"] or 0 for row in held)
        known = sum(row["amount"] or 0 for row in held if (row["known_from"] or date.max) <= day)
        query = f"select measures.assumed_pct('{day}') as pct"
        [said] = rows(connection, query)
        shares.add(said["pct"])
        assert said["pct"] == pytest.approx(100 - 100 * known / value), day
    assert min(shares) == 0 < max(shares)


def _known(contents: list[dict]) -> tuple[str, date]:
    """Return by what the whole past of a record is known, and since when all of it is."""
    since = contents[0]["from_day"]
    for row in reversed(contents):
        if row["until_day"] != row["from_day"] and row["known_from"] != row["from_day"]:
            return "assumed", row["known_from"] or row["until_day"]
    is_told = any(row["known_by"] == "zoho_history" for row in contents)
    return "zoho_history" if is_told else "watched", since


def _said(row: dict, module: str) -> dict:
    return {name: key(row[name]) for name in NAMES[module]}


def _states(state: dict, module: str) -> dict:
    flat = state | {"Owner": state["Owner"]["id"]}
    return {column: key(flat.get(name)) for column, name in NAMES[module].items()}


def key(value: object) -> str:
    """Return a value in one spelling, whether a mart says it or a record."""
    return "(none)" if value is None else str(value).lower()


def test_only_told_records_are_built_anew_and_days_are_restated(postgres, template_database, found):
    with connected(postgres, template_database, found, CONNECTED) as connection:
        build(connection, FIRST_DAY, LAST_DAY)
        connection.commit()
        before = Counter(contents(connection, "deal_history"))
        deals = [life for life in existing(found) if life.module == "Deals"]
        one = next(life for life in deals if life.states[0][1]["Amount"] and len(life.states) > 3)
        tell(connection, [timeline(one)])
        connection.commit()
        for mart in read_marts():
            days = contiguous_range(connection, LAST_DAY, LAST_DAY) if mart.kind == "daily" else ()
            refresh(connection, mart, *days, run_id="a run")
        connection.commit()
        changed = before - Counter(contents(connection, "deal_history"))
        assert {one.id in row for row in changed} == {True}
        restated = rows(connection, "restatements")
        assert {row["reason"] for row in restated} == {"history learned from Zoho"}
        assert all(row["records"] == [one.id] for row in restated)
        assert all(row["day"] <= CONNECTED.date() for row in restated)
        assert "weighted_pipeline_value" in {row["figure"] for row in restated}
