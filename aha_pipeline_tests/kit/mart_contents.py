"""What the marts hold, to compare two databases."""

import json

from aha_pipeline.warehouse.connection import connect
from aha_pipeline.warehouse.mart_files import read_marts

MOVING = ("sync_volume", "stage_stays")
# Times of a read, and days that go on to this minute.
MOVING_COLUMNS = [
    *("synced_at", "replaced_at"),
    *("days_in_stage", "median_days_in_stage", "standing_median_days"),
]


def rows(url: str, query: str, *parameters: object) -> list[tuple]:
    """Return the rows of a query; none for a statement that has none."""
    with connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchall() if cursor.description else []


def figures(url: str) -> dict[str, list[str]]:
    """Return every row of every mart, without what tells of this minute or of reads."""
    found = {}
    for mart in read_marts():
        if mart.name not in MOVING:
            query = f"select to_jsonb(m) - %s::text[] from {mart.relation} m"  # noqa: S608
            found[mart.name] = sorted(
                json.dumps(row, sort_keys=True) for (row,) in rows(url, query, MOVING_COLUMNS)
            )
    return found
