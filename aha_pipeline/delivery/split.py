"""Cuts a text into messages that Twilio takes, at the ends of paragraphs and sentences."""

import re
from unicodedata import category

# Twilio refuses above 1,600 characters and does not say how it counts an emoji: 1,500 UTF-16
# units are safe under every reading.
LIMIT = 1500
NUMBERING = len("(10/10)\n")

# A space inside a figure: ₹ 5, Rs. 5, 1.2 Cr, 12 %, 12 345.
IN_FIGURE = (
    r"(?<![₹$€£]\s)(?<!\bRs\s)(?<!\bRs\.\s)(?<!\bINR\s)"
    r"(?!(?:L|Cr|lakh|crore|K|M|bn|%)(?!\w))(?!(?<=\d\s)\d)"
)
# Where to cut, best first, and what joins two pieces again that fit together.
CUTS = (
    (re.compile(r"\n{2,}"), "\n\n"),
    (re.compile(r"\n"), "\n"),
    (re.compile(rf"(?<=[.!?।])\s{IN_FIGURE}"), " "),
    (re.compile(rf"\s{IN_FIGURE}"), " "),
)
# What belongs to the character before it: accents, skin tones, and what a joiner joins.
JOINER = "\u200d"
SKIN_TONES = range(0x1F3FB, 0x1F400)
FLAG_LETTERS = range(0x1F1E6, 0x1F200)


def split(text: str, limit: int = LIMIT) -> list[str]:
    """Return `text` as messages of at most `limit` UTF-16 units, numbered if more than one."""
    text = text.strip()
    if units(text) <= limit:
        return [text]
    parts = _pack(re.sub(r"[^\S\n]+", " ", text), limit - NUMBERING, CUTS)
    return [f"({number}/{len(parts)})\n{part}" for number, part in enumerate(parts, 1)]


def units(text: str) -> int:
    """Return the length of `text` in UTF-16 units: an emoji is two."""
    return len(text.encode("utf-16-le")) // 2


def _pack(text: str, room: int, cuts: tuple[tuple[re.Pattern[str], str], ...]) -> list[str]:
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
    """Return a single over-long word in pieces, each character as the reader sees it whole."""
    size = room // 2  # a character is at most two units
    pieces = []
    while text:
        cut = size
        while 1 < cut < len(text) and _is_joined(text, cut):
            cut -= 1
        pieces.append(text[:cut])
        text = text[cut:]
    return pieces


def _is_joined(text: str, place: int) -> bool:
    """Whether the reader sees one sign where the characters before and after `place` meet."""
    before, after = text[place - 1], text[place]
    if JOINER in (before, after) or category(after).startswith("M") or ord(after) in SKIN_TONES:
        return True
    flags = place - len(text[:place].rstrip("".join(map(chr, FLAG_LETTERS))))
    return ord(after) in FLAG_LETTERS and flags % 2 == 1
