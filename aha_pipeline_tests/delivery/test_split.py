"""Long texts become messages that Twilio takes, cut where a reader would pause."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aha_pipeline.delivery.split import split, units


def test_a_short_text_is_one_message_without_a_number():
    assert split("  Hello.\n\nWorld.  ") == ["Hello.\n\nWorld."]


def test_paragraphs_stay_whole_where_they_fit():
    assert split("One two.\n\nThree four.\n\nFive six seven.", 32) == [
        "(1/2)\nOne two.\n\nThree four.",
        "(2/2)\nFive six seven.",
    ]


def test_a_long_paragraph_is_cut_at_its_sentences():
    assert split("One two three. Four five six. Seven eight.", 30) == [
        "(1/3)\nOne two three.",
        "(2/3)\nFour five six.",
        "(3/3)\nSeven eight.",
    ]


def test_a_figure_stays_with_its_unit():
    parts = split("word " * 4 + "₹1.23 Cr 12.3 % " * 4, 24)
    assert any("₹1.23 Cr" in part for part in parts)
    assert not any(part.endswith(("1.23", "12.3")) for part in parts)


def test_an_emoji_counts_as_two_units():
    assert units("a😀") == 3
    assert all(units(part) <= 40 for part in split("😀" * 200, 40))


def test_an_accent_stays_with_its_letter():
    for part in split("नि" * 200, 41):
        assert not part.rpartition("\n")[2].startswith("ि")


@pytest.mark.parametrize(
    "figure", ["₹ 4.52 lakh", "Rs. 500", "12 %", "12 345 678", "INR 5 crore", "₹1.23 Cr", "3.5 M"]
)
def test_no_figure_is_cut(figure):
    text = " ".join(f"Won {figure} on day one." for _ in range(6))
    for room in range(40, 60):
        parts = split(text, room)
        assert sum(part.count(figure) for part in parts) == 6


@pytest.mark.parametrize("sign", ["👨‍👩‍👧‍👦", "🇮🇳", "👍🏽", "❤️", "नि"])
def test_no_sign_is_cut(sign):
    parts = split(sign * 60, 41)
    assert len(parts) > 1
    for part in parts:
        word = part.partition("\n")[2]
        assert word == sign * (len(word) // len(sign))


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("ab. \n😀हि₹1,%"), max_size=400), st.integers(30, 120))
def test_no_word_is_lost_and_every_part_fits(text, limit):
    parts = split(text, limit)
    assert all(units(part) <= limit for part in parts)
    bare = parts if len(parts) == 1 else [part.partition("\n")[2] for part in parts]
    assert "".join("".join(bare).split()) == "".join(text.split())
