"""Random companies: no printed sentence that a mart contradicts, and every lie refused.

`AHA_TEST_COMPANIES` says how many, from `AHA_TEST_FIRST_COMPANY` on; 1,000 in full. A third
reading, in Python over the rows of the marts and what was told, judges what SQL found and SQL
proved. Between its days records of a company come late or are deleted, and marts are built anew.
"""

import os
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from functools import cache
from typing import TypeVar

from aha_pipeline import sql
from aha_pipeline.briefing import language
from aha_pipeline.briefing.compose import store
from aha_pipeline.briefing.facts import Fact
from aha_pipeline.briefing.names import clean
from aha_pipeline.briefing.verify import is_true
from aha_pipeline_tests.briefing.by_hand import DAY, bare
from aha_pipeline_tests.briefing.companies import fill, restate, tell_glances
from aha_pipeline_tests.briefing.later_reading import LaterReading
from aha_pipeline_tests.briefing.lies import falsified, untrue
from aha_pipeline_tests.warehouse.marts_company import build

FIRST = int(os.environ.get("AHA_TEST_FIRST_COMPANY", "0"))
COMPANIES = int(os.environ.get("AHA_TEST_COMPANIES", "2"))
# Three days of each company, from Sunday 2 March, before the first working day of a month, to
# Thursday the 20th; what is told on one is followed up a week, nine days or four weeks later.
DAYS = tuple(
    tuple(DAY - timedelta(days=ago) for ago in days_ago)
    for days_ago in ((18, 4, 0), (11, 4, 3), (13, 4, 1), (32, 18, 4))
)
Lie = TypeVar("Lie")
FAULTS = ("lies believed", "sentences contradicted", "lies read")


@cache
def marts_read() -> tuple[str, ...]:
    """Return what the SQL of the briefing and of the measures names: the other marts, two in five,
    would be a good part of a company's cost.
    """
    paths = [path for room in ("briefing", "measures") for path in (sql.ROOT / room).rglob("*.sql")]
    named = {name for path in paths for name in re.findall(r"analytics\.(\w+)", path.read_text())}
    return tuple(named)


def test_no_sentence_is_contradicted_and_every_lie_is_refused(connection, compose, capsys):
    seen: Counter[str] = Counter()
    met: Counter[str] = Counter()
    faults: list[object] = []
    for seed in range(FIRST, FIRST + COMPANIES):
        faults += judge_company(connection, seed, compose, seen, met)
    with capsys.disabled():
        print(f"\n{COMPANIES} companies from {FIRST} on: {dict(seen)}")
    assert faults == []
    assert seen["sentences"] > 10 * COMPANIES
    assert seen["lies in statements"] > seen["statements"]
    assert seen["lies in print"] > seen["sentences"]


def judge_company(
    connection, seed: int, compose: Callable, seen: Counter[str], met: Counter[str]
) -> Iterator[tuple[int, date, Fact | str, str]]:
    """Yield what is wrong with three briefings of a company, which stands in no other's way."""
    connection.rollback()
    fill(connection, seed)
    build_read(connection)
    days = DAYS[seed % len(DAYS)]
    if seed // 4 % 4 == 0:
        tell_glances(connection, seed, days[0])
    for on in days:
        briefing = compose(on)
        yield from ((seed, on, fact, "refused") for fact in briefing.refused)
        assert len({fact.id for fact in briefing.facts}) == len(briefing.facts), (seed, on)
        reading = LaterReading(connection)
        alike = reading.namesakes(on)
        for fact in briefing.facts:
            yield from ((seed, on, fact, "alike") for _ in unnamed_apart(fact, alike))
            found = Counter(judged(connection, reading, fact, on, met))
            seen += Counter({"statements": 1, fact.stance: 1})
            seen += Counter(verdict for verdict, _ in found.elements())
            yield from ((seed, on, fact, said) for verdict, said in found if verdict in FAULTS)
        told_at(connection, store(connection, briefing))  # the next day knows what was told
        if on != days[-1]:
            restate(connection, seed, on, build_read)
    connection.rollback()


def told_at(connection, briefing_id: int) -> None:
    """Let a briefing be as late as it is: a transaction has one time."""
    with connection.cursor() as cursor:
        cursor.execute(
            "update analytics.ai_briefings_log set created_at = clock_timestamp() where id = %s",
            [briefing_id],
        )


def build_read(connection) -> None:
    build(connection, DAY - timedelta(days=80), DAY, only=marts_read())


def judged(
    connection, reading: LaterReading, fact: Fact, on: date, met: Counter[str]
) -> Iterator[tuple[str, str]]:
    """Yield the verdict on a fact as each of its phrases says it, and on lies about it."""
    for lie in some(untrue(fact), fact.stance, met):
        is_believed = is_true(connection, on, lie)
        yield "lies believed" if is_believed else "lies in statements", str(lie)
    for code in language.codes():
        words = language.load(code)
        for number in words.usable(fact.stance, fact.figures):
            phrase = words.stances[fact.stance][number]
            sentence = words.say(phrase, fact.figures, "INR", as_it_is)
            is_borne_out = code != "en" or reading.bears_out(fact.stance, bare(sentence), on)
            yield "sentences" if is_borne_out else "sentences contradicted", sentence
            for lie in some(falsified(sentence), phrase, met):
                is_read = words.read_back(phrase, lie, fact.figures, "INR", as_it_is)
                yield "lies read" if is_read else "lies in print", lie


def some(lies: Iterable[Lie], of: str, met: Counter[str]) -> list[Lie]:
    """Return all lies of a phrase or a stance that is met first, then three by a seeded choice."""
    every = list(lies)
    met[of] += 1
    rng = random.Random(f"{of} {met[of]}")
    return every if met[of] == 1 else rng.sample(every, min(3, len(every)))


def unnamed_apart(fact: Fact, alike: dict[str, set[str]]) -> Iterator[str]:
    """Yield each deal that a fact names as another one is named, without what tells them apart."""
    for place, deal_id in fact.deals.items():
        apart = str(fact.figures.get(f"{place}_apart", ""))
        days = alike.get(deal_id, set())
        if fact.kind != "opened" and days and (not apart or apart in days):
            yield deal_id


def as_it_is(place: str, name: str) -> str:
    return clean(name)
