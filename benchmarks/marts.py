"""What the marts cost after a day's changes: each of them, and all against a pass over `crm`.

A sequential pass reads every row of every table that marts read once, and of each the columns that
they use, without an index and without a second process: what a machine must do at least to see the
records once. Seconds are those of the server's processor; a busy machine changes them little.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median

from psycopg2.extensions import connection as Connection

from aha_pipeline.warehouse.connection import connect
from aha_pipeline.warehouse.mart_builds import forget
from aha_pipeline.warehouse.mart_files import Mart, read_marts
from aha_pipeline.warehouse.marts import refresh
from benchmarks.company import companies
from benchmarks.databases import server_seconds

CHANGES = (
    Path(__file__).with_name("company_changes.sql"),
    Path(__file__).with_name("company_activity_changes.sql"),
)
ACTIVITY = "owner_id, created_time, modified_time, deleted_at"
COLUMNS = {
    "leads_raw": "lead_source, lead_status, owner_id, owner_name, created_time, modified_time, "
    "converted_time, deal_id, is_converted, deleted_at",
    "crm_deals": "deal_name, stage, amount, probability, closing_date, lead_source, owner_id, "
    "owner_name, account_id, account_name, created_time, modified_time, deleted_at",
    "record_versions": "module, id, modified_time, replaced_by, replaced_at, owner_id, "
    "lead_source, lead_status, is_converted, stage, amount, probability, closing_date",
    "crm_calls": f"{ACTIVITY}, what_id, who_id, call_type, call_status, call_started_at",
    "crm_tasks": f"{ACTIVITY}, what_id, who_id, task_status, task_closed_at",
    "crm_events": f"{ACTIVITY}, what_id, who_id, meeting_starts_at, meeting_ends_at",
    "crm_notes": f"{ACTIVITY}, parent_id",
}
# Two rounds, however soon they follow each other, are as far apart as two daily syncs are for a
# mart that looks at the five minutes before its newest record: so the next changes land, and what
# was built is as old as the newest that it holds.
NEWEST = """
    select max(at)
    from (
        select max(synced_at) as at from crm.leads_raw
        union all
        select max(synced_at) from crm.crm_deals
        union all
        select max(synced_at) from crm.crm_calls
        union all
        select max(synced_at) from crm.crm_tasks
    ) newest
"""
LANDS = f"""
    select set_config(
        'benchmark.landed_at', greatest(now(), ({NEWEST}) + interval '10 minutes')::text, true
    )
"""
BUILT = f"""
    update analytics.mart_refreshes set refreshed_at = greatest(refreshed_at, ({NEWEST}))
"""
SMALL = 10_000
YEAR = timedelta(days=364)


@dataclass(frozen=True)
class Took:
    """What one thing took, in seconds: of the server's processor, and by the clock."""

    cpu: float
    clock: float


def marts(records: int = 1_000_000, rounds: int = 3) -> None:
    """Refresh all marts of a large and a small company after changes; then days as of their ends.

    Both in turn, `rounds` times, after one refresh that is not counted.
    """
    today = datetime.now(UTC).date()
    with (
        companies(SMALL, records) as (few_leads, many_leads),
        _session(few_leads) as small,
        _session(many_leads) as large,
    ):
        for place in (small, large):
            _refresh_all(place, today)
        measured = [(_round(small, today), _round(large, today)) for _ in range(rounds)]
        of_small, of_large = zip(*measured, strict=True)
        print(f"{SMALL:,} leads\n{_told(of_small)}")
        print(f"{records:,} leads, {records // 5:,} deals, {3 * records:,} activities")
        print(_told(of_large))
        ratio = median(many.refresh / few.refresh for few, many in measured)
        print(f"  after the changes, against {SMALL:,} leads   {ratio:.2f} x")
        pairs = [tuple(_days(place, today, today) for place in (small, large)) for _ in range(5)]
        year = _days(large, today - YEAR, today)
    few, many = (median(column) * 1000 for column in zip(*pairs, strict=True))
    print(f"one day as of its end, {SMALL:,} leads {few:6.0f} ms")
    print(f"                       {records:,} leads {many:6.0f} ms   {many / few:.2f} x")
    print(f"365 days in one run    {records:,} leads {year * 1000:6.0f} ms")


