"""Phrases: complete and signed in each language; what is printed is read back, or refused."""

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aha_pipeline import sql
from aha_pipeline.briefing import facts, language, sign_off
from aha_pipeline.briefing.catalogue import SLOTS, stances
from aha_pipeline.briefing.language import PLACE, places
from aha_pipeline.briefing.names import clean
from aha_pipeline.briefing.verify import figure_names
from aha_pipeline_tests.briefing.by_hand import fact, reading

NAMES = ("deal", "second", "owner", "source", "was", "reason", "stage", "stage_before")
DATES = ("date", "date_before", "since", "told", "until")
JUDGING = ("lazy", "weak", "poor", "failing", "underperform", "useless", "incompetent", "slow rep")
both = pytest.mark.parametrize("code", language.codes())


def value_of(place: str):
    """Return a value that a place could hold."""
    if place in NAMES:
        return "Reddy Residence, Kochi - Villa"
    if place in DATES:
        return date(2026, 12, 4)
    if place == "weekday":
        return 5
    if place in ("pct", "was_pct", "all", "usual"):
        return Decimal("35.4")
    return Decimal(1234567) if place.startswith(("money", "before", "opened")) else 12


def values_of(phrase: str) -> dict:
    return {place: value_of(place) for place in places(phrase)}


def every_phrase(code: str):
    for stance, phrases in language.load(code).stances.items():
        for phrase in phrases:
            yield stance, phrase


@both
def test_no_phrase_breaks_the_grammar_of_a_model(code):
    """llama.cpp of 2025 leaves these bare in an enumeration; Ollama then lets it write freely."""
    one = language.load(code)
    texts = [*(text for _, text in every_phrase(code)), *one.advice.values(), *one.link.values()]
    assert not set('"\\') & set("".join(texts))
    assert not set('"\\') & set(clean('The "Grand" \\ Hotel'))


def test_english_and_hindi_are_there():
    assert {"en", "hi"} <= set(language.codes())


@both
def test_a_language_has_every_statement_advice_and_frame(code):
    one, english = language.load(code), language.load("en")
    assert one.stances.keys() == stances().keys()
    wanted = {advice for stance in stances().values() for advice in stance.advice}
    assert one.advice.keys() == wanted
    for part in ("link", "frame", "report"):
        assert getattr(one, part).keys() == getattr(english, part).keys()
    assert [len(one.frame[name]) for name in ("weekdays", "months")] == [7, 12]
    for name, text in one.advice.items():
        # Advice names what it is about, and has no figures of its own.
        assert places(text) <= {"deal", "reason", "source", "stage"}
        assert places(text) == places(english.advice[name])


@both
def test_phrases_of_a_statement_print_the_same_in_each_language(code):
    for stance, phrases in language.load(code).stances.items():
        english = [places(phrase) for phrase in language.load("en").stances[stance]]
        assert all(places(phrase) in english for phrase in phrases), stance
        assert 1 <= len(phrases) <= 5  # of those, two to four for the same values
        assert len(phrases) > 1 or stance.startswith("glance")


@both
def test_no_phrase_judges_a_person(code):
    texts = " ".join(p for phrases in language.load(code).stances.values() for p in phrases).lower()
    assert not [word for word in JUDGING if word in texts]


@both
def test_nobody_is_named_for_something_bad(code):
    for stance, phrases in language.load(code).stances.items():
        if any("owner" in places(phrase) for phrase in phrases):
            assert stances()[stance].mood != "bad", stance


@both
def test_each_phrase_is_signed_as_it_stands(code):
    assert sign_off.unsigned(language.load(code)) == []


def test_a_changed_phrase_or_meaning_is_not_signed():
    english = language.load("en")
    for text in ("{deal} is gone.", "{deal} is won: {money$}!"):
        changed = replace(english, stances={**english.stances, "won": [text]})
        assert sign_off.unsigned(changed) == ["won"]


def test_each_statement_has_a_file_a_proof_and_a_place():
    found = set()
    for kind in facts.kinds():
        text = sql.read(f"briefing/facts/{kind}")
        named = set(re.findall(r"\w+", re.search(r"-- stances: ((?:[\w, ]|\n--   )+)", text)[1]))
        assert named == sql.statements(f"briefing/proofs/{kind}").keys(), kind
        found |= named
    assert found == stances().keys()
    assert {stance.slot for stance in stances().values()} == {*SLOTS, "none"}


@pytest.mark.parametrize("kind", facts.kinds())
def test_every_value_that_a_phrase_prints_is_verified(kind):
    for stance, statement in sql.statements(f"briefing/proofs/{kind}").items():
        for phrase in language.load("en").stances[stance]:
            missing = {name for name in places(phrase) if f"%({name})s" not in statement}
            assert not missing, (stance, phrase)


@both
def test_a_printed_sentence_is_read_back_and_no_other_value(code):
    for stance, phrase in every_phrase(code):
        one, values = reading(code), values_of(phrase)
        name = one.name_of(fact(stance, **values))
        printed = one.language.say(phrase, values, "INR", name)
        assert one.language.read_back(phrase, printed, values, "INR", name), printed
        for place in PLACE.finditer(phrase):
            lie = {**values, place["name"]: other_than(values[place["name"]], place["form"])}
            assert not one.language.read_back(phrase, printed, lie, "INR", name), (
                place[0],
                printed,
            )


