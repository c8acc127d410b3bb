"""What measures say of drawn rows of marts (drawn.py), in plain Python."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import groupby
from statistics import median

from aha_pipeline_tests.oracle import aims
from aha_pipeline_tests.oracle.aims import DAY, MONTHS, period_of
from aha_pipeline_tests.oracle.company import WORTH
from aha_pipeline_tests.oracle.drawn import (
    CHANGES,
    LEADS,
    OF_DAY,
    SOURCES,
    Drawn,
    Record,
    holds,
    is_live,
)
from aha_pipeline_tests.oracle.figures import pct
from aha_pipeline_tests.oracle.formulas import is_plausible
from aha_pipeline_tests.oracle.text import key

LABELS = {key(source): source for source in SOURCES}
Rows = dict[tuple, Record]
Asked = Iterator[tuple[tuple, Rows]]  # what a measure is asked with, and what is right
SOME = ((None, None), (["Facebook"], None), (None, ["1", "(none)"]), (["Fax"], ["1"]),
        (["Facebook", "(none)"], ["1", "2"]))  # fmt: skip


@dataclass(frozen=True)
class Judge:
    """The columns by which a measure's rows are told apart, and what is right."""

    names: tuple[str, ...]
    asked: Callable[[Drawn], Asked]


def _of(rows: list[Record], sources: list | None, owners: list | None) -> list[Record]:
    return [
        it
        for it in rows
        if (sources is None or it["source"] in sources)
        and (owners is None or it["owner_id"] in owners)
    ]


def _sums(rows: list[Record], names: tuple[str, ...]) -> Record:
    return {name: sum(it[name] for it in rows) for name in names}


def _spans(drawn: Drawn) -> list[tuple[date | None, date | None]]:
    first, *_, last = drawn.days
    return [(None, None), (first, None), (None, last), (first, last), (last, last)]


def _in(rows: list[Record], since: date | None, until: date | None) -> list[Record]:
    """Return those of some days; rows of no day are only of all days."""
    if since is None and until is None:
        return rows
    return [
        it for it in rows if it["day"] and (since or date.min) <= it["day"] <= (until or date.max)
    ]


SHOWN = ("new_leads", *LEADS, "won_deals", "won_value", "lost_deals", "lost_value")


def _period(drawn: Drawn) -> Asked:
    for since, until in _spans(drawn):
        for some in SOME:
            groups = defaultdict(list)
            for part in _in(_of(drawn.parts, *some), since, until):
                groups[part["source"], part["owner_id"]].append(part)
            rows = {
                place: {name.removeprefix("new_") if name in LEADS else name: it
                        for name, it in _sums(of, SHOWN).items()}
                for place, of in groups.items()
            }  # fmt: skip
            yield (
                (since, until, *some),
                {
                    place: row
                    for place, row in rows.items()
                    if row["new_leads"] or row["won_deals"] or row["lost_deals"]
                },
            )


def _sources(drawn: Drawn) -> Asked:
    for (since, until, *some), periods in _period(drawn):
        rows: Rows = {}
        for source in {source for source, _ in periods}:
            of = [row for (its, _), row in periods.items() if its == source]
            found = _sums(of, tuple(of[0]))
            leads = found["new_leads"]
            qualified = found["qualified_leads"] + found["converted_leads"]
            if leads or found["won_deals"]:
                rows[source,] = {
                    "leads": leads,
                    "junk_leads": found["junk_leads"],
                    "junk_pct": pct(found["junk_leads"], leads),
                    "qualified_leads": qualified,
                    "converted_leads": found["converted_leads"],
                    "won_deals": found["won_deals"],
                    "won_value": found["won_value"],
                    "open_leads": found["open_leads"],
                    "lost_leads": found["lost_leads"],
                    "conversion_pct": pct(found["converted_leads"], leads),
                    "qualified_pct": pct(qualified, leads),
                    "qualified_now": found["qualified_leads"],
                    "share_open": pct(found["open_leads"], leads),
                    "share_qualified": pct(found["qualified_leads"], leads),
                    "share_lost": pct(found["lost_leads"], leads),
                }
        yield (since, until, *some), rows


def _kpi_changes(drawn: Drawn) -> Asked:
    for some in SOME:
        groups = defaultdict(list)
        for part in _of(drawn.parts, *some):
            groups[part["day"],].append(part)
        groups.pop((None,), None)
        rows = {place: _sums(of, OF_DAY) for place, of in groups.items()}
        # Of all, no day is kept of which nothing is left.
        yield some, {it: row for it, row in rows.items() if any(row.values()) or some != SOME[0]}


