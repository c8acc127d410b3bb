"""Random companies: no statement that a mart contradicts, and every lie refused.

`AHA_TEST_COMPANIES` says how many; 1,000 in full. A third reading, in Python over the rows of the
marts, judges what SQL found and SQL proved.
"""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from aha_pipeline.briefing.facts import Fact, gather
from aha_pipeline.briefing.verify import is_true, proven
from aha_pipeline_tests.briefing.by_hand import DAY
from aha_pipeline_tests.briefing.companies import fill
from aha_pipeline_tests.warehouse.marts_company import rows

COMPANIES = int(os.environ.get("AHA_TEST_COMPANIES", "3"))
DAYS = (DAY, DAY - timedelta(days=4), DAY - timedelta(days=11))  # a Thursday, a Sunday, a Sunday
# Statements of one family, of which no two can be true of the same values.
FAMILIES = (
    ("above_usual", "below_usual", "as_usual"),
    ("more_than_before", "fewer_than_before", "same_as_before"),
    ("month_ahead", "month_behind", "month_level"),
    ("pipeline_up", "pipeline_down", "pipeline_level"),
    ("parts", "parts_more", "parts_less"),
    ("overdue_more", "overdue_fewer", "overdue_same"),
    ("lost", "lost_reason"),
    ("week_won_more", "week_won_less", "week_won_level"),
    ("week_leads_more", "week_leads_fewer", "week_leads_same"),
    ("advice_won", "advice_lost", "advice_date", "advice_stage", "advice_open"),
)


@pytest.fixture
def companies(connection, built) -> Iterator:
    """Yield a function that puts a company in the place of the one before, by its seed."""

    def put_company(seed: int):
        connection.rollback()
        fill(connection, seed)
        built()
        return connection

    yield put_company
    connection.rollback()


def test_no_statement_is_contradicted_and_every_lie_is_refused(companies):
    told = lies = 0
    for seed in range(COMPANIES):
        connection = companies(seed)
        judge = Judge(connection)
        for on in DAYS:
            facts = gather(connection, on)
            true, refused = proven(connection, on, facts)
            assert refused == [], (seed, on)
            assert len({fact.id for fact in facts}) == len(facts), (seed, on)
            for fact in true:
                assert judge.bears_out(fact, on), (seed, on, fact)
                told += 1
                for lie in untrue(fact):
                    assert not is_true(connection, on, lie), (seed, on, fact, lie)
                    lies += 1
    print(f"{COMPANIES} companies: {told} statements true, {lies} lies refused")
    assert told > 10 * COMPANIES
    assert lies > told


def untrue(fact: Fact) -> Iterator[Fact]:
    """Yield the fact with one value a little wrong, a name changed, or another of its family."""
    for name, value in fact.figures.items():
        other: object = f"{value} " if isinstance(value, str) else None
        if isinstance(value, date):
            other = value + timedelta(days=1)
        elif isinstance(value, int | Decimal):
            other = value + 1
        yield replace(fact, figures={**fact.figures, name: other})  # type: ignore[dict-item]
    for family in FAMILIES:
        if fact.stance in family:
            for stance in set(family) - {fact.stance}:
                yield replace(fact, stance=stance)