@both
@pytest.mark.parametrize("told", ["told", "was"])
@pytest.mark.parametrize("factor", ["0.001", "0.7", "3"])
def test_a_figure_is_read_back_beside_the_one_that_was_told(code, told, factor):
    """Its comma ends no place, whatever follows it, and neither figure stands for the other."""
    for stance, phrase in every_phrase(code):
        one, values = reading(code), values_of(phrase)
        numbers = [place["name"] for place in PLACE.finditer(phrase) if place["form"] in "$#"]
        for figure in {n for n in numbers if isinstance(values[n], Decimal | int)} - {"weekday"}:
            before = round(values[figure] * Decimal(factor)) + 1
            both_said = {**values, f"{figure}_{told}": before}
            name = one.name_of(fact(stance, **both_said))
            printed = one.language.say(phrase, both_said, "INR", name)
            assert one.language.read_back(phrase, printed, both_said, "INR", name), printed
            lies = [
                {**both_said, figure: before, f"{figure}_{told}": values[figure]},
                {**both_said, f"{figure}_{told}": other_than(before, "$")},
                values,
            ]
            for lie in lies:
                assert not one.language.read_back(phrase, printed, lie, "INR", name), printed


def other_than(value, form: str):
    """Return another value that would be printed otherwise, as little as can be."""
    if isinstance(value, str):
        return "Reddy Residence, Kochi - Flat"
    if isinstance(value, date):
        return date(2026, 12, 5)
    return value + 1000 if form == "$" else value + 1  # 1,000 is the last place of ₹12.35 L


@both
def test_a_falsified_digit_is_seen(code):
    for stance, phrase in every_phrase(code):
        one, values = reading(code), values_of(phrase)
        name = one.name_of(fact(stance, **values))
        printed = one.language.say(phrase, values, "INR", name)
        fixed = set(re.findall(r"[0-9]+", PLACE.sub("", phrase)))
        for found in re.finditer(r"[0-9][0-9.,]*[0-9]|[0-9]", printed):
            for place in range(found.start(), found.end()):
                if printed[place].isdigit() and found[0] not in fixed:
                    digit = str((int(printed[place]) + 1) % 10)
                    lie = printed[:place] + digit + printed[place + 1 :]
                    assert not one.language.read_back(phrase, lie, values, "INR", name), lie


@both
def test_two_figures_in_each_others_place_are_seen(code):
    swapped = 0
    for stance, phrase in every_phrase(code):
        one, values = reading(code), values_of(phrase)
        numbers = [key for key, v in values.items() if isinstance(v, Decimal | int)]
        for number, key in enumerate(numbers):
            values[key] = 2 if key == "weekday" else values[key] + (number + 1) * 100_000
        name = one.name_of(fact(stance, **values))
        for first, second in combinations(sorted(set(numbers) - {"weekday"}), 2):
            lie = {**values, first: values[second], second: values[first]}
            printed = one.language.say(phrase, lie, "INR", name)
            assert not one.language.read_back(phrase, printed, values, "INR", name), printed
            swapped += 1
    assert swapped > 50


@given(
    st.decimals(0, 10**12, places=2, allow_nan=False),
    st.sampled_from(["INR", "USD", "EUR", "JPY", "CHF", "GBP"]),
    st.sampled_from(language.codes()),
)
def test_money_in_any_currency_is_read_back(value, currency, code):
    one, phrase = reading(code, currency), "{deal}: {money$}."
    values = {"deal": "X", "money": value}
    name = one.name_of(fact(**values))
    printed = one.language.say(phrase, values, currency, name)
    assert one.language.read_back(phrase, printed, values, currency, name), printed


@both
def test_a_phrase_is_there_whatever_is_missing(code):
    """Each optional value may be missing, as facts of that statement have it."""
    one = language.load(code)
    cases = {
        "won": [{"deal"}, {"deal", "money"}, {"deal", "money", "source"}],
        "won_after_gap": [{"deal", "days"}],
        "won_many": [{"n"}, {"n", "money"}],
        "lost": [{"deal"}],
        "lost_reason": [{"deal", "reason"}],
        "lost_many": [{"n"}, {"n", "money"}, {"n", "money", "deal", "deal_money"}],
        "newly_overdue": [{"n", "date"}, {"n", "money", "date"}],
        "newly_overdue_one": [{"deal", "date"}],
        "overdue_more": [{"n", "before"}],
        "overdue_fewer": [{"n", "before"}],
        "overdue_same": [{"n", "before"}],
        "due": [{"n", "until"}],
        "waiting": [{"n", "of", "since"}],
        "waiting_source": [{"n", "of", "since", "source", "of_source"}],
        "junk_changed": [{"n", "of", "pct", "all", "total", "sources", "source", "was"}],
        "pushed": [{"deal", "days", "date"}],
        "back": [{"deal", "stage", "stage_before"}],
        "advice_won": [{"deal"}],
        "advice_lost": [{"deal"}],
        "opened": [{"deal", "money"}],
        "month_ended": [{"n", "money", "date"}, {"n", "money", "date", "target"}],
        "quarter_ended_less": [{"n", "money", "before", "date"}],
    }
    for stance, sets in cases.items():
        for names in sets:
            assert one.usable(stance, dict.fromkeys(names, 1)), (stance, names)


def test_names_of_values_are_words():
    assert all(name.isidentifier() for name in figure_names())


def test_an_unknown_language_says_which_there_are():
    with pytest.raises(language.LanguageError, match="there are en, hi"):
        language.load("xx")
