"""The plan of a briefing: lines, order, words and advice, chosen by a model among true sentences.

The model writes the briefing under a schema made for the day, in which every string is a whole
true sentence with advice that fits it; it can write nothing else. What it leaves out or gets wrong
takes the choice of our ranking, which alone makes the same kind of plan.
"""

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import permutations
from time import monotonic
from typing import Any, Literal, Protocol

from aha_pipeline.briefing import model as server
from aha_pipeline.briefing.catalogue import CAUSES, SLOTS, stances
from aha_pipeline.briefing.facts import Fact
from aha_pipeline.briefing.model import Message, ModelError

log = logging.getLogger(__name__)

ATTEMPTS = 3
POOL = 4  # facts to choose from for one line
LINES = 6
Joint = Literal["because", "and", "but"]


@dataclass(frozen=True)
class Line:
    """One fact as it will be told. `phrase`: its number in the language the plan was made in.

    `link` is the fact told after it, joined by `joint`; `advice` the key of what to do.
    """

    fact: Fact
    phrase: int
    advice: str | None
    link: Fact | None = None
    joint: Joint | None = None
    chosen_by: Literal["ranking", "model"] = "ranking"


@dataclass(frozen=True)
class Plan:
    """The lines of the message, the first of them pinned by our ranking, then the further ones of
    the report. `model`: who chose; None where our ranking did. `share`: how much of what was asked
    the model chose: all, advice (and wording), some or none.
    """

    lines: tuple[Line, ...]
    model: str | None = None
    share: Literal["all", "advice", "some", "none"] = "none"


@dataclass(frozen=True)
class Question:
    """What a model is asked: by slot, the lines it may choose, keyed by their sentences; and the
    orders of the slots.
    """

    options: Mapping[str, Mapping[str, Line]]
    orders: Mapping[str, tuple[str, ...]]

    @property
    def schema(self) -> dict[str, Any]:
        """A flat object of enumerations, because every version of Ollama follows those."""
        enums = {slot: list(lines) for slot, lines in self.options.items()}
        if len(self.orders) > 1:
            enums["order"] = list(self.orders)
        return {
            "type": "object",
            "properties": {k: {"type": "string", "enum": v} for k, v in enums.items()},
            "required": list(enums),
            "additionalProperties": False,
        }


def joints(fact: Fact, link: Fact) -> tuple[Joint, ...]:
    """Return the words that may truly join a fact and the one after it, our choice first.

    because: the second is a part of the first that adds up. and: both are good or bad news alike.
    but: one is good, the other bad.
    """
    moods = {stances()[one.stance].mood for one in (fact, link)}
    if link.kind in CAUSES:
        return ("because",)
    return ("but",) if moods == {"good", "bad"} else ("and",)


def by_ranking(facts: Sequence[Fact], links: Mapping[str, Fact], phrase: "Phrasing") -> Plan:
    """Return the plan of our ranking: every fact in its order, with its first advice and link."""
    lines = []
    for fact in facts:
        link = links.get(fact.kind)
        advice = phrase.advice(fact)
        lines.append(
            Line(
                fact,
                phrase.numbers(fact)[0],
                advice[0] if advice else None,
                link,
                joints(fact, link)[0] if link else None,
            )
        )
    return Plan(tuple(lines))


class Phrasing(Protocol):
    """How a line reads to a model, and which phrases a fact may have, our choice first."""

    def numbers(self, fact: Fact) -> list[int]:
        """Return the numbers of the phrases that fit a fact and were not used the time before."""
        ...

    def advice(self, fact: Fact) -> list[str]:
        """Return the keys of the advice that fits a fact, our choice first."""
        ...

    def sentence(self, line: Line) -> str:
        """Return a line as one text, with its advice, and without marks around names."""
        ...


def question(ours: Plan, phrasing: Phrasing, *, may_choose_lines: bool) -> Question:
    """Return what to ask of a model about the plan of our ranking.

    The first line is pinned. Without `may_choose_lines` the facts stay ours, and wording, link,
    advice and order are the model's.
    """
    head, rest = ours.lines[:1], ours.lines[1:]
    pools: dict[str, list[Line]] = {}
    if may_choose_lines:
        for slot in SLOTS:
            pool = [line for line in rest if stances()[line.fact.stance].slot == slot]
            if pool:
                pools[slot] = pool[:POOL]
    else:
        pools = {f"line_{number}": [line] for number, line in enumerate(rest[: LINES - 2], 2)}
    slots = {"headline": list(head), **pools}
    options = {
        slot: {
            phrasing.sentence(option): option
            for line in pool
            for option in _variants(line, phrasing)
        }
        for slot, pool in slots.items()
        if pool
    }
    orders = {", ".join(order): order for order in permutations(pools)} if pools else {}
    return Question(options, orders)


