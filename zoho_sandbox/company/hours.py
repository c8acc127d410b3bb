"""When things happen: arrival times, working hours, festivals.

Days are numbered from 1970-01-01, in the zone of the company.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from random import Random

from zoho_sandbox.clock import OFFSET
from zoho_sandbox.company.profile import DIWALI, HOLIDAYS
from zoho_sandbox.company.random_choices import weighted

DAY = 86_400
OPENS, CLOSES = 9 * 3600 + 1800, 19 * 3600
SUNDAY = 6
WEEKDAY_LEADS = (1.08, 1.02, 0.98, 0.97, 1.0, 1.15, 0.8)
# Share of web leads by hour of the day: few at night, most in the evening.
WEB_HOURS = (2, 1, 1, 1, 1, 1, 2, 4, 6, 8, 10, 10, 9, 8, 7, 7, 7, 8, 9, 11, 12, 11, 8, 4)

_web_hour = weighted(range(24), WEB_HOURS)


def day_of(instant: float) -> int:
    """Return the day of an instant, in the company's zone."""
    return int(instant + OFFSET) // DAY


@cache
def date_of(day: int) -> date:
    """Return a day number as a date."""
    return date(1970, 1, 1) + timedelta(days=day)


def first_second(day: date) -> int:
    """Return the instant at which a date begins, in UTC seconds."""
    return (day - date(1970, 1, 1)).days * DAY - OFFSET


@cache
def is_working(day: int) -> bool:
    """Whether the office is open: not on Sundays, holidays and the three days of Diwali."""
    when = date_of(day)
    return when.weekday() != SUNDAY and when not in holidays(when.year)


@cache
def holidays(year: int) -> dict[date, str]:
    """Return the holidays of a year, the three days of Diwali among them, by date."""
    fixed = {date(year, month, day): name for (month, day), name in HOLIDAYS.items()}
    diwali = (first + timedelta(days=n) for first in DIWALI if first.year == year for n in range(3))
    return fixed | dict.fromkeys(diwali, "Diwali")


def clock(second: int) -> str:
    """Return a second of the day as a clock shows it, HH:MM."""
    return f"{second // 3600:02}:{second % 3600 // 60:02}"


def demand(day: int) -> float:
    """Return the leads to expect on a day, relative to an ordinary one."""
    when = date_of(day)
    factor = WEEKDAY_LEADS[when.weekday()]
    for diwali in DIWALI:
        until = (diwali - when).days
        if 0 < until <= 28:
            return factor * 1.28
        if -2 <= until <= 0:
            return factor * 0.4
        if -8 <= until < -2:
            return factor * 0.8
    return factor * (0.75 if (when.month, when.day) in HOLIDAYS else 1.0)


def arrival(rng: Random, day: int, at_counter: bool) -> int:
    """Return an instant of a day at which a lead comes in, in UTC seconds."""
    if at_counter:
        second = int(rng.uniform(10.25 * 3600, 19.5 * 3600))
    else:
        second = _web_hour(rng) * 3600 + int(rng.random() * 3600)
    return day * DAY - OFFSET + second


def working(rng: Random, instant: float) -> int:
    """Return the instant itself if the office is open, else some time in the next morning."""
    day, second = divmod(int(instant) + OFFSET, DAY)
    if OPENS <= second < CLOSES and is_working(day):
        return int(instant)
    if second >= CLOSES:
        day += 1
    while not is_working(day):
        day += 1
    return day * DAY - OFFSET + OPENS + int(rng.triangular(0, CLOSES - OPENS, 5400))
