"""The records of a batch: which leave nothing to decide, and all of them as rows of a binary COPY.

A record that the table does not have is copied straight into it, which takes the server half as
long as merging it. Which it has, only the server knows; what else must be so is told here.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from struct import Struct
from typing import Any

import msgspec

# PostgreSQL's binary COPY format, without header extension; jsonb is its version 1 and the text.
COPY_BEGIN = b"PGCOPY\n\xff\r\n\0" + bytes(8)
COPY_END = b"\xff\xff"
JSONB_ROW = Struct(">hiB")
NEW_ROW, NEW_ROW_JSONB, NEW_ROW_TIME = Struct(">hi"), Struct(">iB"), Struct(">iq")
# The form that Zoho gives a time, and that both PostgreSQL and Python read as the same one.
PLAIN_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d", re.ASCII)


Row = tuple[str | None, bytes]  # an id, where it is known, and the record


class _Row(msgspec.Struct, gc=False):
    id: str | None = None
    Modified_Time: Any = None


ROWS = msgspec.json.Decoder(list[_Row])


def split(texts: Sequence[bytes], until: datetime | None) -> tuple[dict[str, bytes], list[Row]]:
    """Return by id the records that need no comparison with others of their batch; and the others.

    The former have a text for an id, were modified before `until`, and have come with no other
    content: on overlapping pages they come twice. The others are in the order they came.
    """
    rows = list(zip(_decoded(texts), texts, strict=True))
    plain: dict[str, bytes] = {}
    unclear: set[str | None] = set()
    for row, text in rows:
        if (
            row.id is None
            or plain.setdefault(row.id, text) != text
            or not (until is None or _is_before(row.Modified_Time, until))
        ):
            unclear.add(row.id)
    if None in unclear:  # which may be any of the others
        return {}, [(row.id, text) for row, text in rows]
    others = [(row.id, text) for row, text in rows if row.id in unclear]
    return {id_: text for id_, text in plain.items() if id_ not in unclear}, others


def staged_rows(texts: Iterable[bytes]) -> bytes:
    """Return rows of one jsonb."""
    rows = (JSONB_ROW.pack(1, len(text) + 1, 1) + text for text in texts)
    return b"".join([COPY_BEGIN, *rows, COPY_END])


def new_rows(texts: Mapping[str, bytes], synced_at: int) -> bytes:
    """Return rows of id, record and `synced_at`, in microseconds since PostgreSQL's year 2000."""
    end = NEW_ROW_TIME.pack(8, synced_at)
    parts = [COPY_BEGIN]
    for id_, text in texts.items():
        encoded = id_.encode()
        parts += (
            NEW_ROW.pack(3, len(encoded)), encoded, NEW_ROW_JSONB.pack(len(text) + 1, 1), text, end
        )  # fmt: skip
    return b"".join([*parts, COPY_END])


def _decoded(texts: Sequence[bytes]) -> list[_Row]:
    """Return what tells each record; nothing where only PostgreSQL can say what it is."""
    try:
        rows = ROWS.decode(b"[" + b",".join(texts) + b"]")
        if len(rows) == len(texts):
            return rows
    except (msgspec.MsgspecError, RecursionError):
        pass
    return [_row(text) for text in texts]


def _row(text: bytes) -> _Row:
    try:
        return msgspec.json.decode(text, type=_Row)
    except (msgspec.MsgspecError, RecursionError):
        return _Row()


def _is_before(value: object, moment: datetime) -> bool:
    """Whether `value` is for certain a time before `moment`."""
    if not isinstance(value, str) or not PLAIN_TIME.fullmatch(value):
        return False
    try:
        return datetime.fromisoformat(value) < moment
    except ValueError:
        return False
