"""Ranges of time, and what is left of one once others are done."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple


class TimeRange(NamedTuple):
    """Times from `start` to before `end`; None is unbounded."""

    start: datetime | None
    end: datetime | None


def subtract(
    time_range: TimeRange, done: Iterable[tuple[datetime | None, datetime | None]]
) -> list[TimeRange]:
    """Return the parts of `time_range` that are not in the ranges `done`, in order."""
    (start, end), remaining = time_range, list[TimeRange]()
    for first, last in sorted(done, key=lambda r: r[0].timestamp() if r[0] else float("-inf")):
        if last is None or (start is not None and last <= start):
            continue
        if end is not None and first is not None and first >= end:
            break
        if first is not None and (start is None or first > start):
            remaining.append(TimeRange(start, first))
        start = last
    if start is None or end is None or start < end:
        remaining.append(TimeRange(start, end))
    return remaining
