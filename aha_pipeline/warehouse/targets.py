"""Targets and holidays: what the user's files say, brought into the database."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

import msgspec
from psycopg2.extensions import connection as Connection

from aha_pipeline.sql import statement
from aha_pipeline.warehouse.user_file import LineWrong, read_lines

SCOPES = ("company", "rep", "source")
NEEDED = ("scope", "name", "period")
COLUMNS = (*NEEDED, "amount", "deals", "currency")
HOLIDAY_COLUMNS = ("day", "name")
MONTH = re.compile(r"(?P<year>(?:19|20)\d\d)-(?P<number>0[1-9]|1[0-2])", re.ASCII)
FISCAL = re.compile(r"FY ?(?P<year>(?:19|20)\d\d)(?:[ -]?Q(?P<number>[1-4]))?", re.ASCII)
LARGEST = 10**15
CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)


@dataclass(frozen=True)
class Target:
    """One line of targets.csv.

    period: month, quarter or year; year: of the calendar for a month, else the fiscal year as the
    company names it; number: of the month or quarter, None for a year. currency: None is the home
    currency. Of amount and deals one at least is given.
    """

    scope: str
    name: str
    period: str
    year: int
    number: int | None
    amount: Decimal | None
    deals: int | None
    currency: str | None


@dataclass(frozen=True)
class Holiday:
    """One line of holidays.csv."""

    day: date
    name: str


def read_targets(path: Path) -> list[Target]:
    """Return the lines of targets.csv in their order; none where there is no file.

    Raises UserFileError.
    """

    def key(row: Target) -> tuple[str, ...]:
        return (row.scope, " ".join(row.name.split()).casefold(), _period_of(row))

    return list(read_lines(path, COLUMNS, NEEDED, _target, key).values())


def read_holidays(path: Path) -> list[Holiday]:
    """Return the lines of holidays.csv in their order; none where there is no file.

    Raises UserFileError.
    """
    found = read_lines(
        path, HOLIDAY_COLUMNS, ("day",), _holiday, lambda row: (row.day.isoformat(),)
    )
    return list(found.values())


def save_targets(connection: Connection, path: Path) -> int:
    """Bring `analytics.targets` up to date with the file; return how many targets are in force.

    Rows written into the table by others are kept, and override a line for the same period. A
    changed or removed line stays as history. In the caller's transaction. Raises UserFileError, and
    leaves everything as it was.
    """
    lines = msgspec.json.encode(read_targets(path)).decode()
    with connection.cursor() as cursor:
        cursor.execute("lock table analytics.targets in share row exclusive mode")
        for name in ("remove", "change", "add"):
            cursor.execute(statement("warehouse/targets", name), {"lines": lines})
        cursor.execute("select count(*) from analytics.targets where told_until is null")
        [(count,)] = cursor
    return int(count)


def save_holidays(connection: Connection, path: Path) -> None:
    """Make the holidays of the file those of `crm.holidays` that do not come from Zoho.

    In the caller's transaction. Raises UserFileError, and leaves everything as it was.
    """
    lines = msgspec.json.encode(read_holidays(path)).decode()
    with connection.cursor() as cursor:
        cursor.execute(statement("warehouse/targets", "holidays"), {"lines": lines})


def _target(row: dict[str, str]) -> Target:
    scope, name = row["scope"].lower(), row["name"]
    if scope not in SCOPES:
        raise LineWrong(f"{row['scope']!r} has no targets; write {', '.join(SCOPES)}")
    if (scope == "company") != (not name):
        raise LineWrong(
            "the company needs no name; leave it empty"
            if name
            else f"the name is empty; write that of the {scope}"
        )
    period, year, number = _period(row["period"])
    amount, deals = _amount(row["amount"]), _deals(row["deals"])
    if amount is None and deals is None:
        raise LineWrong("there is neither an amount nor a number of deals; write one of them")
    currency = row["currency"].upper() or None
    if currency and not CURRENCY.fullmatch(currency):
        raise LineWrong(f"{row['currency']!r} is no currency; write three letters, such as INR")
    return Target(scope, name, period, year, number, amount, deals, currency)


def _period(text: str) -> tuple[str, int, int | None]:
    if found := MONTH.fullmatch(text):
        return "month", int(found["year"]), int(found["number"])
    if found := FISCAL.fullmatch(text.upper()):
        number = found["number"]
        return (
            ("quarter" if number else "year"),
            int(found["year"]),
            int(number) if number else None,
        )
    raise LineWrong(
        f"{text!r} is no period; write a month as 2026-04, a fiscal quarter as FY2026 Q1, a fiscal "
        "year as FY2026"
    )


def _period_of(row: Target) -> str:
    if row.period == "month":
        return f"{row.year}-{row.number:02}"
    return f"FY{row.year}" + (f" Q{row.number}" if row.number else "")


def _amount(text: str) -> Decimal | None:
    if not text:
        return None
    try:
        # Lakhs and thousands are grouped in files of spreadsheets.
        number = Decimal(text.replace(",", "").replace(" ", ""))
        if 0 <= number < LARGEST:
            return number
    except InvalidOperation:
        pass
    raise LineWrong(f"the amount {text!r} is no number from 0 on; write one, such as 2500000")


def _deals(text: str) -> int | None:
    if not text:
        return None
    if text.isascii() and text.isdigit() and len(text) < 9:
        return int(text)
    raise LineWrong(f"the number of deals {text!r} is no whole number; write one, or nothing")


def _holiday(row: dict[str, str]) -> Holiday:
    try:
        return Holiday(date.fromisoformat(row["day"]), row["name"].replace("\0", ""))
    except ValueError:
        raise LineWrong(f"{row['day']!r} is no day; write it as 2026-11-08") from None
