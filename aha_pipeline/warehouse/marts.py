"""The marts: read from `sql/marts`, put in order by what they read, built in `analytics`."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

from psycopg2 import sql
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from aha_pipeline.sql import MARTS, read

SCHEMA = "analytics"
RELKINDS = {"view": "v", "table": "r", "daily": "r"}  # kind of mart: what pg_class calls it
WORK_MEM = "64MB"  # PostgreSQL's own 4 MB sorts and joins a million records on disk
HEADER = ("grain", "kind", "key")

Days = dict[str, date]


class MartError(ValueError):
    """A mart's file or its use is wrong; the text names the mart and what to do."""


@dataclass(frozen=True)
class Mart:
    """One file of `sql/marts`.

    kind: `view`, `table` (rebuilt whole) or `daily` (a table filled by day). key: the columns that
    identify a row, which get a unique index; may be empty. sources: the tables and views that the
    select reads, as `schema.name`, sorted.
    """

    name: str
    kind: str
    key: tuple[str, ...]
    grain: str
    description: str
    select: str
    sources: tuple[str, ...]

    @property
    def relation(self) -> str:
        """Its name in the database, with the schema."""
        return f"{SCHEMA}.{self.name}"


@cache
def read_marts(folder: Path = MARTS) -> tuple[Mart, ...]:
    """Return every mart of the folder, each after the ones that it reads.

    Raises MartError when a file has no proper header or holds anything but one select, and
    graphlib.CycleError when marts read each other in a circle.
    """
    marts = {mart.relation: mart for mart in map(_read, sorted(folder.glob("*.sql")))}
    sorter = TopologicalSorter({name: mart.sources for name, mart in marts.items()})
    return tuple(marts[name] for name in sorter.static_order() if name in marts)


def refresh(
    connection: Connection, mart: Mart, first_day: date | None = None, last_day: date | None = None
) -> int:
    """Bring one mart up to date in the caller's transaction; return the rows written (view: 0).

    A daily mart gets its days from `first_day` to `last_day`, both included, in the
    organisation's time zone; the other kinds take no days. Commit after each mart: readers see
    the old content until then, and are held up only from the swap of the names to the commit.
    Raises MartError for a daily mart without days; psycopg2.Error when the select fails, when two
    rows share the key, or when something that is no mart depends on what has to be replaced.
    """
    days = None
    if mart.kind == "daily":
        if first_day is None or last_day is None:
            raise MartError(f"{mart.relation} is filled by day: give its first and last day.")
        days = {"first_day": first_day, "last_day": last_day}
    with connection.cursor() as cursor:
        cursor.execute(f"set local work_mem = '{WORK_MEM}'")
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [mart.relation])
        return (_refresh_view if mart.kind == "view" else _refresh_table)(cursor, mart, days)


def stretch(connection: Connection, mart: Mart, first_day: date, last_day: date) -> tuple:
    """Return the first and last day of the unbroken stretch a daily mart holds around these days.

    What is entered late changes figures of days that were filled before: a deal won today may bear
    the closing date of last week. Filling a long stretch costs about as much as one day.
    """
    with connection.cursor() as cursor:
        if not _columns(cursor, mart):
            return first_day, last_day
        days = {"first_day": first_day, "last_day": last_day}
        query = sql.SQL(read("warehouse/stretch")).format(table=_identifier(mart.name))
        cursor.execute(query, days)
        return cursor.fetchone()


def _read(path: Path) -> Mart:
    lines = path.read_text(encoding="utf-8").splitlines()
    end = next((i for i, line in enumerate(lines) if not line.startswith("--")), len(lines))
    comments = [line.removeprefix("--").strip() for line in lines[:end]]
    header = {}
    while comments and comments[0].partition(":")[0] in HEADER:
        name, _, value = comments.pop(0).partition(":")
        header[name] = value.strip()
    if not header.get("grain") or header.get("kind") not in RELKINDS:
        raise MartError(
            f"{path.name} must begin with the lines '-- grain: one row per ...' "
            f"and '-- kind: ...', one of {', '.join(RELKINDS)}."
        )
    select = "\n".join(lines[end:]).strip()
    return Mart(
        name=path.stem,
        kind=header["kind"],
        key=tuple(header.get("key", "").replace(",", " ").split()),
        grain=header["grain"],
        description="\n".join(comments),
        select=select,
        sources=tables_read(path.name, select),
    )


def tables_read(file_name: str, select: str) -> tuple[str, ...]:
    """Return the tables and views that the select of a file reads, as `schema.name`, sorted.

    Raises MartError when it is anything but one select.
    """
    # Imported here: 0.7 s, and 10 ms a file, that only readers of the marts pay.
    import sqlglot
    from sqlglot import exp

    try:
        statements = sqlglot.parse(select, dialect="postgres")
    except sqlglot.errors.SqlglotError as error:
        raise MartError(f"{file_name} cannot be read as SQL: {error}") from None
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        raise MartError(f"{file_name} must hold one select statement and nothing else.")
    tables = statements[0].find_all(exp.Table)
    return tuple(sorted({f"{table.db}.{table.name}" for table in tables if table.db}))


