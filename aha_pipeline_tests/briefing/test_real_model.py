"""A real model writes briefings: whatever it answers, what is sent is true and of our schema.

`make model` installs it; without it there is nothing to ask. `AHA_TEST_MODEL_BRIEFINGS` says how
many are written, from `AHA_TEST_FIRST_MODEL_BRIEFING` on; 300 in full: 30 days of 5 companies, each
at two temperatures.
"""

import logging
import os
import re
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest

from aha_pipeline.briefing import gate, plan
from aha_pipeline_tests.briefing import real_model
from aha_pipeline_tests.briefing.by_hand import DAY
from aha_pipeline_tests.briefing.companies import fill

FIRST = int(os.environ.get("AHA_TEST_FIRST_MODEL_BRIEFING", "0"))
BRIEFINGS = int(os.environ.get("AHA_TEST_MODEL_BRIEFINGS", "1"))
WORLDS = (1, 2, 3, 4, 7)
TEMPERATURES = ("t0", "t0.4", "t0.8", "t1.2")
SECONDS = 240.0
WRITTEN = re.compile(r"has written: .* (\d+|unknown) tokens read, (\d+|unknown) written")


@pytest.fixture(scope="module")
def small_model() -> Iterator[str]:
    if not real_model.is_installed():
        pytest.skip("No small model is installed: make model")
    with real_model.running() as url:
        yield url


def asked_for() -> Iterator[tuple[int, int, str]]:
    """Yield world, days before DAY and temperature of as many briefings as are wanted.

    The days go forward, so that each briefing knows what was told before it.
    """
    for number in range(FIRST, FIRST + BRIEFINGS):
        days_ago = 29 - number // 2 % 30
        yield WORLDS[number // 60], days_ago, TEMPERATURES[number % 2 * 2 + days_ago % 2]


def test_what_a_real_model_chooses_is_valid_and_true(
    connection, built, write, small_model, caplog, capsys, monkeypatch
):
    valid: list[bool] = []
    monkeypatch.setattr(plan, "merged", noting(plan.merged, valid))
    caplog.set_level(logging.INFO, "aha_pipeline.briefing")
    table: dict[str, Counter[str]] = {tag: Counter() for tag in TEMPERATURES}
    last = None
    for world, days_ago, tag in asked_for():
        if world != last:
            connection.rollback()
            fill(connection, world)
            built()
            for one in TEMPERATURES[1:3]:  # here it may choose lines too
                gate.keep(connection, f"smollm2:{one}", gate.ASKED)
            last = world
        caplog.clear()
        briefing = write(
            DAY - timedelta(days=days_ago),
            base_url=small_model,
            model=f"smollm2:{tag}",
            seconds=SECONDS,
            languages=("en", "hi"),
        )
        table[tag] += outcome(briefing, caplog.messages)
    with capsys.disabled():
        print(f"\n{BRIEFINGS} briefings by SmolLM2-135M")
        for tag, counts in table.items():
            print(f"{tag:5}", ", ".join(f"{name} {n}" for name, n in sorted(counts.items())))
    total = sum(table.values(), Counter())
    assert total["briefings"] == BRIEFINGS
    assert total["refused sentences"] == 0
    assert total["by the model"] >= 0.9 * BRIEFINGS
    assert valid
    assert all(valid)


def noting(merged, valid: list[bool]):
    """Return `merged`, which notes whether each line of the plan is one that was offered."""

    def noted(ours, asked, chosen):
        made = merged(ours, asked, chosen)
        offered = [*ours.lines, *(o for one in asked.options.values() for o in one.values())]
        facts = [line.fact.id for line in made.lines]
        valid.append(
            all(line in offered for line in made.lines)
            and sorted(facts) == sorted(line.fact.id for line in ours.lines)
            and facts[0] == ours.lines[0].fact.id
        )
        return made

    return noted


def outcome(briefing, logged: list[str]) -> Counter[str]:
    """Return what is counted of a briefing: tries, tokens, who chose, what was refused."""
    written = [found for line in logged if (found := WRITTEN.search(line))]
    counts = Counter(
        {
            "briefings": 1,
            "answers": len(written),
            "tokens read": sum(int(found[1]) for found in written),
            "tokens written": sum(int(found[2]) for found in written),
            "refused sentences": len(briefing.refused),
            "by the model" if briefing.model else f"by ranking: {briefing.plain_reason}": 1,
        }
    )
    counts["asked again"] = sum("Asking smollm2" in line and "again" in line for line in logged)
    counts["answers with a gap"] = sum(" lacks " in line for line in logged)
    return counts


def test_a_model_that_the_grammar_does_not_hold_changes_no_word(
    connection, built, write, small_model, monkeypatch
):
    """Where a grammar fails, Ollama lets the model write freely, and says nothing."""
    monkeypatch.setattr("aha_pipeline.briefing.model.ANSWER_TOKENS", 60)
    monkeypatch.setattr("aha_pipeline.briefing.model.AGAIN_SECONDS", ())
    fill(connection, WORLDS[0])
    built()
    ours = write()
    theirs = write(base_url=small_model, model="smollm2:free", seconds=SECONDS)
    assert theirs.written_by == "plain"
    assert theirs.plain_reason
    assert theirs.messages == ours.messages
