"""Cuts a text into messages that Twilio takes, at the ends of paragraphs and sentences."""

import re
from unicodedata import category

# Twilio refuses above 1,600 characters and does not say how it counts an emoji: 1,500 UTF-16
# units are safe under every reading.
LIMIT = 1500
NUMBERING = len("(10/10)\n")

# Where to cut, best first, and what stands there again when two pieces fit together. A space
# before L, Cr or % belongs to a figure.
CUTS = (
    (re.compile(r"\n{2,}"), "\n\n"),
    (re.compile(r"\n"), "\n"),
    (re.compile(r"(?<=[.!?।])\s+"), " "),
    (re.compile(r"\s+(?!(?:L|Cr|%)(?!\w))"), " "),
)


def split(text: str, limit: int = LIMIT) -> list[str]:
    """Return `text` as messages of at most `limit` UTF-16 units, numbered if more than one."""
    text = text.strip()
    if units(text) <= limit:
        return [text]
    parts = _pack(text, limit - NUMBERING, CUTS)
    return [f"({number}/{len(parts)})\n{part}" for number, part in enumerate(parts, 1)]


def units(text: str) -> int:
    """Return the length of `text` in UTF-16 units: an emoji is two."""
    return len(text.encode("utf-16-le")) // 2


def _pack(text: str, room: int, cuts: tuple) -> list[str]:
    """Return `text` in as few pieces as fit in `room`, cut at the best places that do."""
    if units(text) <= room:
        return [text]
    if not cuts:
        return _chop(text, room)
    (place, glue), *worse = cuts
    packed = [""]
    for piece in place.split(text):
        joined = f"{packed[-1]}{glue}{piece}" if packed[-1] else piece
        if units(joined) <= room:
            packed[-1] = joined
        else:
            packed += _pack(piece, room, tuple(worse))
    return [part for part in packed if part]


def _chop(text: str, room: int) -> list[str]:
    """Return a single over-long word in pieces, accents staying with their letters."""
    size = room // 2  # a character is at most two units
    pieces = []
    while text:
        cut = size
        while 1 < cut < len(text) and category(text[cut]).startswith("M"):
            cut -= 1
        pieces.append(text[:cut])
        text = text[cut:]
    return pieces
