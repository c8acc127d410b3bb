"""What moved against the same weekday of eight weeks, and how unusual that is."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import sqrt
from statistics import median

from aha_pipeline_tests.oracle.course import course_of
from aha_pipeline_tests.oracle.figures import DAY, Names, Picture, Row, Rows, pct, week_leads
from aha_pipeline_tests.oracle.moves import moves, stands

FLOWS = ("new_leads", "won_deals", "won_value", "lost_deals", "lost_value")
STOCKS = ("open_deals", "open_pipeline_value", "weighted_pipeline_value")
CHANGES = {name: (1,) for name in FLOWS} | {name: (1, 7) for name in STOCKS}
MONEY = {"won_value", "lost_value", "open_pipeline_value", "weighted_pipeline_value"}
TOPICS = {"new_leads": "leads", "junk_pct": "junk"} | dict.fromkeys(STOCKS, "pipeline")
TOPICS |= {
    f"{outcome}_{what}": outcome for outcome in ("won", "lost") for what in ("deals", "value")
}
GOOD = {name: "up" for name in (*FLOWS, *STOCKS) if name != "open_deals"}
GOOD |= dict.fromkeys(("lost_deals", "lost_value", "junk_pct"), "down")
Came = tuple[Fraction, int, float]  # sum, number and sum of squares of what came


@dataclass(frozen=True)
class Meant:
    """Whether something of a source and an owner is asked for; None: of all."""

    sources: Names = None
    owners: Names = None

    def __call__(self, source: str, owner: str) -> bool:
        return (self.sources is None or source in self.sources) and (
            self.owners is None or owner in self.owners
        )


def changes(picture: Picture) -> Rows:
    """Return what moved on each day that is held and over."""
    return changes_of(picture, Meant(), [day for day in picture.days if day < picture.today])


def changes_of(picture: Picture, is_meant: Meant, days: Sequence[date]) -> Rows:
    """Return what moved on some days of some sources and owners, against their own normal."""
    holidays = course_of(picture.company, picture.today).holidays
    came, firsts = _came(picture, is_meant), _firsts(picture, is_meant)
    rows = {}
    for day in days:
        for name, lengths in CHANGES.items():
            first = firsts["lead" if name == "new_leads" else "deal"]
            for length in lengths:
                if first and day - DAY * (length - 1) >= first:
                    # No usual day is like one on which nobody works.
                    is_alone = length == 1 and day in holidays
                    before = [] if is_alone else _before(first, day, length)
                    change = _change(came[name], before, day, length)
                    rows[day, name, length] = _judged(name, change)
    return rows | _junk_changes(picture, is_meant, days)


def _came(picture: Picture, is_meant: Meant) -> dict[str, dict[date, Came]]:
    """Return what each lead that came, deal that closed and movement comes to on each day.

    That a deal is handed over is a movement of the owners asked for, and none of all.
    """
    sizes: dict[str, dict] = {name: defaultdict(list) for name in CHANGES}
    for lead in picture.live_leads:
        if is_meant(lead.now.source, lead.now.owner):
            sizes["new_leads"][lead.day].append(Fraction(1))
    for deal in picture.live_deals:
        if deal.closed_day and is_meant(deal.source, deal.now.owner):
            sizes[f"{deal.now.meaning}_deals"][deal.closed_day].append(Fraction(1))
            sizes[f"{deal.now.meaning}_value"][deal.closed_day].append(deal.now.value)
    for source, move in picture.rows_of("moves", _moves):
        if is_meant(source, move.owner) and (is_meant.owners or move.kind != "handed over"):
            moved = (move.deals, move.value, move.weighted)
            for name, size in zip(STOCKS, moved, strict=True):
                sizes[name][move.day] += [Fraction(size)] if size else []
    return {
        name: {
            day: (sum(of, Fraction(0)), len(of), sum(float(size) ** 2 for size in of))
            for day, of in by_day.items()
        }
        for name, by_day in sizes.items()
    }


def _moves(picture: Picture) -> list:
    return [(deal.source, move) for deal in picture.deals for move in moves(deal)]


def _firsts(picture: Picture, is_meant: Meant) -> dict[str, date | None]:
    """Return on which day the first lead and the first deal were there."""
    of_leads = (
        day
        for lead in picture.leads
        for day in (lead.day, *(said.day for said in lead.said))
        if (said := lead.at(day)) and is_meant(said.source, said.owner)
    )
    of_deals = (
        day
        for deal in picture.deals
        for day, said in stands(deal)
        if said and is_meant(deal.source, said.owner)
    )
    return {"lead": min(of_leads, default=None), "deal": min(of_deals, default=None)}


def _before(first: date, day: date, length: int) -> list[date]:
    """Return the last days of the periods to compare with, none of which begins too early."""
    ends = [day - DAY * 7 * week for week in range(1, 9)]
    return [last for last in ends if last - DAY * (length - 1) >= first]


def _change(came: dict[date, Came], periods: Sequence[date], day: date, length: int) -> Row:
    def of(*ends: date) -> Came:
        days = (last - DAY * n for last in ends for n in range(length))
        found = [came[of_day] for of_day in days if of_day in came]
        sums, numbers, squares = zip(*found, strict=True) if found else ((), (), ())
        return sum(sums, Fraction(0)), sum(numbers), sum(squares)

    sums = {last: of(last)[0] for last in (day, *periods)}
    row: Row = {"value": sums[day], "normal": None, "comparable_days": len(periods)}
    if len(periods) < 4:
        return row | {"compared_with": None}
    even = periods[: len(periods) - len(periods) % 2]
    ordered = sorted(even, key=sums.get)  # of equal ones the nearer first, as they stand
    quarter = len(ordered) // 4
    inner = ordered[quarter : len(ordered) - quarter]
    usual = sum((sums[last] for last in inner), Fraction(0)) / len(inner)
    deviation = median(float(abs(sums[last] - usual)) for last in even)
    _, number, squares = of(*even)
    usual_number = number / len(even)
    if not number:
        _, number, squares = of(day)
    # What chance does to as many things of such sizes as usual.
    chance = sqrt(max(usual_number, 1) * squares / number) if number else 0
    return row | {
        "normal": usual,
        "compared_with": sorted(inner, reverse=True),
        "spread": max(1.4826 * deviation, chance),
    }


def _judged(name: str, row: Row) -> Row:
    """Return a change with what to think of it, and how unusual it is."""
    change = None if row["normal"] is None else row["value"] - row["normal"]
    direction = None if change is None else "up" if change > 0 else "down" if change else "flat"
    spread = row.get("spread")
    score = None if change is None else float(change) / spread if spread else 0
    return row | {
        "change": change,
        "direction": direction,
        "is_good": (direction == GOOD[name]) if direction in ("up", "down") and name in GOOD
        else None,
        "topic": TOPICS[name],
        "unit": "percent" if name == "junk_pct" else "money" if name in MONEY else "count",
        "spread": spread,
        "score": score,
        "is_unusual": None if score is None else abs(score) >= 3,
    }  # fmt: skip


def _junk_changes(picture: Picture, is_meant: Meant, days: Sequence[date]) -> Rows:
    weeks: dict[date, Counter] = defaultdict(Counter)
    for (day, *of), row in picture.rows_of("week_leads", week_leads).items():
        if is_meant(*of):
            weeks[day].update(row)

    def share(days: Sequence[date]) -> Fraction:
        junk = sum(weeks[last]["junk_leads"] for last in days)
        return pct(junk, sum(weeks[last]["leads"] for last in days))

    rows = {}
    for day in days:
        if weeks[day]["leads"]:
            before = [last for week in range(1, 9) if weeks[last := day - DAY * 7 * week]["leads"]]
            row: Row = {"value": share([day]), "normal": None, "comparable_days": len(before)}
            row["compared_with"] = None
            if len(before) >= 4:
                row |= {"normal": share(before), "compared_with": before}
                deviation = median(float(abs(share([last]) - share(before))) for last in before)
                junk = sum(weeks[last]["junk_leads"] for last in before)
                rate = (junk + 1) / (sum(weeks[last]["leads"] for last in before) + 2)
                chance = 100 * sqrt(rate * (1 - rate) / weeks[day]["leads"])
                row["spread"] = max(1.4826 * deviation, chance)
            rows[day, "junk_pct", 7] = _judged("junk_pct", row)
    return rows


MARTS: dict[str, tuple[tuple[str, ...], Callable[[Picture], Rows]]] = {
    "changes": (("day", "figure", "days"), changes),
}
