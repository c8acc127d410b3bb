"""Measures that no mart shows whole, as they are asked: of some days, sources and owners."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import partial
from statistics import median

from aha_pipeline_tests.oracle import aims, course, figures, pipeline
from aha_pipeline_tests.oracle.changes import Meant, changes_of
from aha_pipeline_tests.oracle.comparison import FILTERS, differences, key_of
from aha_pipeline_tests.oracle.deals import NONE, NOT_KNOWN, Deal, Said, standing
from aha_pipeline_tests.oracle.figures import (
    DAY,
    Picture,
    Rows,
    known_value,
    of_meaning,
    pct,
    share_of_value,
    value,
)
from aha_pipeline_tests.oracle.measured import record_of
from aha_pipeline_tests.oracle.text import key
from aha_pipeline_tests.warehouse.marts_company import rows

# What measures.period has of the figures of a day, and how it calls them.
BROUGHT = {name: name for name in ("new_leads", *pipeline.OF_CLOSED)}
BROUGHT |= {name: name.removeprefix("new_") for name in pipeline.OF_NEW[1:]}


@dataclass(frozen=True)
class Asked:
    """A measure that is asked: its arguments, before the sources and owners if it takes them."""

    measure: str
    names: tuple[str, ...]
    arguments: tuple
    right: Callable[[Picture, Meant], Rows]
    is_of_some: bool = True  # it takes sources and owners


def all_asked(picture: Picture) -> Iterator[Asked]:
    """Yield what is asked of a company."""
    third = (picture.last_day - picture.first_day) / 3
    early, late = picture.first_day + third, picture.last_day - third
    yield Asked("standing", (), (), open_now)
    yield Asked("stages", ("stage",), (), stages)
    yield Asked("lost", ("id",), (early, late), partial(lost, since=early, until=late))
    yield Asked("lost", ("id",), (None, None), partial(lost, since=date.min, until=date.max))
    for since, until in ((early, late), (None, None)):
        right = partial(period, since=since or date.min, until=until or date.max)
        yield Asked("period", ("source", "owner_id"), (since, until), right)
    days = [early, late, _busy_day(picture)]
    for day in days:
        by_stage = partial(open_on, day=day, by=lambda deal, said: (said.stage,))
        yield Asked("open_deals", ("stage",), (day,), by_stage)
        by_owner = partial(open_on, day=day, by=lambda deal, said: (deal.source, said.owner))
        yield Asked("open_value", ("source", "owner_id"), (day,), by_owner)
        right = partial(unconverted, day=day)
        yield Asked("unconverted_deals", ("id",), (day,), right, is_of_some=False)
        for stage in (None, "Qualification"):
            valued = partial(open_values, day=day, stage=stage)
            yield Asked("open_values", (), (day, stage), valued)
    for since, until in ((early, late), (date.min, picture.today)):
        right = partial(unvalued, since=since, until=until)
        yield Asked("unvalued_deals", (), (since, until), right)
    for since, until in ((early, late), (late, late), (date.min, date.max)):
        right = partial(closed_values, since=since, until=until)
        yield Asked("closed_values", (), (since, until), right)
    days = [*days, picture.last_day, date(1990, 1, 1)]
    yield Asked("assumed_pcts", ("day",), (days,), partial(assumed, days=days))
    for day in (picture.last_day, picture.first_day + DAY * 20):
        right = partial(usual_week, until=day)
        yield Asked("usual_week", (), (day,), right, is_of_some=False)
    yield from _changes(picture)
    last = picture.last_day
    for day, left_from in ((last, last + DAY), (early, early), (late, late + DAY)):
        right = partial(paced, until=day, left_from=left_from)
        names = ("scope", "name", "period")
        yield Asked("pace", names, (day, left_from), right, is_of_some=False)
    yield from _courses(picture)
    yield from _records(picture)


def _busy_day(picture: Picture) -> date:
    """Return the day on which most deals changed."""
    days = Counter(said.day for deal in picture.deals for said in deal.said[1:])
    return max(days, key=lambda day: (days[day], day), default=picture.last_day)


def open_now(picture: Picture, is_meant: Meant) -> Rows:
    """Return how the open deals stand."""
    deals = [
        deal
        for deal in of_meaning(picture.live_deals, "open")
        if is_meant(deal.source, deal.now.owner)
    ]
    every = picture.rows_of("slipping_deals", figures.slipping_deals)
    slips = [every[deal.id,] for deal in deals if (deal.id,) in every]
    overdue = [row for row in slips if row["is_overdue"]]
    older = sum(row["is_older"] for row in slips)
    stays = [stay for deal in deals if (stay := figures.stays_of(deal)[-1]).is_known]

    def worth(of: list) -> Fraction:
        return sum((row["value"] for row in of), Fraction(0))

    return {
        (): {
            "open_deals": len(deals),
            "open_value": known_value(deals),
            "slipping_deals": len(slips),
            "slipping_value": worth(slips),
            "slipping_pct": share_of_value(worth(slips), value(deals)),
            "overdue_deals": len(overdue),
            "overdue_value": worth(overdue),
            "overdue_pct": share_of_value(worth(overdue), value(deals)),
            "older_deals": older,
            "older_pct": pct(older, len(deals)),
            "days_in_stage": figures.middle(stay.days(picture.now) for stay in stays),
        }
    }


def stages(picture: Picture, is_meant: Meant) -> Rows:
    """Return the stages that deals stand in."""
    deals = [deal for deal in picture.live_deals if is_meant(deal.source, deal.now.owner)]
    return figures.stages_of(picture, deals)


def lost(picture: Picture, is_meant: Meant, since: date, until: date) -> Rows:
    """Return the deals lost on some days."""
    every = picture.rows_of("lost_deals", pipeline.lost_deals)
    return {
        place: row
        | {
            "reason": row["reason"] or NONE,
            "stage": row["stage"] or NOT_KNOWN,
            "owner_name": figures.name_of(picture, row["owner_id"]),
        }
        for place, row in every.items()
        if is_meant(row["source"], row["owner_id"]) and since <= row["closed_day"] <= until
    }


def unvalued(picture: Picture, is_meant: Meant, since: date, until: date) -> Rows:
    """Return how many deals that closed on some days are of unknown value."""
    meanings = Counter(
        deal.now.meaning
        for deal in picture.live_deals
        if deal.closed_day
        and since <= deal.closed_day <= until
        and deal.now.amount is None
        and is_meant(deal.source, deal.now.owner)
    )
    return {(): {f"{meaning}_deals": meanings[meaning] for meaning in ("won", "lost")}}


def unconverted(picture: Picture, is_meant: Meant, day: date) -> Rows:
    """Return the deals whose amount at the end of a day has no value in the home currency."""
    return {
        (deal.id,): {
            "meaning": said.meaning,
            "created_day": deal.day,
            "closing_date": said.closing,
        }
        for deal in picture.deals
        if (said := standing(deal, day)) and said.is_unconverted
    }


def period(picture: Picture, is_meant: Meant, since: date, until: date) -> Rows:
    """Return what some days brought, by what it is now and whose."""
    sums: dict[tuple, Counter] = defaultdict(Counter)
    for (day, source, owner), row in picture.rows_of("kpi_parts", pipeline.kpi_parts).items():
        if since <= day <= until and is_meant(source, owner):
            sums[source, owner].update({name: row[name] for name in BROUGHT})
    return {
        place: {shown: row[name] for name, shown in BROUGHT.items()}
        for place, row in sums.items()
        if row["new_leads"] or row["won_deals"] or row["lost_deals"]
    }


def _open(picture: Picture, is_meant: Meant, day: date) -> list[tuple[Deal, Said]]:
    return [
        (deal, said)
        for deal in picture.deals
        if (said := standing(deal, day))
        and said.meaning == "open"
        and is_meant(deal.source, said.owner)
    ]


def open_on(picture: Picture, is_meant: Meant, day: date, by: Callable) -> Rows:
    """Return the deals that were open at the end of a day, by what they said then."""
    groups = defaultdict(list)
    for deal, said in _open(picture, is_meant, day):
        groups[by(deal, said)].append(said)
    return {
        place: {
            "open_deals": len(group),
            "open_value": sum(said.value for said in group),
            "weighted_value": sum(said.weighted for said in group),
        }
        for place, group in groups.items()
    }


def closed_values(picture: Picture, is_meant: Meant, since: date, until: date) -> Rows:
    """Return the value of what was won and lost on some days; None where none is known."""
    closed = [
        deal
        for deal in picture.live_deals
        if deal.closed_day
        and since <= deal.closed_day <= until
        and is_meant(deal.source, deal.now.owner)
    ]
    won, lost = (_known_sum(d.now for d in of_meaning(closed, it)) for it in ("won", "lost"))
    return {(): {"won_value": won, "lost_value": lost}}


def open_values(picture: Picture, is_meant: Meant, day: date, stage: str | None) -> Rows:
    """Return the value of what was open at the end of a day; None where none is known."""
    opened = [
        said
        for _, said in _open(picture, is_meant, day)
        if stage is None or said.stage == key(stage)
    ]
    return {(): {"open_value": _known_sum(opened)}}


def _known_sum(said: Iterable[Said]) -> Fraction | None:
    amounts = [it.amount for it in said if it.amount is not None]
    return sum(amounts, Fraction(0)) if amounts else None


def assumed(picture: Picture, is_meant: Meant, days: list[date]) -> Rows:
    """Return how much of what was open then is assumed: of the value, or of the deals without."""
    rows: Rows = {}
    for day in days:
        opened = _open(picture, is_meant, day)
        unknown = [said for deal, said in opened if day < deal.said[0].day]
        part, whole = (sum(said.value for said in of) for of in (unknown, [s for _, s in opened]))
        rows[day,] = {"pct": pct(part, whole) if whole else pct(len(unknown), len(opened))}
    return rows


def _changes(picture: Picture) -> Iterator[Asked]:
    names, week = ("day", "figure", "days"), DAY * 6
    for last in (picture.first_day + DAY * 3, picture.last_day):
        right = partial(moved, since=last - week, until=last)
        yield Asked("changes", names, (last - week, last), right)
        since, until = last - DAY * 4, last + DAY * 2
        # Of the days alone that the mart holds.
        held = {"since": max(since, picture.first_day), "until": min(until, picture.last_day)}
        yield Asked("known_changes", names, (since, until), partial(moved, **held))


def moved(picture: Picture, is_meant: Meant, since: date, until: date) -> Rows:
    """Return what moved on some days."""
    return changes_of(picture, is_meant, [since + DAY * n for n in range((until - since).days + 1)])


def usual_week(picture: Picture, is_meant: Meant, until: date) -> Rows:
    """Return the median of the leads of the four weeks before, of which every day is known."""
    new = {day: row["new_leads"] for (day,), row in figures.kpis(picture).items()}
    weeks = [[until - DAY * (7 * week + n) for n in range(7)] for week in range(1, 5)]
    known = [sum(new[day] for day in week) for week in weeks if new.keys() >= set(week)]
    return {(): {"weeks": len(known), "leads": median(known) if known else None}}


def paced(picture: Picture, is_meant: Meant, until: date, left_from: date) -> Rows:
    """Return where periods stood at the end of a day."""
    return course.pace_rows(picture, course.books_of(picture, until, left_from))


def _courses(picture: Picture) -> Iterator[Asked]:
    first_month = course.course_of(picture.company, picture.today).first_month
    for kind in aims.MONTHS:
        first, last = aims.period_of(kind, picture.today, first_month)
        given = (1000, kind, first, last, (picture.today - first).days)
        right = partial(usual_course, kind=kind, first=first, last=last)
        yield Asked("usual_course", (), given, right, is_of_some=False)


def usual_course(picture: Picture, is_meant: Meant, kind: str, first: date, last: date) -> Rows:
    """Return where a target of 1000 would stand today as past periods closed."""
    books = course.books_of(picture)
    shares = aims.shares(books, kind, first, last, (picture.today - first).days)
    return {
        (): {
            "usual_value": 10 * median(shares) if shares else None,
            "usual_low_value": 10 * min(shares) if shares else None,
            "usual_high_value": 10 * max(shares) if shares else None,
        }
    }


def _records(picture: Picture) -> Iterator[Asked]:
    for kind, owner, left in (("month", "", 15), ("month", "1", 3), ("quarter", "", 40)):
        last_of_month = picture.today.replace(day=1) - DAY
        for at_day in (picture.today, last_of_month, picture.today - DAY * 50):
            given = (at_day, kind, owner, left)
            right = partial(forecast_record, at_day=at_day, kind=kind, owner=owner, left=left)
            yield Asked("forecast_record", (), given, right, is_of_some=False)


def forecast_record(
    picture: Picture, is_meant: Meant, at_day: date, kind: str, owner: str, left: int
) -> Rows:
    """Return how the forecasts did that were made with about as many days to go."""
    scores = picture.rows_of("forecast_scores", course.forecast_scores)
    of_kind = [
        row | {"day": day}
        for (day, _, of_owner, period), row in scores.items()
        if row["last_day"] < at_day and (period, of_owner) == (kind, owner)
    ]
    return {(): record_of(of_kind, left)}


def faults_of_asked(connection, picture: Picture) -> list[str]:
    """Return what a measure says otherwise, of all and of some sources and owners."""
    labels = {row["source"] for row in rows(connection, "kpi_parts")}
    faults = []
    for sources, owners in [(None, None), *FILTERS, ({"worthless"}, None)]:
        named = sources and [label for label in labels if key(label) in sources]
        some = (named, owners and sorted(owners))
        for asked in all_asked(picture):
            if not asked.is_of_some and (sources or owners):
                continue
            given = (*asked.arguments, *(some if asked.is_of_some else ()))
            right = picture.rows_of(f"{asked.measure} {given}", partial(
                asked.right, is_meant=Meant(sources, owners)
            ))  # fmt: skip
            listed = _found(connection, asked, given)
            found = {key_of(row, asked.names): row for row in listed}
            if len(found) < len(listed):
                faults.append(f"{asked.measure} {given} has rows twice")
            faults += [f"{asked.measure} {given} {it}" for it in differences(right, found)]
    return faults


def _found(connection, asked: Asked, given: tuple) -> list[dict]:
    marks = ", ".join(["%s::date[]" if isinstance(it, list) and it and isinstance(it[0], date)
                       else "%s" for it in given])  # fmt: skip
    with connection.cursor() as cursor:
        query = f"select * from measures.{asked.measure}({marks})"  # noqa: S608
        text = cursor.mogrify(query, given).decode()
    return rows(connection, text)
