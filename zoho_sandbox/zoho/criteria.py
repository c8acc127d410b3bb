"""Criteria of counts: `((Stage:in:A,B)and(Closing_Date:greater_equal:2026-01-01))`.

Brackets, commas and backslashes within a value are escaped by a backslash.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from zoho_sandbox.zoho.api_error import ApiError

Test = Callable[[dict], bool]
TOKEN = re.compile(r"[()]|(?:\\.|[^()\\])+")
ESCAPE = re.compile(r"\\(.)")
COMMA = re.compile(r"(?<!\\),")
OPERATORS: dict[str, Callable[[str, list[str]], bool]] = {
    "equals": lambda held, asked: held == asked[0],
    "not_equal": lambda held, asked: held != asked[0],
    "in": lambda held, asked: held in asked,
    "greater_equal": lambda held, asked: held >= asked[0],
    "greater_than": lambda held, asked: held > asked[0],
    "less_equal": lambda held, asked: held <= asked[0],
    "less_than": lambda held, asked: held < asked[0],
}


def parse(text: str) -> Test:
    """Return whether a record is wanted. Values are compared as text; empty ones never match."""
    tokens = iter(TOKEN.findall(text))
    try:
        if next(tokens) != "(":
            raise ValueError(text)
        test = _group(tokens)
        if next(tokens, None) is not None:
            raise ValueError(text)
    except (ValueError, KeyError, StopIteration):
        message = "the criteria given seem to be invalid"
        raise ApiError(400, "INVALID_QUERY", message, param_name="criteria") from None
    return test


def _group(tokens: Iterator[str]) -> Test:
    """Return the test of what stands in brackets, up to the closing one."""
    first = next(tokens)
    if first != "(":
        if next(tokens) != ")":
            raise ValueError(first)
        return _single(first)
    test = _group(tokens)
    while (word := next(tokens)) != ")":
        if word not in ("and", "or") or next(tokens) != "(":
            raise ValueError(word)
        test = _joined(word, test, _group(tokens))
    return test


def _joined(word: str, left: Test, right: Test) -> Test:
    if word == "and":
        return lambda record: left(record) and right(record)
    return lambda record: left(record) or right(record)


def _single(text: str) -> Test:
    name, operator, value = text.split(":", 2)
    matches = OPERATORS[operator]
    asked = [ESCAPE.sub(r"\1", part) for part in COMMA.split(value)]

    def holds(record: dict) -> bool:
        held = record.get(name)
        return held is not None and matches(str(held), asked)

    return holds
