"""The forecast of a day: what will have been won when its month and quarter end.

Three parts are added up in a thousand simulated futures: what is won by now, which open deals will
be won by when (`hazard`), and what deals that do not exist yet will bring: all that such deals
brought in an equally long stretch before the end of a past month, drawn again for each future.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from aha_pipeline.forecast import baselines, hazard
from aha_pipeline.forecast.hazard import HazardModel, Pairs
from aha_pipeline.forecast.histories import (
    EPOCH,
    OPEN,
    WON,
    Flags,
    Floats,
    Histories,
    Ints,
    Known,
    first_day,
    is_live,
    known_at,
    number_of,
    was_won,
)
from aha_pipeline.forecast.periods import Period, periods_of

FUTURES = 1000
QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)
# Below these there is no forecast: the deals say too little of how the company closes.
LEAST_CLOSED, LEAST_WON, LEAST_MONTHS = 50, 12, 6
LEAST_CLOSED_OF_REP, LEAST_WON_OF_REP = 20, 5
LEAST_WITH_AMOUNT = (
    0.5  # of the deals won: what most of them brought is not said where few have one
)
WITHIN = 730  # days in which these were closed
INFLOW_MONTHS = 12
INFLOW_HALF_LIFE = 6  # months
LONGEST_MONTH = 31
LEAST_SPREAD, MOST_SPREAD = 0.12, 0.60
DAYS_BEFORE = (4, 11, 18, 25)  # before a month's end, when past months are forecast again
LEVEL_HALF_LIFE = 3  # months
LEVEL_PRIOR = 30  # deals that were won as expected
MOST_AT_A_TIME = 2_000_000  # deals times futures held at once
DRAWN = 500  # amounts that an unknown one is drawn from, the newest


@dataclass(frozen=True)
class Course:
    """A forecast, of the company (`owner` None) or a rep.

    value and deals: the QUANTILES, in the home currency and in deals. Both are None if `silent`
    says why there is no forecast; only value is if just amounts are missing. won_value, won_deals:
    up to the day. The baselines are the simplest guesses of the same day, None if impossible:
    `weighted` is won plus Amount times probability of the open deals due to close by then, `paced`
    won plus what the period before still brought from the same point on. closed_deals: how many
    closed deals the forecast rests on.
    """

    period: Period
    owner: str | None
    won_value: float
    won_deals: int
    value: tuple[float, ...] | None
    deals: tuple[float, ...] | None
    weighted_value: float | None
    weighted_deals: float | None
    paced_value: float | None
    paced_deals: float | None
    closed_deals: int
    silent: str | None


@dataclass(frozen=True)
class Learnt:
    """What is learned once a month from all that was known at the end of the month before.

    level and spread: as `_deviation` returns them.
    """

    model: HazardModel | None
    level: float
    spread: float


def learn_before(histories: Histories, day: date, first_month: int = 1) -> Learnt:
    """Return what had been learned by `day`, from what was known at the end of the month before."""
    known = known_at(histories, number_of(day.replace(day=1)) - 1)
    closed, won = _counted(known, _is_recent(known))
    # Who has less than half of what a forecast takes will hardly have one within the month; to
    # learn takes two seconds of a core.
    model = None
    if closed >= LEAST_CLOSED // 2 and won >= LEAST_WON // 2:
        model = hazard.learn(known, (first_month - 1) % 3)
    if model is None:
        return Learnt(None, 1.0, MOST_SPREAD)
    return Learnt(model, *_deviation(known, model, first_month))


def forecast(histories: Histories, day: date, learnt: Learnt, first_month: int = 1) -> list[Course]:
    """Return the forecasts of the end of `day`: of the company, and of each rep, month and quarter.

    By what was known at the end of that day alone; the same histories give the same figures.
    A rep about whom too little is known gets none; the company gets one that says why.
    """
    known = known_at(histories, number_of(day))
    month, quarter = periods_of(day, first_month)
    until = max(month.last, quarter.last)
    ahead = hazard.stretches(known.day, until, (first_month - 1) % 3)
    sizes = learnt.model.sizes if learnt.model else np.zeros(0)
    pairs = hazard.open_pairs(known, known.day, sizes)
    is_recent = _is_recent(known)
    silent = _silence(known, is_recent, learnt)
    unpriced = silent or _without_amounts(known, is_recent)
    reps = [] if silent else _reps(known, is_recent)
    chance = None
    if not silent and learnt.model:
        [chance] = hazard.chances(learnt.model, [(pairs, ahead)])
    found = []
    for period in (month, quarter):
        simulated = None
        if chance is not None:
            step = np.searchsorted(ahead.until, period.last)
            by_then = chance[:, step] if period.last > known.day else np.zeros(len(pairs.deal))
            simulated = _simulate(known, pairs, by_then, period, reps, learnt)
        for place, rep in enumerate([None, *reps]):
            found.append(
                _course(histories, known, period, rep, place, simulated, is_recent, unpriced)
            )
    return found


def _course(
    histories: Histories,
    known: Known,
    period: Period,
    rep: int | None,
    place: int,
    simulated: tuple[Floats, Floats] | None,
    is_recent: Flags,
    silent: str | None,
) -> Course:
    mine = np.ones(len(known.created), bool) if rep is None else known.owner == rep
    is_won = was_won(known, period.first, known.day) & mine
    value, deals = float(np.nansum(known.amount[is_won])), int(is_won.sum())
    weighted = baselines.weighted(known, period, rep)
    paced = baselines.paced(known, period, mine)
    return Course(
        period=period,
        owner=None if rep is None else histories.owners[rep],
        won_value=value,
        won_deals=deals,
        value=_quantiles(value + simulated[0][place]) if simulated and not silent else None,
        deals=_quantiles(deals + simulated[1][place]) if simulated else None,
        weighted_value=None if weighted is None else value + weighted[0],
        weighted_deals=None if weighted is None else deals + weighted[1],
        paced_value=None if paced is None else value + paced[0],
        paced_deals=None if paced is None else deals + paced[1],
        closed_deals=int((is_recent & mine).sum()),
        silent=silent,
    )


def _is_recent(known: Known) -> Flags:
    """Return which deals were closed lately enough to go by."""
    is_closed = (known.outcome != OPEN) & (known.closed > known.day - WITHIN)
    is_recent: Flags = is_closed & is_live(known)
    return is_recent


def _counted(known: Known, is_recent: Flags) -> tuple[int, int]:
    """Return how many deals were closed lately, and how many of them won."""
    return int(is_recent.sum()), int((is_recent & (known.outcome == WON)).sum())


def _silence(known: Known, is_recent: Flags, learnt: Learnt) -> str | None:
    """Return why nothing is forecast, in a sentence; None where there is enough to go by."""
    closed, won = _counted(known, is_recent)
    first = int(known.closed[is_recent].min()) if closed else known.day
    months = (known.day - first) // 30
    if closed < LEAST_CLOSED or won < LEAST_WON or months < LEAST_MONTHS:
        return (
            f"No forecast yet: it takes {LEAST_CLOSED} closed deals, {LEAST_WON} of them won, over "
            f"{LEAST_MONTHS} months; there are {closed}, {won} of them won, over {months}."
        )
    return None if learnt.model else "No forecast yet: it begins with the next month."


def _without_amounts(known: Known, is_recent: Flags) -> str | None:
    """Return why no value is forecast, in a sentence: most deals are won without an amount."""
    amounts = known.amount[is_recent & (known.outcome == WON)]
    told = int((amounts > 0).sum())
    if told >= LEAST_WITH_AMOUNT * len(amounts):
        return None
    return (
        f"No forecast of value: {told} of the {len(amounts)} deals won within two years have an "
        "amount; it takes half of them."
    )


def _reps(known: Known, is_recent: Flags) -> list[int]:
    """Return the reps with enough closed deals, and with open deals or some won this quarter."""
    owners = known.owner[is_recent]
    won = known.owner[is_recent & (known.outcome == WON)]
    counts = np.bincount(owners, minlength=1)
    wins = np.bincount(won, minlength=len(counts))
    active = np.bincount(
        known.owner[is_live(known) & (known.closed > known.day - hazard.HORIZON)],
        minlength=len(counts),
    )[: len(counts)]
    enough = (counts >= LEAST_CLOSED_OF_REP) & (wins >= LEAST_WON_OF_REP) & (active > 0)
    return [int(rep) for rep in np.flatnonzero(enough)]


def _simulate(
    known: Known, pairs: Pairs, chance: Floats, period: Period, reps: Sequence[int], learnt: Learnt
) -> tuple[Floats, Floats]:
    """Return value and number of deals that are still to be won in the period.

    A row for the company, then one for each rep; a column for each future.
    """
    rng = np.random.default_rng([known.day, period.last])
    value, deals = np.zeros((1 + len(reps), FUTURES)), np.zeros((1 + len(reps), FUTURES))
    if period.last <= known.day:
        return value, deals
    _add_open(value, deals, known, pairs, chance, reps, learnt, rng)
    _add_new(value, deals, known, period, reps, rng)
    return value, deals


def _add_open(
    value: Floats,
    deals: Floats,
    known: Known,
    pairs: Pairs,
    chance: Floats,
    reps: Sequence[int],
    learnt: Learnt,
    rng: np.random.Generator,
) -> None:
    """Add the open deals: each is won or not, and all are likelier or less likely together."""
    from scipy import sparse

    weight = -np.log1p(-np.minimum(chance, 1 - 1e-9))
    together = learnt.level * rng.lognormal(-(learnt.spread**2) / 2, learnt.spread, FUTURES)
    drawn_from = _known_amounts(known)
    owner = pairs.features["rep"]
    size = max(1, MOST_AT_A_TIME // FUTURES)
    for begin in range(0, len(weight), size):
        part = slice(begin, begin + size)
        is_won = rng.exponential(size=(len(weight[part]), FUTURES)) < np.outer(
            weight[part], together
        )
        deal, future = np.nonzero(is_won)
        amount = pairs.amount[part][deal]
        missing = np.isnan(amount)
        amount[missing] = rng.choice(drawn_from, int(missing.sum()))
        begins = np.r_[0, np.cumsum(np.bincount(deal, minlength=len(is_won)))]
        groups = _groups(owner[part], reps)
        for sums, what in ((value, amount), (deals, np.ones(len(deal)))):
            sums += groups @ sparse.csr_matrix((what, future, begins), shape=is_won.shape)


def _groups(owner: Ints, reps: Sequence[int]) -> "Floats":
    """Return a matrix that sums deals for the company and for each rep."""
    return np.vstack([np.ones((1, len(owner))), *(1.0 * (owner == rep)[None, :] for rep in reps)])


def _add_new(
    value: Floats,
    deals: Floats,
    known: Known,
    period: Period,
    reps: Sequence[int],
    rng: np.random.Generator,
) -> None:
    """Add deals that do not exist yet: what such deals brought in a past stretch as long.

    Few overlapping stretches differ less from one another than the coming one will from them, so a
    share of a drawn stretch's deals, `_in_common`, comes a random number of times, once on average.
    """
    length = period.last - known.day
    pasts = [end for end in _month_ends(known, INFLOW_MONTHS) if end - length >= first_day(known)]
    if not pasts:
        return
    likely = 0.5 ** (np.arange(len(pasts)) / INFLOW_HALF_LIFE)
    likely /= likely.sum()
    drawn = rng.choice(len(pasts), size=FUTURES, p=likely)
    by_chance = min(1.0, 2 * _in_common(np.array(pasts), length, likely))
    for place, end in enumerate(pasts):
        is_new = was_won(known, end - length + 1, end) & (known.created > end - length)
        amount = np.nan_to_num(known.amount[is_new])
        [futures] = np.nonzero(drawn == place)
        shape = len(amount), len(futures)
        times = np.where(rng.random(shape) < by_chance, rng.poisson(1.0, shape), 1)
        groups = _groups(known.owner[is_new], reps)
        value[:, futures] += groups @ (amount[:, None] * times)
        deals[:, futures] += groups @ times


def _in_common(ends: Ints, length: int, likely: Floats) -> float:
    """Return the part of their days that two stretches share, drawn with replacement.

    By that part of a stretch's variance the drawn ones differ too little, and their mean is off:
    the coming stretch shares no days with them.
    """
    shared = np.maximum(length - np.abs(np.subtract.outer(ends, ends)), 0) / length
    return float(likely @ shared @ likely)


def _month_ends(known: Known, many: int) -> list[int]:
    """Return the last days of the whole months up to the day, the newest first."""
    day = EPOCH + timedelta(days=known.day + 1)
    ends = []
    for _ in range(many):
        day = day.replace(day=1) - timedelta(days=1)
        ends.append(number_of(day))
    return ends


def _deviation(known: Known, model: HazardModel, first_month: int) -> tuple[float, float]:
    """Return how much more often the newest deals close than was learned, and how months vary.

    From forecasts of the twelve months before, made DAYS_BEFORE their ends: the deals won, of those
    open then, as a multiple of the expected number, the newest counting most; and the relative
    deviation of whole months beyond what chance explains. One day of each week of a month, because
    the model is a little off on each and right over all.
    """
    won, expected, chance_alone, weight = [], [], [], []
    for months_ago, end in enumerate(_month_ends(known, 12)):
        days = (end - before for before in DAYS_BEFORE)
        looks = [
            (
                hazard.open_pairs(known, day, model.sizes),
                hazard.stretches(day, end, (first_month - 1) % 3),
            )
            for day in days
            if day - LONGEST_MONTH // 2 >= first_day(known)
        ]
        for (pairs, _), by_then in zip(looks, hazard.chances(model, looks), strict=True):
            chance = by_then[:, -1]
            is_won = (known.closed[pairs.deal] <= end) & (known.outcome[pairs.deal] == WON)
            won.append(is_won.sum())
            expected.append(chance.sum())
            chance_alone.append((chance * (1 - chance)).sum())
            weight.append(0.5 ** (months_ago / LEVEL_HALF_LIFE))
    if not won or not sum(expected):
        return 1.0, MOST_SPREAD
    level = (np.dot(weight, won) + LEVEL_PRIOR) / (np.dot(weight, expected) + LEVEL_PRIOR)
    centred = np.array(expected) * sum(won) / max(sum(expected), 1e-9)
    excess = ((np.array(won) - centred) ** 2 - np.array(chance_alone)).sum()
    spread = np.sqrt(max(excess, 0.0) / (centred**2).sum()) if sum(won) else MOST_SPREAD
    return float(np.clip(level, 0.5, 2.0)), float(np.clip(spread, LEAST_SPREAD, MOST_SPREAD))


def _known_amounts(known: Known) -> Floats:
    """Return the amounts of the deals won last, from which an unknown amount is drawn."""
    is_won = (known.outcome == WON) & ~np.isnan(known.amount) & is_live(known)
    newest = np.argsort(known.closed[is_won], kind="stable")[-DRAWN:]
    amounts = known.amount[is_won][newest]
    return amounts if len(amounts) else np.zeros(1)


def _quantiles(futures: Floats) -> tuple[float, ...]:
    return tuple(float(q) for q in np.quantile(futures, QUANTILES))
