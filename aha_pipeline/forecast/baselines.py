"""The simplest guesses, against which every forecast is scored."""

import numpy as np

from aha_pipeline.forecast.histories import OPEN, Flags, Known, first_day, is_live, was_won
from aha_pipeline.forecast.periods import Period, before


def weighted(known: Known, period: Period, rep: int | None) -> tuple[float, float] | None:
    """Return Amount times probability of the open deals that were to close in the period."""
    contents = known.contents
    last = np.r_[np.flatnonzero(np.diff(contents.deal)), len(contents.deal) - 1]
    last = last[(known.outcome == OPEN) & is_live(known)] if len(contents.deal) else last[:0]
    is_mine = np.ones(len(last), bool) if rep is None else contents.owner[last] == rep
    is_due = (contents.closing[last] >= period.first) & (contents.closing[last] <= period.last)
    weights = contents.weighted[last]
    if len(last) and not (contents.is_known[last] & (known.day >= known.watched_since)).any():
        return None
    counted = is_mine & is_due & ~np.isnan(weights)
    chance = np.divide(
        weights[counted],
        contents.amount[last][counted],
        out=np.zeros(int(counted.sum())),
        where=np.nan_to_num(contents.amount[last][counted]) > 0,
    )
    return float(weights[counted].sum()), float(chance.sum())


def paced(known: Known, period: Period, mine: Flags) -> tuple[float, float] | None:
    """Return what the period before brought from the day on at which as large a part was over."""
    first, last = before(period)
    if first < first_day(known):
        return None
    gone = known.day - period.first + 1
    length, earlier = period.last - period.first + 1, last - first + 1
    same = first - 1 + -(-gone * earlier // length)
    is_won = was_won(known, same + 1, last) & mine
    return float(np.nansum(known.amount[is_won])), float(is_won.sum())
