"""Land one window of one module: each record's own text in, one transaction.

The text is read as jsonb by the database alone, so numbers and keys arrive exactly as sent. A
killed process leaves either the old state or the new one, and the log row that says so is part of
the same transaction.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from io import BytesIO
from struct import Struct
from typing import Any

import psycopg2
from psycopg2.extensions import connection as Connection
from psycopg2.extras import RealDictCursor, execute_values
from psycopg2.sql import SQL, Identifier

from aha_pipeline import sql
from aha_pipeline.warehouse.cleaning import clean
from aha_pipeline.warehouse.connection import connect
from aha_pipeline.warehouse.tables import table_name

BATCH_RECORDS = 5_000
BATCH_BYTES = 16_000_000
CHUNK_BYTES = 65_536  # handed to the database at a time
# PostgreSQL's binary COPY format, without header extension; jsonb is its version 1 and the text.
COPY_BEGIN = b"PGCOPY\n\xff\r\n\0" + bytes(8)
COPY_END = b"\xff\xff"
ONE_JSONB = Struct(">hiB")
WORK_MEM = "64MB"  # sorts a batch without a file
RECYCLE_BIN = timedelta(days=60)  # as long as Zoho lists a deletion as one that can be undone
CANNOT_HOLD = "a character that jsonb cannot hold"
Span = tuple[datetime | None, datetime | None]


@dataclass(frozen=True)
class Window:
    """What is read in one go: a module's changes in [start, end), for one Dagster run.

    `from_the_beginning` makes it hold everything older than `start` too; `is_open` everything later
    than `end`, as it has to where the end lies in the future.
    """

    run_id: str
    module: str
    start: datetime
    end: datetime
    from_the_beginning: bool = False
    is_open: bool = False

    @property
    def since(self) -> datetime | None:
        """From when on records belong to it; None is without limit."""
        return None if self.from_the_beginning else self.start

    @property
    def until(self) -> datetime | None:
        """Up to when; None is without limit."""
        return None if self.is_open else self.end

    @property
    def key(self) -> dict[str, Any]:
        """The parameters that name its row in `crm.sync_logs`."""
        return {"run_id": self.run_id, "module": self.module, "window_start": self.start}

    @property
    def limits(self) -> dict[str, Any]:
        """The parameters that say which time it reads."""
        return {"module": self.module, "since": self.since, "until": self.until}


@dataclass(frozen=True)
class Drift:
    """Fields that the CRM has newly, and that it has no more."""

    new: tuple[str, ...] = ()
    vanished: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything changed."""
        return bool(self.new or self.vanished)

    @property
    def sentence(self) -> str:
        """What changed, in words; every record is landed whole all the same."""
        named = {"new": self.new, "vanished": self.vanished}
        changes = [f"{word}: {', '.join(names)}" for word, names in named.items() if names]
        return "; ".join(changes) or "The fields are those of the last read."


@dataclass(frozen=True)
class Landed:
    """What a window did. `by_day` holds the records of each business day that has any.

    `stopped` says why it did not read all of it, where it did not.
    """

    records_read: int
    inserted: int
    updated: int
    unchanged: int
    deleted: int
    api_calls: int
    by_day: dict[date, int] = field(default_factory=dict)
    preview: list[dict[str, Any]] = field(default_factory=list)
    stopped: str | None = None


NOTHING = Landed(0, 0, 0, 0, 0, 0)


