"""The true statements of a day: each file of `sql/briefing/facts` finds those of one kind."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
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
# Places of a phrase that hold a deal's name.
DEALS = ("deal", "second")


class NoFigures(RuntimeError):
    """A day has no figures to write about; the text names the day and what to do."""


@dataclass(frozen=True)
class Fact:
    """One statement that SQL found true of the end of a day.

    `stance` names what is claimed (`catalogue.toml`), `subject` the deal, owner, source or reason
    it is about, "" for none. `figures` are the exact values that its sentence may print: money in
    the home currency, percentages 0 to 100; `deal_apart` what tells a deal from one that reads like
    it, a day or the end of its id. `first_day` is since when it holds, or the first day
    that it compares. `records` are ids of the deals behind it, `weight` the money at stake.
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
        facts = list(told_apart(cursor, known, day))
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
            weight=Decimal(row["weight"]),
        )


def told_apart(cursor: RealDictCursor, facts: Iterable[Fact], day: date) -> Iterator[Fact]:
    """Yield the facts with what tells each named deal from another that reads like it.

    A deal that is told to be new needs no more.
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
