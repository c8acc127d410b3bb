"""Take strings out of existing texts: rows of tables, lines of logs."""

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from ahocorasick_rs import AhoCorasick, BytesAhoCorasick, MatchKind
from psycopg2.extensions import connection as Connection
from psycopg2.sql import SQL, Identifier

MARK = "(erased)"
SHORTEST = 3  # a string of two letters is in every text
ROWS_A_BATCH = 500
BYTES_A_BATCH = 16_000_000
TEXT_TYPES = ("text", "varchar", "json", "jsonb", "text[]")


class Redactor:
    """Removes a set of strings from texts, where they are whole words."""

    def __init__(self, strings: Iterable[str]) -> None:
        found = {form for s in strings if len(s.strip()) >= SHORTEST for form in _forms(s.strip())}
        self.strings = sorted(found, key=lambda s: (-len(s), s))
        kind = MatchKind.LeftmostLongest
        self._texts = AhoCorasick(self.strings, matchkind=kind)
        encoded = [s.encode() for s in self.strings]
        self._bytes = BytesAhoCorasick(encoded, matchkind=kind)

    def text(self, text: str) -> str:
        """Return a text with `MARK` in place of each string."""
        parts, end = [], 0
        for _, start, stop in self._texts.find_matches_as_indexes(text):
            if _is_whole(text, start, stop):
                parts += [text[end:start], MARK]
                end = stop
        return "".join([*parts, text[end:]])

    def file(self, path: Path) -> int:
        """Overwrite the strings in a file with asterisks; return how many there were.

        The length stays, so a process that is writing to the file is not disturbed.
        """
        overlap = max(len(s.encode()) for s in self.strings) if self.strings else 0
        count = 0
        with path.open("r+b") as file:
            at = 0
            while block := os.pread(file.fileno(), BYTES_A_BATCH + overlap, at):
                for _, start, stop in self._bytes.find_matches_as_indexes(block):
                    os.pwrite(file.fileno(), b"*" * (stop - start), at + start)
                    count += 1
                at += BYTES_A_BATCH
        return count


def redact_table(connection: Connection, schema: str, table: str, redactor: Redactor) -> int:
    """Take the strings out of every text column of a table; return how many rows changed.

    In the caller's transaction.
    """
    columns = _text_columns(connection, schema, table)
    if not columns or not redactor.strings:
        return 0
    changed = 0
    relation = Identifier(schema, table)
    shown = SQL(", ").join(SQL("{}::text").format(Identifier(name)) for name, _ in columns)
    with connection.cursor(name="redaction") as reading, connection.cursor() as writing:
        reading.itersize = ROWS_A_BATCH
        reading.execute(SQL("select ctid::text, {} from {}").format(shown, relation))
        for row_id, *texts in reading:
            clean = [text and redactor.text(text) for text in texts]
            if clean == texts:
                continue
            values = SQL(", ").join(
                SQL("{} = %s::{}").format(Identifier(name), SQL(type_)) for name, type_ in columns
            )
            writing.execute(
                SQL("update {} set {} where ctid = %s::tid").format(relation, values),
                [*clean, row_id],
            )
            changed += writing.rowcount
    return changed


def tables_of(connection: Connection, schema: str) -> list[str]:
    """Return the tables of a schema; none where there is no such schema."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select relname from pg_class where relnamespace = to_regnamespace(%s) "
            "and relkind in ('r', 'p') order by relname",
            [schema],
        )
        return [name for (name,) in cursor]


def _text_columns(connection: Connection, schema: str, table: str) -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select attname, format_type(atttypid, null) from pg_attribute "
            "where attrelid = %s::regclass and attnum > 0 and not attisdropped "
            "and attgenerated = '' and attidentity = '' order by attnum",
            [f'{schema}."{table}"'],
        )
        rows: Iterator[tuple[str, str]] = iter(cursor.fetchall())
        return [
            (name, "varchar" if type_ == "character varying" else type_)
            for name, type_ in rows
            if type_ in (*TEXT_TYPES, "character varying")
        ]


def _forms(text: str) -> set[str]:
    """Return a string as it is written in a text, in JSON, and in ASCII-only JSON."""
    as_json = (json.dumps(text, ensure_ascii=only)[1:-1] for only in (False, True))
    return {text, *as_json}


def _is_whole(text: str, start: int, stop: int) -> bool:
    before, after = text[start - 1 : start], text[stop : stop + 1]
    return not (before.isalnum() and text[start].isalnum()) and not (
        after.isalnum() and text[stop - 1].isalnum()
    )
