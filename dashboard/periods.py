"""The period that drives the page, and the stretch before it that it is compared with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

CUSTOM = "Custom"
DEFAULT = "This month"
MONTHS = 12


@dataclass(frozen=True)
class Calendar:
    """How the company counts: first month of its fiscal year, first ISO day of its week."""

    fiscal_month: int = 1
    first_weekday: int = 1


@dataclass(frozen=True)
class Period:
    """A stretch of days, and the one of the period before; all five days are included.

    whole_until: the last day of the period that is over, the day before its first where none is.
    The stretch before begins where the period before does and has as many whole days, but ends with
    that period at the latest: March is compared with all of February. A day under way is compared
    with none: nobody knows at what hour of a day deals were won.
    """

    first_day: date
    last_day: date
    whole_until: date
    before_first: date
    before_last: date


def _week(day: date, calendar: Calendar) -> date:
    return day - timedelta((day.isoweekday() - calendar.first_weekday) % 7)


def _month(day: date, _: Calendar) -> date:
    return day.replace(day=1)


def _quarter(day: date, calendar: Calendar) -> date:
    past = (day.month - calendar.fiscal_month) % 3
    return _months_later(_month(day, calendar), -past)


def _year(day: date, calendar: Calendar) -> date:
    past = (day.month - calendar.fiscal_month) % MONTHS
    return _months_later(_month(day, calendar), -past)


def _months_later(first: date, months: int) -> date:
    year, month = divmod(first.year * MONTHS + first.month - 1 + months, MONTHS)
    return date(year, month + 1, 1)


Begin = Callable[[date, Calendar], date]

# How a kind of period finds its first day, and how many of them back it lies.
PERIODS: dict[str, tuple[Begin, int]] = {
    DEFAULT: (_month, 0),
    "Last week": (_week, 1),
    "Last month": (_month, 1),
    "This quarter": (_quarter, 0),
    "Last quarter": (_quarter, 1),
    "This fiscal year": (_year, 0),
}


def named(name: str, today: date, calendar: Calendar) -> Period:
    """Return the period of a name of PERIODS: up to `today`, or whole where it lies behind."""
    begin, back = PERIODS[name]
    first, last = begin(today, calendar), today
    for _ in range(back):
        first, last = begin(first - timedelta(1), calendar), first - timedelta(1)
    before = begin(first - timedelta(1), calendar)
    whole = _whole_until(last, today)
    return Period(first, last, whole, before, min(before + (whole - first), first - timedelta(1)))


def custom(first: date, last: date, today: date) -> Period:
    """Return the days from first to last, compared with as many just before them."""
    whole = _whole_until(last, today)
    days = whole - first + timedelta(1)
    return Period(first, last, whole, first - days, first - timedelta(1))


def _whole_until(last: date, today: date) -> date:
    return min(last, today - timedelta(1))


def printed(first: date, last: date, year: int) -> str:
    """Return days as `1–9 Mar`, `28 Feb–9 Mar`; with the year where it is not the one given."""
    end = day(last, year)
    if first == last:
        return end
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{end}"
    return f"{day(first, last.year)}–{end}"


def day(value: date, year: int) -> str:
    """Return a day as `9 Mar`, with its year where it is not the one given."""
    return f"{value.day} {value:%b}" + ("" if value.year == year else f" {value.year}")
