"""Hundreds of answers that lie and as many that do not, against the proof."""

from collections import Counter

import pytest

from aha_pipeline.briefing.compose import read
from aha_pipeline_tests.briefing.test_compose import write
from aha_pipeline_tests.kit import corpus

FACTS = corpus.facts()
FALSE_ALARMS = 0.05


def test_the_corpus_is_large_and_no_comment_is_in_it_twice():
    lies, truths = corpus.false_replies(), corpus.true_replies()
    assert len(lies) >= 200
    assert len(truths) >= 200
    assert max(Counter(answer for *_, answer in [*lies, *truths]).values()) == 1
    assert min(Counter(kind for kind, *_ in lies).values()) >= 5


@pytest.mark.parametrize("kind", sorted({kind for kind, *_ in corpus.false_replies()}))
def test_no_lie_passes(kind):
    lies = [(lie, answer) for k, lie, answer in corpus.false_replies() if k == kind]
    assert [lie for lie, answer in lies if read(answer, FACTS)[0] is not None] == []


def test_what_is_true_is_hardly_ever_refused():
    truths = corpus.true_replies()
    refused = {comment: found for comment, answer in truths if (found := read(answer, FACTS)[1])}
    assert len(refused) <= FALSE_ALARMS * len(truths), refused


def test_a_lie_among_true_comments_reaches_no_reader(ollama):
    for lie, answer in [one[1:] for one in corpus.false_replies() if one[1].strip()][::40]:
        ollama.answers = [answer]
        briefing = write(ollama, FACTS)
        assert briefing.written_by == "plain"
        assert lie not in briefing.dashboard_report + briefing.whatsapp_summary
