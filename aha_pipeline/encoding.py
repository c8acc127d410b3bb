"""Text from outside, encoded for where it is shown: it is read there, and does nothing.

Names of people, companies, sources and stages are typed by strangers in a web form. Every surface
that shows them asks this module: no link, no picture, no request, no formula, no command of a
terminal may come of them.
"""

import re
import unicodedata
from html import escape

# All that Markdown, GitHub's tables, LaTeX and colours in Streamlit, and HTML give a meaning.
MARKDOWN_MARKS = re.compile(r"[\\`*_{}\[\]<>#|$~:!&^]")
MARKDOWN_BLOCK = re.compile(r"^(\s*\d{0,9})([-+=.)])")
# GitHub's auto-links are sought in the finished text, where an escaped mark is a mark again
# (mdast-util-gfm-autolink-literal): only a character between takes them apart.
MARKDOWN_LINK = re.compile(r"(?<=:)(?=/)|(?<=www)(?=\.)|(?=@)", re.IGNORECASE)
WORD_JOINER = "\N{WORD JOINER}"

# What a spreadsheet begins a formula with, in either width, after anything invisible; and what
# separates the cells of those that do not take the comma. Source: OWASP, CSV injection.
FORMULA = r"[=+\-@\uff1d\uff0b\uff0d\uff20\u2212]"
FORMULA_FIRST = re.compile(rf"[\s\0\ufeff\u200b\"]*{FORMULA}|[\t\r\n]")
FORMULA_LATER = re.compile(rf"(?<=[;\t\r\n])(?=[\s\0\ufeff\u200b\"]*{FORMULA})")
LONG_NUMBER = re.compile(r"\d{16,}")  # a spreadsheet keeps 15 digits

NAME_LIMIT = 40
UNNAMED = "(unnamed)"
ELLIPSIS = "…"
NAME_MARKS = frozenset(" -(),&'+%₹$–—" + ELLIPSIS)
JOINERS = "\u200c\u200d"  # part of how words of Indian scripts are written
# Six digits or more, with anything but letters between: what a phone offers to call. Numbers
# of houses have fewer, and none goes on behind an ellipsis: the end of an id stands there.
CALLABLE = re.compile(r"\d(?:(?:[^\w…]|[_xX])*\d){5,}")


def markdown(value: object) -> str:
    """Return a value on one line as text that Markdown shows as it is; None is empty."""
    text = "" if value is None else _visible(str(value))
    text = MARKDOWN_MARKS.sub(r"\\\g<0>", MARKDOWN_LINK.sub(WORD_JOINER, text))
    return MARKDOWN_BLOCK.sub(r"\1\\\2", text)


def html(value: object) -> str:
    """Return a value as text that HTML shows as it is, and Plotly, which knows some of its tags."""
    return escape(str(value), quote=False)


def terminal(value: object) -> str:
    """Return a value on one line without control characters, which command a terminal."""
    return " ".join(_visible(str(value)).split())


def spreadsheet(value: object) -> object:
    """Return a value as a cell that no spreadsheet runs or rounds; what is no text stays as it is.

    An apostrophe precedes what would begin a formula. A number of more than 15 digits, such
    as an id of Zoho, is written as Zoho's own exports do: zcrm_5123456000000680001.
    """
    if not isinstance(value, str):
        return value
    if LONG_NUMBER.fullmatch(value):
        return f"zcrm_{value}"
    value = FORMULA_LATER.sub("'", value)
    return f"'{value}" if FORMULA_FIRST.match(value) else value


def name(value: str | None, limit: int = NAME_LIMIT) -> str:
    """Return the name of a person, source or stage for a message, in at most `limit` characters.

    It is made of letters, digits, spaces and harmless marks, so that nothing in it is a link, a
    mail address, a number to call or a mark of WhatsApp: of `homes.example/pune` stays `homes
    example pune`, of `080-4711 2233` stays `080…33`. Applied again, it changes nothing.
    """
    text, before = value or "", None
    while text != before:
        text, before = _named(text, limit), text
    return text if any(c.isalnum() for c in text) else UNNAMED


def _named(text: str, limit: int) -> str:
    # The ellipsis apart: its compatible form is three dots.
    parts = _visible(text).split(ELLIPSIS)
    text = ELLIPSIS.join(unicodedata.normalize("NFKC", part) for part in parts)
    words = "".join(c if _is_harmless(c) else " " for c in text).split()
    text = " ".join(filter(_is_seen, words))
    text = CALLABLE.sub(lambda found: _uncallable(found[0]), text)
    return text if len(text) <= limit else text[: limit - 1].rstrip() + ELLIPSIS


def _uncallable(number: str) -> str:
    """Return the first three and the last two digits of a number."""
    digits = [c for c in number if c.isdigit()]
    return f"{''.join(digits[:3])}{ELLIPSIS}{''.join(digits[-2:])}"


def _is_harmless(character: str) -> bool:
    return (
        character in NAME_MARKS
        or character in JOINERS
        or unicodedata.category(character)[0] in "LMN"
    )


def _is_seen(word: str) -> bool:
    """Return whether a word is more than the joiners and marks that an emoji leaves behind."""
    return any(c not in JOINERS and unicodedata.category(c)[0] != "M" for c in word)


def _visible(text: str) -> str:
    """Return a text without what is not seen: control and format characters, and lone halves."""
    spaced = "".join(" " if c.isspace() else c for c in text)
    return "".join(c for c in spaced if c in JOINERS or unicodedata.category(c)[0] != "C")
