"""Ranges of time without those that are done."""

from datetime import UTC, datetime

import pytest

from aha_pipeline.crm.reading.time_range import TimeRange, subtract


def hour(n):
    return None if n is None else datetime(2026, 5, 4, n, tzinfo=UTC)


@pytest.mark.parametrize(
    ("whole", "done", "remaining"),
    [
        ((None, 9), [], [(None, 9)]),
        ((None, 9), [(None, 3)], [(3, 9)]),
        ((1, 9), [(1, 3), (5, 6)], [(3, 5), (6, 9)]),
        ((1, 9), [(1, 9)], []),
        ((1, None), [(0, 2), (4, 5)], [(2, 4), (5, None)]),
        ((None, None), [(2, 4)], [(None, 2), (4, None)]),
    ],
)
def test_the_remainder_is_what_is_not_done(whole, done, remaining):
    as_hours = [(hour(a), hour(b)) for a, b in done]
    found = subtract(TimeRange(hour(whole[0]), hour(whole[1])), as_hours)
    assert found == [(hour(a), hour(b)) for a, b in remaining]
