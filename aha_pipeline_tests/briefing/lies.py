"""Lies about a fact, and about a sentence that says one: each is to be refused."""

import random
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import combinations

from aha_pipeline.briefing.facts import LEFT_OUT, Fact

FAMILIES = (
    ("above_usual", "below_usual", "as_usual"),
    ("more_than_before", "fewer_than_before", "same_as_before"),
    ("month_ahead", "month_behind", "month_level"),
    ("month_ended", "month_ended_more", "month_ended_less", "month_ended_level"),
    ("quarter_ended", "quarter_ended_more", "quarter_ended_less", "quarter_ended_level"),
    ("cut", "raised", "priced"),
    ("target_to_go", "target_reached", "target_missed"),
    ("pipeline_up", "pipeline_down", "pipeline_level"),
    ("parts", "parts_more", "parts_less"),
    ("junk_highest", "junk_changed"),
    ("conv_highest", "conv_changed"),
    ("source_followed", "source_waiting"),
    ("waiting", "waiting_source"),
    ("opened", "opened_next"),
    ("deal_overdue", "overdue_next"),
    ("overdue_more", "overdue_fewer", "overdue_same"),
    ("lost", "lost_reason"),
    ("week_won_more", "week_won_less", "week_won_level"),
    ("week_leads_more", "week_leads_fewer", "week_leads_same", "week_leads_mixed"),
    ("advice_won", "advice_lost", "advice_date", "advice_stage", "advice_open"),
)


def untrue(fact: Fact) -> Iterator[Fact]:
    """Yield the fact with a value a little wrong, another name, two swapped, another stance, or
    silent about deals that its money leaves out.
    """
    for name, value in fact.figures.items():
        other: object = f"{value} " if isinstance(value, str) else None
        if isinstance(value, date):
            other = value + timedelta(days=1)
        elif isinstance(value, int | Decimal):
            other = value + 1
        yield replace(fact, figures={**fact.figures, name: other})  # type: ignore[dict-item]
        if name.endswith(LEFT_OUT):
            yield replace(fact, figures={k: v for k, v in fact.figures.items() if k != name})
    for one, two in combinations(fact.figures, 2):
        values = fact.figures[one], fact.figures[two]
        if values[0] != values[1] and sort_of(values[0]) == sort_of(values[1]):
            yield replace(fact, figures={**fact.figures, one: values[1], two: values[0]})
    for family in FAMILIES:
        if fact.stance in family:
            for stance in set(family) - {fact.stance}:
                yield replace(fact, stance=stance)


def sort_of(value: object) -> type:
    return int if isinstance(value, Decimal) else type(value)


def is_same_number(one: str, other: str) -> bool:
    """Return whether one is 1 and the other 1.00: to exchange them is no lie."""
    return one.rstrip("0.") == other.rstrip("0.")


def falsified(sentence: str) -> Iterator[str]:
    """Yield the printed sentence with one digit changed, two figures or names exchanged,
    or a name of somebody else.
    """
    rng = random.Random(sentence)
    digits = [place for place in range(len(sentence)) if sentence[place] in "0123456789"]
    for place in digits:
        other = rng.choice([digit for digit in "0123456789" if digit != sentence[place]])
        yield sentence[:place] + other + sentence[place + 1 :]
    for pattern in (r"\u2068[^\u2069]*\u2069", r"₹[\d.,]*\d(?: (?:L|Cr|लाख|करोड़))?", r"\d[\d.,]*"):
        places = [found.span() for found in re.finditer(pattern, sentence)]
        for (a, b), (c, d) in combinations(places, 2):
            swapped = sentence[:a] + sentence[c:d] + sentence[b:c] + sentence[a:b] + sentence[d:]
            if swapped != sentence and not is_same_number(sentence[a:b], sentence[c:d]):
                yield swapped
    if "\u2068" in sentence:
        yield re.sub(r"\u2068[^\u2069]*\u2069", "\u2068Someone Else\u2069", sentence, count=1)