class Judge:
    """Reads rows once and counts in Python what a fact claims, by its kind."""

    def __init__(self, connection) -> None:
        self.contents = rows(connection, "deal_history")
        self.deals = {row["id"]: row for row in rows(connection, "deals")}
        self.leads = rows(connection, "leads")
        self.kpis = {row["day"]: row for row in rows(connection, "kpis")}

    def bears_out(self, fact: Fact, on: date) -> bool:
        judge = getattr(self, f"_{fact.kind}", None)
        return judge is None or judge(fact, on)

    def _open(self, on: date) -> list[dict]:
        return [
            row
            for row in self.contents
            if row["meaning"] == "open"
            and row["from_day"] <= on
            and (row["until_day"] is None or row["until_day"] > on)
        ]

    def _closed(self, meaning: str, on: date) -> list[dict]:
        found = self.deals.values()
        return [row for row in found if row["meaning"] == meaning and row["closed_day"] == on]

    def _glance(self, fact: Fact, on: date) -> bool:
        return fact.figures == {
            "n": sum(row["day"] == on for row in self.leads),
            "won": len(self._closed("won", on)),
            "lost": len(self._closed("lost", on)),
            "money": money(self._open(on)),
        }

    def _won(self, fact: Fact, on: date) -> bool:
        return self._event(fact, self._closed("won", on))

    def _lost(self, fact: Fact, on: date) -> bool:
        return self._event(fact, self._closed("lost", on))

    def _event(self, fact: Fact, closed: list[dict]) -> bool:
        if fact.stance.endswith("_many"):
            return fact.figures["n"] == len(closed) >= 3 and set(fact.records) == ids(closed)
        row = self.deals[fact.subject]
        same = fact.figures["deal"] == row["name"] and fact.figures.get("money") == row["amount"]
        others = [one["amount"] or 0 for one in self._of_month(row) if one is not row]
        largest = fact.stance != "won_largest_month" or row["amount"] > max(others)
        return same and largest and fact.subject in ids(closed)

    def _of_month(self, row: dict) -> list[dict]:
        until = row["closed_day"]
        return [
            one
            for one in self.deals.values()
            if one["meaning"] == "won"
            and one["closed_day"] <= until
            and one["closed_day"].timetuple()[:2] == until.timetuple()[:2]
        ]

    def _month(self, fact: Fact, on: date) -> bool:
        won = [one["amount"] or 0 for one in self._of_month({"closed_day": on})]
        ahead = fact.figures["money"] - fact.figures["before"]
        sign = {"month_ahead": ahead > 0, "month_behind": ahead < 0}.get(fact.stance, True)
        return fact.figures["money"] == sum(won) and sign

    def _pipeline(self, fact: Fact, on: date) -> bool:
        now, before = money(self._open(on)), money(self._open(on - timedelta(days=7)))
        sign = {"pipeline_up": now > before, "pipeline_down": now < before}
        values = (fact.figures["money"], fact.figures["before"])
        return values == (now, before) and sign.get(fact.stance, True)

    def _overdue(self, fact: Fact, on: date) -> bool:
        now, before = (
            [row for row in self._open(day) if row["closing_date"] and row["closing_date"] <= day]
            for day in (on, on - timedelta(days=7))
        )
        change = len(now) - len(before)
        sign = {"overdue_more": change > 0, "overdue_fewer": change < 0, "overdue_same": not change}
        return fact.figures["n"] == len(now) and sign[fact.stance]

    def _overdue_deal(self, fact: Fact, on: date) -> bool:
        late = [row for row in self._open(on) if row["closing_date"] and row["closing_date"] <= on]
        first, *others = sorted(late, key=lambda row: -(row["amount"] or 0))
        is_alone = not others or first["amount"] > (others[0]["amount"] or 0)
        days = (on - first["closing_date"]).days
        return first["id"] == fact.subject and is_alone and fact.figures["days"] == days

    def _newly_overdue(self, fact: Fact, on: date) -> bool:
        return set(fact.records) == {r["id"] for r in self._open(on) if r["closing_date"] == on}

    def _due(self, fact: Fact, on: date) -> bool:
        week = [on + timedelta(days=ahead) for ahead in range(1, 8)]
        due = [row for row in self._open(on) if row["closing_date"] in week]
        most = sorted((row["amount"] or 0 for row in due), reverse=True)
        named = (
            fact.stance == "due" or fact.figures["deal_money"] == most[0] > (most[1:] or [-1])[0]
        )
        return fact.figures["n"] == len(due) and set(fact.records) == ids(due) and named

    def _opened(self, fact: Fact, on: date) -> bool:
        amounts = [d["amount"] or 0 for d in self.deals.values() if d["day"] == on]
        return fact.figures["money"] == max(amounts) and amounts.count(max(amounts)) == 1

    def _none_won(self, fact: Fact, on: date) -> bool:
        return not self._closed("won", on)

    def _source_rates(self, fact: Fact, on: date) -> bool:
        meaning = "junk" if fact.stance == "junk_highest" else "converted"
        by_source: dict[str, list[bool]] = {}
        for row in self.leads:
            if on - timedelta(days=90) < row["day"] <= on:
                by_source.setdefault(row["source"], []).append(row["meaning"] == meaning)
        shares = {s: Decimal(sum(v)) / len(v) for s, v in by_source.items() if len(v) >= 30}
        first = max(shares, key=lambda source: shares[source])
        return first == fact.figures["source"] and len(shares) == fact.figures["sources"]


def money(found: list[dict]) -> Decimal:
    return sum((row["amount"] or Decimal(0) for row in found), Decimal(0))


def ids(found: list[dict]) -> set[str]:
    return {row["id"] for row in found}
