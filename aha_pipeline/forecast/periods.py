"""The periods that are forecast: the month and the fiscal quarter of a day."""

from dataclasses import dataclass
from datetime import date, timedelta

from aha_pipeline.forecast.histories import EPOCH, number_of


@dataclass(frozen=True)
class Period:
    """A month or a fiscal quarter, by its first and last day."""

    name: str
    first: int
    last: int


def periods_of(day: date, first_month: int) -> tuple[Period, Period]:
    """Return the month and the fiscal quarter of a day; first_month: of the fiscal year."""
    return (
        _period("month", day, 1, first_month),
        _period("quarter", day, 3, first_month),
    )


def before(period: Period) -> tuple[int, int]:
    """Return the first and the last day of the period before."""
    first = EPOCH + timedelta(days=period.first)
    begins = first
    for _ in range(1 if period.name == "month" else 3):
        begins = (begins - timedelta(days=1)).replace(day=1)
    return number_of(begins), period.first - 1


def _period(name: str, day: date, months: int, first_month: int) -> Period:
    first = day.replace(day=1)
    for _ in range((day.month - first_month) % months):
        first = (first - timedelta(days=1)).replace(day=1)
    end = first
    for _ in range(months):
        end = (end + timedelta(days=32)).replace(day=1)
    return Period(name, number_of(first), number_of(end) - 1)