def _refresh_view(cursor: Cursor, mart: Mart, days: None) -> int:
    old, new = _columns(cursor, mart), _columns_of_select(cursor, mart, days)
    if old and old == new[: len(old)]:  # all that `create or replace view` accepts
        _create_view(cursor, mart)
    else:
        with _without_views_on(cursor, mart):
            _drop(cursor, mart)
            _create_view(cursor, mart)
    return 0


def _create_view(cursor: Cursor, mart: Mart) -> None:
    create = sql.SQL("create or replace view {} as ").format(_identifier(mart.name))
    cursor.execute(create + sql.SQL(mart.select))
    _comment(cursor, mart, "view", mart.name)


def _refresh_table(cursor: Cursor, mart: Mart, days: Days | None) -> int:
    # A swap would take the views that stand on the table with it, so such a table is refilled.
    if days or _views_on(cursor, mart):
        old = _columns(cursor, mart)
        if old == _columns_of_select(cursor, mart, days):
            return _refill(cursor, mart, days)
        if old and days:
            days = _widened(cursor, mart, days)
    return _rebuild(cursor, mart, days)


def _rebuild(cursor: Cursor, mart: Mart, days: Days | None) -> int:
    """Build the table beside the old one and swap the names, so no reader waits for the query."""
    name = f"{mart.name}__next"
    build = _identifier(name)
    create = sql.SQL("create table {} as ").format(build)
    cursor.execute(create + sql.SQL(mart.select), days)
    rows = cursor.rowcount
    if mart.key:
        columns = sql.SQL(", ").join(map(sql.Identifier, mart.key))
        cursor.execute(sql.SQL("create unique index on {} ({})").format(build, columns))
    _comment(cursor, mart, "table", name)
    cursor.execute(sql.SQL("analyze {}").format(build))
    with _without_views_on(cursor, mart):
        _drop(cursor, mart)
        rename = sql.SQL("alter table {} rename to {}")
        cursor.execute(rename.format(build, sql.Identifier(mart.name)))
    return rows


def _refill(cursor: Cursor, mart: Mart, days: Days | None) -> int:
    table = _identifier(mart.name)
    which = "where day between %(first_day)s and %(last_day)s" if days else ""
    cursor.execute(sql.SQL("delete from {} ").format(table) + sql.SQL(which), days)
    cursor.execute(sql.SQL("insert into {} ").format(table) + sql.SQL(mart.select), days)
    return cursor.rowcount


def _widened(cursor: Cursor, mart: Mart, days: Days) -> Days:
    """Return the days asked for and all that the table holds, so that a rebuild loses none."""
    widest = sql.SQL(
        "select least(min(day), %(first_day)s), greatest(max(day), %(last_day)s) from {}"
    )
    cursor.execute(widest.format(_identifier(mart.name)), days)
    return dict(zip(days, cursor.fetchone(), strict=True))


def _views_on(cursor: Cursor, mart: Mart) -> list[Mart]:
    """Return the mart views in the database that read this mart, directly or not, in order."""
    found = {mart.relation: mart}
    for other in read_marts():
        if other.kind == "view" and found.keys() & other.sources and _relkind(cursor, other):
            found[other.relation] = other
    return list(found.values())[1:]


@contextmanager
def _without_views_on(cursor: Cursor, mart: Mart) -> Iterator[None]:
    """Drop the mart views that stand on this mart, and create them again afterwards."""
    views = _views_on(cursor, mart)
    for view in reversed(views):
        cursor.execute(sql.SQL("drop view {}").format(_identifier(view.name)))
    yield
    for view in views:
        _create_view(cursor, view)


def _drop(cursor: Cursor, mart: Mart) -> None:
    """Drop what has the mart's name, also where the mart was of another kind before."""
    drop = {"v": "drop view {}", "r": "drop table {}"}.get(_relkind(cursor, mart))
    if drop:
        cursor.execute(sql.SQL(drop).format(_identifier(mart.name)))


def _relkind(cursor: Cursor, mart: Mart) -> str | None:
    cursor.execute("select relkind from pg_class where oid = to_regclass(%s)", [mart.relation])
    row = cursor.fetchone()
    return row and row[0]


def _columns(cursor: Cursor, mart: Mart) -> list[tuple]:
    """Return name and type of each column; nothing where there is no relation of this kind."""
    if _relkind(cursor, mart) != RELKINDS[mart.kind]:
        return []
    cursor.execute(sql.SQL("select * from {} limit 0").format(_identifier(mart.name)))
    return _described(cursor)


def _columns_of_select(cursor: Cursor, mart: Mart, days: Days | None) -> list[tuple]:
    query = sql.SQL("select * from (") + sql.SQL(mart.select) + sql.SQL("\n) s limit 0")
    cursor.execute(query, days)
    return _described(cursor)


def _described(cursor: Cursor) -> list[tuple]:
    return [(c.name, c.type_code, c.precision, c.scale) for c in cursor.description]


def _comment(cursor: Cursor, mart: Mart, what: str, name: str) -> None:
    grain = f"{mart.grain[0].upper()}{mart.grain[1:]}."
    comment = sql.SQL(f"comment on {what} {{}} is {{}}")
    cursor.execute(comment.format(_identifier(name), sql.Literal(grain)))


def _identifier(name: str) -> sql.Identifier:
    return sql.Identifier(SCHEMA, name)
