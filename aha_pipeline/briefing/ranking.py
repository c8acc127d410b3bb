"""What is worth telling first: how pressing, how much money, and whether it is news."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from psycopg2.extensions import connection as Connection
from psycopg2.extras import RealDictCursor

from aha_pipeline import sql
from aha_pipeline.briefing.catalogue import CAUSES, fitting, stances
from aha_pipeline.briefing.facts import Fact

SHORTLIST = 12
OF_A_KIND = 2
NEWS = 25  # below this a fact is no line of the message
NEWS_OF_A_WEEK = 15
SUNDAY = 6
WEEK = timedelta(days=7)
JUST_TOLD = timedelta(days=3)
AT_HAND = timedelta(days=2)
QUIET_DAYS = 28
MOVED = Decimal("0.25")
MOVED_IN_A_WEEK = Decimal(1)  # of what moves every day
LARGE = Decimal("0.02")  # of the open pipeline
WORTH_A_CALL = Decimal("0.005")
MONEY_POINTS = 80
CALL_NEW = "call_within_hour"


@dataclass(frozen=True)
class Told:
    """An item of an earlier briefing. `figures` are as they were stored: decimals as text.

    `advice` is None if none was given, `link` the id of the fact told after it.
    """

    day: date
    kind: str
    stance: str
    subject: str
    figures: dict[str, str]
    phrase: int
    advice: str | None = None
    link: str | None = None

    @property
    def about(self) -> str:
        """What it is about: its subject, or the deal that it names."""
        return self.subject or self.figures.get("deal", "")


def told_before(connection: Connection, day: date) -> list[Told]:
    """Return what the messages of the days before `day` said, the latest first."""
    with connection.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(sql.read("briefing/told"), {"day": day, "days": QUIET_DAYS})
        return [Told(**row) for row in cursor]


def rank(facts: Iterable[Fact], told: Sequence[Told], pipeline: Decimal, on: date) -> list[Fact]:
    """Return the dozen facts of a day most worth telling, the first of them to be pinned.

    At most two of a kind. `pipeline` is the value of the open pipeline: money counts as a share of
    it. What is told only after another fact is not among them.
    """
    fresh = [fact for fact in facts if _stands_alone(fact) and _is_news(fact, told, pipeline, on)]
    fresh.sort(key=lambda fact: (-score(fact, pipeline), fact.id))
    chosen: list[Fact] = []
    for fact in fresh:
        if sum(other.kind == fact.kind for other in chosen) < OF_A_KIND:
            chosen.append(fact)
    return chosen[:SHORTLIST]


def score(fact: Fact, pipeline: Decimal) -> Decimal:
    """Return how pressing a fact is, with up to 80 points for the money of an event.

    They grow with the root of its share of the pipeline: a flat of ₹0.9 L among ₹12 Cr adds 2, a
    villa of ₹20 L 10, a tower of ₹6.4 Cr 58.
    """
    stance = stances()[fact.stance]
    if not stance.is_event:
        return Decimal(stance.base)
    share = min(Decimal(1), fact.weight / pipeline) if pipeline > 0 else Decimal(0)
    return stance.base + MONEY_POINTS * share.sqrt()


def is_line(fact: Fact, pipeline: Decimal, on: date) -> bool:
    """Return whether a fact is news enough for the message of a day; Sunday's is the digest.

    One flat of many is none: it is counted at a glance, and named in the report. A win of unknown
    value is not taken for a small one.
    """
    stance = stances()[fact.stance]
    is_small = fact.weight < WORTH_A_CALL * pipeline
    if stance.is_by_size and is_small and (fact.kind != "won" or "money" in fact.figures):
        return False
    is_digest = on.weekday() == SUNDAY and stance.is_weekly
    return score(fact, pipeline) >= (NEWS_OF_A_WEEK if is_digest else NEWS)


def is_worth_advice(fact: Fact, advice: str | None, pipeline: Decimal) -> bool:
    """Return whether the message says what to do about it: one deal that is worth a call of the
    reader's, other bad news, or a large thing.
    """
    mood = stances()[fact.stance].mood
    if advice in (None, "keep_going"):
        return False
    if "deal" in fact.figures and fact.subject:
        # Among several deals the advice is about the named one.
        amount = Decimal(str(fact.figures.get("deal_money", fact.weight)))
        return amount > (LARGE if mood == "good" else WORTH_A_CALL) * pipeline
    is_large = fact.weight > LARGE * pipeline
    return is_large if mood == "neither" else mood == "bad" and (is_large or not fact.weight)


def fitting_advice(fact: Fact, told: Sequence[Told]) -> list[str]:
    """Return the advice that fits, the best first; what was given on the same of late, last.

    Of another deal, reason or source what is best is best again. Where no lead came, there is none
    to call; what was won at zero or below, a credit note, is nothing to install or to cheer.
    """
    given = [item.advice for item in told if (item.kind, item.about) == (fact.kind, fact.about)]
    if fact.kind == "won" and Decimal(str(fact.figures.get("money", 1))) <= 0:
        return []
    advice = fitting(fact.stance, str(fact.figures.get("reason", "")))
    if fact.figures.get("n") == 0:
        advice = [one for one in advice if one != CALL_NEW]
    return sorted(advice, key=given.count)


def links_of(facts: Iterable[Fact], told: Sequence[Told]) -> dict[str, Fact]:
    """Return by kind the fact to tell after it: a cause always, anything else once a month."""
    said = {item.link for item in told}
    return {
        kind: fact
        for fact in facts
        for kind in stances()[fact.stance].link_of
        if fact.kind in CAUSES or fact.id not in said
    }


def last_phrase(fact: Fact, told: Sequence[Told]) -> int | None:
    """Return the number of the phrase that last said this, None where none did in four weeks."""
    return next((item.phrase for item in told if item.stance == fact.stance), None)


def _stands_alone(fact: Fact) -> bool:
    stance = stances()[fact.stance]
    return stance.slot != "none" and not stance.link_of


def _is_news(fact: Fact, told: Sequence[Told], pipeline: Decimal, on: date) -> bool:
    if stances()[fact.stance].is_event and not fact.subject:
        return True
    if "was" in fact.figures:  # it differs from the one told last
        return True
    stance = stances()[fact.stance]
    if fact.kind == "overdue_deal" and timedelta(days=int(str(fact.figures["days"]))) < WEEK:
        return False  # it was told on its date
    same = [item for item in told if item.kind == fact.kind]
    if stance.is_weekly:
        return _is_news_of_a_week(fact, same, pipeline, on)
    same = [item for item in same if item.subject == fact.subject]
    if stance.is_event:
        same = [item for item in same if on - item.day <= WEEK]
    if not same or stances()[same[0].stance].mood != stance.mood:
        return True
    if stance.is_event and same[0].stance != fact.stance:
        return True
    # That a day has passed moves nothing: the count of days is no news.
    return _has_moved(fact, same[0], ("money", "n", "pct"), MOVED)


def _is_news_of_a_week(fact: Fact, same: Sequence[Told], pipeline: Decimal, on: date) -> bool:
    if not same or (on.weekday() == SUNDAY and on - same[0].day >= JUST_TOLD):
        return True
    # A large deal is told when its date comes within the week, and again two days before it.
    again = JUST_TOLD if _is_at_hand(fact, on) else WEEK
    just_told = {item.subject for item in same if on - item.day < again}
    if _names_a_large_deal(fact, pipeline) and fact.subject not in just_told:
        return True
    # What counts many is compared with what counted many, not with one of them.
    alike = [item for item in same if ("n" in item.figures) == ("n" in fact.figures)]
    is_large = fact.weight > LARGE * pipeline
    if not is_large or not alike:
        return is_large
    return _has_moved(fact, alike[0], ("money", "n"), MOVED_IN_A_WEEK)


def _names_a_large_deal(fact: Fact, pipeline: Decimal) -> bool:
    amount = Decimal(str(fact.figures.get("deal_money", fact.figures.get("money", 0))))
    return "date" in fact.figures and amount > LARGE * pipeline


def _is_at_hand(fact: Fact, on: date) -> bool:
    """Return whether the deal that a fact names is due within two days."""
    due = fact.figures.get("date")
    return isinstance(due, date) and due - on <= AT_HAND


def _has_moved(fact: Fact, item: Told, names: Sequence[str], by: Decimal) -> bool:
    for name in names:
        now, then = fact.figures.get(name), item.figures.get(name)
        if not isinstance(now, int | Decimal) or then is None:
            continue
        if abs(now - Decimal(then)) > by * abs(Decimal(then)):
            return True
    return False
