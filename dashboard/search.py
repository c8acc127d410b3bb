"""Search in the header: name, telephone number in any notation, mail address, company, id."""

import re

import streamlit as st

from aha_pipeline.encoding import markdown
from dashboard import pages
from dashboard.source import Source
from dashboard.style import Row

NUMBER = re.compile(r"\+?[\d\s().\-/]{7,}")
FEWEST_DIGITS = 7
SAME_DIGITS = 10  # from the right, whatever the notation; as crm.search_number
LONGEST_TEXT = 200


def field(source: Source) -> str:
    """Show the field to those who may see records; return what is asked for, "" for nothing."""
    if not source.viewer.may_see_records:
        return ""
    return st.text_input(
        "Find a lead, deal, contact or account",
        key="find",  # not in the address: a name or a number would stand in logs of proxies
        placeholder="Find a name, phone number, e-mail, company or id",
        label_visibility="collapsed",
        max_chars=LONGEST_TEXT,
    ).strip()


def results(source: Source, text: str) -> None:
    """Show what is found, where something is asked for: one tap opens a record."""
    if not text:
        return
    found = search(source, text)
    if not found:
        st.info("Nothing found. Beginnings of words are enough, in any order.")
        return
    with st.container(border=True, gap=None):
        for row in found:
            label = " · ".join(markdown(part) for part in _parts(row) if part)
            if st.button(label, key=f"found-{row['module']}-{row['id']}", type="tertiary"):
                pages.open_record(row["module"], row["id"])


def search(source: Source, text: str) -> list[Row]:
    """Return up to 20 records with that id, number, or words that begin so; the latest first."""
    text = text.replace("\0", "")
    return source.listed("search", text=text, number=_number(text))


def _number(text: str) -> str | None:
    digits = re.sub(r"\D", "", text)
    is_number = NUMBER.fullmatch(text) and FEWEST_DIGITS <= len(digits) <= SAME_DIGITS + 4
    return digits[-SAME_DIGITS:] if is_number else None


def _parts(row: Row) -> tuple[str | None, ...]:
    kind = row["module"].removesuffix("s")
    company = None if row["company"] and row["company"] in row["name"] else row["company"]
    return row["name"], company, kind, row["stage"], row["owner_name"]
