"""What the proof of the briefing lets through, and how long a prompt and a proof take."""

import time
from statistics import median

from aha_pipeline.briefing import prompt
from aha_pipeline.briefing.compose import read
from aha_pipeline_tests.kit import corpus


def main(rounds: int = 5) -> None:
    """Print lies that pass, true answers that are refused, and both medians in milliseconds."""
    facts = corpus.facts()
    lies, truths = corpus.false_replies(), corpus.true_replies()
    read(truths[0][1], facts)  # opens the dictionary, once a process
    passed = [lie for _, lie, answer in lies if read(answer, facts)[0]]
    refused = [words for words, answer in truths if not read(answer, facts)[0]]
    answers = [answer for *_, answer in [*lies, *truths]]
    print(f"false answers that reach a reader: {len(passed)} of {len(lies)}")
    share = 100 * len(refused) / len(truths)
    print(f"true answers refused: {len(refused)} of {len(truths)} ({share:.1f} %)")
    building = [_milliseconds(prompt.messages, facts) for _ in range(rounds * 20)]
    proving = [_milliseconds(read, answer, facts) for _ in range(rounds) for answer in answers]
    print(f"building the prompt of {len(facts)} facts: {median(building):.2f} ms, median")
    print(f"proving an answer: {median(proving):.2f} ms, median")


def _milliseconds(work, *values: object) -> float:
    started = time.perf_counter()
    work(*values)
    return 1000 * (time.perf_counter() - started)
