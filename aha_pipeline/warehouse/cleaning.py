"""What jsonb cannot hold: the character U+0000, and half of a surrogate pair.

Such a record is landed with U+FFFD in their place; `crm.quarantine` keeps its original text.
"""

import json
import re

ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)"
)
UNHOLDABLE = re.compile(rb"\\u(?:0000|[dD][89abcdefABCDEF][0-9a-fA-F]{2})")
REPLACEMENT = rb"\ufffd"


def clean(record: bytes) -> bytes:
    """Return the text of a record as jsonb can hold it."""
    if b"\\" not in record:
        return record
    return ESCAPE.sub(lambda m: REPLACEMENT if UNHOLDABLE.fullmatch(m[0]) else m[0], record)


def dumps(value: object) -> str:
    """Return a value as JSON that jsonb can hold: what it cannot is U+FFFD."""
    return clean(json.dumps(value).encode()).decode()
