"""The first verifier: each statement asked of the marts again, by SQL written apart."""

import logging
from collections.abc import Iterable
from datetime import date
from functools import cache

from psycopg2.extensions import connection as Connection

from aha_pipeline import sql
from aha_pipeline.briefing.catalogue import stances
from aha_pipeline.briefing.facts import Fact
from aha_pipeline.briefing.language import codes, load, places

log = logging.getLogger(__name__)


@cache
def figure_names() -> frozenset[str]:
    """Return the names of all values that some phrase prints."""
    languages = [load(code) for code in codes()]
    return frozenset(
        name
        for language in languages
        for phrases in language.stances.values()
        for phrase in phrases
        for name in places(phrase)
    )


def is_true(connection: Connection, day: date, fact: Fact) -> bool:
    """Return whether the marts bear a fact out, with every value that its sentence may print."""
    statement = sql.statements(f"briefing/proofs/{fact.kind}")[fact.stance]
    values = dict.fromkeys(figure_names()) | dict(fact.figures)
    with connection.cursor() as cursor:
        claim = {"day": day, "subject": fact.subject, "stance": fact.stance}
        cursor.execute(statement, values | claim)
        if cursor.fetchone() != (True,):
            return False
        for place, deal_id in fact.deals.items():
            if apart := fact.figures.get(f"{place}_apart"):
                told = {"id": deal_id, "apart": str(apart)}
                cursor.execute(sql.read("briefing/is_apart"), told)
                if cursor.fetchone() != (True,):
                    return False
    return True


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