def _variants(line: Line, phrasing: Phrasing) -> Iterator[Line]:
    ours = [None] if line.link is None else [line.link, None]
    for number in phrasing.numbers(line.fact)[:2]:
        for link in ours:
            joint = joints(line.fact, link)[0] if link else None
            for advice in phrasing.advice(line.fact)[:3] or (None,):
                yield Line(line.fact, number, advice, link, joint, "model")


def ask(
    ours: Plan,
    asked: Question,
    *,
    rules: str,
    base_url: str,
    model: str,
    deadline: float,
    chooses_lines: bool,
) -> Plan:
    """Return the plan as the model wants it, what is missing or wrong in its answer being ours.

    An answer that is not valid is shown to the model as its own turn and asked for again, three
    times in all while time remains. Raises ModelError where no valid choice came at all.
    """
    chat: list[Message] = [("system", rules), ("human", _menu(asked))]
    chosen: dict[str, str] = {}
    for attempt in range(ATTEMPTS):
        try:
            answer = server.ask(
                chat,
                asked.schema,
                base_url=base_url,
                model=model,
                deadline=deadline,
                attempt=attempt,
            )
        except ModelError:
            if chosen:
                break
            raise
        chosen = max(chosen, valid(answer, asked), key=len)
        missing = asked.schema["required"][:]
        missing = [name for name in missing if name not in chosen]
        if not missing:
            break
        log.warning("Answer %d of %s lacks %s", attempt + 1, model, ", ".join(missing))
        if monotonic() >= deadline:
            break
        refusal = f"Not valid: {', '.join(missing)}. Answer again, each value one of those listed."
        chat = [*chat[:2], ("ai", answer[:2000]), ("human", refusal)]
    if not chosen:
        raise ModelError(f"{model} gave no valid answer in {ATTEMPTS} tries.")
    is_whole = len(chosen) == len(asked.schema["required"])
    share: Literal["all", "advice", "some"] = "some"
    if is_whole:
        share = "all" if chooses_lines else "advice"
    return replace(merged(ours, asked, chosen), model=model, share=share)


def valid(answer: str, asked: Question) -> dict[str, str]:
    """Return of an answer what is one of the strings that were allowed in its place."""
    try:
        content = json.loads(answer)
    except ValueError:
        return {}
    if not isinstance(content, dict):
        return {}
    places = asked.schema["properties"]
    return {
        name: value
        for name, value in content.items()
        if name in places and isinstance(value, str) and value in places[name]["enum"]
    }


def merged(ours: Plan, asked: Question, chosen: Mapping[str, str]) -> Plan:
    """Return the lines of our plan with what a model chose in their place."""
    slots = [slot for slot in asked.options if slot != "headline"]
    order = asked.orders.get(chosen.get("order", ""), tuple(slots))
    picked = {slot: lines[chosen[slot]] for slot, lines in asked.options.items() if slot in chosen}
    by_fact = {line.fact.id: line for line in ours.lines}
    for slot in slots:
        # Where the model chose nothing valid, the first of the slot is ours.
        first = next(iter(asked.options[slot].values())).fact
        picked.setdefault(slot, by_fact[first.id])
    head = picked.get("headline", ours.lines[0])
    told = [head, *(picked[slot] for slot in order)]
    ids = {line.fact.id for line in told}
    return Plan((*told, *(line for line in ours.lines if line.fact.id not in ids)))


def _menu(asked: Question) -> str:
    lines = []
    for slot, options in asked.options.items():
        facts: dict[str, Line] = {}
        for line in options.values():
            facts.setdefault(line.fact.id, line)
        lines.append(f"{slot}:")
        texts = {id_: next(t for t, o in options.items() if o.fact.id == id_) for id_ in facts}
        lines += [f"- {text}" for text in texts.values()]
    return "\n".join(["TRUE SENTENCES", *lines, "END", "", "Write the briefing."])
