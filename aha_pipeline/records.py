"""Cut the text of a page into its records, without changing a byte of those that are valid JSON.

One damaged record must not cost the page: a raw control character, NaN, a broken byte or endless
nesting in one record leaves the others readable.
"""

import json
import re
from collections.abc import Iterator
from typing import Generic, TypeVar

import msgspec

ROWS = re.compile(r'"data"\s*:\s*\[\s*')
STRING = r'"(?:[^"\\]|\\.)*"'
BRACKETS = re.compile(rf"{STRING}|[\[\]{{}}]", re.DOTALL)
REPAIRABLE = re.compile(rf"{STRING}|-?Infinity|NaN", re.DOTALL)
SCALAR = re.compile(r"[^,\]\s]*")
CONTROL = re.compile(r"[\x00-\x1f]")
BROKEN_BYTE = re.compile("[\udc80-\udcff]")  # as `surrogateescape` decodes it
INVALID = (msgspec.MsgspecError, ValueError, RecursionError)


Row = TypeVar("Row")


class _Page(msgspec.Struct, Generic[Row]):
    data: list[Row] = []


def decode(body: bytes) -> str:
    """Return a body as text, without a byte order mark; broken bytes become lone surrogates."""
    return body.decode("utf-8-sig", "surrogateescape")


def encode(text: str) -> bytes:
    """Return the bytes that `decode` was given."""
    return text.encode("utf-8", "surrogateescape")


def split(page: str) -> list[bytes]:
    """Return each record of a page as its own text in UTF-8, valid JSON or not.

    Raises ValueError if the page has no list of records.
    """
    try:
        return [bytes(record) for record in msgspec.json.decode(page, type=_Page[msgspec.Raw]).data]
    except INVALID:
        # Also for half a surrogate pair in an escape: msgspec refuses it, and Zoho can send it.
        return [encode(page[start:end]) for start, end in _row_positions(page)]


def read(page: str, shape: type[Row]) -> list[Row]:
    """Return of each record of a page the members that `shape` names, all by one look at it.

    Raises one of `INVALID` if any record is not valid JSON, or its members are of another type.
    """
    if "\\" in page:
        msgspec.json.decode(page)  # as `check` does
    return msgspec.json.decode(page, type=_Page[shape]).data  # type: ignore[valid-type]


def without_rows(page: str) -> str:
    """Return a page with an empty list of records. Raises ValueError if it has no list."""
    rows = ROWS.search(page)
    if rows is None:
        raise ValueError("it has no list of records")
    ends = [end for _, end in _row_positions(page)]
    return page[: rows.end()] + page[_skip(page, max(ends, default=rows.end())) :]


def check(record: bytes) -> None:
    """Raise one of `INVALID` if the strings of a record are not valid, which `split` leaves open.

    Skipping a record, msgspec checks its structure but neither its escapes nor its bytes.
    """
    record.decode()
    if b"\\" in record:
        msgspec.json.decode(record)


def repair(record: bytes) -> bytes | None:
    """Return a record as valid JSON, the same text if it is; None if it cannot be repaired.

    Control characters are escaped, NaN and Infinity become null, broken bytes U+FFFD.
    """
    text = BROKEN_BYTE.sub("\ufffd", record.decode("utf-8", "surrogateescape"))
    text = REPAIRABLE.sub(_repaired, text)
    try:
        is_object = isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return None
    return text.encode() if is_object else None


def shallow(record: bytes) -> str:
    """Return a record with null for each object and list in it: its own values, however deep."""
    text, parts, position, depth = record.decode("utf-8", "replace"), [], 0, 0
    for token in BRACKETS.finditer(text):
        if token[0] in "{[":
            depth += 1
            if depth == 2:
                parts.append(text[position : token.start()])
        elif token[0] in "}]":
            if depth == 2:
                parts.append("null")
                position = token.end()
            depth -= 1
    return "".join([*parts, text[position:]])


def _repaired(token: re.Match[str]) -> str:
    if not token[0].startswith('"'):
        return "null"
    return CONTROL.sub(lambda control: f"\\u{ord(control[0]):04x}", token[0])


def _row_positions(page: str) -> Iterator[tuple[int, int]]:
    """Yield where each record begins and ends. Raises ValueError if the page is cut short."""
    rows = ROWS.search(page)
    if rows is None:
        raise ValueError("it has no list of records")
    position = rows.end()
    while page[position : position + 1] != "]":
        if position >= len(page):
            raise ValueError("its list of records has no end")
        end = _end_of_row(page, position)
        yield position, end
        position = _skip(page, end)


def _end_of_row(page: str, position: int) -> int:
    if page[position : position + 1] != "{":
        scalar = SCALAR.match(page, position)
        return scalar.end() if scalar else position
    depth = 0
    for token in BRACKETS.finditer(page, position):
        if token[0] in "{[":
            depth += 1
        elif token[0] in "}]":
            depth -= 1
        if depth <= 0:
            break
    else:
        raise ValueError("its list of records has no end")
    return token.end()


def _skip(page: str, position: int) -> int:
    """Return where the next record begins, or the list ends."""
    while page[position : position + 1] in (",", " ", "\t", "\r", "\n"):
        position += 1
    return position
