"""Rows of marts drawn at random: few days, names and values, so that they meet at every limit.

What a measure reads is put where it reads it, so that a hundred small companies take seconds. That
the marts hold what the CRM says is another question (test_every_mart).
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from random import Random
from zoneinfo import ZoneInfo

from psycopg2.extensions import connection as Connection
from psycopg2.extras import execute_values

from aha_pipeline_tests.oracle.aims import (
    DAY,
    MONTHS,
    PAST,
    Books,
    Open,
    Target,
    Won,
    month_of,
    period_of,
)
from aha_pipeline_tests.oracle.company import WORTH, ZONES
from aha_pipeline_tests.oracle.text import key
from aha_pipeline_tests.warehouse.marts_company import put as put_records

SOURCES = ("Facebook", "Web Form", "(none)")
OWNERS = ("1", "2", "3", "4", "(none)")
# As Zoho has it, and as it is shown.
NAMES = {
    "1": ("Asha", "Asha"),
    "2": ("Bala", "Bala (left)"),
    "3": ("Twin", "Twin (…3)"),
    "4": ("Twin", "Twin (…4)"),
}
MEANT = {
    "company": ("",),
    "rep": ("ASHA", "2", "bala\u00a0(LEFT)", "Twin", "twin (…4)", "Nobody", "Facebook"),
    "source": ("facebook", "WEB\u3000form", "Fax", "Asha"),
}
AGAIN = {"ASHA": "1", "facebook": "FB"}  # the id of a rep, a spelling that was renamed
LEADS = ("new_open_leads", "new_qualified_leads", "new_converted_leads", "new_lost_leads",
         "new_junk_leads")  # fmt: skip
CHANGES = ("leads_change", "junk_leads_change", "open_deals_change", "open_value_change",
           "weighted_value_change", "unweighted_deals_change", "unconverted_deals_change",
           "assumed_deals_change", "assumed_value_change")  # fmt: skip
CLOSED = ("won_deals", "won_value", "lost_deals", "lost_value")
FLOWS = ("day", "new_leads", *CLOSED)  # what a row of daily_flows has
OF_DAY = ("new_leads", *CLOSED, *CHANGES)  # what a row of kpi_days has
STAGES = {"First": "open", "Next": "open", "Won": "won", "Lost": "lost"}
OPEN = ("First", "Next")
AGES = (89, 90, 91, 300, 1200, 3000)  # days of a deal
ROLES = ("loss", "weighted_loss", "paced_loss")
TABLES = ("analytics.kpi_parts", "analytics.kpi_days", "analytics.daily_flows",
          "analytics.daily_changes", "analytics.deal_history", "analytics.lead_history",
          "analytics.open_deals", "analytics.lead_volume", "analytics.owners",
          "analytics.forecast_scores", "analytics.targets", "crm.crm_deals", "crm.text_labels",
          "crm.business_hours", "crm.holidays")  # fmt: skip
Record = dict[str, object]


@dataclass(frozen=True)
class Drawn:
    """Rows of marts, by mart, and what they are of. days: those that are asked for."""

    zone: ZoneInfo
    home: str
    setting: str | None
    rates: list[tuple[str | None, float | None]]
    days: list[date]
    parts: list[Record]
    deals: list[Record]
    leads: list[Record]
    scores: list[Record]
    books: Books


def draw(seed: int, now: datetime) -> Drawn:
    """Return the rows of a seed, at a moment."""
    random = Random(f"{seed} drawn")
    zone = ZoneInfo(random.choice(ZONES))
    today = now.astimezone(zone).date()
    until = random.choice((today, today, today - DAY, today - DAY * random.randint(2, 200)))
    first_month = random.randint(1, 12)
    edges = list(_edges(until, first_month))
    days = sorted(until + DAY * n for n in random.sample(range(-9, 3), 4))
    parts = [
        _part(random, random.choice((days, days, edges))) for _ in range(random.choice((3, 12, 60)))
    ]
    # One row per day, source and owner.
    parts = list({(it["day"], it["source"], it["owner_id"]): it for it in parts}.values())
    held = [min(day, today) for day in days]
    begins = [period_of(kind, until, first_month)[0] for kind in MONTHS]
    created = [*[month_of(day, -12) for day in begins], *[until - DAY * age for age in AGES]]
    deals = [
        row
        for number in range(random.choice((0, 1, 2, 14)))
        for row in _deal(random, f"D{number}", random.choice((None, *created)), held)
    ]
    deals = [it | _left_out(Random(f"{seed} {n}"), it, days) for n, it in enumerate(deals)]
    leads = [
        row for n in range(random.choice((0, 1, 2, 6))) for row in _lead(random, f"L{n}", until)
    ]
    home = random.choice(("INR", "USD", "EUR"))
    books = Books(
        until=until,
        left_from=until + random.choice((0, 1)) * DAY,
        home=home,
        first_month=first_month,
        week=random.choice(((1, 2, 3, 4, 5), (1, 2, 3, 4, 5, 6), (7, 1), ())) or (1, 2, 3, 4, 5),
        holidays={until + DAY * random.randint(-20, 20) for _ in range(6)},
        targets=_with_one_twice(random, [*_targets(random, until, first_month, home)]),
        won=[
            Won(it["day"], it["owner_id"], key(it["source"]), it["won_value"], it["won_deals"])
            for it in parts
            if it["day"] and it["won_deals"]
        ],
        opened=[
            Open(it["closing_date"], it["owner_id"], key(it["source"]), Fraction(it["amount"] or 0),
                 Fraction(it["weighted_amount"]))
            for it in deals
            if it["meaning"] == "open" and it["closing_date"] and holds(it, min(until, today))
        ],
        oldest=min((it["day"] for it in deals if is_live(it) and it["day"]), default=date.max),
        names=NAMES,
        sources={key(source): key(source) for source in SOURCES[:2]} | {"fb": "facebook"},
        active={
            it["owner_id"]
            for it in (*deals, *leads)
            if is_live(it)
            and (it.get("stage") in OPEN or (it["day"] and it["day"] > until - 90 * DAY))
        },
    )  # fmt: skip
    scores = [_score(random, until) for _ in range(random.choice((0, 3, 60, 60)))]
    return Drawn(
        zone=zone,
        home=home,
        setting=random.choice((None, None, None, "divide")),
        rates=list(_rates(random, home, Random(seed))),
        days=days,
        parts=parts,
        deals=deals,
        leads=leads,
        # One a day of a kind of period and an owner.
        scores=list({(it["day"], it["period"], it["owner_id"]): it for it in scores}.values()),
        books=books,
    )


def holds(content: Record, day: date) -> bool:
    """Return whether a content was there at the end of a day."""
    since, until = content["from_day"], content["until_day"]
    return since <= day and (until is None or until > day)


def is_live(content: Record) -> bool:
    return content["is_present"] and not content["is_deleted"]


def _edges(until: date, first_month: int) -> Iterator[date]:
    """Yield the first and last days of periods, and what lies around as far in them as the day."""
    for kind in MONTHS:
        first, last = period_of(kind, until, first_month)
        part = Fraction((until - first).days, (last - first).days + 1)
        for back in range(PAST[kind] + 5):
            begins = month_of(first, -back * MONTHS[kind])
            ends = month_of(begins, MONTHS[kind]) - DAY
            same = begins + int(part * ((ends - begins).days + 1)) * DAY
            yield from (begins, begins, ends, same - DAY, same, same + DAY)


def _part(random: Random, days: Sequence[date]) -> Record:
    many = random.choice(((0,), (0,) * 6 + (1,), (0, 0, 1, 2), (0, 0, 1, 2)))
    counts = {name: random.choice(many) for name in (*LEADS, "won_deals", "lost_deals")}
    changes = {name: random.choice((-2, -1, 0, 0, 1, 2, 3)) for name in CHANGES}
    day = random.choice((*days, None)) if random.random() < 0.2 else random.choice(days)
    if day is None:  # a lead of which nobody knows when it came
        counts |= {"won_deals": 0, "lost_deals": 0}
        changes = dict.fromkeys(changes, 0)
    return {
        "day": day,
        "source": random.choice(SOURCES),
        "owner_id": random.choice(OWNERS),
        "new_leads": sum(counts[name] for name in LEADS),
        "won_value": counts["won_deals"] and random.choice((0, 3, 10, 100)),
        "lost_value": counts["lost_deals"] and random.choice((0, 7, 50)),
        **counts,
        **changes,
    }


def _contents(random: Random, days: Sequence[date]) -> Iterator[Record]:
    """Yield from when to when the contents of a record hold."""
    days = sorted(random.choices(days, k=random.choice((1, 2, 3))))
    is_deleted = len(days) > 1 and random.random() < 0.2
    ends = [*days[1:], None] if not is_deleted else days[1:]
    for number, (since, until) in enumerate(zip(days, ends, strict=False), 1):
        is_present = number == len(ends)
        yield {
            "from_day": since, "until_day": until, "is_present": is_present,
            "is_deleted": is_deleted, "owner_id": random.choice(OWNERS),
        }  # fmt: skip


def _deal(random: Random, id_: str, created: date | None, days: Sequence[date]) -> Iterator[Record]:
    source = random.choice(SOURCES)
    for content in _contents(random, days):
        stage = random.choice(("First", *STAGES))
        amount = random.choice((None, 0, 5, 40))
        closing = random.choice((None, *days, days[-1] + DAY * random.randint(-40, 90)))
        yield content | {
            "id": id_, "day": created, "source": source, "stage": stage, "meaning": STAGES[stage],
            "amount": amount, "closing_date": closing,
            "weighted_amount": (amount or 0) * random.choice((0, Decimal("0.5"), 1)),
        }  # fmt: skip


def _left_out(apart: Random, content: Record, days: Sequence[date]) -> Record:
    """Return when a content of a deal closed, and whether it is the rate that its amount lacks."""
    is_open, is_valued = content["meaning"] == "open", content["amount"] is not None
    return {
        "closed_day": None if is_open else apart.choice(days),
        "is_unconverted": not is_valued and apart.random() < 0.7,
    }


def _lead(random: Random, id_: str, until: date) -> Iterator[Record]:
    created = until - DAY * random.choice((0, 5, 89, 90, 91, 200))
    day, source = random.choice((created, created, None)), random.choice(SOURCES)
    for content in _contents(random, [created, created + DAY]):
        yield content | {
            "id": id_, "day": day, "source": source,
            "status": random.choice(("New", "Called")), "meaning": "open",
        }  # fmt: skip


def _targets(random: Random, until: date, first_month: int, home: str) -> Iterator[Target]:
    places = [(scope, name, kind) for scope in MEANT for name in MEANT[scope] for kind in MONTHS]
    for number, (scope, name, kind) in enumerate(
        random.sample(places, random.choice((0, 3, 20, 20)))
    ):
        first, last = period_of(kind, until, random.choice((first_month, first_month, 2)))
        if random.random() < 0.2:
            day = random.choice((first - DAY, last + DAY))
            first, last = period_of(kind, day, first_month)
        currency = random.choice((None, None, home, home, "CHF"))
        amounts = ((0, None), (None, 0), (0, 3), (None, 9), (100, 0), (20, 2), (1000, None), (1, 1))
        amount, deals = random.choice((*amounts, *amounts[4:]))
        # No two have the same number, so that they can be told apart.
        more = number if amount or deals else 0
        amount, deals = amount and amount + more, deals and deals + more
        yield Target(scope, name, kind, first, last, currency, amount, deals)


def _with_one_twice(random: Random, targets: list[Target]) -> list[Target]:
    """Return the targets, and those of a rep and a source once more, told by another name.

    Some are then told with other numbers.
    """
    return targets + [
        replace(
            it, name=AGAIN[it.name], **random.choice(({}, {}, {"amount": 70_001}, {"deals": 7001}))
        )
        for it in targets
        if it.name in AGAIN
    ]


def _score(random: Random, until: date) -> Record:
    """Return how a forecast did; several are as near, or of one period."""
    last = month_of(until, -random.randint(-1, 14)) - DAY
    left = random.randint(0, 5)
    row = {name: random.choice((0, 1, 4, 9)) for name in ROLES}
    row |= {name: random.choice((None, row[name])) for name in ROLES[1:]}
    return row | {
        "day": last - DAY * left, "last_day": last, "days_to_go": left,
        "period": random.choice(("month", "quarter")), "owner_id": random.choice(("", "1")),
        "is_back_test": random.random() < 0.5, "is_inside_80": random.random() < 0.7,
        "is_inside_50": random.random() < 0.4, "actual_value": random.choice((0, 10, 30)),
        "error_value": random.choice((-5, 0, 8)),
    }  # fmt: skip


def _rates(random: Random, home: str, apart: Random) -> Iterator[tuple[str | None, float | None]]:
    """Yield currencies and rates of deals: some can only be read in one way, some in none."""
    if random.random() < 0.3:
        yield "KWD", 3  # about what it is worth in dollars and euros
        return
    for _ in range(random.randint(0, 9)):
        currency = random.choice((home, None, "XYZ", *WORTH, *WORTH))
        worth = WORTH.get(currency, 1) / WORTH[home] * random.choice((0.9, 1, 1.1))
        rate = random.choice((worth, worth, 1 / worth, 1 / worth, 1, 80, -worth, 0, None))
        yield from [(currency, None if rate is None else round(rate, 6))] * random.choice((1, 2))
    yield from _votes(apart, home)


def _votes(random: Random, home: str) -> Iterator[tuple[str | None, float | None]]:
    """Yield two rates of four deals that are read one way, and one of three that is the other."""
    if random.random() < 0.5:
        currency = "USD" if home == "INR" else "INR"
        worth = WORTH[currency] / WORTH[home]
        more, fewer = random.choice(((worth, 1 / worth), (1 / worth, worth)))
        for rate, deals in ((more, 2), (more * 1.1, 2), (fewer, 3)):
            yield from [(currency, round(rate, 6))] * deals


def put(connection: Connection, drawn: Drawn) -> None:
    """Write the rows in place of what stood there."""
    books = drawn.books
    with connection.cursor() as cursor:
        cursor.execute(f"truncate {', '.join(TABLES)}")
        cursor.execute(
            "update crm.organisation set timezone = %s, currency = %s, rate_reading = %s, "
            "fiscal_start_month = %s",
            [drawn.zone.key, drawn.home, drawn.setting, books.first_month],
        )
    of_days = _summed(drawn.parts, ("day",), OF_DAY)
    flows = [it for it in of_days if any(it[name] for name in FLOWS[1:])]
    _insert(connection, "analytics.kpi_parts", drawn.parts)
    _insert(connection, "analytics.kpi_days", of_days)
    _insert(connection, "analytics.daily_flows",
            [{name: it[name] for name in FLOWS} for it in flows])  # fmt: skip
    _insert(connection, "analytics.deal_history", drawn.deals)
    _insert(connection, "analytics.lead_history", drawn.leads)
    _insert(connection, "analytics.daily_changes", list(_daily_changes(drawn)))
    kept = ("id", "owner_id", "source", "stage", "day", "amount", "weighted_amount", "closing_date")
    opened = [it for it in drawn.deals if it["meaning"] == "open" and is_live(it)]
    _insert(
        connection, "analytics.open_deals", [{name: it[name] for name in kept} for it in opened]
    )
    live = [it | {"leads": 1} for it in drawn.leads if is_live(it)]
    _insert(connection, "analytics.lead_volume",
            _summed(live, ("day", "source", "owner_id", "status"), ("leads",)))  # fmt: skip
    _insert(connection, "analytics.owners",
            [{"owner_id": owner, "name": name, "owner_name": shown}
             for owner, (name, shown) in books.names.items()])  # fmt: skip
    labels = [("Lead_Source", it, it) for it in SOURCES[:2]]
    labels += [("Lead_Source", "FB", "Facebook"), ("Lead_Status", "Fax", "Fax")]
    _insert(connection, "crm.text_labels",
            [{"field": field, "key": key(it), "label": label, "told_by": "crm"}
             for field, it, label in labels])  # fmt: skip
    _insert(connection, "crm.holidays",
            [{"day": day, "name": "", "told_by": "file"} for day in books.holidays])  # fmt: skip
    if tuple(books.week) != (1, 2, 3, 4, 5):
        _insert(connection, "crm.business_hours",
                [{"weekday": day, "opens": "09:00", "closes": "18:00", "told_by": "file"}
                 for day in books.week])  # fmt: skip
    names = {"first": "first_day", "last": "last_day"}
    targets = [{names.get(name, name): it for name, it in vars(target).items()}
               for target in books.targets]  # fmt: skip
    former = [it | {"amount": 7, "told_until": "2020-01-01"} for it in targets]
    _insert(connection, "analytics.targets", targets)
    _insert(connection, "analytics.targets", former)
    _insert(connection, "analytics.forecast_scores", drawn.scores)
    deals = [{"id": f"R{n}", "Currency": currency, "Exchange_Rate": rate}
             for n, (currency, rate) in enumerate(drawn.rates)]  # fmt: skip
    if deals:
        put_records(connection, "Deals", *deals)


def _summed(rows: Sequence[Record], of: tuple[str, ...], summed: tuple[str, ...]) -> list[Record]:
    """Return sums over rows of known days; none of zeros."""
    sums: dict[tuple, list] = defaultdict(lambda: [0] * len(summed))
    for row in rows:
        place = tuple(row[name] for name in of)
        values = [row[name] or 0 for name in summed]
        sums[place] = [had + more for had, more in zip(sums[place], values, strict=True)]
    return [
        dict(zip((*of, *summed), (*place, *values), strict=True))
        for place, values in sums.items()
        if any(values) and (place[0] is not None or of != ("day",))
    ]


def _daily_changes(drawn: Drawn) -> Iterator[Record]:
    rows = [
        (day, sign, it, entity)
        for entity, contents in (("deal", drawn.deals), ("lead", drawn.leads))
        for it in contents
        for day, sign in ((it["from_day"], 1), (it["until_day"], -1))
        if day
    ]
    changes = [
        {
            "day": day,
            "entity": entity,
            "step": it.get("stage", "First"),
            "meaning": it["meaning"],
            "records": sign,
            "value": sign * (it.get("amount") or 0),
            "weighted_value": sign * it.get("weighted_amount", 0),
        }
        for day, sign, it, entity in rows
    ]
    yield from _summed(changes, ("day", "entity", "step", "meaning"),
                       ("records", "value", "weighted_value"))  # fmt: skip


def _insert(connection: Connection, table: str, rows: Sequence[Record]) -> None:
    if rows:
        with connection.cursor() as cursor:
            insert = f"insert into {table} ({', '.join(rows[0])}) values %s"  # noqa: S608
            execute_values(cursor, insert, [tuple(row.values()) for row in rows])
