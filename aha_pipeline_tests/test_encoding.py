"""Whatever stands in a name, no surface makes a link, a request, a picture or a formula of it."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linkify_it import LinkifyIt
from phonenumbers import Leniency, PhoneNumberMatcher

from aha_pipeline import encoding
from dashboard.records import as_csv

LINKS = LinkifyIt({}, {"fuzzy_ip": True}).tlds(["example", "dev", "in", "co", "ahahomes"], True)
# What counts as possible is shorter in Germany than a number of a house.
FINDERS = [("IN", Leniency.POSSIBLE), ("US", Leniency.POSSIBLE), ("DE", Leniency.VALID)]
PIECES = [
    "http://", "HTTPS://", "www.", "evil.example", "/pune", "a@b.example", "mailto:", "tel:", "@",
    "+91", "98123", "45678", "080-", "4711", " 2233", "(0)", "{", "}", "`", "*", "_", "~", ".",
    ":", "x", "/", "…", "\u3002", "\uff0e", "\u2024", "\u200b", "\u200d", "\u202e", "\u0301",
    "\uff11", "\u0967", "½", "²", "\n", "\t", " ", "रे", "फ़", "İ", "ﬀ", "\ud800",
]  # fmt: skip
hostile = st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=14).map("".join)


def found_in(text: str) -> list[str]:
    """Return what finders of links, mail addresses and phone numbers match in a text."""
    links = [match.url for match in LINKS.match(text) or []]
    numbers = [
        match.raw_string
        for region, leniency in FINDERS
        for match in PhoneNumberMatcher(text, region, leniency=leniency)
    ]
    return links + numbers


def test_the_finders_find_what_they_should():
    for text in ("www.evil.example", "x evil.example y", "a@b.example", "ring +91 98123 45678"):
        assert found_in(text), text


@given(hostile)
def test_a_name_in_a_message_holds_nothing_that_a_finder_matches(text):
    shown = encoding.name(text)
    assert found_in(shown) == []
    assert encoding.name(shown) == shown
    assert 0 < len(shown) <= encoding.NAME_LIMIT
    assert not set(shown) & set("*_~`{}<>[]|\\/:.@#\n")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Google Ads", "Google Ads"),
        ("  Walk-in \n (Pune) ", "Walk-in (Pune)"),
        ("रेफ़रल", "रेफ़रल"),
        ("👩\u200d👩\u200d👧 Sharma ❤\ufe0f Homes", "Sharma Homes"),
        ("1\ufe0f\u20e3 Pune 🇮🇳", "1\ufe0f\u20e3 Pune"),
        ("\u200d\ufe0f\u200c", encoding.UNNAMED),
        ("Ｆａｃｅｂｏｏｋ", "Facebook"),
        ("www.ahahomes.example", "www ahahomes example"),
        ("homes.example/pune", "homes example pune"),
        ("080-4711 2233", "080…33"),
        ("Rep 1 (…00001)", "Rep 1 (…00001)"),  # one of several of that name
        ("Shop 24 (…00017) (left)", "Shop 24 (…00017) (left)"),
        ("Plot 12-B 7 (…68042)", "Plot 12-B 7 (…68042)"),
        ("ht{}tps:/`/evil.ex{ample", "ht tps evil ex ample"),
        ("Villa 100, Block 2", "Villa 100, Block 2"),
        ("\u200b", "(unnamed)"),
        (None, "(unnamed)"),
    ],
)
def test_a_name_stays_recognisable(name, shown):
    assert encoding.name(name) == shown


def cells(text: str) -> list[str]:
    """Return the cells a spreadsheet may see in a written value, whatever separates its cells."""
    written = as_csv({"name": "Name"}, [{"id": "L1", "name": text}]).decode("utf-8-sig")
    found = []
    for separator in (",", ";", "\t"):
        for row in csv.reader(io.StringIO(written, newline=""), delimiter=separator):
            found += row
    return found


@given(st.lists(st.sampled_from([*"=+-@;,\t\r\n'\" ", "＝", "＋", "－", "＠", "−", "\ufeff", "1"])))
def test_no_cell_begins_a_formula(pieces):
    for cell in cells("".join(pieces)):
        assert not cell.strip(" \t\r\n\ufeff\u200b\0").startswith(tuple("=+-@＝＋－＠−")), cell


@pytest.mark.parametrize(
    "value", ["=1+1", "\n=1", "\t=1", "\r@x", "＝1+1", " +1", "-2+3", "@SUM(A1)"]
)
def test_what_would_be_a_formula_has_an_apostrophe(value):
    assert encoding.spreadsheet(value).startswith("'")


def test_excel_reads_the_letters_and_keeps_the_ids():
    written = as_csv({"name": "Lead"}, [{"id": "5123456000000680001", "name": "हिन्दी ₹"}])
    assert written.startswith(b"\xef\xbb\xbf")
    assert written.decode("utf-8-sig").splitlines()[1] == "zcrm_5123456000000680001,हिन्दी ₹"


def test_a_terminal_is_given_no_commands():
    shown = encoding.terminal("\x1b]0;owned\x07\x1b[2J[bold]Company[/bold]\r\nx")
    assert shown == "]0;owned[2J[bold]Company[/bold] x"
