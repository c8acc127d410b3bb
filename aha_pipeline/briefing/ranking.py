"""What is worth telling first: how pressing, how much money, and whether it is news."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from psycopg2.extensions import connection as Connection
from psycopg2.extras import RealDictCursor

from aha_pipeline import sql
from aha_pipeline.briefing.catalogue import stances
from aha_pipeline.briefing.facts import Fact

SHORTLIST = 12
OF_A_KIND = 2
NEWS = 25  # below this a fact is no line of the message
QUIET_DAYS = 7
MOVED = Decimal("0.15")
LARGE = Decimal("0.02")  # of the open pipeline
MONEY_POINTS = 30


@dataclass(frozen=True)
class Told:
    """An item of an earlier briefing. `figures` are as they were stored: decimals as text."""

    day: date
    kind: str
    stance: str
    subject: str
    figures: dict[str, str]
    phrase: int


def told_before(connection: Connection, day: date) -> list[Told]:
    """Return what the messages of the days before `day` said, the latest first."""
    with connection.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(sql.read("briefing/told"), {"day": day, "days": QUIET_DAYS})
        return [Told(**row) for row in cursor]


def rank(facts: Iterable[Fact], told: Sequence[Told], pipeline: Decimal) -> list[Fact]:
    """Return the dozen facts most worth telling, the first of them to be pinned.

    At most two of a kind. `pipeline` is the value of the open pipeline: money counts as a share of
    it. What is told only behind another fact is not among them.
    """
    fresh = [fact for fact in facts if _stands_alone(fact) and _is_news(fact, told)]
    fresh.sort(key=lambda fact: (-score(fact, pipeline), fact.id))
    chosen: list[Fact] = []
    for fact in fresh:
        if sum(other.kind == fact.kind for other in chosen) < OF_A_KIND:
            chosen.append(fact)
    return chosen[:SHORTLIST]


def score(fact: Fact, pipeline: Decimal) -> Decimal:
    """Return how pressing a fact is, with up to 30 points for the money of an event."""
    stance = stances()[fact.stance]
    if not stance.is_event:
        return Decimal(stance.base)
    share = min(Decimal(1), 10 * fact.weight / pipeline) if pipeline > 0 else Decimal(0)
    return stance.base + MONEY_POINTS * share


def is_worth_advice(fact: Fact, advice: str | None, pipeline: Decimal) -> bool:
    """Return whether the message says what to do about it: bad news, or a large thing."""
    stance = stances()[fact.stance]
    if advice in (None, "keep_going"):
        return False
    return stance.mood == "bad" or stance.base >= 80 or fact.weight > LARGE * pipeline


def last_phrase(fact: Fact, told: Sequence[Told]) -> int | None:
    """Return the number of the phrase that last said this, None where none did in a week."""
    return next((item.phrase for item in told if item.stance == fact.stance), None)


def _stands_alone(fact: Fact) -> bool:
    stance = stances()[fact.stance]
    return stance.slot != "none" and not stance.link_of


def _is_news(fact: Fact, told: Sequence[Told]) -> bool:
    if stances()[fact.stance].is_event and not fact.subject:
        return True
    same = [item for item in told if item.kind == fact.kind and item.subject == fact.subject]
    return not same or same[0].stance != fact.stance or _has_moved(fact, same[0])


def _has_moved(fact: Fact, item: Told) -> bool:
    for name in ("money", "n", "pct"):
        now, then = fact.figures.get(name), item.figures.get(name)
        if isinstance(now, int | Decimal) and then is not None:
            before = Decimal(then)
            return abs(now - before) > MOVED * abs(before)
    return False
