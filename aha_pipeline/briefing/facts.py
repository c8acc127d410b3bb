"""The figures of a day: computed in SQL from the marts, printed here, kept in `analytics.facts`."""

import json
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from psycopg2.extensions import connection as Connection
from psycopg2.extras import RealDictCursor

from aha_pipeline import figures, sql

Direction = Literal["up", "down", "flat", "none"]


class NoFigures(RuntimeError):
    """A day has no figures to write about; the text names the day and what to do."""


@dataclass(frozen=True)
class Fact:
    """One figure of a day, an aggregate and never a person's record.

    `name` is the source, rep or stage it is of, as the CRM has it. `text` is the figure as printed;
    `previous_text` likewise the figure that `comparison` names in words. `direction` is from the
    one to the other as printed, so ₹4.52 L after ₹4.52 L is flat; `better` is the good direction,
    `extreme` whether it is the highest or the lowest of its kind.
    """

    id: str
    position: int
    section: Literal["day", "funnel", "sources", "reps", "pipeline", "changes", "causes"]
    label: str
    name: str | None
    value: Decimal
    unit: Literal["count", "money", "percent"]
    previous: Decimal | None
    comparison: str | None
    better: Literal["up", "down", "none"]
    extreme: Literal["highest", "lowest"] | None
    mart: str
    text: str
    previous_text: str | None
    direction: Direction


def gather(connection: Connection, day: date, currency: str) -> list[Fact]:
    """Compute the facts of `day`, replace those in `analytics.facts` and return them in order.

    Runs in the caller's transaction. Money is in `currency` (ISO 4217). Raises NoFigures when
    `analytics.kpis` has no row of that day.
    """
    with connection.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(sql.read("briefing/facts"), {"day": day})
        facts = [printed(row, currency) for row in cursor]
        if not any(fact.id == "new_leads" for fact in facts):
            raise NoFigures(
                f"There are no figures for {day}: analytics.kpis has no row of that day. "
                f"Run: aha sync --from {day} --to {day}"
            )
        cursor.execute(sql.read("briefing/keep_facts"), {"day": day, "facts": as_json(facts)})
    return facts


def as_json(facts: list[Fact]) -> str:
    """Return the facts as a JSON array; figures are written as the decimals they are."""
    return json.dumps([asdict(fact) for fact in facts], default=str, ensure_ascii=False)


def printed(row: dict, currency: str) -> Fact:
    """Return a row of `sql/briefing/facts.sql` with its figures printed and its direction."""
    text = _print(row["value"], row["unit"], currency)
    before = row["previous"]
    previous_text = None if before is None else _print(before, row["unit"], currency)
    direction = _direction(row["value"], before, is_same=text == previous_text)
    return Fact(**row, text=text, previous_text=previous_text, direction=direction)


def _print(value: Decimal, unit: str, currency: str) -> str:
    if unit == "money":
        return figures.money(value, currency)
    if unit == "percent":
        return figures.percent(value)
    return figures.count(value, currency)


def _direction(value: Decimal, previous: Decimal | None, *, is_same: bool) -> Direction:
    if previous is None:
        return "none"
    if is_same:
        return "flat"
    return "up" if value > previous else "down"
