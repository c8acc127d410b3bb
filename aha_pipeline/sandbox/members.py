"""Cuts a JSON object into its members without touching a byte of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

_decode = json.JSONDecoder(strict=False).raw_decode
_blank = re.compile(r"[\s:,]*")


def members(text: str) -> Iterator[tuple[str, str]]:
    """Yield the name of each member of a valid JSON object, and its `"name":value` as written."""
    start = _blank.match(text, 1).end()
    while text[start] != "}":
        name, end = _decode(text, start)
        _, end = _decode(text, _blank.match(text, end).end())
        yield name, text[start:end]
        start = _blank.match(text, end).end()
