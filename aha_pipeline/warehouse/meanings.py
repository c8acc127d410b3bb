"""What statuses and stages mean: `crm.picklist_meaning`, derived from its three sources."""

from pathlib import Path
from typing import Any

import msgspec
from psycopg2.extensions import connection as Connection
from psycopg2.extras import RealDictCursor

from aha_pipeline import sql
from aha_pipeline.warehouse.meaning_file import read_meanings

DEFAULTS = sql.ROOT / "picklist_meaning.csv"


def derive_meanings(connection: Connection, corrections: Path) -> list[dict[str, Any]]:
    """Compute `crm.picklist_meaning` anew in the caller's transaction; return its rows in order.

    `corrections` is the user's file, which need not exist. Raises MeaningFileError, and leaves
    everything as it was.
    """
    sources = {
        name: msgspec.json.encode(read_meanings(path)).decode()
        for name, path in (("defaults", DEFAULTS), ("corrections", corrections))
    }
    with connection.cursor(cursor_factory=RealDictCursor) as cursor:
        # Two syncs at a time would both put in what both have taken out.
        cursor.execute("lock table crm.picklist_meaning in share row exclusive mode")
        cursor.execute("delete from crm.picklist_meaning")
        cursor.execute(sql.read("warehouse/derive_meanings"), sources)
        cursor.execute(
            "select module, value, coalesce(meaning, 'not known: open') as meaning, probability, "
            "position, source from crm.picklist_meaning order by module desc, position, value"
        )
        return [dict(row) for row in cursor]


def unmapped_values(connection: Connection) -> list[dict[str, Any]]:
    """Return `module`, `value` and `records` of each value in use that has no meaning."""
    with connection.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(sql.read("warehouse/unmapped_values"))
        return [dict(row) for row in cursor]
