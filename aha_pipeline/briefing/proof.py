"""The proof: a draft may hold words only, and none that contradict the facts it refers to."""

import re
import unicodedata
from collections.abc import Iterator, Sequence

from aha_pipeline.briefing.draft import MAX_ITEMS, MIN_ITEMS, Draft, Item
from aha_pipeline.briefing.facts import Fact
from aha_pipeline.briefing.markup import LINKS, clean

COMMENT_LIMIT = 200
SIGNS = "%‰₹$€£¥"


def _words(vocabulary: str) -> re.Pattern:
    """Return what finds any of the words, given with blanks between them, in a text."""
    return re.compile(rf"\b(?:{'|'.join(vocabulary.split())})\b", re.IGNORECASE)


NUMBER_WORDS = _words("""
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
    sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety
    hundreds? thousands? millions? billions? trillions? lakhs? lacs? crores? dozens? second
    half halves halved thirds? quarters? fifths? tenths? doubled? doubles doubling tripled?
    triples tripling quadrupled? twice thrice twofold threefold couple
    percent per\\s?cent percentages? rupees? dollars? euros? pounds?
""")
UP_WORDS = _words("""
    up rose rises? rising risen grew grows growing grown growth climbed climbs climbing increased
    increases increasing jumped jumps surged surges gained gains higher upwards? above exceeds?
    exceeded exceeding more
""")
DOWN_WORDS = _words("""
    down fell falls falling fallen drops? dropped dropping declined? declines declining decreased?
    decreases decreasing shrank shrinks shrinking shrunk slipped slips sank lower lowered
    downwards? below fewer less
""")
FLAT_WORDS = _words("unchanged flat steady stable same constant")
GOOD_WORDS = _words("improved improves improving improvement better healthier")
BAD_WORDS = _words("worsened worsens worsening worse deteriorated deteriorating")
# Words of direction and number that are neither: "follow up", "each one".
PHRASES = re.compile(
    r"\b(?:follow|pick|catch|set|clean|sign|speed|step|call|tidy|clear|break|close|track|chase)"
    r"(?:s|ed|ing)?[ -](?:up|down)\b|\bup to date\b"
    r"|\b(?:each|every|any|no|this|that|which) one\b|\bone (?:by one|another)\b",
    re.IGNORECASE,
)


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
    fact = known[item.fact_id]
    text = unicodedata.normalize("NFKC", item.comment)
    if not text.strip():
        yield "is empty"
    if len(text) > COMMENT_LIMIT:
        yield f"is longer than {COMMENT_LIMIT} characters"
    if any(unicodedata.category(c)[0] == "C" for c in text):
        yield "holds a line break or a hidden character"
    # Also as written: the normal form of a Roman numeral is made of letters.
    if any(unicodedata.category(c)[0] == "N" or c in SIGNS for c in text + item.comment):
        yield "holds a digit or a sign of currency or percent"
    text = PHRASES.sub("", text)
    if found := NUMBER_WORDS.search(text):
        yield f"says {found[0]!r}, a number or unit in words"
    if LINKS.search(text):
        yield "holds a link, an address or a phone number"
    for name in sorted(_names(known, text)):
        yield f"holds the name {name!r}"
    yield from _contradictions(text, fact)


def _contradictions(text: str, fact: Fact) -> Iterator[str]:
    """Find words of direction and of judgement that the fact does not bear out."""
    is_good = fact.direction == fact.better
    is_bad = fact.better != "none" and {fact.direction, fact.better} == {"up", "down"}
    for pattern, is_true in (
        (UP_WORDS, fact.direction == "up"),
        (DOWN_WORDS, fact.direction == "down"),
        (FLAT_WORDS, fact.direction == "flat"),
        (GOOD_WORDS, is_good and fact.better != "none"),
        (BAD_WORDS, is_bad),
    ):
        found = pattern.search(text)
        if found and not is_true:
            yield f"says {found[0]!r}, but the direction of the fact is {fact.direction!r}"


def _names(known: dict[str, Fact], text: str) -> set[str]:
    """Return the names from the CRM that stand in the text: our code prints them, never a model."""
    names = {clean(fact.name) for fact in known.values() if fact.name}
    return {
        name for name in names if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE)
    }
