"""The marts become views and tables of `analytics` that readers never lose."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from psycopg2 import sql
from psycopg2.errors import UniqueViolation
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from aha_pipeline.sql import read
from aha_pipeline.warehouse.mart_files import SCHEMA, Mart, MartError, read_marts

# kind of mart: what pg_class calls it
RELKINDS = {"view": "v", "table": "r", "daily": "r", "following": "r"}
WORK_MEM = "64MB"  # PostgreSQL's own 4 MB sorts and joins a million records on disk
STATISTICS = 10  # PostgreSQL's own 100 samples ten times the rows, which takes a second in all

Parameters = dict[str, object]


def refresh(
    connection: Connection, mart: Mart, first_day: date | None = None, last_day: date | None = None
) -> int:
    """Bring one mart up to date in the caller's transaction; return the rows written (view: 0).

    A daily mart gets its days from `first_day` to `last_day`, both included, in the
    organisation's time zone; the other kinds take no days. One that follows its records makes the
    rows of changed ones anew, or all where it was built with another text, zone or meaning. When it
    was done is noted in analytics.mart_refreshes. Commit after each mart: readers see the old
    content until then, and are held up only from the swap of the names to the commit.
    Raises MartError for a daily mart without days, for a figure that is no column and when two rows
    share the key; psycopg2.Error when the select fails or when something that is no mart depends on
    what has to be replaced.
    """
    days = None
    if mart.kind == "daily":
        if first_day is None or last_day is None:
            raise MartError(f"{mart.relation} is filled by day: give its first and last day.")
        days = {"first_day": first_day, "last_day": last_day}
    with connection.cursor() as cursor:
        cursor.execute(f"set local work_mem = '{WORK_MEM}'")
        cursor.execute(f"set local default_statistics_target = {STATISTICS}")
        cursor.execute(read("warehouse/no_jit"))
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [mart.relation])
        try:
            rows = _refresh(cursor, mart, days)
        except UniqueViolation:
            raise MartError(
                f"{mart.relation} is not built, because two of its rows would share the key "
                f"{', '.join(mart.key)}: its figures would be counted twice. Correct its SQL."
            ) from None
        written = None if mart.kind == "view" else rows
        refreshed = {"mart": mart.name, "kind": mart.kind, "rows": written}
        cursor.execute(read("warehouse/keep_refresh"), refreshed)
    return rows


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


def _refresh(cursor: Cursor, mart: Mart, days: Parameters | None) -> int:
    if mart.kind == "view":
        return _refresh_view(cursor, mart)
    if mart.kind == "following":
        return _refresh_following(cursor, mart)
    return _refresh_table(cursor, mart, days)


def _refresh_view(cursor: Cursor, mart: Mart) -> int:
    old, new = _columns(cursor, mart), _columns_of_select(cursor, mart)
    if old and old == new[: len(old)]:  # all that `create or replace view` accepts
        _create_view(cursor, mart)
    else:
        with _without_views_on(cursor, mart):
            _drop(cursor, mart)
            _create_view(cursor, mart)
    return 0


def _create_view(cursor: Cursor, mart: Mart) -> None:
    # With the rights of who asks: a view would else open what row-level security closes.
    create = sql.SQL("create or replace view {} with (security_invoker = true) as ").format(
        _identifier(mart.name)
    )
    cursor.execute(create + sql.SQL(mart.select))
    _comment(cursor, mart, mart.name)


def _refresh_following(cursor: Cursor, mart: Mart) -> int:
    build = {"mart": mart.name, "fingerprint": _fingerprint(cursor, mart)}
    since = None
    if _columns(cursor, mart):
        watermark = sql.SQL(read("warehouse/watermark")).format(table=_identifier(mart.name))
        cursor.execute(watermark, build)
        (since,) = cursor.fetchone()
    if since is not None:
        changed = read("warehouse/changed").format(records=mart.records)
        rows = _refill(cursor, mart, {"since": since}, changed)
    if since is None or not _is_complete(cursor, mart):
        rows = _rebuild(cursor, mart, {"since": "-infinity"})
    cursor.execute(read("warehouse/keep_build"), build)
    return rows


def _is_complete(cursor: Cursor, mart: Mart) -> bool:
    names = {"table": mart.relation, "records": mart.records}
    cursor.execute(read("warehouse/is_complete").format(**names))
    return cursor.fetchone()[0]


def _fingerprint(cursor: Cursor, mart: Mart) -> str:
    cursor.execute(read("warehouse/fingerprint"), {"select": mart.select})
    return cursor.fetchone()[0]


def _refresh_table(cursor: Cursor, mart: Mart, days: Parameters | None) -> int:
    # A swap would take the views that stand on the table with it, so such a table is refilled.
    if days or _views_on(cursor, mart):
        old = _columns(cursor, mart)
        if old == _columns_of_select(cursor, mart, days):
            which = "where day between %(first_day)s and %(last_day)s" if days else ""
            return _refill(cursor, mart, days, which)
        if old and days:
            days = _widened(cursor, mart, days)
    return _rebuild(cursor, mart, days)


def _rebuild(cursor: Cursor, mart: Mart, parameters: Parameters | None) -> int:
    """Build the table beside the old one and swap the names, so no reader waits for the query."""
    name = f"{mart.name}__next"
    build = _identifier(name)
    create = sql.SQL("create table {} as ").format(build)
    cursor.execute(create + sql.SQL(mart.select), parameters)
    rows = cursor.rowcount
    if mart.key:
        columns = sql.SQL(", ").join(map(sql.Identifier, mart.key))
        cursor.execute(
            sql.SQL("create unique index on {} ({}) nulls not distinct").format(build, columns)
        )
    _comment(cursor, mart, name)
    cursor.execute("select crm.protect(%s)", [f"{SCHEMA}.{name}"])
    cursor.execute(sql.SQL("analyze {}").format(build))
    with _without_views_on(cursor, mart):
        _drop(cursor, mart)
        rename = sql.SQL("alter table {} rename to {}")
        cursor.execute(rename.format(build, sql.Identifier(mart.name)))
    return rows


def _refill(cursor: Cursor, mart: Mart, parameters: Parameters | None, which: str) -> int:
    """Put the rows of the select in the place of those that `which` names."""
    table = _identifier(mart.name)
    cursor.execute(sql.SQL("delete from {} ").format(table) + sql.SQL(which), parameters)
    cursor.execute(sql.SQL("insert into {} ").format(table) + sql.SQL(mart.select), parameters)
    rows = cursor.rowcount
    _comment(cursor, mart, mart.name)
    return rows


def _widened(cursor: Cursor, mart: Mart, days: Parameters) -> Parameters:
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


def _columns_of_select(
    cursor: Cursor, mart: Mart, parameters: Parameters | None = None
) -> list[tuple]:
    query = sql.SQL("select * from (") + sql.SQL(mart.select) + sql.SQL("\n) s limit 0")
    cursor.execute(query, parameters)
    return _described(cursor)


def _described(cursor: Cursor) -> list[tuple]:
    return [(c.name, c.type_code, c.precision, c.scale) for c in cursor.description]


def _comment(cursor: Cursor, mart: Mart, name: str) -> None:
    """Write into the database what a row and what each figure is."""
    cursor.execute(sql.SQL("select * from {} limit 0").format(_identifier(name)))
    columns = [column.name for column in cursor.description]
    figures = {figure.name: figure.comment for figure in mart.figures}
    if unknown := [name for name in figures if name not in columns]:
        raise MartError(
            f"{mart.name}.sql defines {', '.join(unknown)}, which its select does not return: "
            "name a column that it returns, or remove the line."
        )
    what = "view" if mart.kind == "view" else "table"
    comments = [_comment_on(what, sql.Identifier(SCHEMA, name), mart.row)]
    comments += [
        _comment_on("column", sql.Identifier(SCHEMA, name, column), figures.get(column))
        for column in columns
    ]
    cursor.execute(sql.SQL("; ").join(comments))


def _comment_on(what: str, identifier: sql.Identifier, text: str | None) -> sql.Composed:
    return sql.SQL(f"comment on {what} {{}} is {{}}").format(identifier, sql.Literal(text))


def _identifier(name: str) -> sql.Identifier:
    return sql.Identifier(SCHEMA, name)
