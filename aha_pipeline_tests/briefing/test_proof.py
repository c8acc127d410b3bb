"""The proof refuses what a fact does not bear out, and lets true words pass."""

import pytest

from aha_pipeline.briefing.draft import Draft
from aha_pipeline.briefing.proof import check
from aha_pipeline_tests.briefing.conftest import make_facts

FACTS = make_facts()  # new_leads is up, lost_deals down, junk_pct flat, closing_30_deals neither


def faults(fact_id: str, comment: str) -> list[str]:
    """Return why a comment on a fact is refused, in a draft that is otherwise true."""
    others = ("stage_1_value", "overdue_deals", "open_rep_1_value")
    draft = {
        "headline": {"fact_id": fact_id, "comment": comment},
        "items": [{"fact_id": i, "comment": "Look at it today."} for i in others],
    }
    return check(Draft.model_validate(draft), FACTS)


@pytest.mark.parametrize(
    ("fact_id", "comment"),
    [
        ("new_leads", "Enquiries rose against the day before; call each of them today."),
        ("new_leads", "Interest is higher, a good sign to follow up on quickly."),
        ("new_leads", "That improved on the day before."),
        ("lost_deals", "Losses fell, which is better than the day before."),
        ("lost_deals", "Fewer deals were lost; ask for the reason of each."),
        ("junk_pct", "The share is unchanged; keep an eye on the forms."),
        ("closing_30_deals", "Follow up on each, pick up the phone and set up the visits."),
        ("closing_30_deals", "Break down the list by owner and keep it up to date."),
        ("closing_30_deals", "Every one of these needs a date; go through them one by one."),
        ("win_rate", "Review how the offers are followed up before the closing talks."),
        ("rep_1_won_value", "Let this colleague show the others how it is done."),
        ("source_1_junk_pct", "This is below what the other channels bring, so it earns its cost."),
        ("worst_junk_pct", "Quality is worse here than elsewhere; check the form."),
    ],
)
def test_true_words_pass(fact_id, comment):
    assert faults(fact_id, comment) == []


@pytest.mark.parametrize(
    ("fact_id", "comment", "reason"),
    [
        ("new_leads", "There were 18 of them.", "no digit"),
        ("new_leads", "There were ४२ of them.", "no digit"),
        ("new_leads", "There were ⅔ of them.", "no digit"),
        ("new_leads", "There were Ⅻ of them.", "no digit"),
        ("new_leads", "That is a lot of ₹ for us.", "no sign of currency"),
        ("new_leads", "That is more than usual in %.", "no sign of currency or percent"),
        ("new_leads", "Eighteen came.", "number or unit"),
        ("new_leads", "Only one came.", "number or unit"),
        ("new_leads", "That is worth a crore.", "number or unit"),
        ("new_leads", "Interest doubled.", "number or unit"),
        ("new_leads", "Interest fell.", "'fell'"),
        ("new_leads", "Interest went down.", "'went down'"),
        ("new_leads", "Interest worsened.", "'worsened'"),
        ("new_leads", "Interest is unchanged.", "'unchanged'"),
        ("lost_deals", "Losses are up.", "'up'"),
        ("lost_deals", "This worsened.", "'worsened'"),
        ("junk_pct", "The share rose.", "'rose'"),
        ("junk_pct", "The share improved.", "'improved'"),
        ("closing_30_deals", "These are higher than ever.", "'higher'"),
        ("open_deals", "That is better.", "'better'"),
        ("new_leads", "", "is empty"),
        ("new_leads", "word " * 60, "longer than"),
        ("new_leads", "Look here.\nAnd here.", r"holds '\n'"),
        ("new_leads", "Look\u202e here.", r"holds '\u202e'"),
        ("new_leads", "Look at www.evil.example now.", "link"),
        ("new_leads", "Write to boss@evil.example now.", "link"),
        ("new_leads", "Thank priya nair.", "the name 'Priya Nair'"),
        ("new_leads", "They came from IndiaMART.", "the name 'IndiaMART'"),
        ("no_such_fact", "Look here.", "no fact with the id"),
        ("overdue_deals", "Look here.", "used twice"),
    ],
)
def test_what_is_not_borne_out_is_refused_with_a_reason(fact_id, comment, reason):
    found = faults(fact_id, comment)
    assert len(found) >= 1
    assert any(reason in text for text in found)


def test_too_few_and_too_many_items_are_refused():
    item = {"fact_id": "new_leads", "comment": "Look here."}
    empty = Draft.model_validate({"headline": item, "items": []})
    assert check(empty, FACTS) == ["Write 3 to 8 items, not 0."]
    items = [{"fact_id": fact.id, "comment": "Look here."} for fact in FACTS[1:]]
    full = Draft.model_validate({"headline": item, "items": items})
    assert check(full, FACTS) == [f"Write 3 to 8 items, not {len(items)}."]
