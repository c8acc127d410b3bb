"""Targets, working days and forecasts drawn at random; pace and scores of them in plain Python.

A target's reps and sources may be spelled otherwise than in the CRM, or be nobody's; amounts may be
empty, zero or in another currency.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from random import Random

from psycopg2.extensions import connection as Connection
from psycopg2.extras import execute_values

from aha_pipeline_tests.oracle import aims
from aha_pipeline_tests.oracle.aims import MONTHS, Books, Open, Target, Won, month_of, period_of
from aha_pipeline_tests.oracle.company import OF_DEALS, OF_LEADS, Company
from aha_pipeline_tests.oracle.deals import NONE, Deal, Said, standing
from aha_pipeline_tests.oracle.figures import (
    DAY,
    NAMES,
    Picture,
    Rows,
    name_of,
    of_meaning,
    value,
)
from aha_pipeline_tests.oracle.text import key

SHARES = (Fraction(1, 10), Fraction(1, 4), Fraction(1, 2), Fraction(3, 4), Fraction(9, 10))
NAMED = {
    "company": ("",),
    "rep": ("Rep 1", "\u00a0REP 2", "3", "Rep 4", OF_DEALS["name"], OF_LEADS["id"], "Nobody"),
    "source": ("facebook", "Partner", "WEB\u3000form", "Fax"),
}


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


def books_of(picture: Picture, until: date | None = None, left_from: date | None = None) -> Books:
    """Return the books at the end of a day, or as of now."""
    until = until or picture.today
    course = course_of(picture.company, picture.today)
    owners = {
        owner["id"]
        for one in (*picture.leads, *picture.deals)
        for _, state in one.known.contents
        if (owner := state.get("Owner"))
    }
    states = (s for one in (*picture.leads, *picture.deals) for _, s in one.known.contents)
    since = until - DAY * 90
    records = [(deal.now.owner, deal.day, deal.now.meaning) for deal in picture.live_deals]
    records += [(lead.now.owner, lead.day, "") for lead in picture.live_leads]
    return Books(
        until=until,
        left_from=left_from or until,
        home=picture.company.currency,
        first_month=course.first_month,
        week=course.week,
        holidays=course.holidays,
        targets=course.targets,
        won=[
            Won(deal.closed_day, deal.now.owner, deal.source, deal.now.value)
            for deal in of_meaning(picture.live_deals, "won")
        ],
        opened=[
            Open(said.closing, said.owner, deal.source, said.value, said.weighted)
            for deal in picture.deals
            if (said := _stood(picture, deal, until)) and said.meaning == "open" and said.closing
        ],
        oldest=min((deal.day for deal in picture.live_deals), default=date.max),
        names={owner: (NAMES[owner], name_of(picture, owner)) for owner in owners},
        sources={it: it for it in (key(state["Lead_Source"]) for state in states)},
        active={owner for owner, day, meaning in records if meaning == "open" or day > since},
    )


def _stood(picture: Picture, deal: Deal, day: date) -> Said | None:
    """Return how a deal stood at the end of a day; by now it stands as it says now."""
    if day < picture.today:
        return standing(deal, day)
    return deal.now if deal.is_live else None


def pace(picture: Picture) -> Rows:
    """Return where the company's periods stand, and those of further targets that count."""
    return pace_rows(picture, books_of(picture))


def pace_rows(picture: Picture, books: Books) -> Rows:
    """Return where periods stand in some books, by whose they are."""
    rows: Rows = {}
    for it, owner, row in aims.pace(books):
        name = name_of(picture, owner) if owner else it.name
        rows[it.scope, key(name) or NONE, it.period] = row
    return rows


MARTS: dict[str, tuple[tuple[str, ...], Callable[[Picture], Rows]]] = {
    "pace": (("scope", "name", "period"), pace),
    "forecast_scores": (("day", "scope", "owner_id", "period"), forecast_scores),
}
