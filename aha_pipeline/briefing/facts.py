"""The true statements of a day: each file of `sql/briefing/facts` finds those of one kind."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from hashlib import sha256
from typing import Any

from psycopg2.extensions import connection as Connection
from psycopg2.extras import Json, RealDictCursor

from aha_pipeline import sql
from aha_pipeline.briefing.catalogue import stances

Value = Decimal | int | str | date
FOLDER = "briefing/facts"
# Columns of a file of facts that are no printed figure.
FRAME = ("stance", "subject", "first_day", "records", "weight")
# Places of a phrase that hold a deal's name, and the place of its amount.
DEALS = {"deal": "deal_money", "second": "second_money"}
# Figures that a reader may add up from the daily lines, by kind: what the glance calls them, and
# how many days ago they begin and end.
ADDED_UP = {
    "week": {"n": ("n", 6, 0), "before": ("n", 13, 7)},
    "waiting": {"of": ("n", 27, 0)},
    "pipeline": {"before": ("money", 7, 7)},
}
# Why a deal is in no money, as the names of such counts end: `money_unvalued`.
LEFT_OUT = ("unvalued", "unconverted")
# One of these is in every statement that sums or ranks by money.
SUMS = {"money", "opened"}


class NoFigures(RuntimeError):
    """A day has no figures to write about; the text names the day and what to do."""


@dataclass(frozen=True)
class Fact:
    """One statement that SQL found true of the end of a day.

    `stance` names what is claimed (`catalogue.toml`), `subject` the deal, owner, source or reason
    it is about, "" for none. `figures` are the exact values that its sentence may print: money in
    the home currency, percentages 0 to 100; `deal_apart` distinguishes a deal from one that reads
    alike, by a day or the end of its id; `money_was` is a deal's amount in the last message, if
    another; `n_told` a count as the daily lines gave it; `money_unvalued` and `money_unconverted`
    how many deals that money leaves out. `first_day` is since when it holds, or the first day that
    it compares. `records` are ids of the deals behind it, `weight` the money at stake.
    """

    kind: str
    stance: str
    subject: str
    first_day: date
    figures: Mapping[str, Value]
    records: tuple[str, ...]
    weight: Decimal

    @property
    def id(self) -> str:
        """Its name, unique within a day: `won/won:5123`."""
        return f"{self.kind}/{self.stance}" + (f":{self.subject}" if self.subject else "")

    @property
    def about(self) -> str:
        """What it is about: its subject, or the deal that it names."""
        return self.subject or str(self.figures.get("deal", ""))

    @property
    def deals(self) -> dict[str, str]:
        """The ids of the deals that it names, by the place of the name."""
        ids = [self.subject, *self.records[1:]] if self.subject else list(self.records)
        named = [place for place in DEALS if place in self.figures]
        return dict(zip(named, ids, strict=False))


@cache
def kinds() -> tuple[str, ...]:
    """Return the kinds of facts, one for each file."""
    return tuple(sorted(path.stem for path in (sql.ROOT / FOLDER).glob("*.sql")))


def gather(connection: Connection, day: date) -> list[Fact]:
    """Compute the facts of `day`, replace those in `analytics.facts` and return them.

    Nothing is said of a module whose figures of that day are not known, but that they are not.

    Runs in the caller's transaction. Raises NoFigures when `analytics.kpis` has no row of that day.
    """
    unknown = unknown_modules(connection, day)
    with connection.cursor(cursor_factory=RealDictCursor) as cursor:
        found = [fact for kind in kinds() for fact in of_kind(cursor, kind, day)]
        known = [fact for fact in found if unknown.isdisjoint(stances()[fact.stance].modules)]
        said = as_told(cursor, told_apart(cursor, known, day), day)
        facts = list(with_left_out(cursor, said, day))
        if not any(fact.kind == "glance" for fact in facts):
            raise NoFigures(
                f"There are no figures for {day}: analytics.kpis has no row of that day. "
                f"Run: aha sync --from {day} --to {day}"
            )
        rows = Json([as_json(fact) for fact in facts], dumps=dumps)
        cursor.execute(sql.read("briefing/keep_facts"), {"day": day, "facts": rows})
    return facts


def unknown_modules(connection: Connection, day: date) -> set[str]:
    """Return the modules of the CRM whose figures of a day are not known."""
    with connection.cursor() as cursor:
        cursor.execute("select module from analytics.unknown_modules(%(day)s)", {"day": day})
        return {module for (module,) in cursor}


def text_of(kind: str) -> str:
    """Return the SQL that finds the facts of a kind."""
    return sql.read(f"{FOLDER}/{kind}")


def digest(kind: str) -> str:
    """Return the SHA-256 of the SQL that finds the facts of a kind."""
    return sha256(text_of(kind).encode()).hexdigest()


def as_json(fact: Fact) -> dict[str, Any]:
    """Return a fact as JSON has it; exact decimals become text of the same digits."""
    return {"id": fact.id, **asdict(fact)}


def dumps(content: object) -> str:
    """Return JSON in which decimals and dates are texts, so that no digit is lost."""
    return json.dumps(content, default=str, ensure_ascii=False)


def of_kind(cursor: RealDictCursor, kind: str, day: date) -> Iterator[Fact]:
    """Yield the facts of one kind, as its SQL finds them."""
    cursor.execute(text_of(kind), {"day": day})
    for row in cursor.fetchall():
        figures = {k: v for k, v in row.items() if k not in FRAME and v is not None}
        yield Fact(
            kind=kind,
            stance=row["stance"],
            subject=row["subject"],
            first_day=row["first_day"],
            figures=figures,
            records=tuple(row.get("records") or ()),
            weight=abs(Decimal(row["weight"])),  # as much is at stake in a deal below 0
        )


def told_apart(cursor: RealDictCursor, facts: Iterable[Fact], day: date) -> Iterator[Fact]:
    """Yield the facts with what tells each named deal from another that reads like it.

    A deal that is reported as new needs nothing more.
    """
    facts = list(facts)
    ids = sorted({deal_id for fact in facts for deal_id in fact.deals.values()})
    apart: dict[str, Value] = {}
    if ids:
        cursor.execute(sql.read("briefing/namesakes"), {"day": day, "ids": ids})
        apart = {row["id"]: row["since"] or row["id"][-5:] for row in cursor}
    for fact in facts:
        if fact.kind == "opened":
            yield fact
            continue
        more = {f"{place}_apart": apart[id_] for place, id_ in fact.deals.items() if id_ in apart}
        yield replace(fact, figures={**fact.figures, **more}) if more else fact


def as_told(cursor: RealDictCursor, facts: Iterable[Fact], day: date) -> Iterator[Fact]:
    """Yield the facts with what earlier messages said differently about the same deals and days."""
    facts = list(facts)
    ids = sorted({deal_id for fact in facts for deal_id in fact.deals.values()})
    amounts: dict[str, Mapping[str, Any]] = {}
    if ids:
        cursor.execute(sql.read("briefing/told_amounts"), {"day": day, "ids": ids})
        amounts = {row["id"]: row for row in cursor}
    for fact in facts:
        more = {**_amounts_told(fact, amounts), **_counts_told(cursor, fact, day)}
        yield replace(fact, figures={**fact.figures, **more}) if more else fact


def with_left_out(cursor: RealDictCursor, facts: Iterable[Fact], day: date) -> Iterator[Fact]:
    """Yield the facts with how many deals their money does not tell of."""
    for fact in facts:
        more: dict[str, Value] = {}
        if SUMS & fact.figures.keys():
            cursor.execute(sql.read("briefing/left_out"), about_left_out(fact, day))
            more = {row["figure"]: row["deals"] for row in cursor}
        yield replace(fact, figures={**fact.figures, **more}) if more else fact


def about_left_out(fact: Fact, day: date) -> dict[str, object]:
    """Return what is asked, and proven, of the deals that are not in the money of a fact."""
    said = {name: n for name, n in fact.figures.items() if name.endswith(LEFT_OUT)}
    return {
        "day": day,
        "fact": f"{fact.kind}/{fact.stance}",
        "stance": fact.stance,
        "names": list(fact.figures.keys() - said.keys()),
        "said": dumps(said),
        "first_day": fact.first_day,
        "date": fact.figures.get("date", day),
    }


def amount_places(fact: Fact) -> dict[str, str]:
    """Return the ids of the deals that a fact names, by the place of the amount."""
    return {
        DEALS[place] if DEALS[place] in fact.figures else "money": id_
        for place, id_ in fact.deals.items()
    }


def _amounts_told(fact: Fact, amounts: Mapping[str, Mapping[str, Any]]) -> dict[str, Value]:
    if fact.stance in ("cut", "raised"):  # they say the amount before themselves
        return {}
    return {
        f"{place}_was": amounts[id_]["told"]
        for place, id_ in amount_places(fact).items()
        if id_ in amounts
        and place in fact.figures
        and fact.figures[place] in (amounts[id_]["amount"], amounts[id_]["now"])
        and fact.figures[place] != amounts[id_]["told"]
    }


def _counts_told(cursor: RealDictCursor, fact: Fact, day: date) -> dict[str, Value]:
    spans = {
        name: (said, day - timedelta(days=first), day - timedelta(days=last))
        for name, (said, first, last) in ADDED_UP.get(fact.kind, {}).items()
    }
    if fact.kind == "period_ended":
        spans["n"] = ("won", fact.first_day, date.fromisoformat(str(fact.figures["date"])))
    found: dict[str, Value] = {}
    for name, (said, first_day, last_day) in spans.items():
        if fact.figures.get(name) is None or fact.stance.startswith("week_won"):
            continue
        asked = {"day": day, "said": said, "first_day": first_day, "last_day": last_day}
        cursor.execute(sql.read("briefing/told_by_day"), asked)
        told = next((row["sum"] for row in cursor), None)
        if told is not None and told != fact.figures[name]:
            found[f"{name}_told"] = told
    return found