class Landing:
    """An open window: hand over records and deletions, then finish. Made by `open_window`."""

    def __init__(self, connection: Connection, log: Connection, window: Window) -> None:
        self._connection = connection
        self._log = log
        self._window = window
        self._table = Identifier(table_name(window.module))
        self._staged = 0
        self._bytes = 0
        self._records = 0
        self._volatile: list[str] | None = None

    def keep_fields(self, fields: Sequence[dict[str, Any]]) -> Drift:
        """Bring `crm.crm_fields` up to date and return what changed."""
        rows = self._rows("keep_fields", {**self._window.key, "fields": json.dumps(fields)})
        names = {change: tuple(r["api_name"] for r in rows if r["change"] == change)
                 for change in ("new", "vanished")}  # fmt: skip
        return Drift(**names)

    def done_before(self) -> list[Span]:
        """Return the spans of the window that a read which stopped early has landed already."""
        return [(r["read_from"], r["read_to"]) for r in self._rows("paused", self._window.limits)]

    def stage(self, texts: Sequence[bytes], api_calls: int) -> None:
        """Land records, given as their JSON, batch by batch, and tell the log about progress."""
        cleaned = [clean(text) for text in texts]
        for text, holdable in zip(texts, cleaned, strict=True):
            if text != holdable:
                self._quarantine(text)
        self._copy(cleaned)
        self._records += len(texts)
        if self._staged >= BATCH_RECORDS or self._bytes >= BATCH_BYTES:
            self._land()
            self._progress(api_calls)

    def stage_deletions(self, deletions: Iterable[tuple[str, str, str | datetime]]) -> None:
        """Hold (id, kind, deleted time) of removed records until the window is finished."""
        with self._connection.cursor() as cursor:
            execute_values(
                cursor,
                "insert into staged_deletions (id, kind, deleted_time) values %s",
                list(deletions),
            )

    def doubtful(self, now: datetime) -> list[str]:
        """Return the ids of which only the CRM itself can tell whether they are deleted."""
        self._land()
        since = max(filter(None, [self._window.since, now - RECYCLE_BIN]))
        return [row["id"] for row in self._rows("doubtful", {"since": since})]

    def unseen(self) -> list[str]:
        """Return the ids that count as living here and that no page has shown."""
        self._land()
        return [row["id"] for row in self._rows("unseen", {})]

    def compared(self, since: datetime | None, alive: Iterable[str]) -> dict[str, int]:
        """Return how many records of before `since` were `missing`, `stale` and `extra` here.

        `alive` are ids that the CRM shows although a list of deletions holds them.
        """
        self._land()
        (row,) = self._rows("compared", {"since": since, "alive": list(alive)})
        return row

    def finish(
        self,
        *,
        api_calls: int,
        read_until: datetime | None,
        timezone: str,
        alive: Sequence[str] = (),
        stopped: str | None = None,
        covered: Sequence[Span] = (),
    ) -> Landed:
        """Land what is left, apply the deletions, write the log row; not yet committed.

        `read_until` is the CRM's clock when the reading began: the window counts as read up to it.
        `alive` are ids that the CRM shows although it listed them as deleted. `stopped` says why
        the reading ended early: then only `covered` counts as read, and the next read leaves that
        out.
        """
        self._land()
        deleted = self._run("delete", {"alive": list(alive)})
        counts, by_day = self._counts(timezone)
        landed = Landed(
            records_read=sum(counts.values()),
            inserted=counts.get("inserted", 0),
            updated=counts.get("updated", 0),
            unchanged=counts.get("unchanged", 0),
            deleted=deleted,
            api_calls=api_calls,
            by_day=by_day,
            preview=self._rows("preview", {"timezone": timezone}),
            stopped=stopped,
        )
        status = "paused" if stopped else "success"
        self._run("log_finish", _log_row(self._window, status, landed, read_until))
        if stopped:
            self._pause(covered)
        else:
            self._run("forget_paused", self._window.limits)
        return landed

    def _quarantine(self, text: bytes) -> None:
        row = {"id": json.loads(text).get("id"), "reason": CANNOT_HOLD, "text": text.decode()}
        self._run("quarantine", {**self._window.key, **row})

    def _copy(self, texts: Sequence[bytes]) -> None:
        """Send records to the database, which holds them until `_land`."""
        rows = (ONE_JSONB.pack(1, len(text) + 1, 1) + text for text in texts)
        copied = BytesIO(b"".join([COPY_BEGIN, *rows, COPY_END]))
        with self._connection.cursor() as cursor:
            cursor.copy_expert(sql.read("warehouse/stage_records"), copied, CHUNK_BYTES)
        self._staged += len(texts)
        self._bytes += sum(map(len, texts))

    def _land(self) -> None:
        if not self._staged:
            return
        if self._volatile is None:
            with self._connection.cursor() as cursor:
                cursor.execute("select crm.volatile_fields(%s)", (self._window.module,))
                self._volatile = cursor.fetchone()[0]
        parameters = {"volatile": self._volatile, "run_id": self._window.run_id}
        self._run("land", {**self._window.limits, **parameters})
        self._run("forget_records")
        self._staged = self._bytes = 0

    def _pause(self, covered: Sequence[Span]) -> None:
        with self._connection.cursor() as cursor:
            execute_values(
                cursor,
                "insert into crm.paused_reads (module, run_id, read_from, read_to) values %s",
                [(self._window.module, self._window.run_id, *span) for span in covered],
            )

    def _counts(self, timezone: str) -> tuple[dict[str, int], dict[date, int]]:
        """Return the window's records by effect and by business day."""
        days = {
            "first_day": self._window.start.date(),
            "last_day": (self._window.end - timedelta(microseconds=1)).date(),
        }
        counts: dict[str, int] = {}
        by_day: dict[date, int] = {}
        for row in self._rows("count_window", {"timezone": timezone, **days}):
            counts[row["effect"]] = counts.get(row["effect"], 0) + row["records"]
            if row["day"]:
                by_day[row["day"]] = by_day.get(row["day"], 0) + row["records"]
        return counts, by_day

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
            with suppress(psycopg2.Error):
                connection.rollback()
            _write_failure(log, window, error)
            raise


def _enter(log: Connection, connection: Connection, window: Window) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext('crm.' || %s))", (window.module,))
        cursor.execute(f"set local work_mem = '{WORK_MEM}'")
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
    error = counts.pop("stopped")
    return {**window.key, **counts, "status": status, "read_until": read_until, "error": error}
