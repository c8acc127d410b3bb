"""What each statement is: how urgent, good or bad news, fitting advice, which fact it follows.

`catalogue.toml` is the data. Adding a statement is a block there, a branch of a file in
`sql/briefing/facts`, a block of the same name in `sql/briefing/proofs`, and its phrases.
`reasons.toml` says which advice fits the reason of a loss.
"""

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from aha_pipeline.briefing.names import BORDERS

Slot = Literal["event", "money", "risk", "leads"]
SLOTS: tuple[Slot, ...] = ("event", "money", "risk", "leads")
# A part or cause that adds up; any other link is only mentioned together with what it follows.
CAUSES = ("lead_source", "lost_alike", "pipeline_parts")


@dataclass(frozen=True)
class Stance:
    """`base`: how urgent, 0 to 100. `is_event`: news of the day; others are told when they
    change. `is_weekly`: for the week's digest. `is_by_size`: a line of the message only if the
    money is worth one. `modules` of the CRM without whose figures of the day it is not said.
    `link_of`: the kinds of facts after which alone it is told; empty for most.
    """

    name: str
    means: str
    slot: Slot | Literal["none"]
    base: int
    is_event: bool = False
    is_weekly: bool = False
    is_by_size: bool = False
    modules: tuple[str, ...] = ("Deals",)
    mood: Literal["good", "bad", "neither"] = "neither"
    advice: tuple[str, ...] = ()
    link_of: tuple[str, ...] = ()


@cache
def stances() -> dict[str, Stance]:
    """Return every stance by its name."""
    content = tomllib.loads((Path(__file__).parent / "catalogue.toml").read_text("utf-8"))
    return {name: _stance(name, block) for name, block in content.items()}


@cache
def _reasons() -> list[tuple[re.Pattern[str], frozenset[str]]]:
    """Return by the words of a reason for losses the advice that is for such reasons alone."""
    content = tomllib.loads((Path(__file__).parent / "reasons.toml").read_text("utf-8"))
    return [
        (
            re.compile(
                rf"(?<![^{BORDERS}])(?:{'|'.join(re.escape(_plain(w)) for w in group['words'])})"
            ),
            frozenset(group["advice"]),
        )
        for group in content.values()
    ]


def fitting(stance: str, reason: str) -> list[str]:
    """Return the advice on a statement, the best first: of that for some reasons of a loss alone,
    that for this one, which is "" where none is given.
    """
    text = _plain(reason)
    of_reason = next((advice for words, advice in _reasons() if words.search(text)), frozenset())
    of_others = frozenset().union(*(advice for _, advice in _reasons())) - of_reason
    return [advice for advice in stances()[stance].advice if advice not in of_others]


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _stance(name: str, block: dict[str, Any]) -> Stance:
    values: dict[str, Any] = {"name": name}
    for key, value in block.items():
        values[key] = tuple(value) if isinstance(value, list) else value
    return Stance(**values)
