"""What forecasts cost a company of many deals, from PostgreSQL and back into it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import dagster as dg
import pandas as pd
from psycopg2.extensions import connection as Connection

from aha_pipeline.assets.forecasts import forecasts_asset
from aha_pipeline.assets.partitions import range_tags
from aha_pipeline.forecast.histories import OPEN, WON, read_histories
from aha_pipeline.forecast.predict import forecast, learn_before
from aha_pipeline.forecast.store import add
from aha_pipeline.services import Services
from aha_pipeline.settings import Settings
from aha_pipeline.warehouse.connection import connect
from aha_pipeline.warehouse.mart_files import read_marts
from aha_pipeline.warehouse.marts import refresh
from aha_pipeline.warehouse.migrate import migrate
from aha_pipeline_tests.kit.selling_companies import selling_company
from benchmarks.databases import database, postgres

DAY = date(2025, 12, 12)
TIMEZONE = "Asia/Kolkata"
HISTORY = 1100  # days
BIG = 200_000
COLUMNS = (
    "id, from_day, said_from, day, closing_date, stage, source, owner_id, amount, probability, "
    "weighted_amount, meaning, version, is_assumed, is_deleted, is_present"
)


def print_cost(deals: int) -> None:
    """Print the seconds of one day of forecasts: of the clock, and of this process's processor."""
    with _company(deals, date(2023, 1, 1)) as address, connect(address) as connection:
        with _timed("read"):
            histories = read_histories(connection)
        with _timed("learnt, once a month"):
            learnt = learn_before(histories, DAY)
        with _timed("forecast and stored"):
            stored = add(connection, DAY, forecast(histories, DAY, learnt), is_back_test=False)
        print(f"{stored} forecasts")


def two_years(records: int = BIG) -> None:
    """Print what one run of the asset over the partitions of two years costs."""
    last = datetime.now(ZoneInfo(TIMEZONE)).date() - timedelta(days=1)
    first = last - timedelta(days=730)
    with _company(records, last - timedelta(days=HISTORY)) as address:
        settings = Settings(
            _env_file=None, database_url=address, aha_timezone=TIMEZONE, aha_start_date=first
        )
        with _timed("two years, one run"):
            run = dg.materialize(
                [forecasts_asset(settings)],
                resources={"services": Services(settings)},
                tags=range_tags(first, last),
            )
        made = run.asset_materializations_for_node("analytics__forecasts")[0]
        print(f"{made.metadata['dagster/row_count'].value} forecasts")


@contextmanager
def _company(deals: int, start: date) -> Iterator[str]:
    """Yield the address of a database with the histories of as many deals."""
    with postgres() as server, database(server, "forecasts") as address:
        migrate(address)
        with connect(address) as connection:
            _build_history(connection)
            contents = _fill(connection, deals, start)
        print(f"\n{deals:,} deals, {contents:,} contents in analytics.deal_history")
        yield address


def _build_history(connection: Connection) -> None:
    """Build analytics.deal_history, of no deal, and what it reads."""
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into crm.organisation (org_id, name, is_sandbox, timezone, currency) "
            "values ('1', 'Company', true, %s, 'INR')",
            (TIMEZONE,),
        )
    for mart in read_marts():
        refresh(connection, mart)
        if mart.name == "deal_history":
            return


@contextmanager
def _timed(what: str) -> Iterator[None]:
    clock, cpu = time.monotonic(), time.process_time()
    yield
    taken, used = time.monotonic() - clock, time.process_time() - cpu
    print(f"| {what} | {taken:.1f} s | {used:.1f} s of this process |", flush=True)


def _fill(connection: Connection, deals: int, start: date) -> int:
    """Write one company's histories many times over, under ids of their own; return the rows."""
    one = selling_company("steady", 5, days=HISTORY, start=start)
    times = -(-deals // one["id"].nunique())
    frame = pd.concat([one.assign(id=f"{n:03}" + one["id"]) for n in range(times)])
    frame = frame[frame["id"].isin(frame["id"].unique()[:deals])]
    rows = pd.DataFrame(
        {
            "id": frame["id"],
            **{
                name: pd.to_datetime(frame[column], unit="D").dt.date
                for name, column in (
                    ("from_day", "from_day"),
                    ("said_from", "said_day"),
                    ("day", "created_day"),
                    ("closing_date", "closing_day"),
                )
            },
            **{name: frame[name] for name in ("stage", "source", "owner_id", "amount")},
            "probability": 100 * frame["weighted_amount"] / frame["amount"],
            "weighted_amount": frame["weighted_amount"],
            "meaning": frame["meaning"].map({OPEN: "open", WON: "won"}).fillna("lost"),
            "version": range(len(frame)),
            "is_assumed": False,
            "is_deleted": False,
            "is_present": ~frame["id"].duplicated(keep="last"),
        }
    )
    text = StringIO(rows.to_csv(index=False, header=False))
    with connection.cursor() as cursor:
        query = f"copy analytics.deal_history ({COLUMNS}) from stdin with (format csv)"
        cursor.copy_expert(query, text)
    return len(rows)