@dataclass(frozen=True)
class Round:
    """A pass, all marts after the changes of a day, and all with nothing changed."""

    one_pass: Took
    changed: dict[str, Took]
    unchanged: dict[str, Took]

    @property
    def refresh(self) -> float:
        """Return the seconds of the server's processor for all marts after the changes."""
        return sum(took.cpu for took in self.changed.values())


def _round(place: Connection, today: date) -> Round:
    one_pass = _took(place, lambda: _pass(place))
    _change(place)
    return Round(one_pass, _refresh_all(place, today), _refresh_all(place, today))


def _told(rounds: tuple[Round, ...]) -> str:
    """Return medians over the rounds as lines: all, and the dearest marts."""
    one_pass = median(each.one_pass.cpu for each in rounds)
    lines = [f"  one sequential pass          {one_pass:8.2f} s"]
    for title, name in (("after the changes", "changed"), ("with nothing changed", "unchanged")):
        each = [getattr(one, name).values() for one in rounds]
        cpu = [sum(took.cpu for took in one) for one in each]
        clock = median(sum(took.clock for took in one) for one in each)
        ratio = median(c / one.one_pass.cpu for c, one in zip(cpu, rounds, strict=True))
        lines.append(
            f"  {title:<29}{median(cpu):8.2f} s  {ratio:6.2f} x   by the clock {clock:.2f} s"
        )
    dearest = {name: median(one.changed[name].cpu for one in rounds) for name in rounds[0].changed}
    for name in sorted(dearest, key=lambda name: -dearest[name]):
        lines.append(f"    {name:<25}{dearest[name] * 1000:8.0f} ms")
    return "\n".join(lines)


@contextmanager
def _session(address: str) -> Iterator[Connection]:
    with connect(address) as connection:
        with connection.cursor() as cursor:  # helpers would compute beside the process measured
            cursor.execute("set max_parallel_workers_per_gather = 0")
        connection.commit()
        yield connection


def _change(connection: Connection) -> None:
    with connection.cursor() as cursor:
        cursor.execute(BUILT)
        cursor.execute(LANDS)
        for file in CHANGES:
            cursor.execute(file.read_text(encoding="utf-8"))
    connection.commit()


def _pass(connection: Connection) -> None:
    """Read each row of `crm` that marts read once; the sum of the sizes makes it read them."""
    with connection.cursor() as cursor:
        for table, names in COLUMNS.items():
            sizes = " + ".join(f"coalesce(pg_column_size({c}), 0)" for c in names.split(", "))
            cursor.execute(f"select sum({sizes}) from crm.{table}")
    connection.rollback()


def _refresh_all(connection: Connection, today: date) -> dict[str, Took]:
    return {
        mart.name: _refresh(connection, mart, *([today, today] if mart.kind == "daily" else []))
        for mart in read_marts()
    }


def _days(connection: Connection, first: date, last: date) -> float:
    """Return the seconds of all daily marts for some days, built anew."""
    daily = [mart for mart in read_marts() if mart.kind == "daily"]
    with connection.cursor() as cursor:
        cursor.execute(BUILT)
        forget(cursor, daily)
    return sum(_refresh(connection, mart, first, last).cpu for mart in daily)


def _refresh(connection: Connection, mart: Mart, *days: date) -> Took:
    def refreshed() -> None:
        refresh(connection, mart, *days)
        connection.commit()

    return _took(connection, refreshed)


def _took(connection: Connection, call: Callable[[], None]) -> Took:
    pid = connection.get_backend_pid()
    clock, cpu = time.perf_counter(), server_seconds(pid)
    call()
    return Took(server_seconds(pid) - cpu, time.perf_counter() - clock)
