"""The first verifier: each statement asked of the marts again, by SQL written apart."""

import logging
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from functools import cache

from psycopg2.extensions import connection as Connection

from aha_pipeline import sql
from aha_pipeline.briefing.catalogue import stances
from aha_pipeline.briefing.facts import SUMS, Fact, Value, about_left_out, amount_places
from aha_pipeline.briefing.language import codes, load, places

log = logging.getLogger(__name__)


@cache
def figure_names() -> frozenset[str]:
    """Return the names of all values that some phrase or advice prints."""
    languages = [load(code) for code in codes()]
    return frozenset(
        name
        for language in languages
        for phrases in (*language.stances.values(), language.advice.values())
        for phrase in phrases
        for name in places(phrase)
    )


def is_true(connection: Connection, day: date, fact: Fact) -> bool:
    """Return whether the marts bear a fact out, with every value that its sentence may print."""
    statement = sql.statements(f"briefing/proofs/{fact.kind}")[fact.stance]
    values = dict.fromkeys(figure_names()) | {k: _exact(v) for k, v in fact.figures.items()}
    with connection.cursor() as cursor:
        about = {"day": day, "subject": fact.subject, "stance": fact.stance}
        cursor.execute(statement, values | about)
        if cursor.fetchone() != (True,):
            return False
        for name, claim in _asides(fact, day):
            cursor.execute(sql.read(f"briefing/{name}"), claim)
            if cursor.fetchone() != (True,):
                return False
    return True


def _exact(value: Value) -> Value:
    """Return a number that PostgreSQL can multiply: as an integer a whole one overflows."""
    if isinstance(value, Decimal) and "." not in (text := f"{value:f}"):
        return Decimal(f"{text}.0")
    return value


def _asides(fact: Fact, day: date) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield what is printed, or is not, beside a figure or a name, by the file that proves it."""
    figures = fact.figures
    if SUMS & figures.keys():
        yield "is_left_out", about_left_out(fact, day)
    for place, deal_id in fact.deals.items():
        if apart := figures.get(f"{place}_apart"):
            yield "is_apart", {"id": deal_id, "apart": str(apart)}
    for place, deal_id in amount_places(fact).items():
        if (was := figures.get(f"{place}_was")) is not None:
            claim = {"day": day, "id": deal_id, "amount": figures.get(place), "told": was}
            yield "is_amount_told", claim
    for name in figures:
        if name.endswith("_told"):
            yield (
                "is_told",
                {
                    "day": day,
                    "kind": fact.kind,
                    "subject": fact.subject,
                    "name": name.removesuffix("_told"),
                    "told": figures[name],
                    "first_day": fact.first_day,
                    "date": figures.get("date", day),
                },
            )


def proven(
    connection: Connection, day: date, facts: Iterable[Fact]
) -> tuple[list[Fact], list[str]]:
    """Return the facts that the marts bear out, and the ids of those that they do not."""
    true: list[Fact] = []
    refused: list[str] = []
    for fact in facts:
        if fact.stance in stances() and is_true(connection, day, fact):
            true.append(fact)
        else:
            refused.append(fact.id)
            log.error("The statement %s of %s is refused by its own SQL.", fact.id, day)
    return true, refused
