"""Names from the CRM are shown and do nothing."""

import pytest

from aha_pipeline.briefing.markup import MARKDOWN, WHATSAPP, clean


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Google Ads", "Google Ads"),
        ("  Walk-in \n (Pune) ", "Walk-in (Pune)"),
        ("रेफ़रल", "रेफ़रल"),
        ("Ｆａｃｅｂｏｏｋ", "Facebook"),
        ("Face\u200bbook\u202e\x00", "Facebook"),
        ("Call https://evil.example/x now", "Call now"),
        ("write to a@b.example", "write to"),
        ("ring +91 98123 45678 today", "ring today"),
        ("{{7*7}} `rm`", "77 rm"),
        ("x" * 60, "x" * 39 + "…"),
        ("\u200b", "(unnamed)"),
        (None, "(unnamed)"),
    ],
)
def test_a_name_is_cleaned(name, shown):
    cleaned = clean(name)
    assert cleaned.replace("*", "") == shown


def test_marks_of_markdown_are_escaped():
    assert MARKDOWN.name("a|b*c_[d](x)<i>$e$:red:") == r"a\|b\*c\_\[d\](x)\<i\>\$e\$\:red\:"


def test_marks_of_whatsapp_are_taken_out():
    assert WHATSAPP.name("*big* _lead_form_2 ~x~") == "big lead form 2 x"