def _outcomes(drawn: Drawn) -> Asked:
    for since, until in _spans(drawn):
        for some in SOME:
            groups = defaultdict(list)
            for part in _in(_of(drawn.parts, *some), since, until):
                if part["won_deals"] or part["lost_deals"]:
                    groups[part["day"].replace(day=1),].append(part)
            rows = {
                place: _sums(of, ("won_deals", "won_value", "lost_deals", "lost_value"))
                for place, of in groups.items()
            }
            for row in rows.values():
                closed = row["won_deals"] + row["lost_deals"]
                row["win_rate_by_count"] = pct(row["won_deals"], closed)
            yield (since, until, *some), rows


def _assumed_pcts(drawn: Drawn) -> Asked:
    days = [*drawn.days, date(1990, 1, 1)]
    for some in SOME:
        rows: Rows = {}
        for day in days:
            parts = [it for it in _of(drawn.parts, *some) if it["day"] and it["day"] <= day]
            of = _sums(parts, CHANGES)
            by_value = pct(of["assumed_value_change"], of["open_value_change"])
            by_deals = pct(of["assumed_deals_change"], of["open_deals_change"])
            rows[day,] = {"pct": by_deals if by_value is None else by_value}
        yield (days, *some), rows


def _open_deals(drawn: Drawn) -> Asked:
    for day in drawn.days:
        for some in SOME:
            groups = defaultdict(list)
            for it in _of(drawn.deals, *some):
                if it["meaning"] == "open" and holds(it, day):
                    groups[it["stage"],].append(it)
            yield (
                (day, *some),
                {
                    place: {
                        "open_deals": len(of),
                        "open_value": sum(it["amount"] or 0 for it in of),
                        "weighted_value": sum(it["weighted_amount"] for it in of),
                    }
                    for place, of in groups.items()
                },
            )


def _unvalued_deals(drawn: Drawn) -> Asked:
    first, *_, last = drawn.days
    for since, until in ((first, last), (last, last), (first, last - DAY), (last, first)):
        for some in SOME:
            unvalued = Counter(
                it["meaning"]
                for it in _of(drawn.deals, *some)
                if is_live(it)
                and it["amount"] is None
                and it["closed_day"]
                and since <= it["closed_day"] <= until
            )
            yield (
                (since, until, *some),
                {(): {"won_deals": unvalued["won"], "lost_deals": unvalued["lost"]}},
            )


def _unconverted_deals(drawn: Drawn) -> Asked:
    for day in drawn.days:
        yield (
            (day,),
            {
                (it["id"],): {
                    "meaning": it["meaning"],
                    "created_day": it["day"],
                    "closing_date": it["closing_date"],
                }
                for it in drawn.deals
                if it["is_unconverted"] and holds(it, day)
            },
        )


def _periods(drawn: Drawn) -> Iterator[tuple[str, date, date, int]]:
    books = drawn.books
    for kind in MONTHS:
        first, last = period_of(kind, books.until, books.first_month)
        for days_over in {0, 1, (books.left_from - first).days, (last - first).days + 1}:
            yield kind, first, last, days_over


def _past_courses(drawn: Drawn) -> Asked:
    for asked in _periods(drawn):
        courses = aims.past_courses(drawn.books, *asked)
        yield asked, {(it["first_day"],): it for it in courses}


def _usual_course(drawn: Drawn) -> Asked:
    for asked in _periods(drawn):
        found = aims.shares(drawn.books, *asked)
        yield (200, *asked), {(): {
            "usual_value": 2 * median(found) if found else None,
            "usual_low_value": 2 * min(found) if found else None,
            "usual_high_value": 2 * max(found) if found else None,
        }}  # fmt: skip


def _forecast_record(drawn: Drawn) -> Asked:
    ends = sorted({it["last_day"] for it in drawn.scores})[-2:]
    for at_day in {drawn.books.until, *ends, *[end + DAY for end in ends]}:
        for kind, owner, left in (("month", "", 2), ("month", "1", 3), ("quarter", "", 0)):
            scores = [
                it
                for it in drawn.scores
                if it["last_day"] < at_day and (it["period"], it["owner_id"]) == (kind, owner)
            ]
            yield (at_day, kind, owner, left), {(): record_of(scores, left)}


def record_of(scores: list[Record], left: int) -> Record:
    """Return how the forecasts did that were made with about as many days to go.

    Of each of the twelve last periods the nearest; the real one of two, then the earlier one.
    """
    nearest = {
        last: min(of, key=lambda it: (abs(it["days_to_go"] - left), it["is_back_test"], it["day"]))
        for last, of in _by_period(scores).items()
    }
    newest = [nearest[last] for last in sorted(nearest)[-12:]]
    inside = {n: sum(it[f"is_inside_{n}"] for it in newest) for n in (80, 50)}

    def better(than: str) -> Fraction | None:
        both = [it for it in newest if it[than] is not None]
        ours, theirs = (sum(it[name] for it in both) for name in ("loss", than))
        return pct(theirs - ours, theirs)

    return {
        "periods": len(newest),
        "inside_80": inside[80],
        "inside_50": inside[50],
        "back_tests": sum(it["is_back_test"] for it in newest),
        "coverage_80_pct": pct(inside[80], len(newest)),
        "coverage_50_pct": pct(inside[50], len(newest)),
        "error_pct": pct(
            sum(it["error_value"] for it in newest), sum(it["actual_value"] for it in newest)
        ),
        "than_weighted_periods": sum(it["weighted_loss"] is not None for it in newest),
        "than_weighted_pct": better("weighted_loss"),
        "than_paced_periods": sum(it["paced_loss"] is not None for it in newest),
        "than_paced_pct": better("paced_loss"),
    }


