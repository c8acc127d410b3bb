"""Stages and slipping deals of random companies, computed slowly and obviously."""

from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from statistics import median

import pytest

from aha_pipeline_tests.warehouse.marts_company import moment, rows, today

POSITIONS = {
    "Qualification": 10,
    "Negotiation/Review": 60,
    "Site visit": 61,
    "Closed Won": 70,
    "Closed Lost": 80,
}
CLOSED = {"Closed Won": "won", "Closed Lost": "lost"}
MOVES = """
    select from_stage, to_stage, days_before
    from (
        select
            stay,
            stage as to_stage,
            lag(stage) over record as from_stage,
            lag(days) over record as days_before
        from analytics.stage_stays
        window record as (partition by id order by stay)
    ) moves
    where stay > 1
"""


def check_stages(connection, deals):
    """Moves and times in stages against a walk through the contents of every deal."""
    moves, times, standing = Counter(), defaultdict(list), Counter()
    for contents, deleted_at in deals:
        stays = stays_of(contents)
        for (stage, since, _), (next_stage, until, _) in pairwise(stays):
            moves[(stage, next_stage, days_between(since, until))] += 1
        if deleted_at:
            continue
        outcome = CLOSED.get(contents[-1]["Stage"], "open")
        standing[stays[-1][0]] += 1
        for (stage, since, is_known), (_, until, _) in pairwise(stays):
            if is_known:
                times[stage].append((outcome, days_between(since, until)))
    assert moves == Counter(map(tuple, map(dict.values, rows(connection, MOVES))))
    for row in rows(connection, "time_in_stage"):
        of_stage = times.pop(row["stage"], [])
        check_median(row["median_days"], [days for _, days in of_stage])
        for outcome in ("won", "lost"):
            days = [days for result, days in of_stage if result == outcome]
            check_median(row[f"{outcome}_median_days"], days)
        assert row["standing_deals"] == standing.pop(row["stage"], 0)
        assert row["left_deals"] >= row["timed_deals"] >= row["won_deals"] + row["lost_deals"]
    assert not times
    assert not standing


def stays_of(contents):
    """Return (stage, since when, whether that is known) of each stay of a deal."""
    created = moment(contents[0]["Created_Time"])
    is_known = moment(contents[0]["Modified_Time"]) - created < timedelta(1)
    stays = [(contents[0]["Stage"], created, is_known)]
    for content in contents[1:]:
        if content["Stage"] != stays[-1][0]:
            stays.append((content["Stage"], moment(content["Modified_Time"]), True))
    return stays


def days_between(since, until) -> Decimal:
    days = Decimal((until - since) // timedelta(seconds=1)) / 86400
    return days.quantize(Decimal("0.01"), ROUND_HALF_UP)


def check_median(found, days):
    """The database rounds the median to a hundredth of a day, as each time before."""
    if not days:
        assert found is None
    else:
        assert float(found) == pytest.approx(float(median(days)), abs=0.0051)


def check_slipping(connection, deals):
    """The reasons of every live open deal; nobody has ten won ones here, so none is too old."""
    day = today(connection)
    expected = {}
    for contents, deleted_at in deals:
        last = contents[-1]
        if deleted_at or last["Stage"] in CLOSED:
            continue
        open_ones = [content for content in contents if content["Stage"] not in CLOSED]
        pushes = pushes_of(contents)
        highest = max(amount_of(content) for content in open_ones)
        overdue = (day - closing) if (closing := closing_of(last)) and closing < day else None
        furthest = max(POSITIONS[content["Stage"]] for content in open_ones)
        reasons = (
            len(pushes),
            sum(pushes),
            POSITIONS[last["Stage"]] < furthest,
            highest - amount_of(last),
            overdue.days if overdue else 0,
        )
        if any(reasons):
            expected[last["id"]] = reasons
    columns = ("times_pushed", "days_pushed", "is_back", "amount_cut", "days_overdue")
    found = rows(connection, "slipping_deals")
    assert expected == {row["id"]: tuple(row[column] or 0 for column in columns) for row in found}
    assert not any(row["is_older"] for row in found)


def pushes_of(contents) -> list[int]:
    pushes = []
    for old, new in pairwise(contents):
        dates = closing_of(old), closing_of(new)
        if not {old["Stage"], new["Stage"]} & set(CLOSED) and all(dates) and dates[0] < dates[1]:
            pushes.append((dates[1] - dates[0]).days)
    return pushes


def closing_of(content) -> date | None:
    text = content["Closing_Date"]
    return date.fromisoformat(text) if text else None


def amount_of(content) -> Decimal:
    return Decimal(str(content["Amount"] or 0))
