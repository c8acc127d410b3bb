"""What statuses and stages mean, and how values are spelled: from lists, files and records."""

from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import msgspec
from psycopg2.extensions import connection as Connection
from psycopg2.extras import RealDictCursor

from aha_pipeline import sql
from aha_pipeline.warehouse.meaning_file import Alias, Meaning, read_aliases, read_meanings

DEFAULTS = sql.ROOT / "picklist_meaning.csv"
CLOSE = 0.85  # of difflib: a letter in seven


def derive_meanings(
    connection: Connection, corrections: Path, aliases: Path | None = None
) -> list[dict[str, Any]]:
    """Bring `crm.text_labels` up to date and recompute `crm.picklist_meaning`; return its rows.

    In the caller's transaction. `corrections` and `aliases` are the user's files, which need not
    exist. Raises UserFileError, and leaves everything as it was.
    """
    defaults, given = read_meanings(DEFAULTS), read_meanings(corrections)
    named = read_aliases(aliases) if aliases else []
    with connection.cursor(cursor_factory=RealDictCursor) as cursor:
        # Two syncs at a time would both put in what both have taken out.
        cursor.execute("lock table crm.picklist_meaning in share row exclusive mode")
        derive_labels(connection, named, defaults + given)
        cursor.execute("delete from crm.picklist_meaning")
        sources = {"defaults": _json(defaults), "corrections": _json(given)}
        cursor.execute(sql.read("warehouse/derive_meanings"), sources)
        cursor.execute(
            "select module, value, coalesce(meaning, 'not known: open') as meaning, probability, "
            "position, source from crm.picklist_meaning order by module desc, position, value"
        )
        return [dict(row) for row in cursor]


def derive_labels(
    connection: Connection, aliases: Sequence[Alias] = (), meanings: Sequence[Meaning] = ()
) -> None:
    """Bring `crm.text_labels` up to date with lists, files and what has landed since the last time.

    In the caller's transaction.
    """
    sources = {"aliases": _json(aliases), "meanings": _json(meanings)}
    with connection.cursor() as cursor:
        cursor.execute(sql.read("warehouse/derive_labels"), sources)


def closed_values(connection: Connection, module: str) -> list[str]:
    """Return the statuses or stages that nothing follows, as far as they are known."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select value from crm.picklist_meaning where module = %s "
            "and meaning in ('won', 'lost', 'junk', 'converted') order by value",
            (module,),
        )
        return [value for (value,) in cursor]


def _json(rows: Sequence[Alias] | Sequence[Meaning]) -> str:
    return msgspec.json.encode(rows).decode()


def lookalikes(connection: Connection) -> list[dict[str, str]]:
    """Return `field`, `alias` and `value` of each label that records brought and that is close to
    another: they differ in punctuation and spaces alone, or by a letter.
    """
    with connection.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(sql.read("warehouse/labels"))
        labels = [dict(row) for row in cursor]
    fields = groupby(labels, itemgetter("field"))
    return [found for _, rows in fields for found in _lookalikes(rows)]


def _lookalikes(labels: Iterable[dict[str, str]]) -> Iterator[dict[str, str]]:
    """Yield those of one field; labels of lists and files come first."""
    known: dict[str, str] = {}
    for row in labels:
        core = "".join(c for c in row["key"] if c.isalnum()) or row["key"]
        near = [other for other in known if _may_be_same(core, other)]
        close = get_close_matches(core, near, n=1, cutoff=CLOSE)
        if close and row["told_by"] == "records":
            yield {"field": row["field"], "alias": row["label"], "value": known[close[0]]}
        else:
            known.setdefault(core, row["label"])


def _may_be_same(one: str, other: str) -> bool:
    """Leave out what numbers tell apart, and words with a prefix such as "un"."""
    digits = [[c for c in text if c.isdigit()] for text in (one, other)]
    return digits[0] == digits[1] and abs(len(one) - len(other)) <= 1


def unmapped_values(connection: Connection) -> list[dict[str, Any]]:
    """Return `module`, `value` and `records` of each value in use that has no meaning."""
    with connection.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(sql.read("warehouse/unmapped_values"))
        return [dict(row) for row in cursor]
