"""What a sentence claims, fragment by fragment, and whether the fact beside it bears that out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from aha_pipeline.briefing.facts import Fact
from aha_pipeline.briefing.vocabulary import (
    classes,
    implied,
    is_english,
    joined,
    names_of,
    words_in,
)

# Where a sentence falls into fragments, each with one thing to say.
BORDERS = re.compile(
    r"([,;:.!?()–—]|\b(?:so|and|but|or|as|while|which|where|when|although|though|who|if|since|because)\b)"
)
SUBORDINATE = {"while", "which", "where", "when", "who", "if"}
CLAIMS = (
    *("up", "down", "flat", "better", "worse", "good", "bad"),
    *("highest", "lowest", "best", "worst"),
)
LARGE, SMALL = Decimal("0.2"), Decimal("0.1")  # of what the figure is compared with
OPPOSITE = {
    **{"up": "down", "down": "up", "highest": "lowest", "lowest": "highest"},
    **{"flat": "flat", "none": "none", None: None},
}
COMPARATIVES = {"more", "better", "less", "larger", "smaller", "lower", "higher"}
# What advice may point at without a claim: there is always a largest and a newest one.
POINTERS = {"largest", "biggest", "smallest", "most"}
WISHES = {"make_sure", "see_that", "ensure", "check", "confirm", "verify", "so_that"}
ACTORS = {"rep", "source"}
OPENINGS = {"then", "also", "please", "now", "still", "first", "do", "don't", "not", "to"}
GRADED = {"quality", "performance"}
COUNTABLE = {"leads", "enquiries", "inquiries", "deals", "wins", "losses", "opportunities"}


@dataclass(frozen=True)
class Fragment:
    """A part of a sentence; `is_advice` where it says what to do and not what is, `is_order` where
    it does so in the imperative.
    """

    words: list[str]
    is_advice: bool
    is_order: bool = False

    def has(self, *names: str) -> list[str]:
        """Return the words of any of these classes."""
        known = classes()
        return [w for w in self.words if known.get(w, frozenset()).intersection(names)]

    def claims(self) -> list[str]:
        """Return the words that claim something of the figure."""
        found = self.has(*CLAIMS)
        if self.is_advice and "than" not in self.words and not self.has("finite"):
            found = [w for w in found if w not in COMPARATIVES | POINTERS]
        return found


def faults(text: str, fact: Fact) -> Iterator[str]:
    """Yield why a fact does not bear `text` out, each as the end of `The comment on X ...`."""
    subject = _Subject(fact)
    for fragment in _fragments(text):
        yield from _unknown(fragment)
        yield from _numbers(fragment)
        yield from _negations(fragment, fact)
        yield from _directions(fragment, subject)
        yield from _wrong_units(fragment, fact)
        if fragment.claims() or not fragment.is_advice:
            yield from _sizes(fragment, fact)
        if fragment.claims() or not fragment.is_order:
            yield from _off_topic(fragment, subject)


class _Subject:
    """What a fact is about, read from its label, comparison, id and section."""

    def __init__(self, fact: Fact) -> None:
        self.fact = fact
        said = f"{fact.label} {fact.comparison or ''} {fact.id.replace('_', ' ')} {fact.section}"
        words = words_in(joined(said))
        topics = {topic for word in words for topic in names_of(word, "topics")}
        topics |= {word for word in words if word in implied()}
        while more := {t for topic in topics for t in implied().get(topic, ())} - topics:
            topics |= more
        self.topics = topics
        self.is_of_a_whole = " all " in said or fact.extreme is not None
        self.periods = {period for word in words for period in names_of(word, "periods")}

    def bears_out(self, claim: str, *, is_graded: bool) -> bool:
        """Return whether a claim of this class is true. With `is_graded` the sentence speaks of
        quality, which is high where a bad figure is low.
        """
        fact = self.fact
        direction, extreme = fact.direction, fact.extreme
        is_better = fact.better != "none" and direction == fact.better
        is_worse = {direction, fact.better} == {"up", "down"}
        is_best = (extreme, fact.better) in (("highest", "up"), ("lowest", "down"))
        is_worst = (extreme, fact.better) in (("highest", "down"), ("lowest", "up"))
        is_burden = fact.better == "down" and fact.value > 0 and direction == "none"
        if is_graded and fact.better == "down":
            direction, extreme = OPPOSITE[direction], OPPOSITE[extreme]
        return {
            "up": direction == "up",
            "down": direction == "down",
            "flat": direction == "flat",
            "highest": extreme == "highest",
            "lowest": extreme == "lowest",
            "better": is_better,
            "worse": is_worse,
            "good": is_better or is_best,
            "bad": is_worse or is_worst or is_burden,
            "best": is_best,
            "worst": is_worst,
        }[claim]


def _fragments(text: str) -> Iterator[Fragment]:
    is_advice = is_order = False
    pieces = BORDERS.split(joined(text))
    for border, part in zip(["", *pieces[1::2]], pieces[::2], strict=True):
        words = words_in(part)
        if not words:
            continue
        fragment = Fragment(words, is_advice=True)
        is_stated = bool(fragment.has("finite"))
        if _begins_as_advice(words) or (_is_errand(words) and not is_stated):
            is_advice = is_order = True
        elif fragment.has("must") or (is_advice and border in SUBORDINATE):
            is_advice, is_order = True, False
        elif is_stated or fragment.claims():
            is_advice = is_order = False
        yield Fragment(words, is_advice, is_order)


def _is_errand(words: list[str]) -> bool:
    """Return whether `to` stands before something to do: `a problem to solve`."""
    known = classes()
    return any(a == "to" and "advise" in known.get(b, ()) for a, b in pairwise(words))


def _begins_as_advice(words: list[str]) -> bool:
    known = classes()
    for word in words:
        names = known.get(word, frozenset())
        if "advise" in names:
            return True
        if word not in OPENINGS:
            return False
    return False


def _unknown(fragment: Fragment) -> Iterator[str]:
    """Of what is, only words that are known to claim nothing or what is checked; of what to do, any
    English word that claims nothing.
    """
    known = classes()
    for number, word in enumerate(fragment.words):
        names = known.get(word, frozenset())
        if not names:
            if not fragment.is_order or not is_english(word):
                yield f"says {word!r}, which is not a known word: use a plainer one or leave it"
        elif (
            not fragment.is_advice
            and names <= {"advice", "advise"}
            and fragment.words[number - 1 : number] != ["to"]
        ):
            yield f"says {word!r} of what is; that word is for what to do"
    for word in fragment.has("unfit"):
        yield f"says {word.replace('_', ' ')!r}, which no fact tells"


def _numbers(fragment: Fragment) -> Iterator[str]:
    for word in fragment.has("number"):
        yield f"says {word.replace('_', ' ')!r}, a number or unit in words"


def _negations(fragment: Fragment, fact: Fact) -> Iterator[str]:
    known = classes()
    for number, word in enumerate(fragment.words):
        if "no" not in known.get(word, ()):
            continue
        following = fragment.words[number + 1 : number + 2]
        is_wish = any(w in WISHES for w in fragment.words[:number])
        is_wish |= any("advise" in known.get(w, ()) for w in following)
        is_harmless = fragment.is_advice and is_wish and not fragment.claims()
        is_none = fact.value == 0 and not fragment.has("up", "down")
        if not is_harmless and not is_none:
            yield f"says {word!r}: say what is, not what is not"


def _directions(fragment: Fragment, subject: _Subject) -> Iterator[str]:
    known = classes()
    is_graded = _is_graded(fragment)
    is_ranked = "any_other" in fragment.words or "all_others" in fragment.words
    for word in fragment.claims():
        names = known[word].intersection(CLAIMS)
        if is_ranked and names & {"up", "better"}:
            continue
        if not all(subject.bears_out(name, is_graded=is_graded) for name in names):
            fact = subject.fact
            yield (
                f"says {word.replace('_', ' ')!r}, but the direction of the fact is "
                f"{fact.direction!r} and the good one {fact.better!r}"
            )


def _sizes(fragment: Fragment, fact: Fact) -> Iterator[str]:
    change = _relative_change(fact)
    for word in fragment.has("large"):
        if change is None or change < LARGE:
            yield f"says {word.replace('_', ' ')!r}, but the fact does not differ that much"
    for word in fragment.has("small"):
        if change is None or change > SMALL:
            yield f"says {word.replace('_', ' ')!r}, but the fact does not differ that little"


def _relative_change(fact: Fact) -> Decimal | None:
    """Return the change as a share of what it is compared with; None without a comparison."""
    if fact.previous is None:
        return None
    if fact.previous == 0:
        return Decimal("Infinity") if fact.value else Decimal(0)
    return abs(fact.value - fact.previous) / abs(fact.previous)


def _is_graded(fragment: Fragment) -> bool:
    return any(names_of(word, "topics") & GRADED for word in fragment.words)


def _off_topic(fragment: Fragment, subject: _Subject) -> Iterator[str]:
    free = ACTORS if fragment.is_advice else set()
    for word in fragment.words:
        topics, periods = names_of(word, "topics"), names_of(word, "periods")
        if topics and not topics & (subject.topics | free):
            yield f"speaks of {word!r}, which is not what the fact is about"
        if periods and not periods & subject.periods and not fragment.is_advice:
            yield f"speaks of {word!r}, but the fact compares no such time"
    if fragment.has("whole") and not subject.is_of_a_whole:
        yield "speaks of all, which the fact does not"


def _wrong_units(fragment: Fragment, fact: Fact) -> Iterator[str]:
    orders = set(fragment.has("advise")) if fragment.is_order else set()  # "share them out"
    words = [word for word in fragment.words if word not in orders]
    named = {word: units for word in words if (units := names_of(word, "units"))}
    for word, units in named.items():
        if fact.unit not in units:
            yield f"speaks of {word!r}, but the figure is a {fact.unit}"
    counted = COUNTABLE.intersection(fragment.words)
    is_graded = _is_graded(fragment)
    ranks = set(fragment.has("up", "down", "highest", "lowest")).intersection(fragment.claims())
    if fact.unit != "count" and counted and ranks and not named and not is_graded:
        yield f"speaks of how many {min(counted)}, but the figure is a {fact.unit}"
