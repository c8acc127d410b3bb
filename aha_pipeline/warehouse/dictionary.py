"""What each figure means, and what each column is, in the database."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

import msgspec
from psycopg2.extensions import connection as Connection

from aha_pipeline.sql import statement
from aha_pipeline.warehouse.mart_files import Figure, Mart

TABLE = "analytics.metric_dictionary"


@dataclass(frozen=True)
class Kept:
    """A table of figures that is no mart: it is added to, and not made of others."""

    name: str
    owner: str
    figures: tuple[Figure, ...]


KEPT = (
    Kept(
        "targets",
        "sales operations",
        (
            Figure("amount", "money", "what is to be won in the period, as told", "Deals"),
            Figure("deals", "count", "how many deals are to be won in the period", "Deals"),
        ),
    ),
    Kept(
        "forecasts",
        "sales operations",
        (
            Figure("won_value", "money", "won in the period up to the day, as known then", "Deals"),
            Figure(
                "value_p10", "money", "one time in ten less is won when the period ends", "Deals"
            ),
            Figure("value_p25", "money", "one time in four less is won", "Deals"),
            Figure("value_p50", "money", "the middle: as often more is won as less", "Deals"),
            Figure("value_p75", "money", "one time in four more is won", "Deals"),
            Figure("value_p90", "money", "one time in ten more is won", "Deals"),
            Figure(
                "weighted_value",
                "money",
                "won, and Amount times probability of the open deals due to close: a baseline",
                "Deals",
            ),
            Figure(
                "paced_value",
                "money",
                "won, and what the period before brought from the same part of it on: a baseline",
                "Deals",
            ),
            Figure("closed_deals", "count", "closed deals that the forecast rests on", "Deals"),
        ),
    ),
)


@dataclass(frozen=True)
class Column:
    """A column of a table or view. description: its comment, or how it is generated; or None."""

    name: str
    type: str
    description: str | None


def write_dictionary(connection: Connection, tables: Iterable[Mart | Kept]) -> int:
    """Make the metric dictionary say what these define; return the number of figures."""
    figures = [
        {"mart": table.name, "label": figure.label, "owner": table.owner, "position": position}
        | asdict(figure)
        for table in tables
        for position, figure in enumerate(table.figures, start=1)
    ]
    with connection.cursor() as cursor:
        encoded = msgspec.json.encode(figures).decode()
        cursor.execute(statement("warehouse/dictionary", "write_dictionary"), {"figures": encoded})
    return len(figures)


def read_columns(connection: Connection, relations: Sequence[str]) -> dict[str, list[Column]]:
    """Return the columns, in order, of each of the tables and views `schema.name` there are."""
    columns: dict[str, list[Column]] = {}
    with connection.cursor() as cursor:
        cursor.execute(statement("warehouse/dictionary", "columns"), {"relations": list(relations)})
        for relation, *column in cursor:
            columns.setdefault(relation, []).append(Column(*column))
    return columns
