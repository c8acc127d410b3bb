"""The estimate of Kaplan and Meier (1958) in whole fractions: how long a group of leads waits."""

from collections import Counter
from fractions import Fraction
from itertools import groupby

import pytest

STATES = ("touched", "ended", "waiting")
HOUR = 60


def estimate(waits) -> dict[str, object]:
    """Step by step in the order of time: of who is still at risk, so many are touched."""
    open_end = Fraction(10**12)
    known = sorted((open_end if wait is None else Fraction(wait), state) for wait, state in waits)
    share, at_risk, median, within_hour = Fraction(1), len(known), None, Fraction(1)
    for wait, same in groupby(known, key=lambda one: one[0]):
        states = [state for _, state in same]
        share *= 1 - Fraction(states.count("touched"), at_risk)
        at_risk -= len(states)
        if median is None and 2 * share <= 1:
            median = wait
        if wait <= HOUR:
            within_hour = share
    is_known = known[-1][0] >= HOUR or share == 0
    counted = Counter(state for _, state in known)
    pct = 100 - 100 * within_hour
    # A whole number of per cent is that to the last digit.
    per_cent = float(pct) if pct.denominator == 1 else pytest.approx(float(pct), abs=1e-9, rel=0)
    return {
        "leads": len(known),
        **{state: counted[state] for state in STATES},
        "median_minutes": None if median is None else pytest.approx(float(median), rel=1e-14),
        "within_hour_pct": per_cent if is_known else None,
    }
