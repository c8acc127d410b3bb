"""Random companies: no printed sentence that a mart contradicts, and every lie refused.

`AHA_TEST_COMPANIES` says how many, from `AHA_TEST_FIRST_COMPANY` on; 1,000 in full. A third
reading, in Python over the rows of the marts, judges what SQL found and SQL proved.
"""

import os
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import combinations

import pytest

from aha_pipeline.briefing import language
from aha_pipeline.briefing.facts import Fact, gather
from aha_pipeline.briefing.names import clean
from aha_pipeline.briefing.verify import is_true, proven
from aha_pipeline_tests.briefing.by_hand import DAY, bare
from aha_pipeline_tests.briefing.companies import fill, restate
from aha_pipeline_tests.briefing.third_reading import ThirdReading

FIRST = int(os.environ.get("AHA_TEST_FIRST_COMPANY", "0"))
COMPANIES = int(os.environ.get("AHA_TEST_COMPANIES", "2"))
DAYS = (DAY - timedelta(days=11), DAY - timedelta(days=4), DAY)  # a Sunday, a Sunday, a Thursday
FAULTS = ("lies believed", "sentences contradicted", "lies read")
# Statements of one family, of which no two can be true of the same values.
FAMILIES = (
    ("above_usual", "below_usual", "as_usual"),
    ("more_than_before", "fewer_than_before", "same_as_before"),
    ("month_ahead", "month_behind", "month_level"),
    ("target_to_go", "target_reached", "target_missed"),
    ("pipeline_up", "pipeline_down", "pipeline_level"),
    ("parts", "parts_more", "parts_less"),
    ("overdue_more", "overdue_fewer", "overdue_same"),
    ("lost", "lost_reason"),
    ("week_won_more", "week_won_less", "week_won_level"),
    ("week_leads_more", "week_leads_fewer", "week_leads_same"),
    ("advice_won", "advice_lost", "advice_date", "advice_stage", "advice_open"),
)


@pytest.fixture
def companies(connection, built) -> Iterator[Callable]:
    """Yield a function that puts a company in the place of the one before, by its seed."""

    def put_company(seed: int):
        connection.rollback()
        fill(connection, seed)
        built()
        return connection

    yield put_company
    connection.rollback()


def test_no_sentence_is_contradicted_and_every_lie_is_refused(companies, write, capsys):
    seen: Counter[str] = Counter()
    faults: list[object] = []
    for seed in range(FIRST, FIRST + COMPANIES):
        connection = companies(seed)
        for on in DAYS:
            facts = gather(connection, on)
            true, refused = proven(connection, on, facts)
            faults += [(seed, on, fact, "refused") for fact in refused]
            assert len({fact.id for fact in facts}) == len(facts), (seed, on)
            reading = ThirdReading(connection)
            for fact in true:
                found = Counter(judged(connection, reading, fact, on))
                seen += Counter({"statements": 1, fact.stance: 1})
                seen += Counter(verdict for verdict, _ in found.elements())
                faults += [(seed, on, fact, said) for verdict, said in found if verdict in FAULTS]
            write(on)  # by which the next day knows what was told
            restate(connection, seed, on)
    with capsys.disabled():
        print(f"\n{COMPANIES} companies from {FIRST} on: {dict(seen)}")
    assert faults == []
    assert seen["sentences"] > 10 * COMPANIES
    assert seen["lies in statements"] > seen["statements"]
    assert seen["lies in print"] > seen["sentences"]


def judged(connection, reading: ThirdReading, fact: Fact, on: date) -> Iterator[tuple[str, str]]:
    """Yield the verdict on a fact as each of its phrases says it, and on each lie about it."""
    for lie in untrue(fact):
        is_believed = is_true(connection, on, lie)
        yield "lies believed" if is_believed else "lies in statements", str(lie)
    for code in language.codes():
        words = language.load(code)
        for number in words.usable(fact.stance, fact.figures):
            phrase = words.stances[fact.stance][number]
            sentence = words.say(phrase, fact.figures, "INR", as_it_is)
            is_borne_out = code != "en" or reading.bears_out(fact.stance, bare(sentence), on)
            yield "sentences" if is_borne_out else "sentences contradicted", sentence
            for lie in falsified(sentence):
                is_read = words.read_back(phrase, lie, fact.figures, "INR", as_it_is)
                yield "lies read" if is_read else "lies in print", lie


def as_it_is(place: str, name: str) -> str:
    return clean(name)


def untrue(fact: Fact) -> Iterator[Fact]:
    """Yield the fact with a value a little wrong, another name, two swapped, or another stance."""
    for name, value in fact.figures.items():
        other: object = f"{value} " if isinstance(value, str) else None
        if isinstance(value, date):
            other = value + timedelta(days=1)
        elif isinstance(value, int | Decimal):
            other = value + 1
        yield replace(fact, figures={**fact.figures, name: other})  # type: ignore[dict-item]
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
