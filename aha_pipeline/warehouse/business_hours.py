"""When the company works: the CRM's business hours, or those of the user's file."""

import re
from dataclasses import dataclass
from pathlib import Path

import msgspec
from psycopg2.extensions import connection as Connection

from aha_pipeline import sql
from aha_pipeline.warehouse.user_file import LineWrong, read_lines

COLUMNS = ("day", "opens", "closes")
WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
CLOCK = re.compile(r"(?:[01]?\d|2[0-3]):[0-5]\d|24:00", re.ASCII)


@dataclass(frozen=True)
class Hours:
    """One line of business_hours.csv: a day of the week that is worked, and its hours, HH:MM."""

    day: str
    opens: str
    closes: str


def read_hours(path: Path) -> list[Hours]:
    """Return the lines of business_hours.csv in their order; none where there is no file.

    Raises UserFileError.
    """
    return list(read_lines(path, COLUMNS, COLUMNS, _hours, lambda row: (row.day,)).values())


def derive_hours(connection: Connection, path: Path) -> None:
    """Bring `crm.business_hours` up to date, from the user's file where there is one, else Zoho.

    In the caller's transaction. Raises UserFileError, and leaves everything as it was.
    """
    lines = msgspec.json.encode(read_hours(path)).decode()
    with connection.cursor() as cursor:
        cursor.execute(sql.read("warehouse/derive_hours"), {"lines": lines})


def _hours(row: dict[str, str]) -> Hours:
    day = row["day"].lower()
    if day not in WEEK:
        raise LineWrong(f"{row['day']!r} is no day of the week; write Monday to Sunday")
    for text in (row["opens"], row["closes"]):
        if not CLOCK.fullmatch(text):
            raise LineWrong(f"{text!r} is no time of day; write one such as 09:30")
    return Hours(day, row["opens"], row["closes"])
