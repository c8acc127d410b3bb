"""Answers of a model that lie, and answers that do not, as data beside the facts they are about."""

import json
import tomllib
from decimal import Decimal
from functools import cache
from itertools import cycle, islice
from pathlib import Path

from aha_pipeline.briefing.facts import Fact, printed

FOLDER = Path(__file__).parent
OPTIONAL = dict.fromkeys(("name", "previous", "comparison", "extreme"))
# Facts that surround a comment: true, whatever the comment is about.
COMPANY = 4


def facts() -> list[Fact]:
    """Return the facts that the answers are about, in rupees."""
    return [
        printed(
            {
                **OPTIONAL,
                **row,
                "position": position,
                "mart": "kpis",
                "value": Decimal(row["value"]),
                "previous": Decimal(row["previous"]) if "previous" in row else None,
            },
            "INR",
        )
        for position, row in enumerate(_read("facts")["facts"])
    ]


def true_replies() -> list[tuple[str, str]]:
    """Return (comment, answer) of a model for every true comment, in the answers of others."""
    return [(comment, reply(fact_id, comment)) for fact_id, comment in _true()]


def false_replies() -> list[tuple[str, str, str]]:
    """Return (kind of lie, the lie, answer) for every lie; all else in an answer is true."""
    lies = [
        (kind, comment, reply(fact_id, comment))
        for kind, pairs in _read("false").items()
        for fact_id, comment in pairs
    ]
    return lies + [("not the object", raw, raw) for raw in _read("raw")["replies"]]


def reply(fact_id: str, comment: str) -> str:
    """Return an answer with `comment` in it, as headline or further down, by its own length."""
    others = [pair for pair in _true() if pair[0] != fact_id]
    start = sum(map(ord, comment)) % len(others)
    chosen: dict[str, str] = {}
    for other, words in islice(cycle(others), start, start + 400):
        if len(chosen) < COMPANY:
            chosen.setdefault(other, words)
    items = [{"fact_id": i, "comment": words} for i, words in chosen.items()]
    items.insert(start % (COMPANY + 1), {"fact_id": fact_id, "comment": comment})
    return json.dumps({"headline": items[0], "items": items[1:]}, ensure_ascii=False)


@cache
def _true() -> list[tuple[str, str]]:
    return [(i, comment) for i, comments in _read("true").items() for comment in comments]


@cache
def _read(name: str) -> dict:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
