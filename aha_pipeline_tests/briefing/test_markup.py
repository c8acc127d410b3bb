"""Names from the CRM are shown and do nothing."""

import re

import pytest

from aha_pipeline.briefing.markup import JOINER, MARKDOWN, WHATSAPP, clean

# What a phone or a mail program makes a link of.
FINDERS = re.compile(
    r"\w+://|www\.|[\w.+-]+@|[\w-]+\.[a-z]{2,}|\+?\d[\d\s().-]{6,}\d", re.IGNORECASE
)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Google Ads", "Google Ads"),
        ("  Walk-in \n (Pune) ", "Walk-in (Pune)"),
        ("रेफ़रल", "रेफ़रल"),
        ("Ｆａｃｅｂｏｏｋ", "Facebook"),
        ("Face\u200bbook\u202e\x00", "Facebook"),
        ("Call https://evil.example/x now", "Call https|:|/|/|evil|.|example|/|x now"),
        ("write to a@b.example", "write to a at b|.|example"),
        ("ring +91 98123 45678 today", "ring +|91 981|23 456|78 today"),
        ("www.ahahomes.example", "www|.|ahahomes|.|example"),
        ("080-4711 2233", "080|-|471|1 223|3"),
        ("homes.example/pune", "homes|.|example|/|pune"),
        ("{{7*7}} `rm`", "77 rm"),
        ("x" * 60, "x" * 39 + "…"),
        ("\u200b", "(unnamed)"),
        (None, "(unnamed)"),
    ],
)
def test_a_name_is_cleaned(name, shown):
    cleaned = clean(name)
    assert cleaned.replace("*", "").replace(JOINER, "|") == shown
    assert FINDERS.search(cleaned) is None


def test_marks_of_markdown_are_escaped():
    assert MARKDOWN.name("a|b*c_[d](x)<i>$e$:red:") == r"a\|b\*c\_\[d\](x)\<i\>\$e\$\:red\:"


def test_marks_of_whatsapp_are_taken_out():
    assert WHATSAPP.name("*big* _lead_form_2 ~x~") == "big lead form 2 x"
