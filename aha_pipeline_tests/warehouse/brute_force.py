"""What a company said on each day, found record by record and day by day, without any SQL.

A record is the list of its contents, oldest first, and the time of its deletion or None. Money is
Decimal; currencies are not looked at here.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from zoneinfo import ZoneInfo

from aha_pipeline_tests.warehouse.random_histories import CLOSED, OPEN

Content = dict
Record = tuple[Sequence[Content], str | None]

WHAT_COUNTS = ("Stage", "Amount", "Probability", "Closing_Date", "Owner")


@dataclass(frozen=True)
class Standing:
    """How a deal stood at the end of a day. chance: None where it was not known then."""

    meaning: str
    stage: str
    owner: str
    value: Decimal
    chance: Decimal | int | None

    @property
    def weighted(self) -> Decimal:
        return self.value * (self.chance or 0) / 100


def day_of(text: str, zone: ZoneInfo) -> date:
    """Return the business day of a time."""
    return datetime.fromisoformat(text).astimezone(zone).date()


def sayings(contents: Sequence[Content], zone: ZoneInfo) -> list[tuple[date, Content]]:
    """Return what a deal said and from which day on, without saves that changed nothing of it."""
    told: list[tuple[date, Content]] = []
    for content in contents:
        if not told or any(content.get(name) != told[-1][1].get(name) for name in WHAT_COUNTS):
            told.append((day_of(content["Modified_Time"], zone), content))
    return told


def closed_day(contents: Sequence[Content], zone: ZoneInfo) -> date | None:
    """Return the day on which a deal was won or lost, None of an open one.

    Its closing date, but never later than the day it was first seen so.
    """
    told = sayings(contents, zone)
    (*_, (meaning, last)) = [(m, list(g)) for m, g in groupby(told, key=lambda t: meaning_of(t[1]))]
    return None if meaning == "open" else _day_of_closing(last)


def standing(record: Record, day: date, zone: ZoneInfo) -> Standing | None:
    """Return how a deal stood at the end of a day; None where it was not there."""
    contents, deleted_at = record
    created = day_of(contents[0]["Created_Time"], zone)
    if day < created or (deleted_at and day >= day_of(deleted_at, zone)):
        return None
    told = sayings(contents, zone)
    said = None
    for number, (meaning, group) in enumerate(groupby(told, key=lambda t: meaning_of(t[1]))):
        of_meaning = list(group)
        for place, (written, content) in enumerate(of_meaning):
            begins = written
            if place == 0 and meaning != "open":
                begins = _day_of_closing(of_meaning)
            elif place == number == 0:
                begins = created
            if begins <= day:
                said = content
    if said is not None:
        return _standing(said, meaning_of(said))
    first = told[0][1]
    return Standing("open", "(not known)", owner_of(first), money_of(first), None)


def movements_of(
    records: Iterable[Record], days: Sequence[date], zone: ZoneInfo
) -> Iterator[tuple[date, str, Decimal, Decimal]]:
    """Yield (day, owner, value, weighted value) by which the open pipeline of an owner moved."""
    for record in records:
        before = None
        for day in days:
            now = standing(record, day, zone)
            now = now if now and now.meaning == "open" else None
            for then, sign in ((before, -1), (now, 1)):
                if then and then != (now if sign < 0 else before):
                    yield day, then.owner, sign * then.value, sign * then.weighted
            before = now


def meaning_of(content: Content) -> str:
    """Return what the stage means."""
    return CLOSED.get(content["Stage"], "open")


def money_of(content: Content) -> Decimal:
    """Return the amount, 0 where it is empty."""
    return Decimal(str(content["Amount"] or 0))


def owner_of(content: Content) -> str:
    """Return the owner's id."""
    return (content["Owner"] or {"id": "(none)"})["id"]


def _day_of_closing(of_meaning: Sequence[tuple[date, Content]]) -> date:
    seen, closing = of_meaning[0][0], of_meaning[-1][1]["Closing_Date"]
    return min(seen, date.fromisoformat(closing)) if closing else seen


def _standing(content: Content, meaning: str) -> Standing:
    own = content["Probability"]
    chance = OPEN.get(content["Stage"]) if own is None else Decimal(own)
    chance = {"won": 100, "lost": 0}.get(meaning, chance)
    return Standing(meaning, content["Stage"], owner_of(content), money_of(content), chance)
