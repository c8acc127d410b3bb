"""Targets, working days and forecasts drawn at random; pace and scores of them in plain Python.

A target's reps and sources may be spelled otherwise than in the CRM, or be nobody's; amounts may be
empty, zero or in another currency.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import ceil
from random import Random
from statistics import median

from psycopg2.extensions import connection as Connection
from psycopg2.extras import execute_values

from aha_pipeline_tests.oracle.company import OF_DEALS, OF_LEADS, Company
from aha_pipeline_tests.oracle.deals import Deal
from aha_pipeline_tests.oracle.figures import DAY, NAMES, Picture, Row, Rows, name_of, pct, value
from aha_pipeline_tests.oracle.text import key

MONTHS = {"month": 1, "quarter": 3, "year": 12}
PAST = {"month": 12, "quarter": 8, "year": 3}
SHARES = (Fraction(1, 10), Fraction(1, 4), Fraction(1, 2), Fraction(3, 4), Fraction(9, 10))
NAMED = {
    "company": ("",),
    "rep": ("Rep 1", "\u00a0REP 2", "3", "Rep 4", OF_DEALS["name"], OF_LEADS["id"], "Nobody"),
    "source": ("facebook", "Partner", "WEB\u3000form", "Fax"),
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
class Forecast:
    """A forecast as it was made; weighted, paced: what the rivals said."""

    day: date
    owner: str
    period: str
    first: date
    last: date
    quantiles: tuple[int, ...]
    weighted: int | None
    paced: int | None
    silent: str | None


@dataclass(frozen=True)
class Course:
    """What a company aims at, and said it would reach. week: ISO days of the week worked."""

    first_month: int
    week: tuple[int, ...]
    holidays: frozenset[date]
    targets: tuple[Target, ...]
    forecasts: tuple[Forecast, ...]


def month_of(day: date, shift: int) -> date:
    """Return the first day of the month so many months after a day's."""
    number = day.year * 12 + day.month - 1 + shift
    return date(number // 12, number % 12 + 1, 1)


def period_of(kind: str, day: date, first_month: int) -> tuple[date, date]:
    """Return the first and last day of the month, fiscal quarter or year in which a day lies."""
    begins = month_of(day, -((day.month - first_month) % MONTHS[kind]))
    return begins, month_of(begins, MONTHS[kind]) - DAY


def course_of(company: Company, today: date) -> Course:
    """Return what a company aims at; the same for the same company."""
    random = Random(f"{company.reads} {len(company.records)}")
    first_month = random.randint(1, 12)
    days = [today + DAY * random.randint(-40, 60) for _ in range(8)]
    week = random.choice(((1, 2, 3, 4, 5), (1, 2, 3, 4, 5, 6), (7, 1, 2, 3, 4), (2, 6)))
    targets = tuple(_targets(random, today, first_month, company))
    forecasts = tuple(_forecasts(random, today, first_month))
    return Course(first_month, week, frozenset(days), targets, forecasts)


def _targets(random: Random, today: date, first_month: int, company: Company) -> Iterator[Target]:
    places = [(scope, name, kind) for scope in NAMED for name in NAMED[scope] for kind in MONTHS]
    for scope, name, kind in random.sample(places, 24):
        first, last = period_of(kind, today, first_month)
        if random.random() < 0.15:
            first, last = period_of(kind, last + DAY, first_month)
        currency = random.choice((None, None, company.currency, "CHF"))
        amount, deals = random.choice(((0, None), (None, 0), (0, 3), (None, 9), (10**7, 0),
                                       (10**5, 2), (10**8, None), (37, None)))  # fmt: skip
        yield Target(scope, name, kind, first, last, currency, amount, deals)


def _forecasts(random: Random, today: date, first_month: int) -> Iterator[Forecast]:
    """Yield forecasts of five months, and the quarters of their days: some are not over yet."""
    for back in range(5):
        begins = month_of(today, -back)
        day = begins + DAY * random.randint(0, 27)
        for kind in ("month", "quarter"):
            first, last = period_of(kind, day, first_month)
            for owner in ("", "1", "9", "nobody"):
                quantiles = tuple(sorted(random.choice((0, 10**6, 10**7)) * n + random.randint(0, 9)
                                         for n in range(5)))  # fmt: skip
                rivals = (random.choice((None, 0, 10**6, 2 * 10**7)) for _ in range(2))
                silent = random.choice((None, None, None, "No forecast yet."))
                yield Forecast(day, owner, kind, first, last, quantiles, *rivals, silent)


def put(connection: Connection, course: Course) -> None:
    """Write what a company aims at in place of what stood there."""
    with connection.cursor() as cursor:
        cursor.execute(
            "truncate crm.holidays, crm.business_hours, analytics.targets, analytics.forecasts"
        )
        cursor.execute("update crm.organisation set fiscal_start_month = %s", [course.first_month])
        holidays = [(day, "", "file") for day in course.holidays]
        execute_values(cursor, "insert into crm.holidays values %s", holidays)
        hours = [(day, "09:00", "18:00", "file") for day in course.week]
        execute_values(cursor, "insert into crm.business_hours values %s", hours)
        execute_values(
            cursor,
            "insert into analytics.targets "
            "(scope, name, period, first_day, last_day, currency, amount, deals) values %s",
            [tuple(vars(target).values()) for target in course.targets],
        )
        execute_values(
            cursor,
            "insert into analytics.forecasts (day, scope, owner_id, period, first_day, last_day, "
            "won_value, won_deals, value_p10, value_p25, value_p50, value_p75, value_p90, "
            "deals_p10, deals_p90, weighted_value, paced_value, closed_deals, silent, "
            "is_back_test) values %s",
            [
                (it.day, "rep" if it.owner else "company", it.owner, it.period, it.first, it.last,
                 0, 0, *((None,) * 5 if it.silent else it.quantiles), 1, 3, it.weighted, it.paced,
                 60, it.silent, it.first.month % 2 == 0)
                for it in course.forecasts
            ],
        )  # fmt: skip


def won(picture: Picture, first: date, last: date, owner: str = "", source: str = "") -> list[Deal]:
    """Return the deals won in a period, of an owner, of a source or of all."""
    return [
        deal
        for deal in picture.live_deals
        if deal.now.meaning == "won"
        and first <= deal.closed_day <= last
        and owner in ("", deal.now.owner)
        and source in ("", deal.source)
    ]


def forecast_scores(picture: Picture) -> Rows:
    """Score each forecast of a period that is over."""
    rows: Rows = {}
    for it in course_of(picture.company, picture.today).forecasts:
        if it.silent or it.last >= picture.today:
            continue
        deals = won(picture, it.first, it.last, it.owner)
        came, middle = value(deals), it.quantiles[2]
        rows[it.day, "rep" if it.owner else "company", it.owner, it.period] = {
            "first_day": it.first,
            "last_day": it.last,
            "days_to_go": (it.last - it.day).days,
            "is_back_test": it.first.month % 2 == 0,
            "actual_value": came,
            "actual_deals": len(deals),
            "forecast_value": middle,
            "is_inside_80": it.quantiles[0] <= came <= it.quantiles[4],
            "is_inside_50": it.quantiles[1] <= came <= it.quantiles[3],
            "is_inside_80_deals": 1 <= len(deals) <= 3,
            "error_value": middle - came,
            "loss": loss(came, it.quantiles),
            "weighted_loss": None if it.weighted is None else loss(came, (it.weighted,) * 5),
            "paced_loss": None if it.paced is None else loss(came, (it.paced,) * 5),
        }
    return rows


def loss(came: Fraction, said: tuple[int, ...]) -> Fraction:
    """Return the mean pinball loss."""
    losses = (
        share * (came - it) if came > it else (1 - share) * (it - came)
        for share, it in zip(SHARES, said, strict=True)
    )
    return sum(losses, Fraction(0)) / 5


def pace(picture: Picture) -> Rows:
    """Return where the company's periods stand, and those of further targets that count."""
    course = course_of(picture.company, picture.today)
    counted = [it for it in course.targets if counts(picture, it)]
    rows: Rows = {}
    for kind in MONTHS:
        first, last = period_of(kind, picture.today, course.first_month)
        of_period = [it for it in counted if (it.first, it.last) == (first, last)]
        own = [it for it in of_period if it.scope == "company"]
        target = own[0] if own else Target("company", "", kind, first, last, None, None, None)
        row = _stand(picture, course, target, "", "")
        for scope in ("rep", "source"):
            amounts = [it.amount for it in of_period if it.scope == scope and it.amount]
            row[f"{scope}s_target_value"] = sum(amounts) if amounts else None
        rows["company", "(none)", kind] = row
    for it in counted:
        if it.scope != "company" and it.first <= picture.today <= it.last:
            [owner] = fitting(picture, it.name) if it.scope == "rep" else [""]
            name = name_of(picture, owner) if owner else it.name
            source = key(it.name) if it.scope == "source" else ""
            row = _stand(picture, course, it, owner, source)
            row |= {"reps_target_value": None, "sources_target_value": None}
            rows[it.scope, key(name), it.period] = row
    return rows


def counts(picture: Picture, target: Target) -> bool:
    """Return whether a target can be compared."""
    if target.currency not in (None, picture.company.currency):
        return False
    if not target.amount and not target.deals:
        return False
    if target.scope == "rep":
        return len(fitting(picture, target.name)) == 1
    states = (s for one in (*picture.leads, *picture.deals) for _, s in one.known.contents)
    return target.scope == "company" or key(target.name) in {key(s["Lead_Source"]) for s in states}


def troubles(picture: Picture) -> int:
    """Return how many targets of periods that are not over have a sentence about them."""
    targets = course_of(picture.company, picture.today).targets
    return sum(
        it.last >= picture.today and (not counts(picture, it) or _has_left(picture, it))
        for it in targets
    )


def _has_left(picture: Picture, target: Target) -> bool:
    """Return whether a rep has no open deal, and no live lead or deal of 90 days."""
    if target.scope != "rep":
        return False
    [owner] = fitting(picture, target.name)
    since = picture.today - DAY * 90
    is_there = any(
        deal.now.owner == owner and (deal.now.meaning == "open" or deal.day > since)
        for deal in picture.live_deals
    )
    return not is_there and not any(
        lead.now.owner == owner and lead.day > since for lead in picture.live_leads
    )


def fitting(picture: Picture, name: str) -> list[str]:
    """Return the ids of the owners of records, now or before, that are called so."""
    owners = {
        owner["id"]
        for one in (*picture.leads, *picture.deals)
        for _, state in one.known.contents
        if (owner := state.get("Owner"))
    }
    return [owner for owner in owners if owner == name or key(NAMES[owner]) == key(name)]


def _stand(picture: Picture, course: Course, target: Target, owner: str, source: str) -> Row:
    today, first, last = picture.today, target.first, target.last
    deals = won(picture, first, today, owner, source)
    amount, number = target.amount or None, target.deals or None
    to_go = None if amount is None else amount - value(deals)
    worked = [
        day
        for n in range((last - first).days + 1)
        if (day := first + DAY * n).isoweekday() in course.week and day not in course.holidays
    ]
    left = [day for day in worked if day >= today]
    shares = shares_of(picture, target)
    usual = median(shares) if shares else None
    closing = [
        deal
        for deal in picture.live_deals
        if deal.now.meaning == "open" and deal.now.closing and first <= deal.now.closing <= last
        and owner in ("", deal.now.owner) and source in ("", deal.source)
    ]  # fmt: skip
    missing = to_go if to_go and to_go > 0 else None
    weighted = sum((deal.now.weighted for deal in closing), Fraction(0))

    def of_target(share: Fraction | None) -> Fraction | None:
        return None if amount is None or share is None else amount * share / 100

    on_course = of_target(usual)
    return {
        "target_value": amount,
        "target_deals": number,
        "won_value": value(deals),
        "won_deals": len(deals),
        "to_go_value": to_go,
        "to_go_deals": None if number is None else number - len(deals),
        "attained_pct": None if amount is None else pct(value(deals), amount),
        "days_gone": len(worked) - len(left),
        "days_left": len(left),
        "needed_a_day": max(to_go, 0) / Fraction(len(left)) if left and to_go is not None else None,
        "usual_pct": usual,
        "usual_low_pct": min(shares, default=None),
        "usual_high_pct": max(shares, default=None),
        "usual_periods": len(shares),
        "usual_value": on_course,
        "usual_low_value": of_target(min(shares, default=None)),
        "usual_high_value": of_target(max(shares, default=None)),
        "ahead_value": None if on_course is None else value(deals) - on_course,
        "closing_deals": len(closing),
        "closing_value": value(closing),
        "closing_weighted_value": weighted,
        "coverage_pct": pct(value(closing), missing) if missing else None,
        "weighted_coverage_pct": pct(weighted, missing) if missing else None,
    }


def shares_of(picture: Picture, target: Target) -> list[Fraction]:
    """Return how much of each past period was won when as much of it was over."""
    oldest = min((deal.day for deal in picture.live_deals), default=date.max)
    shares = []
    for back in range(1, PAST[target.period] + 1):
        begins = month_of(target.first, -back * MONTHS[target.period])
        ends = month_of(begins, MONTHS[target.period]) - DAY
        gone = Fraction((picture.today - target.first).days, (target.last - target.first).days + 1)
        same = begins + DAY * (ceil(gone * ((ends - begins).days + 1)) - 1)
        whole = value(won(picture, begins, ends))
        if begins >= oldest and whole:
            shares.append(pct(value(won(picture, begins, same)), whole))
    return shares


MARTS: dict[str, tuple[tuple[str, ...], Callable[[Picture], Rows]]] = {
    "pace": (("scope", "name", "period"), pace),
    "forecast_scores": (("day", "scope", "owner_id", "period"), forecast_scores),
}
