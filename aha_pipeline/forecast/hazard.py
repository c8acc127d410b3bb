"""How deals of this company close: a discrete-time hazard, learned from its own histories.

On past days (landmarks) each open deal is taken as it was known then, and followed over stretches
of a week or less, cut at the ends of months: in each it was won, lost, or stayed open. A
multinomial logistic regression with a ridge learns the chances. A rep or source with few deals is
shrunk towards the mean; old observations weigh less.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from aha_pipeline import memory
from aha_pipeline.forecast.histories import EPOCH, NEVER, OPEN, Floats, Ints, Known

LANDMARK_EVERY = 11  # days: coprime to weeks and months, so that all of their days occur
LEARN_FROM = 730  # days
HORIZON = 92  # days: the longest quarter
FOLLOWED = 61  # days, then to the end of that month, so that no week is cut
MOST_PAIRS = 9_000  # deals on landmarks to learn from, about ten stretches each
HALF_LIFE = 180.0  # days in which what was seen loses half of its weight
WEEK = 7
AGES = (7, 14, 30, 60, 90, 180, 365)
STAGE_AGES = (3, 7, 14, 30, 60, 120)
AHEAD = (1, 7, 14, 30, 60)  # the first stretch apart: the stage in it is known
SIZES = (0.2, 0.4, 0.6, 0.8)
UNKNOWN = -1
# Groups whose members may differ little from one another unless many deals say so: scaling their
# columns down makes the ridge stronger.
SHRUNK = {"rep": 0.3, "source": 0.3}
RIDGE = 1.0
BLAS_BUFFER_BYTES = 40 * 2**20  # 32 MB and a page, by VmData after a first product; some to spare


@dataclass(frozen=True)
class Stretches:
    """The days from a landmark on, cut where weeks counted back from an end of a month begin.

    A stretch begins the day after `after` and ends with `until`. week: weeks before the end of its
    month, 0 for the last; is_last_month: whether that month ends a fiscal quarter.
    """

    after: Ints
    until: Ints
    week: Ints
    is_last_month: Ints


@dataclass(frozen=True)
class Pairs:
    """Open deals on landmarks, as they were known: a row each. `deal` is the place in `Known`."""

    deal: Ints
    day: Ints
    features: dict[str, Ints]
    closing: Ints
    amount: Floats


@dataclass(frozen=True)
class HazardModel:
    """A fitted model. sizes: the limits between classes of deal size."""

    encoder: Any
    regression: Any
    scale: Floats
    sizes: Floats
    classes: tuple[int, ...]


def stretches(day: int, until: int, quarter_month: int = 0) -> Stretches:
    """Return the stretches after `day` up to `until`.

    quarter_month: the remainder by three of the months that end a quarter.
    """
    cuts: dict[int, tuple[int, int]] = {}
    at = day
    while at < until:
        end = _month_end(at + 1)
        for week in range(4, -1, -1):
            cut = min(end - WEEK * week, until)
            if cut > at and cut not in cuts and end - WEEK * week > day:
                is_last = (EPOCH + timedelta(days=end)).month % 3 == quarter_month
                cuts[cut] = (week, int(is_last))
        at = end
    ends = sorted(cuts)
    return Stretches(
        after=np.array([day, *ends[:-1]][: len(ends)], np.int64),
        until=np.array(ends, np.int64),
        week=np.array([cuts[end][0] for end in ends], np.int64),
        is_last_month=np.array([cuts[end][1] for end in ends], np.int64),
    )


def _month_end(number: int) -> int:
    day = EPOCH + timedelta(days=number)
    following = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return (following - EPOCH).days - 1


def open_pairs(known: Known, day: int, sizes: Floats) -> Pairs:
    """Return the deals that were open at the end of `day`, as they were known then."""
    contents = known.contents
    is_there = (known.created <= day) & (known.closed > day) & (known.deleted > day)
    deal = np.flatnonzero(is_there)
    # The last content of each that held on the day: contents are in order of deal and day.
    width = NEVER + 1
    row = (
        np.searchsorted(contents.deal * width + contents.from_day, deal * width + day, "right") - 1
    )
    is_open = (row >= 0) & (contents.deal[row] == deal) & (contents.meaning[row] == OPEN)
    deal, row = deal[is_open], row[is_open]
    is_seen = contents.is_known[row] & (day >= known.watched_since)
    amount = np.where(is_seen, contents.amount[row], np.nan)

    def seen(values: Ints) -> Ints:
        return np.where(is_seen, values, UNKNOWN)

    size = np.where(np.isnan(amount), UNKNOWN, np.searchsorted(sizes, np.nan_to_num(amount)))
    return Pairs(
        deal=deal,
        day=np.full(len(deal), day, np.int64),
        features={
            "age": np.searchsorted(AGES, day - known.created[deal]),
            "stage": seen(contents.stage[row]),
            "stage_age": seen(np.searchsorted(STAGE_AGES, day - known.stage_since[row])),
            "pushes": seen(np.minimum(known.pushes[row], 3)),
            "size": size,
            "rep": contents.owner[row],
            "source": contents.source[row],
        },
        closing=np.where(is_seen, contents.closing[row], UNKNOWN),
        amount=amount,
    )


def learn(known: Known, quarter_month: int = 0) -> HazardModel | None:
    """Return the model fitted to what was known; None if nothing was ever won.

    Deterministic: the same histories give the same model.
    """
    # Imported here: a second and 60 MB that only who learns pays.
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import OneHotEncoder
    from threadpoolctl import threadpool_limits

    _hold_buffers()
    sizes = _size_borders(known)
    pairs = _sampled(known, sizes)
    rows, taken, at, outcome = _followed(known, pairs, quarter_month)
    if not {0, 1} <= set(outcome.tolist()):
        return None
    encoder = OneHotEncoder(handle_unknown="ignore", dtype=np.float64)
    encoded = encoder.fit_transform(rows)
    scale = np.repeat(
        [SHRUNK.get(name, 1.0) for name in _names(pairs)], [len(c) for c in encoder.categories_]
    )
    weights = 0.5 ** ((known.day - pairs.day[taken]) / HALF_LIFE)
    regression = LogisticRegression(C=RIDGE, max_iter=300, tol=1e-3)
    with threadpool_limits(1):  # sums of several threads differ in their last digits
        regression.fit(_with_length(encoded, scale, at), outcome, sample_weight=weights)
    classes = tuple(int(c) for c in regression.classes_)
    return HazardModel(encoder, regression, scale, sizes, classes)


@cache
def _hold_buffers() -> None:
    """Have the OpenBLAS of numpy and that of scipy take their buffers, which they keep.

    Raises MemoryError where there is no room: OpenBLAS asks again for ever, deaf to signals.
    """
    from scipy.linalg import lapack

    memory.demand(2 * BLAS_BUFFER_BYTES)
    one = np.eye(2)
    np.matmul(one, one)
    lapack.dpotrf(one)


def chances(model: HazardModel, looks: Sequence[tuple[Pairs, Stretches]]) -> list[Floats]:
    """Return for each deal and stretch how likely it is that the deal was won by its end.

    looks: the deals of a day and the stretches after it. Several at once, since each call of the
    encoder and the model costs more than few deals do.
    """
    crossed = [_crossed(pairs, ahead) for pairs, ahead in looks]
    if not any(len(rows) for rows, _ in crossed):
        return [np.zeros((len(pairs.deal), len(ahead.until))) for pairs, ahead in looks]
    rows, length = (np.concatenate(part) for part in zip(*crossed, strict=True))
    encoded = model.encoder.transform(rows)
    found = model.regression.predict_proba(_with_length(encoded, model.scale, length))
    shares = dict(zip(model.classes, found.T, strict=True))
    nothing = np.zeros(len(rows))
    won, lost = shares.get(1, nothing), shares.get(2, nothing)
    borders = np.cumsum([len(rows) for rows, _ in crossed])[:-1]
    return [
        _by_then(*(share.reshape(len(pairs.deal), len(ahead.until)) for share in both))
        for (pairs, ahead), *both in zip(
            looks, np.split(won, borders), np.split(lost, borders), strict=True
        )
    ]


def _crossed(pairs: Pairs, ahead: Stretches) -> tuple[Ints, Ints]:
    """Return the features of each deal in each stretch, and how long each is."""
    count, steps = len(pairs.deal), len(ahead.until)
    taken, step = np.repeat(np.arange(count), steps), np.tile(np.arange(steps), count)
    return _rows(pairs, taken, ahead, step), (ahead.until - ahead.after)[step]


def _by_then(won: Floats, lost: Floats) -> Floats:
    """Return how likely a deal is won by the end of each stretch; won, lost: in each, if open."""
    alive = np.cumprod(1 - won - lost, axis=1)
    before = np.hstack([np.ones((len(won), 1)), alive[:, :-1]])
    by_then: Floats = np.minimum(np.cumsum(before * won, axis=1), 1.0)
    return by_then


def _size_borders(known: Known) -> Floats:
    seen = known.amount[~np.isnan(known.amount)]
    return np.unique(np.quantile(seen, SIZES)) if len(seen) else np.zeros(0)


def _sampled(known: Known, sizes: Floats) -> Pairs:
    """Return the deals on the landmarks before the day; a part of them where they are many."""
    first = max(known.day - LEARN_FROM, int(known.created.min()) + LANDMARK_EVERY)
    days = range(known.day - LANDMARK_EVERY, first - 1, -LANDMARK_EVERY)
    rng = np.random.default_rng(known.day)
    found = [open_pairs(known, day, sizes) for day in days] or [open_pairs(known, first, sizes)]
    many = sum(len(pairs.deal) for pairs in found)
    keep: npt.NDArray[np.intp] | slice = slice(None)
    if many > MOST_PAIRS:
        keep = np.sort(rng.choice(many, MOST_PAIRS, replace=False))
    return Pairs(
        deal=np.concatenate([pairs.deal for pairs in found])[keep],
        day=np.concatenate([pairs.day for pairs in found])[keep],
        features={
            name: np.concatenate([pairs.features[name] for pairs in found])[keep]
            for name in found[0].features
        },
        closing=np.concatenate([pairs.closing for pairs in found])[keep],
        amount=np.concatenate([pairs.amount for pairs in found])[keep],
    )


def _followed(known: Known, pairs: Pairs, quarter_month: int) -> tuple[Ints, Ints, Ints, Ints]:
    """Return for each pair and stretch that it was followed through: features, pair, days, end.

    The end is 0 where the deal stayed open, else WON or LOST. What was not over on the day of what
    is known, or was deleted, is left out.
    """
    parts = []
    for day in np.unique(pairs.day):
        [mine] = np.nonzero(pairs.day == day)
        ahead = stretches(int(day), min(_month_end(int(day) + FOLLOWED), known.day), quarter_month)
        steps = len(ahead.until)
        if not steps:
            continue
        taken, step = np.repeat(mine, steps), np.tile(np.arange(steps), len(mine))
        deal = pairs.deal[taken]
        closed = known.closed[deal]
        is_followed = (closed > ahead.after[step]) & (known.deleted[deal] > ahead.until[step])
        ended = np.where(closed <= ahead.until[step], known.outcome[deal], 0)
        taken, step, ended = taken[is_followed], step[is_followed], ended[is_followed]
        length = (ahead.until - ahead.after)[step]
        parts.append((_rows(pairs, taken, ahead, step), taken, length, ended))
    if not parts:
        nothing = np.zeros(0, np.int64)
        return np.zeros((0, 1), np.int64), nothing, nothing, nothing
    rows, taken, length, ended = (np.concatenate(part) for part in zip(*parts, strict=True))
    return rows, taken, length, ended


def _names(pairs: Pairs) -> list[str]:
    return [*pairs.features, "week", "quarter_end", "ahead", "by_closing"]


def _rows(pairs: Pairs, taken: Ints, ahead: Stretches, step: Ints) -> Ints:
    """Return a row of whole numbers for each pair and stretch, in the order of `_names`."""
    closing, day = pairs.closing[taken], pairs.day[taken]
    by_closing = np.select(
        [closing == UNKNOWN, closing == NEVER, closing <= day, closing <= ahead.after[step],
         closing <= ahead.until[step]],
        [UNKNOWN, 0, 1, 2, 3],
        4,
    )  # fmt: skip
    columns = [values[taken] for values in pairs.features.values()]
    week = ahead.week[step]
    columns += [
        week,
        ahead.is_last_month[step] * (week == 0),
        np.searchsorted(AHEAD, ahead.after[step] - day + 1),
        by_closing,
    ]
    return np.column_stack(columns)


def _with_length(encoded: Any, scale: Floats, length: Ints) -> Any:
    """Return the columns scaled, with the logarithm of the length of the stretch in weeks."""
    from scipy import sparse

    column = sparse.csr_matrix(np.log(length / WEEK)[:, None])
    return sparse.hstack([encoded.multiply(scale[None, :]), column]).tocsr()
