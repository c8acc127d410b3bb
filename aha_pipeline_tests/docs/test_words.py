"""The words of the pages: none that docs/words.md has a better one for."""

import ast
import re
from functools import cache

import pytest

from aha_pipeline_tests.docs.sentences import modules, text_of
from aha_pipeline_tests.kit.pages import ROOT

PAIR = re.compile(r"^\| (?!not \|)([^|]+?) \| [^|]+ \|$", re.MULTILINE)
WORSE = PAIR.findall((ROOT / "docs" / "words.md").read_text(encoding="utf-8"))
# A percent sign away from its number, which may be what stands in an f-string before it.
APART = re.compile(r"(?:^|\d) %(?=$|[\s.,;:)])")
ONE_OF_MANY = re.compile(r"\b1 (?:leads|deals|records|contacts|accounts|days)\b")


@cache
def on_pages() -> list[str]:
    """Return every text in the dashboard's source but its docstrings."""
    return [
        text
        for path, tree in modules()
        if path.is_relative_to(ROOT / "dashboard")
        for node in ast.walk(tree)
        if not isinstance(node, ast.Expr)
        for part in ast.iter_child_nodes(node)
        if (text := text_of(part))
    ]


def test_the_table_is_read():
    assert len(WORSE) > 5


@pytest.mark.parametrize("words", WORSE)
def test_no_page_says_what_has_a_better_word(words):
    assert not [text for text in on_pages() if words.lower() in text.lower()]


def test_no_page_says_one_of_many():
    assert not [text for text in on_pages() if ONE_OF_MANY.search(text)]


def test_no_page_parts_a_percent_sign_from_its_number():
    assert not [text for text in on_pages() if APART.search(text)]
