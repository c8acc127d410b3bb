"""The history that Zoho kept of its records, landed as it was sent, and how far it is read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from psycopg2.extensions import connection as Connection
from psycopg2.extras import RealDictCursor
from psycopg2.sql import SQL, Identifier

from aha_pipeline import sql
from aha_pipeline.warehouse.cleaning import clean
from aha_pipeline.warehouse.tables import table_name

TIMELINE, TRACKER = "timeline", "stage_tracker"
CLOSED_WITHIN = timedelta(days=365)  # the timeline of a deal that closed before is not read
Key = tuple[str, str]  # module and id


@dataclass(frozen=True)
class ReadTimeline:
    """The timeline of one record: its entries as JSON texts, and what it cost.

    Not `is_complete`: it failed, and is tried again another day.
    """

    id: str
    entries: Sequence[bytes]
    credits: int
    is_complete: bool = True
    problem: str | None = None


@dataclass(frozen=True)
class Progress:
    """How much of the open deals is known from before the first sync; times are aware.

    `timelines` of records and `stays` of trackers are what has been read in all.
    """

    open_deals: int
    known_deals: int
    open_value: Decimal | None
    known_value: Decimal | None
    known_back_to: datetime | None
    timelines: int
    stays: int

    @property
    def share(self) -> float | None:
        """The known part of the open value, or of their number where they have none; 0 to 1."""
        if self.open_value:
            return float((self.known_value or 0) / self.open_value)
        return self.known_deals / self.open_deals if self.open_deals else None

    @property
    def sentence(self) -> str:
        """What is known, in a sentence."""
        if self.share is None:
            return "No open deals."
        if self.known_back_to is None:
            return "Nothing is read from before the first sync yet."
        # Rounded down: all is all.
        percent = int(self.share * 100)
        return (
            f"History read back to {self.known_back_to:%-d %b %Y} for {percent}% of the open value."
        )


def to_read(connection: Connection) -> list[Key]:
    """Return the records whose timeline is still to be read, the most useful first."""
    with connection.cursor() as cursor:
        cursor.execute(_statement("to_read"), {"closed_within": CLOSED_WITHIN})
        return [(module, id_) for module, id_ in cursor]


def land_timelines(connection: Connection, module: str, read: Sequence[ReadTimeline]) -> None:
    """Land the timelines of records of a module and note them as read, in one transaction."""
    entries = [(one.id, _text(entry)) for one in read for entry in one.entries]
    with connection.cursor() as cursor:
        cursor.execute(_statement("hold_off_others"), {"module": module})
        cursor.execute(
            _statement("land_entries"),
            {
                "module": module,
                "ids": [id_ for id_, _ in entries],
                "texts": [text for _, text in entries],
            },
        )
        cursor.execute(
            _of_table("note_timelines", module),
            {
                "module": module,
                "ids": [one.id for one in read],
                "complete": [one.is_complete for one in read],
                "credits": [one.credits for one in read],
                "problems": [one.problem for one in read],
            },
        )


def land_rows(connection: Connection, module: str, rows: Sequence[bytes]) -> int:
    """Land rows of the tracker of a module; return how many were new."""
    with connection.cursor() as cursor:
        cursor.execute(_statement("hold_off_others"), {"module": module})
        cursor.execute(
            _of_table("land_rows", module), {"module": module, "texts": [_text(r) for r in rows]}
        )
        return int(cursor.rowcount)


def tracker_read_until(connection: Connection, module: str) -> datetime | None:
    """Return up to when the rows of a tracker have landed; None: none, or that is not known."""
    read_until: datetime | None = _one(connection, "tracker_read_until", {"module": module})
    return read_until


def is_tracker_read(connection: Connection, module: str) -> bool:
    """Return whether the tracker of a module has been read to its end."""
    return bool(_one(connection, "is_tracker_read", {"module": module}))


def note_covered(connection: Connection, module: str) -> None:
    """Note which records the tracker covers, once all of its rows have landed."""
    with connection.cursor() as cursor:
        cursor.execute(_statement("hold_off_others"), {"module": module})
        cursor.execute(_of_table("note_covered", module), {"module": module})


def note_way(
    connection: Connection,
    module: str,
    way: str,
    *,
    is_complete: bool,
    credits: int,
    read_until: datetime | None = None,
    problem: str | None = None,
) -> None:
    """Note the state of a way as a whole, and the credits that it cost.

    `read_until`: up to when the rows of a tracker have landed; None leaves what is noted.
    """
    parameters = {
        "module": module,
        "way": way,
        "complete": is_complete,
        "credits": credits,
        "read_until": read_until,
        "problem": problem,
    }
    with connection.cursor() as cursor:
        cursor.execute(_statement("note_way"), parameters)


def spent(connection: Connection) -> int:
    """Return the credits that reading history has cost in a day."""
    return int(_one(connection, "spent", {}))


def problems(connection: Connection) -> list[str]:
    """Return why a way cannot be gone, a sentence each."""
    with connection.cursor() as cursor:
        cursor.execute(_statement("problems"))
        return [sentence for (sentence,) in cursor]


def progress(connection: Connection) -> Progress:
    """Return how much is known."""
    with connection.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(_statement("progress"))
        [row] = cursor
    return Progress(**row)


def _text(entry: bytes) -> str:
    return clean(entry).decode("utf-8", "replace")


def _one(connection: Connection, name: str, parameters: dict[str, Any]) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(_statement(name), parameters)
        [(value,)] = cursor
    return value


def _of_table(name: str, module: str) -> Any:
    return SQL(_statement(name)).format(table=Identifier(table_name(module)))


def _statement(name: str) -> str:
    return sql.statement("warehouse/record_history", name)
