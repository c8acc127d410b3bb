"""Cut the text of a page into its records without changing a byte of them."""

import json
import re

import msgspec

ROWS = re.compile(r'"data"\s*:\s*\[\s*')


class _Page(msgspec.Struct):
    data: list[msgspec.Raw] = []


def split(page: str) -> list[bytes]:
    """Return each record of a page as its own text in UTF-8. Raises ValueError on no JSON."""
    try:
        return [bytes(record) for record in msgspec.json.decode(page, type=_Page).data]
    except msgspec.MsgspecError:
        # It refuses half a surrogate pair, which Zoho can send.
        return _split_by_hand(page)


def _split_by_hand(page: str) -> list[bytes]:
    rows = ROWS.search(page)
    if rows is None:
        raise ValueError("The page holds no list of records.")
    decoder, found = json.JSONDecoder(strict=False), []
    position = rows.end()
    while page[position] != "]":
        _, end = decoder.raw_decode(page, position)
        found.append(page[position:end].encode())
        position = _skip(page, end)
    return found


def _skip(page: str, position: int) -> int:
    """Return where the next record begins, or the list ends."""
    while page[position] in ", \t\r\n":
        position += 1
    return position