def _by_period(scores: list[Record]) -> dict[date, list[Record]]:
    ordered = sorted(scores, key=lambda it: it["last_day"])
    return {last: list(of) for last, of in groupby(ordered, key=lambda it: it["last_day"])}


def _targets(drawn: Drawn) -> Asked:
    books, rows = drawn.books, {}
    for it in books.targets:
        owners = aims.fitting(books, it.name) if it.scope == "rep" else []
        owner = min(owners, default=None)
        source = books.sources.get(key(it.name)) if it.scope == "source" else None
        rows[it.scope, it.name, it.first, it.last] = {
            "period": it.period,
            "amount": it.amount or None,
            "deals": it.deals or None,
            "currency": it.currency,
            "home": books.home,
            "owner_id": owner,
            "owner_name": owner and books.names[owner][1],
            "source": source and LABELS[source],
            "trouble": aims.trouble(books, it),
        }
    yield (books.until,), rows


def _target_troubles(drawn: Drawn) -> Asked:
    yield (drawn.books.until,), {(it,): {} for it in aims.sentences(drawn.books)}


def _pace(drawn: Drawn) -> Asked:
    books, rows = drawn.books, {}
    for it, owner, row in aims.pace(books):
        source = LABELS[books.sources[key(it.name)]] if it.scope == "source" else None
        name = books.names[owner][1] if owner else source or ""
        rows[it.scope, owner, source, it.period, it.first, it.amount or None, it.deals or None] = (
            row | {"name": name}
        )
    yield (books.until, books.left_from), rows


def _of_chosen(drawn: Drawn) -> Asked:
    present = {it["id"]: it for it in (*drawn.deals, *drawn.leads) if it["is_present"]}
    ids = ["nobody", *present, *list(present)[:2]]
    for some in SOME:
        yield (
            (ids, *some),
            {
                (place,): {"id": id_}
                for place, id_ in enumerate(ids, 1)
                if id_ in present and _of([present[id_]], *some)
            },
        )


def _company_rate_reading(drawn: Drawn) -> Asked:
    votes: Counter[str] = Counter()
    for currency, rate in drawn.rates:
        if currency in WORTH and currency != drawn.home and rate is not None and rate > 0:
            worth = WORTH[currency] / WORTH[drawn.home]
            can = {"multiply": is_plausible(rate, worth), "divide": is_plausible(1 / rate, worth)}
            if sum(can.values()) == 1:
                votes[max(can, key=can.get)] += 1
    (most, *rest) = sorted(votes.values(), reverse=True) or [0]
    told = max(votes, key=votes.get) if most and most not in rest else None
    yield (), {(): {"company_rate_reading": drawn.setting or told}}


def _first_records(drawn: Drawn) -> Asked:
    led = [it["day"] for it in drawn.parts if it["day"] and it["new_leads"] > 0]
    dealt = drawn.books.oldest
    yield (
        (),
        {
            ("lead",): {"since": min(led, default=None)},
            ("deal",): {"since": None if dealt == date.max else dealt},
        },
    )


JUDGES = {
    "assumed_pcts": Judge(("day",), _assumed_pcts),
    "company_rate_reading": Judge((), _company_rate_reading),
    "first_records": Judge(("entity",), _first_records),
    "forecast_record": Judge((), _forecast_record),
    "kpi_changes": Judge(("day",), _kpi_changes),
    "of_chosen": Judge(("place",), _of_chosen),
    "open_deals": Judge(("stage",), _open_deals),
    "outcomes": Judge(("month",), _outcomes),
    "pace": Judge(
        ("scope", "owner_id", "source", "period", "first_day", "target_value", "target_deals"),
        _pace,
    ),
    "past_courses": Judge(("first_day",), _past_courses),
    "period": Judge(("source", "owner_id"), _period),
    "sources": Judge(("source",), _sources),
    "target_troubles": Judge(("sentence",), _target_troubles),
    "targets": Judge(("scope", "name", "first_day", "last_day"), _targets),
    "unconverted_deals": Judge(("id",), _unconverted_deals),
    "unvalued_deals": Judge((), _unvalued_deals),
    "usual_course": Judge((), _usual_course),
}
