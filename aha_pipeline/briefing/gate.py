"""What a model may choose: measured by facts among which one is glaring.

A model that finds it in three of four may choose the lines of the message; any other chooses only
wording, advice and order.
"""

import json
import random
from datetime import date
from decimal import Decimal
from time import monotonic

from psycopg2.extensions import connection as Connection

from aha_pipeline import sql
from aha_pipeline.briefing import language
from aha_pipeline.briefing import model as server
from aha_pipeline.briefing.facts import Fact, Value
from aha_pipeline.briefing.message import Reading
from aha_pipeline.briefing.names import BEGIN, END, Names

ASKED, NEEDED = 16, 12
OTHERS = 10
SECONDS_EACH = 120
RULES = (
    "You read the true sentences of a company's sales day and answer with the one that its chief "
    "executive must hear first, word for word, as JSON."
)


def passed(connection: Connection, model: str) -> bool:
    """Return whether a model, by its full name, was measured to find what is glaring."""
    found = measured(connection, model)
    return found is not None and found[0] * ASKED >= NEEDED * found[1]


def measured(connection: Connection, model: str) -> tuple[int, int] | None:
    """Return how often a model found it, of how many times; None where it was not measured."""
    with connection.cursor() as cursor:
        cursor.execute(sql.read("briefing/measured"), {"model": model})
        row = cursor.fetchone()
        return (int(row[0]), int(row[1])) if row else None


def keep(connection: Connection, model: str, hits: int) -> None:
    """Keep what was measured; it holds until it is measured again."""
    with connection.cursor() as cursor:
        cursor.execute(
            sql.read("briefing/keep_measured"), {"model": model, "hits": hits, "asked": ASKED}
        )


def measure(base_url: str, model: str) -> int:
    """Return how often of 16 times the model names the planted fact first.

    Each time a very large deal is lost among ten small things, at another place of the list.
    Minutes on a CPU. Raises ModelError where the model does not answer.
    """
    return sum(_finds(base_url, model, number) for number in range(ASKED))


def _finds(base_url: str, model: str, number: int) -> bool:
    rng = random.Random(number)  # noqa: S311
    reading = Reading(language.load("en"), "INR", Names("full", {}))
    small = [_won(n, Decimal(rng.randint(40, 400)) * 1000) for n in range(OTHERS)]
    facts = [*small, _lost(Decimal(rng.randint(50, 90)) * 1000000)]
    rng.shuffle(facts)
    bare = str.maketrans("", "", BEGIN + END)
    sentences = {reading.sentence(fact, 0).translate(bare): fact for fact in facts}
    schema = {
        "type": "object",
        "properties": {"first": {"type": "string", "enum": list(sentences)}},
        "required": ["first"],
        "additionalProperties": False,
    }
    listed = "\n".join(f"- {text}" for text in sentences)
    chat = [("system", RULES), ("human", f"{listed}\n\nWhich one first?")]
    answer = server.ask(
        chat, schema, base_url=base_url, model=model, deadline=monotonic() + SECONDS_EACH
    )
    try:
        first = json.loads(answer)["first"]
    except (ValueError, KeyError, TypeError):
        return False
    return isinstance(first, str) and first in sentences and sentences[first].stance == "lost"


def _won(number: int, amount: Decimal) -> Fact:
    figures: dict[str, Value] = {"deal": f"Flat {number + 1}", "money": amount}
    return Fact("won", "won", str(number), date(2026, 1, 1), figures, (), amount)


def _lost(amount: Decimal) -> Fact:
    figures: dict[str, Value] = {"deal": "Harbour Towers", "money": amount}
    return Fact("lost", "lost", "h", date(2026, 1, 1), figures, (), amount)
