"""What each figure means, and what each column is, in the database."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

import msgspec
from psycopg2.extensions import connection as Connection

from aha_pipeline.sql import statement
from aha_pipeline.warehouse.mart_files import Mart

TABLE = "analytics.metric_dictionary"


@dataclass(frozen=True)
class Column:
    """A column of a table or view. description: its comment, or how it is generated; or None."""

    name: str
    type: str
    description: str | None


def write_dictionary(connection: Connection, marts: Iterable[Mart]) -> int:
    """Make the metric dictionary say what the mart files say; return the number of figures."""
    figures = [
        {"mart": mart.name, "label": figure.label, "owner": mart.owner, "position": position}
        | asdict(figure)
        for mart in marts
        for position, figure in enumerate(mart.figures, start=1)
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
