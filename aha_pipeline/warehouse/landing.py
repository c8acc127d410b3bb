"""Load one window of one module into its table, in one transaction.

Each record's own text is copied to PostgreSQL, which alone parses it, so numbers and keys arrive
exactly as Zoho sent them. A killed process leaves either the old state or the new one; the row of
`crm.sync_logs` that says which is part of the same transaction.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from io import BytesIO
from typing import Any

import psycopg2
from psycopg2.errors import LockNotAvailable
from psycopg2.extensions import connection as Connection
from psycopg2.extras import RealDictCursor, execute_values
from psycopg2.sql import SQL, Identifier

from aha_pipeline import records, sql
from aha_pipeline.warehouse import batches, errors
from aha_pipeline.warehouse.cleaning import clean, dumps
from aha_pipeline.warehouse.connection import connect
from aha_pipeline.warehouse.tables import table_name

BATCH_RECORDS = 5_000  # merged at a time
MANY_RECORDS = 1_000  # after more changes than this the table is analyzed
STATISTICS_TARGET = 30  # 9,000 records tell as much of a table as 30,000, in a third of the time
BATCH_BYTES = 16_000_000
UNNOTED_RECORDS = 20_000  # copied, and not yet written down as landed
# Few enough for the pages that are read ahead: meanwhile no reader has to wait.
WAITING_RECORDS = 2_000
WAITING_BYTES = 4_000_000
CHUNK_BYTES = 4_194_304  # sent at a time: for each part, what reads pages has to stand aside
WORK_MEM = "64MB"  # enough to sort a batch in memory
RECYCLE_BIN = timedelta(days=60)  # how long Zoho can restore a deleted record
NOT_JSONB = "a character that jsonb cannot hold"
NOT_JSON = "what is not valid JSON"
TimeRange = tuple[datetime | None, datetime | None]  # None: unbounded


@dataclass(frozen=True)
class Window:
    """The changes of one module in [start, end), read by one Dagster run.

    `from_the_beginning` adds everything older than `start`. `is_open` adds everything later than
    `end`: while the end is in the future, this machine's clock must not cut off Zoho's.
    """

    run_id: str
    module: str
    start: datetime
    end: datetime
    from_the_beginning: bool = False
    is_open: bool = False

    @property
    def since(self) -> datetime | None:
        """The first instant of the window; None is unbounded."""
        return None if self.from_the_beginning else self.start

    @property
    def until(self) -> datetime | None:
        """The instant at which the window ends; None is unbounded."""
        return None if self.is_open else self.end

    @property
    def key(self) -> dict[str, Any]:
        """The SQL parameters that identify its row in `crm.sync_logs`."""
        return {"run_id": self.run_id, "module": self.module, "window_start": self.start}

    @property
    def bounds(self) -> dict[str, Any]:
        """The SQL parameters for its module and time range."""
        return {"module": self.module, "since": self.since, "until": self.until}


@dataclass(frozen=True)
class SchemaDrift:
    """The fields that appeared in and vanished from a module since the last read."""

    new: tuple[str, ...] = ()
    vanished: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything changed."""
        return bool(self.new or self.vanished)

    @property
    def summary(self) -> str:
        """What changed, in words. Records are stored whole regardless of drift."""
        named = {"new": self.new, "vanished": self.vanished}
        changes = [f"{word}: {', '.join(names)}" for word, names in named.items() if names]
        return "; ".join(changes) or "The fields are those of the last read."


@dataclass(frozen=True)
class UnservedField:
    """A field that Zoho served once and is in none of its answers: rights lost, or renamed."""

    api_name: str
    carries_marts: bool


@dataclass(frozen=True)
class LoadResult:
    """What one window changed.

    by_day: the number of records modified on each business day that has any. preview: a few of the
    newest records, without contact data. stop_reason: why the window was not read to its end; None
    if it was. unserved: the fields whose last values are kept, because no answer has them any more.
    """

    records_read: int
    inserted: int
    updated: int
    unchanged: int
    deleted: int
    api_calls: int
    by_day: dict[date, int] = field(default_factory=dict)
    preview: list[dict[str, Any]] = field(default_factory=list)
    stop_reason: str | None = None
    unserved: tuple[UnservedField, ...] = ()


NOTHING_LOADED = LoadResult(0, 0, 0, 0, 0, 0)


