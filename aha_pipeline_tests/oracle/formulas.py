"""Measures of a few numbers, written a second time, with the inputs at which they part.

A formula: what it is in plain Python, and for each argument the values that it is tried with;
all of them are combined.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from math import sqrt
from zoneinfo import ZoneInfo

from psycopg2.extensions import AsIs

from aha_pipeline_tests.oracle.aims import MONTHS, month_of
from aha_pipeline_tests.oracle.figures import wilson

Value = object


@dataclass(frozen=True)
class Formula:
    """What a measure is, and what it is tried with."""

    right: Callable[..., Value]
    tried: tuple[Sequence[Value], ...]


DAYS = [date(2025, 3, day) for day in (1, 2, 3)]
NOON = datetime(2025, 3, 3, 12, tzinfo=UTC)
AT = [NOON + timedelta(hours=hours) for hours in (-30, -20, -3, -1, 0, 2, 5)]
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
FAR_AHEAD = datetime(3000, 1, 1, tzinfo=UTC)
NOW = AsIs("now()")
SIGNED = [None, -3, -1, 0, 1, 2, 3]
SMALL = [None, 0, 1, 2, 3, 7, 10, 11]


def of_known(formula: Callable) -> Callable:
    """Return a formula that is not known where one of its arguments is not."""
    return lambda *values: None if None in values else formula(*values)


def share(part: float, whole: float) -> float | None:
    return 100 * part / whole if whole else None


def share_of_value(part: float, whole: float) -> float | None:
    return share(part, whole) if 0 <= part <= whole else None


def stands_out(figure: float, second: float | None, members: int, least: int) -> bool:
    return members >= least and figure > (second or 0)


def stands_clear(figure: float, second: float | None, members: int, least: int) -> bool:
    a_tenth_more = (second or 0) * 11 / 10
    return stands_out(figure, second, members, least) and figure >= a_tenth_more


def chance_of_events(
    usual: float, squares: float, events: int, own_squares: float, own_events: int
) -> float | None:
    if events:
        mean = squares / events
    elif own_events:
        mean = own_squares / own_events
    else:
        return None
    return sqrt(max(usual, 1) * mean)


def chance_of_share(part: int, whole: int, records: int) -> float:
    rate = (part + 1) / (whole + 2)
    return 100 * sqrt(rate * (1 - rate) / records)


def pinball(quantile: float, actual: float, forecast: float) -> float:
    if actual >= forecast:
        return quantile * (actual - forecast)
    return (1 - quantile) * (forecast - actual)


def pinball_loss(actual: float, *quantiles: float) -> float:
    shares = (0.1, 0.25, 0.5, 0.75, 0.9)
    return sum(pinball(one, actual, it) for one, it in zip(shares, quantiles, strict=True)) / 5


def touch_state(touched_at: Value, ended_at: datetime | None) -> str:
    if touched_at is NOW or (touched_at and touched_at < datetime.now(UTC)):
        return "touched"
    return "ended" if ended_at else "waiting"


def wait_class(minutes: float, working_day: float) -> str:
    limits = {"hour": 60, "day": working_day, "week": 6 * working_day}
    return next((name for name, limit in limits.items() if minutes <= limit), "longer")


def wait_over(
    is_touched: bool, ended_at: datetime | None, minutes: float, working_day: float
) -> str | None:
    if is_touched:
        return wait_class(minutes, working_day)
    return "never" if ended_at else None


def worked_seconds(
    instant: datetime,
    opens: datetime | None,
    closes: datetime | None,
    before: float,
    closed: datetime,
) -> float:
    """Return what was worked until an instant: what is worked before its day, and on it.

    A shift of the day before may last into it.
    """
    lasting = max((closed - instant).total_seconds(), 0)
    if opens is None or closes is None:
        return before - lasting
    return before - lasting + max((min(instant, closes) - opens).total_seconds(), 0)


def is_plausible(units: float, worth: float | None) -> bool:
    return worth is None or worth / 4 <= units <= 4 * worth


def rate_reading(rate: float | None, worth: float | None) -> str | None:
    if rate is None or worth is None or rate <= 0:
        return None
    can = {"multiply": is_plausible(rate, worth), "divide": is_plausible(1 / rate, worth)}
    ways = [way for way, it_can in can.items() if it_can]
    return ways[0] if len(ways) == 1 else None


def home_amount(
    amount: float | None, currency: str | None, rate: float | None, home: str, reading: str | None,
    worth: float | None,
) -> float | None:  # fmt: skip
    if not amount or currency == home or (currency is None and rate in (None, 1)):
        return amount
    if currency is None or rate is None or rate <= 0:
        return None
    if rate == 1:
        return amount if worth is not None and 0.98 <= worth <= 1.02 else None
    if reading == "multiply" and is_plausible(rate, worth):
        return amount * rate
    if reading == "divide" and is_plausible(1 / rate, worth):
        return amount / rate
    return None


def target_period(
    period: str, year: int, number: int | None, start_month: int | None, by_end: bool
) -> str:  # fmt: skip
    """Return the first and last day as a row of them is written."""
    months = MONTHS[period]
    if period == "month":
        if number is None:  # which no line of the file says
            return "(,)"
        begins = date(year, number, 1)
    else:
        start = start_month or 1
        first = date(year - (by_end and start > 1), start, 1)
        begins = month_of(first, 3 * ((number or 1) - 1))
    return f"({begins},{month_of(begins, months) - timedelta(days=1)})"


def is_of_contacts_deal(named: str | None, at: datetime, created: datetime) -> bool:
    return named is None and at >= created


def first_instant(today: date, zone: str) -> datetime:
    """Return the first second of the thirteenth day before, in steps of half an hour."""
    day = today - timedelta(days=13)
    instant = datetime.combine(day, time(), UTC) - timedelta(hours=15)
    while instant.astimezone(ZoneInfo(zone)).date() < day:
        instant += timedelta(minutes=30)
    return instant


def reasons_told(reasons: str, closing: date | None, day: date) -> str:
    if closing is None or abs((closing - day).days) <= 7305:
        return reasons
    told = f"closing date in the year {closing.year}, to be corrected"
    return reasons.removesuffix("overdue") + told if reasons.endswith("overdue") else reasons


NUMBERS = [0, 1, 2, 4, 10]
CHANGES = [-9, -3, -2.9, 0, 1, 2.9, 3, 8]
FORMULAS: dict[str, Formula] = {
    "pct": Formula(of_known(share), (SMALL, SMALL)),
    "share_of_value": Formula(of_known(share_of_value), (SIGNED, SIGNED)),
    "known_value": Formula(
        lambda value, deals, known: value if value or not deals else known,
        ([-1, 0, 2], [0, 1, 3], [None, 0, 5]),
    ),
    "is_mistyped": Formula(
        lambda closing, day: closing is not None and abs((closing - day).days) > 7305,
        ([None, date(26, 3, 1), date(2005, 3, 1), date(2005, 3, 2), date(2025, 3, 1),
          date(2045, 3, 1), date(2045, 3, 2), date(2206, 3, 1)], [date(2025, 3, 1)]),
    ),
    "is_long_overdue": Formula(
        lambda closing, day: closing is not None and 90 < (day - closing).days <= 7305,
        ([None, *(DAYS[0] - timedelta(days=it) for it in (-91, 0, 90, 91, 181, 7305, 7306))],
         DAYS[:1]),
    ),
    "reasons_told": Formula(
        reasons_told,
        (["amount cut", "amount cut, overdue", "overdue"],
         [None, date(26, 3, 1), date(2024, 3, 1), date(2206, 3, 1)], [date(2025, 3, 1)]),
    ),
    "is_too_few": Formula(of_known(lambda closed: closed < 10), ([None, 0, 9, 10, 11, 21],)),
    "win_rate_bound": Formula(
        wilson, ([0, 1, 2, 4], [0, 4, 10, 40], [-1, 1])
    ),
    "stands_out": Formula(stands_out, ([0, 1, 2, 3], [None, 0, 1, 2], [0, 1, 2], [1, 2])),
    "stands_clear": Formula(
        stands_clear, ([0, 1, 10.9, 11, 12], [None, 0, 1, 10, 11], [0, 1, 2], [1, 2])
    ),
    "is_large": Formula(lambda amount, of: amount * 50 > of, ([0, 1, 2, 3, 6], [0, 50, 100, 150])),
    "are_comparable": Formula(lambda periods: periods >= 4, ([0, 3, 4, 5, 8, 9],)),
    "is_in_middle": Formula(
        lambda place, of: of // 4 < place <= of - of // 4, ([1, 2, 3, 4, 5, 6, 7, 8], [4, 6, 8])
    ),
    "share_of_middle": Formula({2: 0.5, 4: 0.25}.get, ([1, 2, 4, 5, 9],)),
    "standard_deviation": Formula(lambda it: 1.4826 * it, ([0, 1, 10],)),
    "chance_of_events": Formula(
        chance_of_events, ([0, 0.5, 1, 2, 3], [0, 5], [0, 1, 2], [0, 7], [0, 1, 3])
    ),
    "chance_of_share": Formula(chance_of_share, ([0, 1, 4], [4, 10], [1, 3])),
    "score": Formula(
        of_known(lambda it, of: it / of if of else 0), ([None, *CHANGES], [None, 0, 1, 4])
    ),
    "is_unusual": Formula(of_known(lambda it: abs(it) >= 3), ([None, *CHANGES, 7],)),
    "mean_weight": Formula(
        lambda part, whole, usual, of: (part / whole + usual / of) / 2,
        (NUMBERS, [1, 4], NUMBERS, [1, 5]),
    ),
    "pinball": Formula(pinball, ([0.1, 0.5, 0.9], NUMBERS, NUMBERS)),
    "pinball_loss": Formula(pinball_loss, ([0, 5, 20], [1, 3], [4], [5, 8], [9], [12, 30])),
    "better_pct": Formula(
        lambda loss, of: 100 * (of - loss) / of if of else None, (NUMBERS, NUMBERS)
    ),
    "touch_state": Formula(
        touch_state, ([None, LONG_AGO, NOW, FAR_AHEAD], [None, LONG_AGO, FAR_AHEAD])
    ),
    "wait_class": Formula(
        wait_class, ([0, 60, 60.5, 61, 120, 480, 481, 700, 2880, 2881, 6500, 9999], [480, 500])
    ),
    "wait_over": Formula(wait_over, ([True, False], [None, LONG_AGO], [60, 500], [480])),
    # Clocks change at midnight of 7 September 2025 in Santiago and of 2 November in Havana.
    "quiet_before": Formula(
        first_instant,
        ([date(2025, 3, 2), date(2025, 9, 20), date(2025, 11, 15), date(2026, 4, 18)],
         ["UTC", "Asia/Kolkata", "America/Santiago", "America/Havana"]),
    ),
    "is_assumed": Formula(
        # It holds on some day before the one from which on it is known.
        lambda since, until, known: since != until and since != known,
        (DAYS, [None, *DAYS], [None, *DAYS]),
    ),
    "day_behind": Formula(
        lambda compared, days: min(compared) - timedelta(days=days), ([DAYS, DAYS[1:]], [1, 7])
    ),
    "is_unvalued": Formula(lambda amount: amount is None, ([None, -1, 0, 7],)),
    "is_level": Formula(
        of_known(lambda it, before: abs(it - before) <= max(abs(before) / 10, 1)),
        ([None, -33, -30, -2, 0, 1, 2, 18, 22, 33, 36], [None, -30, -20, 0, 1, 20, 30, 40]),
    ),
    "much_assumed": Formula(lambda it: it if it >= 5 else None, ([0, 4.9, 5, 6, 11],)),
    "is_plausible_rate": Formula(
        is_plausible, ([0.5, 1, 2, 4, 8, 8.5, 9, 40], [None, 1, 2, 4, 10])
    ),
    "rate_reading": Formula(
        rate_reading,
        ([None, -80, 0, 0.0125, 0.5, 0.8, 1, 1.2, 80], [None, 0.01, 0.2, 0.5, 1, 4.5, 100])
    ),
    "home_amount": Formula(
        home_amount,
        ([None, 0, 100], [None, "USD", "INR"], [None, -2, 0, 0.5, 1, 2, 80, 0.0125], ["INR"],
         [None, "multiply", "divide"], [None, 0.97, 0.98, 1, 1.02, 1.03, 80]),
    ),
    "worked_seconds": Formula(worked_seconds, (AT, [AT[2], None], [AT[4]], [0, 1000], AT[:3])),
    "minutes": Formula(lambda seconds: seconds / 60, ([0, 60, 90],)),
    "target_period": Formula(
        target_period,
        (tuple(MONTHS), [2027, 2028], [None, 1, 2, 4], [None, 1, 2, 12], [True, False]),
    ),
    "is_of_contacts_deal": Formula(is_of_contacts_deal, ([None, "D1"], AT[:3], AT[:3])),
}  # fmt: skip
