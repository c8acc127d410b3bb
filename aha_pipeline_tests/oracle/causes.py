"""What came to and went from each step, the parts of the figures of a day, and their causes."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import date
from fractions import Fraction

from aha_pipeline_tests.oracle import figures
from aha_pipeline_tests.oracle.changes import STOCKS, changes
from aha_pipeline_tests.oracle.figures import DAY, Picture, Row, Rows, name_of, pct
from aha_pipeline_tests.oracle.leads import Lead
from aha_pipeline_tests.oracle.leads import Said as SaidOfLead
from aha_pipeline_tests.oracle.moves import moves, stands

SHOWN = 35  # days of a run whose changes are taken apart
MIX = "(mix)"


def daily_changes(picture: Picture) -> Rows:
    """Return what each step has at the end of a day less what it had the day before."""
    counted: Counter = Counter()
    for lead in picture.leads:
        for day, said, sign in _turns(_stands_of_lead(lead)):
            counted[day, "lead", said.place, said.step, said.meaning] += sign
    of_deals = ("value", "weighted_value", "unweighted", "unconverted")
    rows = {key: {"records": n} | dict.fromkeys(of_deals) for key, n in counted.items()}
    deals = _changes_of_deals(picture)
    names = ("records", *of_deals)
    return rows | {key: {name: row[name] for name in names} for key, row in deals.items()}


def _changes_of_deals(picture: Picture) -> dict[tuple, Counter]:
    rows: dict[tuple, Counter] = defaultdict(Counter)
    for deal in picture.deals:
        for day, said, sign in _turns(stands(deal)):
            row = rows[day, "deal", said.position, said.stage, said.meaning]
            row["records"] += sign
            row["value"] += sign * said.value
            row["weighted_value"] += sign * said.weighted
            row["unweighted"] += sign * (said.chance is None)
            row["unconverted"] += sign * said.is_unconverted
    return rows


def _stands_of_lead(lead: Lead) -> list[tuple[date, SaidOfLead | None]]:
    days = {lead.day, *(said.day for said in lead.said)} | ({lead.gone} if lead.gone else set())
    return [(day, lead.at(day)) for day in sorted(days) if day >= lead.day]


def _turns(held: list) -> Iterator[tuple]:
    """Yield what was held before a day, taken away, and what is since, added."""
    before = None
    for day, now in held:
        if now != before:
            yield from ((day, said, sign) for said, sign in ((before, -1), (now, 1)) if said)
        before = now


def daily_parts(picture: Picture) -> Rows:
    """Return what makes up each figure of a day."""
    rows: Rows = {}
    for day, figure, parts, size in _things(picture):
        for dimension, part in parts.items():
            row = rows.setdefault((day, figure, dimension, part), {"value": Fraction(0)})
            row["value"] += size
    return rows | _parts_by_stage(picture)


def _things(picture: Picture) -> Iterator[tuple[date, str, dict, Fraction | int]]:
    """Yield each lead that came, deal that closed and movement."""
    for lead in picture.live_leads:
        parts = {"source": lead.now.source, "owner": lead.now.owner}
        yield lead.day, "new_leads", parts, 1
    for deal in (deal for deal in picture.live_deals if deal.closed_day):
        parts = {"source": deal.source, "owner": deal.now.owner}
        for what, size in (("deals", 1), ("value", deal.now.value)):
            yield deal.closed_day, f"{deal.now.meaning}_{what}", parts, size
    moved = [(deal.source, move) for deal in picture.deals for move in moves(deal)]
    for source, move in moved:
        parts = {"source": source, "owner": move.owner, "kind": move.kind}
        sizes = (move.deals, move.value, move.weighted)
        for figure, size in zip(STOCKS, sizes, strict=True):
            if size:
                yield move.day, figure, parts, size


def _parts_by_stage(picture: Picture) -> Rows:
    sums: Counter = Counter()
    for (day, entity, _, stage, meaning), row in daily_changes(picture).items():
        if entity == "deal" and meaning == "open":
            for figure, name in zip(STOCKS, ("records", "value", "weighted_value"), strict=True):
                sums[day, figure, "stage", stage] += row[name]
    return {key: {"value": value} for key, value in sums.items()}


def change_causes(picture: Picture) -> Rows:
    """Return where each change of the last days came from."""
    by_day: dict[tuple, list] = defaultdict(list)
    for (day, figure, *part), row in daily_parts(picture).items():
        by_day[day, figure].append((tuple(part), row["value"]))
    since = max(picture.first_day, picture.last_day - DAY * (SHOWN - 1))
    rows: Rows = {}
    for (day, figure, days), change in picture.rows_of("changes", changes).items():
        if day < since or change["normal"] is None:
            continue
        if figure == "junk_pct":
            found = _of_junk(picture, day, change)
        else:
            found = _of_parts(by_day, day, figure, days, change)
        for (dimension, part), row in found.items():
            is_owner = dimension == "owner" and part is not None
            name = name_of(picture, part) if is_owner else part or MIX
            rows[day, figure, days, dimension, part] = row | {"name": name}
    return rows


def _of_parts(by_day: dict, day: date, figure: str, days: int, change: Row) -> Rows:
    """Return what each part was, and in the mean of the periods that the whole is held against."""

    def of(last: date) -> Counter:
        sums: Counter = Counter()
        for back in range(days):
            for part, value in by_day[last - DAY * back, figure]:
                sums[part] += value
        return sums

    now, before = of(day), [of(last) for last in change["compared_with"]]
    rows = {}
    for part in set(now).union(*before):
        usual = sum((Fraction(sums[part]) for sums in before), Fraction(0)) / len(before)
        if now[part] or usual:
            rows[part] = {"value": now[part], "normal": usual, "change": now[part] - usual}
    return rows


def _of_junk(picture: Picture, day: date, change: Row) -> Rows:
    """Return what the junk share of each part did to that of the whole, and what is left."""
    weeks = picture.rows_of("week_leads", figures.week_leads)
    rows: Rows = {}
    for place, dimension in enumerate(("source", "owner")):
        now, usual = Counter(), Counter()
        for (of_day, *parts), row in weeks.items():
            sums = now if of_day == day else usual if of_day in change["compared_with"] else None
            if sums is not None:
                sums[parts[place], "leads"] += row["leads"]
                sums[parts[place], "junk"] += row["junk_leads"]
        rows |= _effects(dimension, now, usual, change["change"])
    return rows


def _effects(dimension: str, now: Counter, usual: Counter, change: Fraction) -> Rows:
    whole = [sum(n for (_, what), n in s.items() if what == "leads") for s in (now, usual)]
    rows: Rows = {}
    for part in {part for part, _ in now.keys() | usual.keys()}:
        shares = [pct(s[part, "junk"], s[part, "leads"]) for s in (now, usual)]
        weights = [Fraction(s[part, "leads"], n) for s, n in zip((now, usual), whole, strict=True)]
        effect = Fraction(0) if None in shares else (shares[0] - shares[1]) * sum(weights) / 2
        rows[dimension, part] = {"value": shares[0], "normal": shares[1], "change": effect}
    left = change - sum(row["change"] for row in rows.values())
    return rows | {(dimension, None): {"value": None, "normal": None, "change": left}}


MARTS: dict[str, tuple[tuple[str, ...], Callable[[Picture], Rows]]] = {
    "daily_changes": (("day", "entity", "position", "step", "meaning"), daily_changes),
    "daily_parts": (("day", "figure", "dimension", "part"), daily_parts),
    "change_causes": (("day", "figure", "days", "dimension", "part"), change_causes),
}
