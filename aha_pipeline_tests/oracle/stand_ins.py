"""Plain tables in place of what a mart reads, with drawn rows in them.

So a mart is tried apart from all that stands before and behind it: a company takes milliseconds,
and meets limits that records do not reach in years.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from psycopg2.extras import execute_values

from aha_pipeline.warehouse.mart_files import Mart
from aha_pipeline_tests.oracle.comparison import differences
from aha_pipeline_tests.oracle.figures import Row, Rows
from aha_pipeline_tests.warehouse.marts_company import rows

DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)
SOURCES, OWNERS = ("Web", "(none)"), ("1", "2")
SINCE = datetime(2026, 3, 1, tzinfo=UTC)  # what landed later is taken in


@dataclass(frozen=True)
class Drawn:
    """What a judge draws with, and where it puts the rows."""

    cursor: object
    random: Random
    now: datetime
    zone: ZoneInfo

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    @property
    def parameters(self) -> Row:
        """What a mart is asked with: since when, and which days; some are not there yet."""
        days = {"first_day": self.today - 6 * DAY, "last_day": self.today + 2 * DAY}
        return {"since": SINCE} | days

    def one_of(self, *things):
        return self.random.choice(things)

    def day(self, last: int = 5) -> date:
        """Return one of few days, some weeks ago."""
        return self.today - 40 * DAY + DAY * self.random.randint(0, last)

    def midnight(self, days: int) -> datetime:
        """Return when the day so many days ago began."""
        return datetime.combine(self.today - days * DAY, time(), self.zone)

    def whose(self) -> Row:
        return {"source": self.one_of(*SOURCES), "owner_id": self.one_of(*OWNERS)}

    def some(self, draw: Callable[[], Row], most: int = 30) -> list[Row]:
        return [draw() for _ in range(self.random.randrange(most))]

    def put(self, relation: str, records: Sequence[Row]) -> None:
        self.cursor.execute(f"delete from {relation}")  # noqa: S608
        if records:
            execute_values(
                self.cursor,
                f"insert into {relation} ({', '.join(records[0])}) values %s",  # noqa: S608
                [tuple(record.values()) for record in records],
            )


@dataclass(frozen=True)
class Judge:
    """A mart in plain Python.

    judge: puts drawn rows in place of what the mart reads, and returns what is right.
    names: the columns that tell its rows apart.
    reads: tables and views in whose place plain tables are put.
    """

    judge: Callable[[Drawn], Rows]
    names: tuple[str, ...]
    reads: Collection[str]


def stand_in(cursor, relation: str) -> None:
    """Put an empty table without keys and generated columns in place of a table or view."""
    cursor.execute("select relkind from pg_class where oid = %s::regclass", [relation])
    [(kind,)] = cursor
    cursor.execute(f"create temp table plain as select * from {relation} limit 0")  # noqa: S608
    cursor.execute(f"drop {'view' if kind == 'v' else 'table'} {relation} cascade")
    cursor.execute(f"create table {relation} as table plain; drop table plain")


def faults_of(drawn: Drawn, mart: Mart, select: str, judge: Judge, right: Rows) -> list[str]:
    """Return what a mart that is made by a query says otherwise; a sum keeps no rows of zeros.

    A place is there once, unless what is right says how many `times`.
    """
    query = drawn.cursor.mogrify(select, drawn.parameters).decode()
    listed = rows(drawn.cursor.connection, query)
    if mart.strategy == "merge":
        listed = [row for row in listed if any(row[name] for name in mart.sums)]
    places = [tuple(row[name] for name in judge.names) for row in listed]
    times = Counter(places)
    found = {
        place: row | {"times": times[place]} for place, row in zip(places, listed, strict=True)
    }
    faults = differences(right, found)
    if mart.strategy != "merge":
        faults += [f"{place} is there or not" for place in right.keys() ^ found.keys()]
    return faults + [
        f"{place} is there twice"
        for place, number in times.items()
        if number > right.get(place, {}).get("times", 1)
    ]


def counted(keys: Iterable[tuple], name: str) -> Rows:
    """Return how often each key is there."""
    return {key: {name: number} for key, number in Counter(keys).items()}
