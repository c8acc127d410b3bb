"""Cleaning a record: only what jsonb cannot hold is replaced."""

import json

from hypothesis import given
from hypothesis import strategies as st

from aha_pipeline.warehouse.cleaning import clean, dumps

PIECES = ["\0", "\ud83d", "\ude00", "\\", "u0000", "ud83d", "a", '"']
ANY_TEXT = st.text(st.characters(), max_size=12) | st.lists(
    st.sampled_from(PIECES), max_size=8
).map("".join)


def holdable(text: str) -> str:
    """Return the text as jsonb can hold it, by another road than the one under test."""
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole.replace("\0", "\ufffd")


@given(st.dictionaries(st.sampled_from("abc"), ANY_TEXT))
def test_any_text_comes_out_as_jsonb_can_hold_it(record):
    text = json.dumps(record)
    record = json.loads(text)  # two halves side by side are one character
    landed = json.loads(clean(text.encode()))
    assert json.loads(dumps(record)) == landed
    assert landed == {name: holdable(value) for name, value in record.items()}
    assert (landed == record) == (clean(text.encode()) == text.encode())
