"""Cleaning a page: only what jsonb cannot hold is replaced, and nothing of it is forgotten."""

import json

from hypothesis import given
from hypothesis import strategies as st

from aha_pipeline.warehouse.cleaning import clean

PIECES = ["\0", "\ud83d", "\ude00", "\\", "u0000", "ud83d", "a", '"']
ANY_TEXT = st.text(st.characters(), max_size=12) | st.lists(
    st.sampled_from(PIECES), max_size=8
).map("".join)


def holdable(text: str) -> str:
    """Return the text as jsonb can hold it, by another road than the one under test."""
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole.replace("\0", "\ufffd")


@given(st.lists(ANY_TEXT, max_size=5))
def test_any_text_comes_out_as_jsonb_can_hold_it(values):
    values = json.loads(json.dumps(values))  # two halves side by side are one character
    records = [{"id": str(n), "Company": value} for n, value in enumerate(values)]
    page = json.dumps({"data": records, "info": {"more_records": False}})
    cleaned, originals = clean(page)
    landed = [record["Company"] for record in json.loads(cleaned)["data"]]
    assert landed == [holdable(value) for value in values]
    changed = [record for record in records if holdable(record["Company"]) != record["Company"]]
    assert [json.loads(original.text) for original in originals] == changed
