"""Text from the CRM made safe to show: for the model, for Markdown and for WhatsApp.

Names of sources, reps and stages are typed by people, some of them strangers in a web form. They
are data: whatever stands in them is shown, and does nothing.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

NAME_LIMIT = 40
JOINER = "\u2060"
LINKS = re.compile(r"(?:\w+://|www\.)\S*|\S+@\S+|\S+\.\S+/\S*|\+?\d[\d\s().-]{6,}\d", re.IGNORECASE)
# All that Markdown, GitHub's tables, LaTeX in Streamlit and HTML give a meaning.
MARKDOWN_MARKS = re.compile(r"([\\`*_{}\[\]<>#|$~:!&])")
WHATSAPP_MARKS = re.compile(r"[*_~`]+")


@dataclass(frozen=True)
class Style:
    """How a text is marked up where it is read."""

    plain: Callable[[str], str]
    bold: Callable[[str], str]

    def name(self, name: str | None) -> str:
        """Return the name of a source, rep or stage, cleaned and escaped."""
        return self.plain(clean(name))


def clean(name: str | None) -> str:
    """Return a name from the CRM on one line, without hidden characters and braces.

    What looks like an address stays readable, but no program makes a link of it.
    """
    text = unicodedata.normalize("NFKC", name or "")
    text = "".join(" " if c.isspace() else c for c in text)
    text = "".join(c for c in text if not unicodedata.category(c).startswith("C"))
    text = " ".join(re.sub(r"[`{}]", "", text).split())
    if len(text) > NAME_LIMIT:
        text = text[: NAME_LIMIT - 1].rstrip() + "…"
    return LINKS.sub(lambda found: unlinked(found[0]), text) or "(unnamed)"


def unlinked(address: str) -> str:
    """Put word joiners, which are not seen, around marks and between digits; "at" for "@"."""
    address = address.replace("@", " at ")
    address = re.sub(r"(?<=\S)(?=[^\w\s])|(?<=[^\w\s])(?=\S)", JOINER, address)
    return re.sub(r"(\d{3})(?=\d)", rf"\1{JOINER}", address)


def _markdown(text: str) -> str:
    return MARKDOWN_MARKS.sub(r"\\\1", text)


def _whatsapp(text: str) -> str:
    """WhatsApp knows no escape, so its marks become spaces."""
    return " ".join(WHATSAPP_MARKS.sub(" ", text).split())


MARKDOWN = Style(plain=_markdown, bold=lambda text: f"**{text}**")
WHATSAPP = Style(plain=_whatsapp, bold=lambda text: f"*{text}*")
