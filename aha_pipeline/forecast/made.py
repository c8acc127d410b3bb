"""Of which days forecasts were made: asked each day, so without NumPy and pandas."""

from datetime import date

from psycopg2.extensions import connection as Connection

from aha_pipeline.sql import statement


def days_made(connection: Connection, first: date, last: date) -> set[date]:
    """Return the days from `first` to `last` of which forecasts were made."""
    with connection.cursor() as cursor:
        cursor.execute(statement("forecast/keep", "made"), {"first": first, "last": last})
        return {day for (day,) in cursor}
