"""What is aimed at, against what is won and what is open: targets and pace in plain Python."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from math import ceil
from statistics import median

from aha_pipeline_tests.oracle.text import key

Row = dict[str, object]
DAY = timedelta(days=1)
MONTHS = {"month": 1, "quarter": 3, "year": 12}
PAST = {"month": 12, "quarter": 8, "year": 3}
COMPARED = (None, "left")  # troubles with which a target is compared all the same
SENTENCES = {
    "currency": "is in {it.currency} and figures are in {home}, so it is not compared: write it in "
    "{home}.",
    "zero": "is zero, so there is nothing to reach: write an amount or a number of deals, or take "
    "it out.",
    "ambiguous": "fits two reps of that name or more: write the id instead.",
    "left": "is for somebody without an open deal, and without a new lead or deal for 90 days: it "
    "still counts; give it to whoever took over.",
    "twice": "is one of two or more for the same {it.scope} and days with different numbers, so "
    "none of them is compared: keep one.",
    "unknown": "fits no {it.scope}: write the name as Zoho has it.",
}


@dataclass(frozen=True)
class Target:
    """A target as it was written."""

    scope: str
    name: str
    period: str
    first: date
    last: date
    currency: str | None
    amount: int | None
    deals: int | None


@dataclass(frozen=True)
class Won:
    """What an owner won of a source on a day."""

    day: date
    owner: str
    source: str
    value: Fraction
    deals: int = 1


@dataclass(frozen=True)
class Open:
    """An open deal with a closing date."""

    closing: date
    owner: str
    source: str
    value: Fraction
    weighted: Fraction


@dataclass(frozen=True)
class Books:
    """A company at the end of a day, or in the course of it, where left_from is the day itself.

    oldest: the day of the first deal. names: of each owner, as Zoho has it and as shown.
    sources: by the key of any name that of the source. active: owners with an open deal, or a
    lead or deal of 90 days.
    """

    until: date
    left_from: date
    home: str
    first_month: int
    week: Collection[int]
    holidays: Collection[date]
    targets: Sequence[Target]
    won: Sequence[Won]
    opened: Sequence[Open]
    oldest: date
    names: Mapping[str, tuple[str, str]]
    sources: Mapping[str, str]
    active: Collection[str]

    def won_in(self, first: date, last: date, owner: str = "", source: str = "") -> list[Won]:
        """Return what was won in a period, by an owner, of a source or in all."""
        return [
            it
            for it in self.won
            if first <= it.day <= last and owner in ("", it.owner) and source in ("", it.source)
        ]


def month_of(day: date, shift: int) -> date:
    """Return the first day of the month so many months after a day's."""
    number = day.year * 12 + day.month - 1 + shift
    return date(number // 12, number % 12 + 1, 1)


def period_of(kind: str, day: date, first_month: int) -> tuple[date, date]:
    """Return the first and last day of the month, fiscal quarter or year in which a day lies."""
    begins = month_of(day, -((day.month - first_month) % MONTHS[kind]))
    return begins, month_of(begins, MONTHS[kind]) - DAY


def fitting(books: Books, name: str) -> list[str]:
    """Return the ids of the owners who are called so, or have that id."""
    return [
        owner
        for owner, names in books.names.items()
        if owner == name or key(name) in map(key, names)
    ]


def trouble(books: Books, target: Target) -> str | None:
    """Return what is wrong with a target, also beside others; None where nothing is."""
    found = _trouble_alone(books, target)
    if found in COMPARED:
        *whose, amount, deals = _whose(books, target)
        for it in books.targets:
            if _trouble_alone(books, it) in COMPARED:
                *others, other_amount, other_deals = _whose(books, it)
                if others == whose and (other_amount, other_deals) != (amount, deals):
                    return "twice"
    return found


def _trouble_alone(books: Books, target: Target) -> str | None:
    if target.currency not in (None, books.home):
        return "currency"
    if not target.amount and not target.deals:
        return "zero"
    if target.scope == "source" and key(target.name) not in books.sources:
        return "unknown"
    if target.scope == "rep":
        owners = fitting(books, target.name)
        if len(owners) != 1:
            return "ambiguous" if owners else "unknown"
        if target.last >= books.until and owners[0] not in books.active:
            return "left"
    return None


def sentences(books: Books) -> list[str]:
    """Return what is to be said of targets that are not over."""
    found = ((it, trouble(books, it)) for it in books.targets if it.last >= books.until)
    return [_sentence(books, it, what) for it, what in found if what]


def _sentence(books: Books, it: Target, what: str) -> str:
    whose = "the company" if it.scope == "company" else f"the {it.scope} “{it.name}”"
    told = SENTENCES[what].format(it=it, home=books.home)
    return f"The target of {whose} for {it.first} to {it.last} {told}"


def pace(books: Books) -> Iterator[tuple[Target, str | None, Row]]:
    """Yield where the company's periods stand, and further targets that count; with whose it is."""
    # One that is given twice, by the name and by the id of a rep, is one.
    counted = list({_whose(books, it): it for it in books.targets
                    if trouble(books, it) in COMPARED}.values())  # fmt: skip
    for kind in MONTHS:
        first, last = period_of(kind, books.until, books.first_month)
        of_period = [it for it in counted if (it.first, it.last) == (first, last)]
        own = [it for it in of_period if it.scope == "company"]
        target = own[0] if own else Target("company", "", kind, first, last, None, None, None)
        row = _stand(books, target, "", "")
        for scope in ("rep", "source"):
            amounts = [it.amount for it in of_period if it.scope == scope and it.amount]
            row[f"{scope}s_target_value"] = sum(amounts) if amounts else None
        yield target, None, row
    for it in counted:
        if it.scope != "company" and it.first <= books.until <= it.last:
            [owner] = fitting(books, it.name) if it.scope == "rep" else [""]
            source = books.sources[key(it.name)] if it.scope == "source" else ""
            row = _stand(books, it, owner, source)
            row |= {"reps_target_value": None, "sources_target_value": None}
            yield it, owner or None, row


def _whose(books: Books, it: Target) -> tuple:
    whom = books.sources.get(key(it.name))
    if it.scope == "rep":
        [whom, *_] = fitting(books, it.name)
    return it.scope, whom, it.first, it.last, it.amount or None, it.deals or None


def _stand(books: Books, target: Target, owner: str, source: str) -> Row:
    first, last = target.first, target.last
    won = books.won_in(first, books.until, owner, source)
    value, deals = sum(it.value for it in won), sum(it.deals for it in won)
    amount, number = target.amount or None, target.deals or None
    to_go = None if amount is None else amount - value
    worked = working_days(books, first, last)
    left = [day for day in worked if day >= books.left_from]
    found = shares(books, target.period, first, last, (books.left_from - first).days)
    usual = median(found) if found else None
    closing = [
        it
        for it in books.opened
        if first <= it.closing <= last and owner in ("", it.owner) and source in ("", it.source)
    ]
    closing_value = sum(it.value for it in closing)
    weighted = sum(it.weighted for it in closing)
    missing = to_go if to_go and to_go > 0 else None

    def of_target(share: Fraction | None) -> Fraction | None:
        return None if amount is None or share is None else amount * share / 100

    on_course = of_target(usual)
    return {
        "first_day": first,
        "last_day": last,
        "day": books.until,
        "target_value": amount,
        "target_deals": number,
        "won_value": value,
        "won_deals": deals,
        "to_go_value": to_go,
        "to_go_deals": None if number is None else number - deals,
        "attained_pct": None if amount is None else Fraction(100) * value / amount,
        "days_gone": len(worked) - len(left),
        "days_left": len(left),
        "needed_a_day": max(to_go, 0) / Fraction(len(left)) if left and to_go is not None else None,
        "usual_pct": usual,
        "usual_low_pct": min(found, default=None),
        "usual_high_pct": max(found, default=None),
        "usual_periods": len(found),
        "usual_value": on_course,
        "usual_low_value": of_target(min(found, default=None)),
        "usual_high_value": of_target(max(found, default=None)),
        "ahead_value": None if on_course is None else value - on_course,
        "closing_deals": len(closing),
        "closing_value": closing_value,
        "closing_weighted_value": weighted,
        "coverage_pct": Fraction(100) * closing_value / missing if missing else None,
        "weighted_coverage_pct": Fraction(100) * weighted / missing if missing else None,
    }


def working_days(books: Books, since: date, until: date) -> list[date]:
    """Return the days on which the company works."""
    days = (since + DAY * n for n in range((until - since).days + 1))
    return [day for day in days if day.isoweekday() in books.week and day not in books.holidays]


def past_courses(books: Books, kind: str, first: date, last: date, days_over: int) -> list[Row]:
    """Return each past period, and what of it was won when as much of it was over."""
    courses: list[Row] = []
    for back in range(1, PAST[kind] + 1):
        begins = month_of(first, -back * MONTHS[kind])
        ends = month_of(begins, MONTHS[kind]) - DAY
        over = Fraction(days_over, (last - first).days + 1) * ((ends - begins).days + 1)
        same = begins + DAY * (ceil(over) - 1)
        whole = sum(it.value for it in books.won_in(begins, ends))
        then = sum(it.value for it in books.won_in(begins, min(same, ends)))
        if begins >= books.oldest:
            courses.append({
                "first_day": begins,
                "last_day": ends,
                "same_day": same,
                "won_by_then": then,
                "won": whole,
                "share_pct": Fraction(100) * then / whole if whole else None,
            })  # fmt: skip
    return courses


def shares(books: Books, kind: str, first: date, last: date, days_over: int) -> list[Fraction]:
    """Return how much of each past period was won when as much of it was over, where any was."""
    courses = past_courses(books, kind, first, last, days_over)
    return [share for it in courses if isinstance(share := it["share_pct"], Fraction)]
