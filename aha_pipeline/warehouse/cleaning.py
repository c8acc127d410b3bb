"""What jsonb cannot hold: the character U+0000, and half of a surrogate pair.

Such a page is landed with U+FFFD in their place, and the record's own text is kept beside it.
"""

import re
from dataclasses import dataclass

from aha_pipeline import records

ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)"
)
UNHOLDABLE = re.compile(r"\\u(?:0000|[dD][89abcdefABCDEF][0-9a-fA-F]{2})")
REPLACEMENT = r"\ufffd"


@dataclass(frozen=True)
class Original:
    """The text of a record that had to be changed to be landed."""

    id: str | None
    text: str


def clean(page: str) -> tuple[str, list[Original]]:
    """Return the page as jsonb can hold it, and the records that differ from what was sent."""
    if r"\u" not in page:
        return page, []
    cleaned = _replaced(page)
    if cleaned == page:
        return page, []
    return cleaned, [
        Original(record.get("id"), text)
        for record, text in records.split(page)
        if _replaced(text) != text
    ]


def _replaced(text: str) -> str:
    """Return `text` with what cannot be held replaced; an escaped backslash begins no escape."""
    return ESCAPE.sub(lambda m: REPLACEMENT if UNHOLDABLE.fullmatch(m[0]) else m[0], text)
