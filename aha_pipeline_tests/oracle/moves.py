"""What brought a deal to the open pipeline, moved it there, and took it away, by kind."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from aha_pipeline_tests.oracle.deals import Deal, Said, begin_of, runs, standing


@dataclass(frozen=True)
class Move:
    """What one movement of a deal adds to the open pipeline of an owner at a stage."""

    day: date
    kind: str
    owner: str
    stage: str
    deals: int
    value: Fraction
    weighted: Fraction


Stand = tuple[date, Said | None]


def stands(deal: Deal) -> list[Stand]:
    """Return how a deal stood at the end of each day on which that may have changed."""
    days = {deal.day, *(said.day for said in deal.said), *map(begin_of, runs(deal))}
    days |= {deal.gone} if deal.gone else set()
    return [(day, standing(deal, day)) for day in sorted(days) if day >= deal.day]


def moves(deal: Deal) -> Iterator[Move]:
    """Yield the movements of a deal, as analytics.pipeline_movements is said to have them."""
    held = stands(deal)
    before: Said | None = None
    for number, (day, now) in enumerate(held):
        if before and before.meaning == "open":
            yield from _of_open(day, before, now, held[number:])
        elif now and now.meaning == "open":
            kind = "reopened" if before else "opened"
            yield Move(day, kind, now.owner, now.stage, 1, now.value, now.weighted)
        before = now


def _of_open(day: date, old: Said, new: Said | None, after: list[Stand]) -> Iterator[Move]:
    if new is None:
        yield Move(day, "deleted", old.owner, old.stage, -1, -old.value, -old.weighted)
    elif new.meaning == "open":
        yield from _within(day, old, new)
    else:
        value = _last_value(new.meaning, after)
        if value != old.value:
            kind = "added" if value > old.value else "cut"
            yield Move(day, kind, old.owner, new.stage, 0, value - old.value, Fraction(0))
        yield Move(day, new.meaning, old.owner, new.stage, -1, -value, -old.weighted)


def _within(day: date, old: Said, new: Said) -> Iterator[Move]:
    if old.owner != new.owner:
        for owner, sign in ((old.owner, -1), (new.owner, 1)):
            value, weighted = sign * old.value, sign * old.weighted
            yield Move(day, "handed over", owner, new.stage, sign, value, weighted)
    value, weighted = new.value - old.value, new.weighted - old.weighted
    if value:
        kind = "added" if value > 0 else "cut"
        yield Move(day, kind, new.owner, new.stage, 0, value, weighted)
    elif weighted:
        yield Move(day, "moved", new.owner, new.stage, 0, Fraction(0), weighted)


def _last_value(meaning: str, after: list[Stand]) -> Fraction:
    """Return the value that a closed deal had last while it stayed so."""
    value = Fraction(0)
    for _, said in after:
        if said is None or said.meaning != meaning:
            break
        value = said.value
    return value
