"""Forecasts in the database: added once, never changed."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from psycopg2.extensions import connection as Connection
from psycopg2.extras import execute_values

from aha_pipeline.forecast.histories import EPOCH
from aha_pipeline.forecast.predict import Course
from aha_pipeline.sql import statement

NOTHING = (None,) * 5


def add(connection: Connection, day: date, found: Iterable[Course], *, is_back_test: bool) -> int:
    """Add the forecasts of a day, in the caller's transaction; return how many.

    What was made of that day before stays.
    """
    rows = [_row(day, course, is_back_test) for course in found]
    with connection.cursor() as cursor:
        execute_values(cursor, statement("forecast/keep", "add"), rows, page_size=len(rows) or 1)
    return len(rows)


def _row(day: date, course: Course, is_back_test: bool) -> Sequence[object]:
    period = course.period
    return (
        day,
        "company" if course.owner is None else "rep",
        course.owner or "",
        period.name,
        EPOCH + timedelta(days=period.first),
        EPOCH + timedelta(days=period.last),
        course.won_value,
        course.won_deals,
        *(course.value or NOTHING),
        *(course.deals or NOTHING),
        course.weighted_value,
        course.weighted_deals,
        course.paced_value,
        course.paced_deals,
        course.closed_deals,
        course.silent,
        is_back_test,
    )
