"""Land one window of one module: whole pages in, split by PostgreSQL, one transaction.

The page's own text is cast to jsonb in the database, so numbers and keys arrive exactly as sent. A
killed process leaves either the old state or the new one, and the log row that says so is part of
the same transaction.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any

import psycopg2
from psycopg2.extensions import connection as Connection
from psycopg2.extras import RealDictCursor, execute_values
from psycopg2.sql import SQL, Identifier

from aha_pipeline import sql
from aha_pipeline.warehouse.cleaning import clean
from aha_pipeline.warehouse.connection import connect
from aha_pipeline.warehouse.tables import table_name

PROGRESS_EVERY_PAGES = 5


@dataclass(frozen=True)
class Window:
    """What is read in one go: a module's changes in [start, end), for one Dagster run."""

    run_id: str
    module: str
    start: datetime
    end: datetime

    @property
    def key(self) -> dict[str, Any]:
        """The parameters that name its row in `crm.sync_logs`."""
        return {"run_id": self.run_id, "module": self.module, "window_start": self.start}


@dataclass(frozen=True)
class Landed:
    """What a window did. `by_day` holds the records of each business day that has any."""

    records_read: int
    inserted: int
    updated: int
    unchanged: int
    deleted: int
    api_calls: int
    by_day: dict[date, int] = field(default_factory=dict)
    preview: list[dict[str, Any]] = field(default_factory=list)


NOTHING = Landed(0, 0, 0, 0, 0, 0)


class Landing:
    """An open window: stage pages and deletions, then finish. Made by `open_window`."""

    def __init__(self, connection: Connection, log: Connection, window: Window) -> None:
        self._connection = connection
        self._log = log
        self._window = window
        self._table = Identifier(table_name(window.module))
        self._pages = 0
        self._records = 0

    def stage_page(self, text: str, records: int, api_calls: int) -> None:
        """Hold a page's text until the window is finished, and tell the log about progress."""
        body, originals = clean(text)
        with self._connection.cursor() as cursor:
            cursor.execute("insert into staged_pages (body) values (%s)", (body,))
        for original in originals:
            self._run("quarantine", {**self._window.key, "id": original.id, "text": original.text})
        self._pages += 1
        self._records += records
        if self._pages % PROGRESS_EVERY_PAGES == 1:
            self._progress(api_calls)

    def stage_deletions(self, deletions: Iterable[tuple[str, str, str]]) -> None:
        """Hold (id, kind, deleted time) of removed records until the window is finished."""
        with self._connection.cursor() as cursor:
            execute_values(
                cursor,
                "insert into staged_deletions (id, kind, deleted_time) values %s",
                list(deletions),
            )

    def finish(self, *, api_calls: int, read_until: datetime | None, timezone: str) -> Landed:
        """Bring the staged pages into the module's table and write the log row; not yet committed.

        `read_until` is the CRM's clock when the reading began: the window counts as read up to it.
        """
        end = {"until": self._window.end}
        self._run("classify", end)
        with self._connection.cursor() as cursor:
            cursor.execute("select effect, count(*) from incoming group by 1")
            counts = dict(cursor.fetchall())
        self._run("keep_versions", {"module": self._window.module})
        self._run("merge")
        landed = Landed(
            records_read=sum(counts.values()),
            inserted=counts.get("inserted", 0),
            updated=counts.get("updated", 0),
            unchanged=counts.get("unchanged", 0),
            deleted=self._run("delete"),
            api_calls=api_calls,
            by_day=self._by_day(timezone),
            preview=self._rows("preview", {"timezone": timezone}),
        )
        self._run("log_finish", _log_row(self._window, "success", landed, read_until))
        return landed

    def _by_day(self, timezone: str) -> dict[date, int]:
        first_day = self._window.start.date()
        rows = self._rows("count_window", {"timezone": timezone, "first_day": first_day})
        return {row["day"]: row["records"] for row in rows if row["day"]}

    def _progress(self, api_calls: int) -> None:
        with self._log.cursor() as cursor:
            cursor.execute(
                sql.read("warehouse/log_progress"),
                {**self._window.key, "records_read": self._records, "api_calls": api_calls},
            )

    def _run(self, name: str, parameters: dict[str, Any] | None = None) -> int:
        with self._connection.cursor() as cursor:
            cursor.execute(self._statement(name), parameters or {})
            return cursor.rowcount

    def _rows(self, name: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
        with self._connection.cursor(cursor_factory=RealDictCursor) as cursor:
            cursor.execute(self._statement(name), parameters)
            return [dict(row) for row in cursor]

    def _statement(self, name: str) -> Any:
        return SQL(sql.read(f"warehouse/{name}")).format(table=self._table)


@contextmanager
def open_window(database_url: str, window: Window) -> Iterator[Landing]:
    """Yield a landing; commit what it finished, or leave the tables as they were.

    One process at a time is in a module: a second waits. An exception is written to the log row as
    one sentence and raised again. Raises DatabaseUnreachable.
    """
    with connect(database_url, autocommit=True) as log, connect(database_url) as connection:
        _enter(log, connection, window)
        try:
            yield Landing(connection, log, window)
        except BaseException as error:
            connection.rollback()
            _write_failure(log, window, error)
            raise


def _enter(log: Connection, connection: Connection, window: Window) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext('crm.' || %s))", (window.module,))
        cursor.execute(sql.read("warehouse/stage"))
    with log.cursor() as cursor:
        cursor.execute(
            "select crm.ensure_module(%s, %s)", (window.module, table_name(window.module))
        )
        cursor.execute(sql.read("warehouse/log_interrupted"), window.key)
        cursor.execute(sql.read("warehouse/log_start"), {**window.key, "window_end": window.end})


def _write_failure(log: Connection, window: Window, error: BaseException) -> None:
    stopped = not isinstance(error, Exception)
    row = _log_row(window, "interrupted" if stopped else "failed", NOTHING, None)
    row["error"] = "Stopped by the user." if stopped else " ".join(str(error).split())[:1000]
    # With the database gone the row stays open, and the next window of the module closes it.
    with suppress(psycopg2.Error), log.cursor() as cursor:
        cursor.execute(sql.read("warehouse/log_finish"), row)


def _log_row(
    window: Window, status: str, landed: Landed, read_until: datetime | None
) -> dict[str, Any]:
    counts = asdict(landed)
    del counts["by_day"], counts["preview"]
    return {**window.key, **counts, "status": status, "read_until": read_until, "error": None}
