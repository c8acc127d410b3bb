"""Cuts a JSON object into its members without touching a byte of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache

# A member whose value holds no braces within braces; what opens a deeper one is the third group.
STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
FLAT = rb'[^{}\[\]"]*+(?:%b[^{}\[\]"]*+)*+' % STRING
MEMBER = re.compile(
    rb'((%b)\s*+:\s*+(?:%b|[^\s,{}\[\]"]++|\{%b\}|\[%b\]|([{\[])))' % (STRING, STRING, FLAT, FLAT),
    re.DOTALL,
)
_decode = json.JSONDecoder(strict=False).raw_decode
_blank = re.compile(r"[\s:,]*")


@lru_cache(maxsize=2048)  # a record wider than 50 fields is asked for in slices
def members(text: bytes) -> dict[bytes, bytes]:
    """Return each member of a valid JSON object as written, by its name as written, in quotes."""
    found = MEMBER.findall(text)
    if any(opener for _, _, opener in found):
        return dict(_deep(text.decode()))
    return {name: member for member, name, _ in found}


def _deep(text: str) -> Iterator[tuple[bytes, bytes]]:
    """Cut an object of any depth, more slowly."""
    start = _blank.match(text, 1).end()
    while text[start] != "}":
        _, named = _decode(text, start)
        _, end = _decode(text, _blank.match(text, named).end())
        yield text[start:named].encode(), text[start:end].encode()
        start = _blank.match(text, end).end()
