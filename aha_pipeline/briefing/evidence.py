"""Where each printed figure comes from: facts print with a mark, and the marks become the proof.

A mark is made of private characters, which neither a name from the CRM nor a model's word can
hold; so what is marked is ours, and a figure's fact is known and not guessed from its digits.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import PurePosixPath

from aha_pipeline import sql
from aha_pipeline.briefing.facts import Fact

BEGIN, BETWEEN, END = "\ue000", "\ue001", "\ue002"
MARK = re.compile(f"{BEGIN}(\\d+){BETWEEN}(.*?){END}")
FACTS_SQL = "briefing/facts"


def marked(facts: Sequence[Fact]) -> dict[str, Fact]:
    """Return the facts by id; what they print carries where it comes from."""
    return {fact.id: _marked(fact, number) for number, fact in enumerate(facts)}


def bare(text: str) -> str:
    """Return a text without marks, as it is read."""
    return MARK.sub(r"\2", text)


def proof_of(texts: Mapping[str, str], facts: Sequence[Fact]) -> dict:
    """Return the proof of marked texts, by name: `figures`, one entry for each printed figure in
    order, and `sql`, the SHA-256 of each SQL file that they come from by its path.
    """
    figures = [entry for name, text in texts.items() for entry in _figures(name, text, facts)]
    names = [FACTS_SQL, *sorted({f"marts/{entry['mart']}" for entry in figures})]
    return {"figures": figures, "sql": {_path(name): _digest(name) for name in names}}


def sql_files(proof: Mapping) -> list[dict[str, str]]:
    """Return digest, path and text of each SQL file of a proof."""
    return [
        {
            "digest": digest,
            "path": path,
            "sql": sql.read(str(PurePosixPath(path).relative_to("sql").with_suffix(""))),
        }
        for path, digest in proof["sql"].items()
    ]


def _marked(fact: Fact, number: int) -> Fact:
    def mark(text: str, part: int) -> str:
        return f"{BEGIN}{2 * number + part}{BETWEEN}{text}{END}"

    before = fact.previous_text
    return replace(
        fact, text=mark(fact.text, 0), previous_text=None if before is None else mark(before, 1)
    )


def _figures(name: str, text: str, facts: Sequence[Fact]) -> Iterator[dict[str, str]]:
    for found in MARK.finditer(text):
        number, part = divmod(int(found[1]), 2)
        fact = facts[number]
        yield {
            "text": name,
            "figure": fact.previous_text if part else fact.text,
            "fact": fact.id,
            "column": "previous" if part else "value",
            "value": str(fact.previous if part else fact.value),
            "mart": fact.mart,
        }


def _path(name: str) -> str:
    return f"sql/{name}.sql"


def _digest(name: str) -> str:
    return sha256(sql.read(name).encode()).hexdigest()
