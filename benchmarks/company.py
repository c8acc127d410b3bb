"""An invented company of any size in a database: its records, what they said before, its marts."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from aha_pipeline.warehouse.connection import connect
from aha_pipeline.warehouse.mart_files import read_marts
from aha_pipeline.warehouse.marts import refresh
from aha_pipeline.warehouse.migrate import migrate

RECORDS = Path(__file__).with_name("company.sql")
PEOPLE = Path(__file__).with_name("company_people.sql")
ACTIVITIES = Path(__file__).with_name("company_activities.sql")
DAYS = timedelta(days=60)


def fill(address: str, leads: int, *files: Path) -> None:
    """Put the company of so many leads into an empty database; `files` add to RECORDS."""
    migrate(address)
    with connect(address, autocommit=True) as connection, connection.cursor() as cursor:
        for file in (RECORDS, *files):
            cursor.execute(file.read_text(encoding="utf-8"), {"leads": leads})
        cursor.execute("vacuum analyze")
        cursor.execute("checkpoint")


def build(address: str) -> None:
    """Build all marts, the daily ones of the last 60 days."""
    today = datetime.now(UTC).date()
    with connect(address) as connection:
        for mart in read_marts():
            refresh(connection, mart, *((today - DAYS, today) if mart.kind == "daily" else ()))
            connection.commit()
    with connect(address, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute("vacuum analyze")
