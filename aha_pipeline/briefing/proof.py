"""The proof: a draft may hold words only, and none that contradict the facts it refers to."""

import re
from collections.abc import Iterator, Sequence

from aha_pipeline.briefing import claims
from aha_pipeline.briefing.draft import MAX_ITEMS, MIN_ITEMS, Draft, Item
from aha_pipeline.briefing.facts import Fact
from aha_pipeline.briefing.markup import LINKS, clean
from aha_pipeline.briefing.vocabulary import classes

COMMENT_LIMIT = 200
# Plain English as it is typed: no digit of any script, no mark-up, no look-alike letter.
FOREIGN = re.compile(r"[^A-Za-z ,.;:!?()'’–—-]")
CAPITALS = re.compile(r"\b(?!CRM\b)[A-Z]{2,}")


def check(draft: Draft, facts: Sequence[Fact]) -> list[str]:
    """Return why `draft` is refused, one sentence each that the model can act on; empty if true."""
    known = {fact.id: fact for fact in facts}
    reasons = []
    if not MIN_ITEMS <= len(draft.items) <= MAX_ITEMS:
        reasons.append(f"Write {MIN_ITEMS} to {MAX_ITEMS} items, not {len(draft.items)}.")
    used: set[str] = set()
    for item in (draft.headline, *draft.items):
        if item.fact_id not in known:
            reasons.append(f"There is no fact with the id {item.fact_id[:60]!r}.")
            continue
        if item.fact_id in used:
            reasons.append(f"The fact {item.fact_id} is used twice.")
        used.add(item.fact_id)
        reasons += [f"The comment on {item.fact_id} {fault}." for fault in _faults(item, known)]
    return reasons


def _faults(item: Item, known: dict[str, Fact]) -> Iterator[str]:
    text = item.comment
    if not re.search("[A-Za-z]", text):
        yield "is empty"
    if len(text) > COMMENT_LIMIT:
        yield f"is longer than {COMMENT_LIMIT} characters"
    if found := FOREIGN.search(text):
        yield f"holds {found[0]!r}: no digit, no sign of currency or percent, no mark-up, no link"
    if found := CAPITALS.search(text):
        yield f"shouts {found[0]!r}: write words and no capitals"
    if LINKS.search(text):
        yield "holds a link, an address or a phone number"
    for name in sorted(_names(known, text)):
        yield f"holds the name {name!r}"
    yield from claims.faults(text, known[item.fact_id])


def _names(known: dict[str, Fact], text: str) -> set[str]:
    """Return what of the names from the CRM stands in the text: our code prints them, never a
    model. A first name alone counts, but for ordinary words such as those of `Needs Analysis`.
    """
    names = {clean(fact.name) for fact in known.values() if fact.name}
    parts = {part for name in names for part in re.findall(r"[^\W\d_]{3,}", name)}
    names |= {part for part in parts if part.lower() not in classes()}
    return {
        name for name in names if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE)
    }
