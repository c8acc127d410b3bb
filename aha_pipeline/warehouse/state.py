"""What the warehouse knows about itself: whose data it holds, and what is still unread."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg2.extensions import connection as Connection
from psycopg2.extras import RealDictCursor

from aha_pipeline import sql


class WrongOrganisation(RuntimeError):
    """The database holds another organisation's data; the text names both."""


@dataclass(frozen=True)
class UnreadRange:
    """A time range, [start, end), of one module that no complete read has covered."""

    module: str
    start: datetime
    end: datetime


def read_clock(connection: Connection) -> datetime:
    """Return the present time as the database has it."""
    with connection.cursor() as cursor:
        cursor.execute("select clock_timestamp()")
        [(now,)] = cursor
    assert isinstance(now, datetime)
    return now


def connect_organisation(
    connection: Connection,
    *,
    org_id: str,
    name: str,
    is_sandbox: bool,
    timezone: str,
    currency: str,
    rate_reading: str | None = None,
    home_timezone: str | None = None,
    home_currency: str | None = None,
    web_url: str | None = None,
) -> None:
    """Remember the organisation at the first sync; later raise WrongOrganisation for another.

    rate_reading: `multiply` or `divide`; None: as the exchange rates themselves show. `timezone`
    and `currency` are those of the figures, home_timezone and home_currency what Zoho says.
    web_url: the address below which people open records.
    """
    row = {
        "org_id": org_id,
        "name": name,
        "is_sandbox": is_sandbox,
        "timezone": timezone,
        "currency": currency,
        "rate_reading": rate_reading,
        "home_timezone": home_timezone,
        "home_currency": home_currency,
        "web_url": web_url,
    }
    with connection.cursor() as cursor:
        cursor.execute(sql.read("warehouse/connect_organisation"), row)
        if cursor.fetchone():
            return
    held = read_organisation(connection)
    if held is None:
        raise LookupError("crm.organisation took no row, and holds none")
    raise WrongOrganisation(
        f"This database holds the data of {_named(held['name'], held['is_sandbox'])}, and Zoho "
        f"answers for {_named(name, is_sandbox)}: use another DATABASE_URL (or another AHA_HOME) "
        "for the other organisation."
    )


def read_organisation(connection: Connection) -> dict[str, Any] | None:
    """Return the row of `crm.organisation`, or None before the first sync."""
    with connection.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute("select * from crm.organisation")
        row = cursor.fetchone()
        return dict(row) if row else None


def read_company(connection: Connection) -> tuple[str | None, str | None] | None:
    """Return time zone and home currency as Zoho said them; None before it did."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select home_timezone, home_currency from crm.organisation "
            "where coalesce(home_timezone, home_currency) is not null"
        )
        row: tuple[str | None, str | None] | None = cursor.fetchone()
        return row


def save_configured_modules(connection: Connection, modules: Sequence[str]) -> None:
    """Remember which modules syncs are set to read, in the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "update crm.modules set is_configured = module = any(%(modules)s) "
            "where is_configured <> (module = any(%(modules)s))",
            {"modules": list(modules)},
        )


def read_modules(connection: Connection) -> tuple[str, ...]:
    """Return the modules that have been read at least once."""
    with connection.cursor() as cursor:
        cursor.execute("select distinct module from crm.sync_logs order by 1")
        return tuple(row[0] for row in cursor)


def unreadable_modules(connection: Connection) -> list[str]:
    """Return the modules whose newest read failed."""
    with connection.cursor() as cursor:
        cursor.execute(sql.statement("warehouse/sync_log", "unreadable_modules"))
        return [row[0] for row in cursor]


def unread_ranges(
    connection: Connection,
    modules: Sequence[str],
    since: datetime,
    until: datetime,
    *,
    lag: timedelta,
) -> list[UnreadRange]:
    """Return the time that no complete read has covered in [since, until), by module and time.

    `lag` is how long the CRM may take to show a change: a read covers its time up to that.
    """
    parameters = {"modules": list(modules), "since": since, "until": until, "lag": lag}
    with connection.cursor() as cursor:
        cursor.execute(sql.statement("warehouse/sync_log", "unread_ranges"), parameters)
        return [UnreadRange(*row) for row in cursor]


def has_synced(connection: Connection) -> bool:
    """Return whether any module has ever been read to the end of a window."""
    with connection.cursor() as cursor:
        cursor.execute("select exists (select from crm.sync_logs where status = 'success')")
        [(has_success,)] = cursor
    return bool(has_success)


def run_log(connection: Connection, run_id: str) -> list[dict[str, Any]]:
    """Return the rows of `crm.sync_logs` of one run, in the order they were begun."""
    with connection.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(
            "select * from crm.sync_logs where run_id = %s order by started_at, module", (run_id,)
        )
        return [dict(row) for row in cursor]


def _named(name: str, is_sandbox: bool) -> str:
    return f"“{name}”" + (" (sandbox)" if is_sandbox else "")
