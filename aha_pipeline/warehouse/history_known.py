"""How far back the figures know what records said, in a sentence."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from psycopg2.extensions import connection as Connection
from psycopg2.extras import RealDictCursor

Row = Mapping[str, Any]
MART = "analytics.history_known"
ALL = 100


def read(connection: Connection) -> list[Row]:
    """Return the rows of the mart; none where it is not built yet."""
    with connection.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute("select to_regclass(%s) is not null as is_built", (MART,))
        [found] = cursor
        if not found["is_built"]:
            return []
        cursor.execute(f"select * from {MART}")  # noqa: S608
        return list(cursor)


def sentence(rows: Sequence[Row]) -> str:
    """Say of the open deals, from rows of the mart, how far back their past is known."""
    of_open = [row for row in rows if (row["entity"], row["scope"]) == ("deal", "open")]
    if not of_open:
        return "No open deals."
    share, what = "value_pct", "open value"
    if any(row["value_pct"] is None for row in of_open):
        share, what = "records_pct", "open deals"
    known = [row for row in of_open if row["known_by"] != "assumed"]
    assumed: date | None = max(
        (row["known_from"] for row in of_open if row["known_by"] == "assumed"), default=None
    )
    percent = int(sum((row[share] for row in known), Decimal()))  # rounded down: all is all
    if assumed is None or percent == ALL:
        return f"History known back to {_first(known):%-d %b %Y} for all of the {what}."
    since = f"{assumed:%-d %b %Y}"
    if not percent or _first(known) >= assumed:
        return f"History known back to {since} for all of the {what}; earlier values are assumed."
    return (
        f"History known back to {_first(known):%-d %b %Y} for {percent}% of the {what}, and back "
        f"to {since} for all; earlier values are assumed."
    )


def _first(rows: Sequence[Row]) -> date:
    first: date = min(row["known_from"] for row in rows)
    return first