class Landing:
    """An open window: stage its records and deletions, then finish. Made by `open_window`.

    While one batch is brought into the table by the thread of `copying`, the next one is gathered.
    """

    def __init__(
        self, connection: Connection, log: Connection, window: Window, copying: Executor
    ) -> None:
        self._connection = connection
        self._log = log
        self._copying = copying
        self._under_way: Future[None] | None = None
        self._window = window
        self._table_name = table_name(window.module)
        self._table = Identifier(self._table_name)
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0
        self._staged = 0
        self._bytes = 0
        self._staged_ids: set[str | None] = set()
        self._copied: dict[str, bytes] = {}
        self._unnoted: list[str] = []
        self._records = 0
        self._volatile: list[str] | None = None
        self._is_begun = self._has_indexes = False

    def update_fields(self, fields: Sequence[dict[str, Any]]) -> SchemaDrift:
        """Bring `crm.crm_fields` up to date and return what changed."""
        rows = self._rows("update_fields", {**self._window.key, "fields": dumps(fields)})
        names = {change: tuple(r["api_name"] for r in rows if r["change"] == change)
                 for change in ("new", "vanished")}  # fmt: skip
        return SchemaDrift(**names)

    def ranges_already_read(self) -> list[TimeRange]:
        """Return the parts of the window that an earlier, stopped read has loaded."""
        return [
            (r["read_from"], r["read_to"])
            for r in self._rows("ranges_already_read", self._window.bounds)
        ]

    def stage(self, texts: Sequence[bytes], api_calls: int, damaged: Sequence[bytes] = ()) -> None:
        """Take records, given as their JSON, and bring them into the table batch by batch.

        A batch also writes the progress to `crm.sync_logs`. `damaged` are texts that were not valid
        JSON; they go to the quarantine.
        """
        for text in damaged:
            self._quarantine(text, NOT_JSON)
        cleaned = [clean(text) for text in texts]
        for text, storable in zip(texts, cleaned, strict=True):
            if text != storable:
                self._quarantine(text, NOT_JSONB)
        self._waiting += cleaned
        self._waiting_bytes += sum(map(len, cleaned))
        self._records += len(texts)
        if len(self._waiting) >= WAITING_RECORDS or self._waiting_bytes >= WAITING_BYTES:
            self._begin()
            self._land_waiting()
            self._progress(api_calls)

    def stage_deletions(self, deletions: Iterable[tuple[str, str, str | datetime]]) -> None:
        """Stage (id, kind, deleted time) of deleted records; `finish` applies them."""
        self._await_copy()
        with self._connection.cursor() as cursor:
            execute_values(
                cursor,
                "insert into staged_deletions (id, kind, deleted_time) values %s",
                list(deletions),
            )

    def uncertain_deletions(self, now: datetime) -> list[str]:
        """Return the ids for which the lists do not settle whether the record is deleted.

        Those are records changed after their deletion, and records that were in the recycle bin
        and are not listed as deleted any more. `now` is the CRM's clock.
        """
        self._merge_all()
        since = max(filter(None, [self._window.since, now - RECYCLE_BIN]))
        return [row["id"] for row in self._rows("uncertain_deletions", {"since": since})]

    def witnesses(self) -> list[str]:
        """Return the id of a record that shows whether lost fields are back; none without them."""
        return [row["id"] for row in self._rows("witness", {"module": self._window.module})]

    def read_without_returned(self) -> list[str]:
        """Return the ids of records that were read without fields which are served again."""
        self._merge_all()
        if not (fields := self._returned_fields()):
            return []
        known = {"module": self._window.module, "fields": fields}
        return [row["id"] for row in self._rows("read_without", known)]

    def missing_ids(self) -> list[str]:
        """Return the ids of records that are live here and that no page of a full read showed."""
        self._merge_all()
        return [row["id"] for row in self._rows("missing_ids", {})]

    def count_differences(self, since: datetime | None, existing: Iterable[str]) -> dict[str, int]:
        """Return how many records were `missing`, `stale` and `extra` here before this window.

        Counts only what an earlier read should have loaded, that is changes before `since`.
        `existing` are ids that the CRM returns although a list of deletions holds them.
        """
        self._merge_all()
        (row,) = self._rows("count_differences", {"since": since, "existing": list(existing)})
        return row

    def finish(
        self,
        *,
        api_calls: int,
        read_until: datetime | None,
        timezone: str,
        existing: Sequence[str] = (),
        stop_reason: str | None = None,
        read_ranges: Sequence[TimeRange] = (),
    ) -> LoadResult:
        """Merge the last batch, apply the deletions and write the log row, without a commit.

        `read_until` is the CRM's clock when the reading began: the window counts as read up to it.
        `existing` are ids that the CRM returns although it listed them as deleted. `stop_reason`
        says why the reading ended early: then only `read_ranges` count as read, and the next read
        of the window skips them. `timezone` is the zone of the business day.
        """
        self._merge_all()
        deleted = self._run("apply_deletions", {"existing": list(existing)})
        unserved = self._settle_unserved()
        counts, by_day = self._counts(timezone)
        result = LoadResult(
            records_read=sum(counts.values()),
            inserted=counts.get("inserted", 0),
            updated=counts.get("updated", 0),
            unchanged=counts.get("unchanged", 0),
            deleted=deleted,
            api_calls=api_calls,
            by_day=by_day,
            preview=self._rows("preview", {"timezone": timezone}),
            stop_reason=stop_reason,
            unserved=unserved,
        )
        status = "paused" if stop_reason else "success"
        with self._connection.cursor() as cursor:
            row = _log_row(self._window, status, result, read_until)
            cursor.execute(sql.statement("warehouse/sync_log", "finish"), row)
        if stop_reason:
            self._save_read_ranges(read_ranges)
        else:
            self._run("forget_read_ranges", self._window.bounds)
        if result.inserted + result.updated >= MANY_RECORDS:
            # The marts come next: by the statistics of an empty table one of them took minutes.
            with self._connection.cursor() as cursor:
                cursor.execute(f"set local default_statistics_target = {STATISTICS_TARGET}")
                cursor.execute(SQL("analyze crm.{}").format(self._table))
        return result

    def _returned_fields(self) -> list[str]:
        module = {"module": self._window.module}
        return [row["api_name"] for row in self._rows("returned_fields", module)]

    def _settle_unserved(self) -> tuple[UnservedField, ...]:
        """Write down which fields are lost by now, and return them."""
        module = {"module": self._window.module}
        self._run("forget_unserved", {**module, "fields": self._returned_fields()})
        self._run("save_unserved", module)
        return tuple(UnservedField(**row) for row in self._rows("unserved_fields", module))

    def _quarantine(self, text: bytes, reason: str) -> None:
        original = text.decode("utf-8", "backslashreplace").replace("\0", "\\u0000")
        row = {"id": _id_of(text), "reason": reason, "text": original}
        self._await_copy()
        self._run("quarantine", {**self._window.key, **row})

    def _merge_all(self) -> None:
        self._land_waiting()
        self._await_copy()
        self._merge_staged()
        if not self._has_indexes:
            # also those that a load before this one has left aside, which failed or was killed
            self._run("restore_indexes", {"table": self._table_name, "with_search": False})
            self._has_indexes = True

    def _begin(self) -> None:
        """Before a larger first load touches the table: leave its indexes to the end."""
        if self._is_begun:
            return
        self._is_begun = True
        with suppress(LockNotAvailable), self._log.cursor() as cursor:
            cursor.execute(self._statement("set_indexes_aside"), {"table": self._table_name})

    def _land_waiting(self) -> None:
        """Have what waits brought into the table, once the batch before it is."""
        if not self._waiting:
            return
        plain, unclear = batches.split(self._waiting, self._window.until)
        self._waiting, self._waiting_bytes = [], 0
        self._await_copy()
        self._under_way = self._copying.submit(self._land, plain, unclear)

    def _await_copy(self) -> None:
        """Wait until nobody else uses the connection; raise what the copying raised."""
        if self._under_way:
            under_way, self._under_way = self._under_way, None
            under_way.result()

    def _land(self, plain: dict[str, bytes], unclear: Sequence[batches.Row]) -> None:
        """Copy the records that are new into the table, and the others where they are merged."""
        (found,) = self._rows("known_ids", {"ids": dumps(list(plain))})
        known = self._staged_ids.union(found["known"])
        new = {id_: text for id_, text in plain.items() if id_ not in known}
        # A page begins with the last records of the one before, mostly as they were there.
        again = {id_ for id_, text in self._copied.items() if plain.get(id_) == text}
        if new:
            self._copy("copy_new", batches.new_rows(new, found["synced_at"]))
            self._unnoted += new
        self._copied = new
        seen = known - again
        rest = [*(row for row in plain.items() if row[0] in seen), *unclear]
        if rest:
            self._copy("copy_records", batches.staged_rows(text for _, text in rest))
            self._staged += len(rest)
            self._bytes += sum(len(text) for _, text in rest)
            self._staged_ids.update(id_ for id_, _ in rest)
        is_full = self._staged >= BATCH_RECORDS or self._bytes >= BATCH_BYTES
        if is_full or None in self._staged_ids:
            self._merge_staged()
        if len(self._unnoted) >= UNNOTED_RECORDS:
            self._note_new()

    def _copy(self, statement: str, rows: bytes) -> None:
        with self._connection.cursor() as cursor:
            cursor.copy_expert(self._statement(statement), BytesIO(rows), CHUNK_BYTES)

    def _note_new(self) -> None:
        """Write down which records were copied, as merging and counting need to know."""
        if self._unnoted:
            self._run("note_new", {"ids": dumps(self._unnoted)})
            self._unnoted = []

    def _merge_staged(self) -> None:
        self._note_new()
        if not self._staged:
            return
        if self._volatile is None:
            with self._connection.cursor() as cursor:
                cursor.execute("select crm.volatile_fields(%s)", (self._window.module,))
                [(self._volatile,)] = cursor
        parameters = {"volatile": self._volatile, "run_id": self._window.run_id}
        self._run("merge_records", {**self._window.bounds, **parameters})
        self._run("clear_staged_records")
        self._staged = self._bytes = 0
        self._staged_ids.clear()

    def _save_read_ranges(self, ranges: Sequence[TimeRange]) -> None:
        with self._connection.cursor() as cursor:
            execute_values(
                cursor,
                "insert into crm.paused_reads (module, run_id, read_from, read_to) values %s",
                [(self._window.module, self._window.run_id, *each) for each in ranges],
            )

    def _counts(self, timezone: str) -> tuple[dict[str, int], dict[date, int]]:
        """Return the number of the window's records by effect and by business day."""
        days = {
            "first_day": self._window.start.date(),
            "last_day": (self._window.end - timedelta(microseconds=1)).date(),
        }
        counts: dict[str, int] = {}
        by_day: dict[date, int] = {}
        for row in self._rows("count_effects", {"timezone": timezone, **days}):
            counts[row["effect"]] = counts.get(row["effect"], 0) + row["records"]
            if row["day"]:
                by_day[row["day"]] = by_day.get(row["day"], 0) + row["records"]
        return counts, by_day

    def _progress(self, api_calls: int) -> None:
        with self._log.cursor() as cursor:
            cursor.execute(
                sql.statement("warehouse/sync_log", "progress"),
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
        # The two long statements have files of their own.
        named = sql.statements("warehouse/landing")
        text = named[name] if name in named else sql.read(f"warehouse/{name}")
        return SQL(text).format(table=self._table)


def _id_of(text: bytes) -> str | None:
    """Return the id of a record, whatever else is wrong with it; None if it has no readable one."""
    try:
        record = json.loads(records.shallow(clean(text)), strict=False)
        return str(record["id"])
    except (ValueError, TypeError, KeyError):
        return None


@contextmanager
def open_window(database_url: str, window: Window) -> Iterator[Landing]:
    """Yield a landing; commit when the block ends, or leave the tables as they were on an error.

    An advisory lock lets one process at a time into a module; a second one waits. An exception is
    written to the log row as one sentence and raised again. Raises DatabaseUnreachable.
    """
    with connect(database_url, autocommit=True) as log:
        with connect(database_url) as connection:
            _enter(log, connection, window)
            try:
                # At the end of the block, however it comes, the thread is done with the connection.
                with ThreadPoolExecutor(max_workers=1, thread_name_prefix="landing") as copying:
                    yield Landing(connection, log, window, copying)
            except BaseException as error:
                with suppress(psycopg2.Error):
                    connection.rollback()
                _write_failure(log, window, error)
                raise
        _make_search_index(log, window)


def _make_search_index(log: Connection, window: Window) -> None:
    """Make the index that a first load is committed without: no figure waits for the search."""
    aside = {"table": table_name(window.module), "with_search": True}
    with log.cursor() as cursor:
        cursor.execute(sql.statement("warehouse/landing", "restore_indexes"), aside)


def _enter(log: Connection, connection: Connection, window: Window) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext('crm.' || %s))", (window.module,))
        cursor.execute(f"set local work_mem = '{WORK_MEM}'")
        cursor.execute(sql.statement("warehouse/landing", "create_staging"))
    with log.cursor() as cursor:
        cursor.execute(
            "select crm.ensure_module(%s, %s)", (window.module, table_name(window.module))
        )
        cursor.execute(sql.statement("warehouse/sync_log", "close_interrupted"), window.key)
        cursor.execute(
            sql.statement("warehouse/sync_log", "start"), {**window.key, "window_end": window.end}
        )


def _write_failure(log: Connection, window: Window, error: BaseException) -> None:
    stopped = not isinstance(error, Exception)
    row = _log_row(window, "interrupted" if stopped else "failed", NOTHING_LOADED, None)
    row["error"] = "Stopped by the user." if stopped else _reason(error)
    # If the database is gone, the row stays `running`: the next window of the module closes it.
    with suppress(psycopg2.Error), log.cursor() as cursor:
        cursor.execute(sql.statement("warehouse/sync_log", "finish"), row)


def _reason(error: BaseException) -> str:
    return errors.meaning(error, alone=True) or " ".join(str(error).split())[:1000]


def _log_row(
    window: Window, status: str, result: LoadResult, read_until: datetime | None
) -> dict[str, Any]:
    counts = asdict(result)
    del counts["by_day"], counts["preview"], counts["unserved"]
    error = counts.pop("stop_reason")
    return {**window.key, **counts, "status": status, "read_until": read_until, "error": error}
