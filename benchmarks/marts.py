"""What the marts cost: all of them against a pass over what they read, and one day as of its end.

A sequential pass reads every row of every table that a mart reads, and of each the columns that
marts use, without an index and without a second process: what a machine must do at least to see
the records once.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median

import sqlglot
from psycopg2.extensions import connection as Connection
from sqlglot import exp

from aha_pipeline.warehouse.connection import connect
from aha_pipeline.warehouse.mart_builds import forget
from aha_pipeline.warehouse.mart_files import Mart, read_marts
from aha_pipeline.warehouse.marts import NO_JIT, WORK_MEM, refresh
from benchmarks.company import fill
from benchmarks.databases import database, postgres

CHANGES = Path(__file__).with_name("company_changes.sql")
COLUMNS = {
    "leads_raw": "lead_source, lead_status, owner_id, owner_name, created_time, modified_time, "
    "converted_time, deal_id, is_converted, deleted_at",
    "crm_deals": "deal_name, stage, amount, probability, closing_date, lead_source, owner_id, "
    "owner_name, account_id, account_name, created_time, modified_time, deleted_at",
    "record_versions": "module, id, modified_time, replaced_by, replaced_at, owner_id, "
    "lead_source, lead_status, is_converted, stage, amount, probability, closing_date",
}
SHARE = 10  # the small company has a tenth of the records
YEAR = timedelta(days=364)
DAILY = ("kpis", "funnel_by_day")


def marts(records: int = 1_000_000, rounds: int = 3) -> None:
    """Refresh all marts of a company, at first and after changes; then days as of their ends."""
    today = datetime.now(UTC).date()
    with (
        postgres() as server,
        _company(server, records // SHARE) as small,
        _company(server, records) as large,
    ):
        first = sum(_refresh_all(large, today).values())
        passes, refreshes, unchanged, each = [], [], [], {}
        for _ in range(rounds):
            _change(large)
            passes.append(_pass(large))
            each = _refresh_all(large, today)
            refreshes.append(sum(each.values()))
            unchanged.append(sum(_refresh_all(large, today).values()))
        _refresh_all(small, today)
        _change(small)
        of_small = sum(_refresh_all(small, today).values())
        own = sum(_own_pass(large, mart) for mart in read_marts())
        written = sum(_copy(large, mart) for mart in read_marts())
        pairs = [tuple(_days(place, today, today) for place in (small, large)) for _ in range(5)]
        year = _days(large, today - YEAR, today)
        plans = [line for name in (*_dearest(each)[:2], *DAILY) for line in _plan(large, name)]
    print(f"{records:,} leads and {records // 5:,} deals")
    print(f"  one sequential pass      {median(passes):8.2f} s")
    ratio = median(all_ / one for all_, one in zip(refreshes, passes, strict=True))
    print(
        f"  all {len(each)} marts, the first time {first:5.2f} s   {first / median(passes):.2f} x"
    )
    print(f"  after 1,000 changes      {median(refreshes):8.2f} s   {ratio:.2f} x")
    ratio = median(all_ / one for all_, one in zip(unchanged, passes, strict=True))
    print(f"  with nothing changed     {median(unchanged):8.2f} s   {ratio:.2f} x")
    print(f"  one pass a mart, each over what it reads {own:5.2f} s", end="")
    print(f"   the marts take {median(refreshes) / own:.2f} x")
    print(f"  their rows only, copied  {written:8.2f} s   {written / median(passes):.2f} x")
    print(f"  after 1,000 changes to {records // SHARE:,} leads {of_small:5.2f} s", end="")
    print(f"   {median(refreshes) / of_small:.2f} x")
    for name in _dearest(each):
        print(f"    {name:<23}{each[name] * 1000:8.0f} ms")
    few, many = (median(column) * 1000 for column in zip(*pairs, strict=True))
    print(f"one day as of its end, {records // SHARE:,} leads {few:6.0f} ms")
    print(f"                       {records:,} leads {many:6.0f} ms   {many / few:.2f} x")
    print(f"365 days in one run    {records:,} leads {year * 1000:6.0f} ms")
    print("\n".join(plans))


@contextmanager
def _company(server: str, leads: int) -> Iterator[Connection]:
    with database(server, f"marts_{leads}") as address:
        fill(address, leads)
        with connect(address) as connection:
            yield connection


def _change(connection: Connection) -> None:
    with connection.cursor() as cursor:
        cursor.execute(CHANGES.read_text(encoding="utf-8"))
    connection.commit()


def _pass(connection: Connection) -> float:
    """Return the seconds of reading each row of `crm` that marts read once."""
    columns = {f"crm.{table}": names.split(", ") for table, names in COLUMNS.items()}
    return _read_once(connection, columns)


def _own_pass(connection: Connection, mart: Mart) -> float:
    """Return the seconds of reading each row of what a mart reads once: the columns it names."""
    named = {
        column.name
        for column in sqlglot.parse_one(mart.select, dialect="postgres").find_all(exp.Column)
    }
    columns = {}
    with connection.cursor() as cursor:
        for source in mart.sources:
            cursor.execute(f"select * from {source} limit 0")
            columns[source] = [c.name for c in cursor.description if c.name in named]
    return _read_once(connection, columns)


def _read_once(connection: Connection, columns: dict[str, list[str]]) -> float:
    """Return the seconds of one pass over relations; the sum of the sizes makes it read them."""
    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("set local max_parallel_workers_per_gather = 0")
        for relation, names in columns.items():
            sizes = " + ".join(f"coalesce(pg_column_size({name}), 0)" for name in names) or "1"
            cursor.execute(f"select sum({sizes}) from {relation}")
    connection.rollback()
    return time.perf_counter() - began


def _copy(connection: Connection, mart: Mart) -> float:
    """Return the seconds of writing the rows that a mart holds, and nothing else."""
    if mart.kind == "view":
        return 0.0
    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(f"create table analytics.copied as select * from {mart.relation}")
    seconds = time.perf_counter() - began
    connection.rollback()
    return seconds


def _refresh_all(connection: Connection, today: date) -> dict[str, float]:
    return {
        mart.name: _refresh(connection, mart, *([today, today] if mart.kind == "daily" else []))
        for mart in read_marts()
    }


def _dearest(seconds: dict[str, float]) -> list[str]:
    return sorted(seconds, key=seconds.get, reverse=True)


def _plan(connection: Connection, name: str) -> list[str]:
    """Return how PostgreSQL answers a mart's select, of a daily one for today."""
    (mart,) = (mart for mart in read_marts() if mart.name == name)
    today = datetime.now(UTC).date()
    days = {"first_day": today, "last_day": today, "since": "-infinity"}
    with connection.cursor() as cursor:
        cursor.execute(f"set local work_mem = '{WORK_MEM}'")
        cursor.execute(NO_JIT)
        cursor.execute(
            "explain (analyze, costs off, timing off, buffers off) " + mart.select,
            None if mart.kind == "table" else days,
        )
        lines = [line for (line,) in cursor]
    connection.rollback()
    return [f"\n{name}", *(f"  {line}" for line in lines)]


def _days(connection: Connection, first: date, last: date) -> float:
    """Return the seconds of all daily marts for some days, built anew."""
    daily = [mart for mart in read_marts() if mart.kind == "daily"]
    with connection.cursor() as cursor:
        forget(cursor, daily)
    return sum(_refresh(connection, mart, first, last) for mart in daily)


def _refresh(connection: Connection, *arguments: object) -> float:
    began = time.perf_counter()
    refresh(connection, *arguments)
    connection.commit()
    return time.perf_counter() - began
