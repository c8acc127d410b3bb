"""The user's file of meanings: what it may say, and the one sentence that a mistake gets."""

from decimal import Decimal

import pytest

from aha_pipeline.warehouse.meaning_file import Meaning, read_meanings
from aha_pipeline.warehouse.user_file import UserFileError, line_for

HEADER = "module,value,meaning\n"


@pytest.fixture
def file(tmp_path):
    return tmp_path / "picklist_meaning.csv"


def test_no_file_says_nothing(file):
    assert read_meanings(file) == []


def test_three_columns_are_enough_and_comments_say_nothing(file):
    file.write_text(f"# ours\n\n{HEADER}  # leads\nLeads, Site Visit ,Qualified\n")
    assert read_meanings(file) == [Meaning("Leads", "Site Visit", "qualified", None, None)]


def test_a_spreadsheets_file_is_read_too(file):
    lines = [
        "value,meaning,module,position,probability",
        '"Won, ""really""",won,Deals,35,',
        "Trial,open,Deals,,62.5",
        ",,,,",
    ]
    file.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(lines).encode())
    assert read_meanings(file) == [
        Meaning("Deals", 'Won, "really"', "won", None, 35),
        Meaning("Deals", "Trial", "open", Decimal("62.5"), None),
    ]


@pytest.mark.parametrize("value", ["Site Visit", "Price, again", 'The "hot" one', "#1", "é"])
def test_the_line_to_add_is_one_that_can_be_read(file, value):
    file.write_text(HEADER + line_for("Leads", value, "open") + "\n", encoding="utf-8")
    assert read_meanings(file) == [Meaning("Leads", value, "open", None, None)]


@pytest.mark.parametrize(
    ("text", "line", "complaint"),
    [
        (f"{HEADER}Leads,New,hot\n", 2, "'hot' is no meaning of Leads; write one of open, qual"),
        (f"{HEADER}Deals,New,junk\n", 2, "'junk' is no meaning of Deals; write one of open, won"),
        (f"{HEADER}# x\n\nlead,New,open\n", 4, "the module 'lead' has no meanings; write Leads"),
        (f"{HEADER}Leads,,open\n", 2, "the value is empty"),
        (f"{HEADER}Leads,New\n", 2, "'' is no meaning"),
        (f"{HEADER}Leads,Hot, lead,open\n", 2, "4 values for 3 columns; put a value that holds a"),
        (f'{HEADER}Leads,"New,open\n', 2, "a double quote stands alone"),
        (f"{HEADER}Leads,New,open\nDeals,New,won\nLeads,New,lost\n", 4, "stands in line 2 already"),
        ("module,value\nLeads,New\n", 1, "the column meaning is missing; the first line must"),
        ("module;value;meaning\n", 1, "there is no column 'module;value;meaning'"),
        ("module,value,meaning,value\n", 1, "the column value is named twice"),
        ("module,value,meaning,probability\nDeals,New,open,101\n", 2, "'101' is no number from 0"),
        ("module,value,meaning,probability\nDeals,New,open,-1\n", 2, "'-1' is no number from 0"),
        ("module,value,meaning,probability\nDeals,New,open,nan\n", 2, "'nan' is no number from 0"),
        ("module,value,meaning,position\nDeals,New,open,1.5\n", 2, "'1.5' is no whole number"),
    ],
)
def test_a_mistake_is_one_sentence_with_its_line(file, text, line, complaint):
    file.write_text(text)
    with pytest.raises(UserFileError) as caught:
        read_meanings(file)
    assert str(caught.value).startswith(f"{file}, line {line}: ")
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_utf_8_is_told(file):
    file.write_bytes(HEADER.encode() + "Leads,Später,open".encode("latin-1"))
    with pytest.raises(UserFileError, match="line 2: the file is not a text in UTF-8; save it"):
        read_meanings(file)


def test_what_cannot_be_read_at_all_is_told(file):
    file.mkdir()
    with pytest.raises(UserFileError, match="cannot be read"):
        read_meanings(file)
