"""An invented company of any size in a database: its records, what they said before, its marts.

Each is filled once and kept for all benchmarks that ask for it; 1,000,000 leads take ten minutes.
One that other SQL filled is another company: it stays in the cache until somebody drops it.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import md5
from pathlib import Path

from psycopg2.extensions import cursor as Cursor

from aha_pipeline.warehouse.connection import connect
from aha_pipeline.warehouse.mart_files import read_marts
from aha_pipeline.warehouse.marts import refresh
from aha_pipeline.warehouse.migrate import migrate
from benchmarks.databases import kept_database, kept_postgres

FILES = [Path(__file__).with_name(f"company{part}.sql") for part in ("", "_activities", "_people")]
DAYS = timedelta(days=60)
# All but the keys, which rows have to keep.
INDEXES = """
    select indexrelid::regclass, pg_get_indexdef(indexrelid)
    from pg_index join pg_class on pg_class.oid = indrelid
    where relnamespace = 'crm'::regnamespace and not indisunique
"""


@contextmanager
def companies(*leads: int) -> Iterator[list[str]]:
    """Yield the address of a company of each of these sizes."""
    with kept_postgres("company") as server, ExitStack() as stack:
        kept = (
            kept_database(server, f"company_{size}_{made_by()}", partial(fill, leads=size))
            for size in leads
        )
        addresses = [stack.enter_context(one) for one in kept]
        for address in addresses:
            migrate(address)  # it may have been filled by another version
        yield addresses


def made_by() -> str:
    """Return a name for the SQL that fills a company."""
    texts = b"".join(file.read_bytes() for file in FILES)
    return md5(texts, usedforsecurity=False).hexdigest()[:8]


def fill(address: str, leads: int) -> None:
    """Put the company of so many leads into an empty database."""
    migrate(address)
    with connect(address, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute("set synchronous_commit = off; set maintenance_work_mem = '512MB'")
        with _indexed_afterwards(cursor):
            for file in FILES:
                cursor.execute(file.read_text(encoding="utf-8"), {"leads": leads})
        cursor.execute("vacuum analyze")
        cursor.execute("checkpoint")


@contextmanager
def _indexed_afterwards(cursor: Cursor) -> Iterator[None]:
    """Make the indexes of `crm` at the end: row by row, that of the search takes most of a fill."""
    cursor.execute(INDEXES)
    indexes = cursor.fetchall()
    for name, _ in indexes:
        cursor.execute(f"drop index {name}")
    yield
    for _, definition in indexes:
        cursor.execute(definition)


def build(address: str) -> None:
    """Build all marts, the daily ones of the last 60 days."""
    today = datetime.now(UTC).date()
    with connect(address) as connection:
        for mart in read_marts():
            refresh(connection, mart, *((today - DAYS, today) if mart.kind == "daily" else ()))
            connection.commit()
    with connect(address, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute("vacuum analyze")
