"""Build the marts as views and tables of schema `analytics`, without readers noticing."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import date

from psycopg2 import sql
from psycopg2.errors import UniqueViolation
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from aha_pipeline.sql import read, statement
from aha_pipeline.warehouse import mart_builds, mart_deltas
from aha_pipeline.warehouse.lock_retries import with_retries
from aha_pipeline.warehouse.mart_files import (
    SCHEMA,
    Mart,
    MartError,
    marts_by_relation,
    read_marts,
)
from aha_pipeline.warehouse.restatements import is_told, restatements_recorded

# kind of mart: what pg_class calls it
RELKINDS = {"view": "v", "table": "r", "daily": "r", "incremental": "r"}
WORK_MEM = "64MB"  # PostgreSQL's default of 4 MB sorts and joins a million records on disk
# PostgreSQL compiles a query that it expects to be expensive. It overestimates that of the marts
# while a table has no statistics: compiling then takes seconds, running takes milliseconds.
NO_JIT = "set local jit = off"
STATISTICS = 10  # PostgreSQL's default of 100 samples ten times the rows: a second over all marts
OF_DAYS = "where day between %(first_day)s and %(last_day)s"
TEXT_ARRAY = 1009  # its number as a type in PostgreSQL

Parameters = dict[str, object]


@dataclass(frozen=True)
class Refresh:
    """The outcome of a refresh. rows: written now, or by the last build if it was left alone.

    0 for a view.
    """

    rows: int
    is_unchanged: bool


def refresh(
    connection: Connection,
    mart: Mart,
    first_day: date | None = None,
    last_day: date | None = None,
    run_id: str | None = None,
) -> Refresh:
    """Bring one mart up to date in the caller's transaction.

    A mart is left alone if its rows and what it was built from are unchanged: its file, the tables
    and views that it reads, the measures, the days asked for and, if it reads the clock, the
    company's day. A mart whose rows somebody else wrote to is rebuilt.

    A daily mart is filled from `first_day` to `last_day`, both included, in the organisation's
    time zone; the other kinds take no days. An incremental mart processes only changed records, or
    is rebuilt if its SQL, the time zone or the picklist meanings changed since the last build. The
    time of the refresh goes to analytics.mart_refreshes; changed figures of past days go to
    analytics.restatements, with `run_id`, the Dagster run.

    Commit after each mart: readers see the old content until then and wait only between the swap
    of the names and the commit.

    Raises MartError for a daily mart without days, a figure that is not a column, or two rows with
    the same key; psycopg2.Error when the select fails or when an object that is not a mart depends
    on what has to be replaced.
    """
    days: Parameters | None = None
    if mart.kind == "daily":
        if first_day is None or last_day is None:
            raise MartError(f"{mart.relation} is filled by day: give its first and last day.")
        days = {"first_day": first_day, "last_day": last_day}
    with connection.cursor() as cursor:
        prepare(cursor)
        _enter(cursor, mart)
        try:
            build = mart_builds.look_at(cursor, mart, days)
            if build.is_unchanged:
                return Refresh(mart_builds.confirm(cursor, mart), is_unchanged=True)
            told = is_told(mart) and restatements_recorded(cursor, mart, run_id)
            with told or nullcontext():
                rows = _refresh(cursor, mart, days, build)
            mart_builds.keep(cursor, build)
        except UniqueViolation:
            raise _shared_key(mart) from None
        written = None if mart.kind == "view" else rows
        refreshed = {"mart": mart.name, "kind": mart.kind, "rows": written}
        cursor.execute(statement("warehouse/marts", "save_refresh"), refreshed)
    return Refresh(rows, is_unchanged=False)


def _shared_key(mart: Mart) -> MartError:
    return MartError(
        f"{mart.relation} is not built, because two of its rows would share the key "
        f"{', '.join(mart.key)}: its figures would be counted twice. Correct its SQL."
    )


def _enter(cursor: Cursor, mart: Mart) -> None:
    """Wait until no other session refreshes the mart, or a mart whose changes it applies.

    No changes may come between finding out what to apply and applying it. A transaction with an
    older snapshot fails.
    """
    cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [mart.relation])
    behind = mart_deltas.behind(mart) if mart.strategy else ()
    followed = [other for other in behind if other.kind == "incremental"]
    for other in followed:
        cursor.execute(
            "select pg_advisory_xact_lock_shared(hashtextextended(%s, 0))", [other.relation]
        )
    if followed:
        mart_builds.see_latest(cursor, followed)


def prepare(cursor: Cursor) -> None:
    """Set PostgreSQL for selects over all records, in this transaction."""
    statistics = f"set local default_statistics_target = {STATISTICS}"
    cursor.execute(f"set local work_mem = '{WORK_MEM}'; {statistics}; {NO_JIT}")


def contiguous_range(connection: Connection, first_day: date, last_day: date) -> tuple[date, date]:
    """Return the first and last of all days that the daily marts hold, these included.

    Late entries change days that were filled before: a deal won today may carry last week's
    closing date. So a refresh fills the whole range again, which costs about as much as one day.
    """
    with connection.cursor() as cursor:
        held = [
            sql.SQL("select day from {}").format(_identifier(other.name))
            for other in read_marts()
            if other.kind == "daily" and _columns(cursor, other)
        ]
        if not held:
            return first_day, last_day
        query = sql.SQL(statement("warehouse/marts", "contiguous_range"))
        days = {"first_day": first_day, "last_day": last_day}
        cursor.execute(query.format(held=sql.SQL(" union ").join(held)), days)
        [(first, last)] = cursor
    return first, last


def built_marts(connection: Connection) -> list[Mart]:
    """Return the marts that have been built, in the order in which they read one another.

    The empty tables in place of marts whose module is not read are not among them.
    """
    with connection.cursor() as cursor:
        cursor.execute(statement("warehouse/marts", "built"))
        built = {name for (name,) in cursor}
    return [mart for mart in read_marts() if mart.name in built]


def rebuild(connection: Connection, relations: Collection[str]) -> None:
    """Rebuild these marts, and all that they read, from the records; commits after each.

    Daily marts get the contiguous range up to the last day held. A mart that was never built is
    left out. Raises as `refresh` does.
    """
    wanted = set(relations)
    for mart in reversed(read_marts()):
        if mart.relation in wanted:
            wanted.update(mart.sources)
    for mart in built_marts(connection):
        if mart.relation in wanted:
            _build_anew(connection, mart)
            connection.commit()


def _build_anew(connection: Connection, mart: Mart) -> None:
    with connection.cursor() as cursor:
        mart_builds.forget(cursor, [mart])
        if mart.kind != "daily":
            refresh(connection, mart)
            return
        cursor.execute(sql.SQL("select max(day) from {}").format(_identifier(mart.name)))
        [(last_day,)] = cursor
    if last_day is not None:
        refresh(connection, mart, *contiguous_range(connection, last_day, last_day))


def _refresh(cursor: Cursor, mart: Mart, days: Parameters | None, build: mart_builds.Build) -> int:
    if mart.kind == "view":
        return _refresh_view(cursor, mart)
    if mart.records:
        return _refresh_history(cursor, mart, build)
    if build.taken is not None:
        return mart_deltas.apply(cursor, mart, build.taken)
    rows = _refresh_table(cursor, mart, days, build)
    if mart.keeps_changes:
        mart_deltas.renew(cursor, mart)
    return rows


def _refresh_view(cursor: Cursor, mart: Mart) -> int:
    old, new = _columns(cursor, mart), _columns_of_select(cursor, mart)
    if old and old == new[: len(old)]:  # all that `create or replace view` accepts
        with_retries(cursor, [mart.relation], lambda: _create_view(cursor, mart))
    else:

        def replace() -> None:
            with _dependent_views_recreated(cursor, mart):
                _drop(cursor, mart)
                _create_view(cursor, mart)

        with_retries(cursor, _relations(cursor, mart), replace)
    return 0


def _create_view(cursor: Cursor, mart: Mart) -> None:
    # security_invoker: a view with its owner's rights would bypass row-level security.
    create = sql.SQL("create or replace view {} with (security_invoker = true) as ").format(
        _identifier(mart.name)
    )
    cursor.execute(create + sql.SQL(mart.select))
    _comment(cursor, mart, mart.name)


def _refresh_history(cursor: Cursor, mart: Mart, found: mart_builds.Build) -> int:
    build = {
        "mart": mart.name,
        "fingerprint": _fingerprint(cursor, mart),
        # Counted before the select: the next refresh finds records added in between.
        "records_added": _records_added(cursor, mart),
    }
    since = None
    cursor.execute(statement("warehouse/marts", "is_built"), build)
    if cursor.fetchone() == (True,) and _columns(cursor, mart) and not found.is_tampered:
        watermark = sql.SQL(statement("warehouse/marts", "watermark"))
        cursor.execute(watermark.format(table=_identifier(mart.name)))
        [(since,)] = cursor
    rows, changed = 0, None if since is None else mart_deltas.begin(cursor, mart, since)
    if changed:
        rows = mart_deltas.replace_changed(cursor, mart)
        if not found.has_form:
            _comment(cursor, mart, mart.name)
    build["changed"] = changed
    if changed is None or not mart_deltas.is_complete(cursor, mart, build):
        rows = _rebuild(cursor, mart, None)
        mart_deltas.renew(cursor, mart)
    cursor.execute(statement("warehouse/marts", "save_build"), build)
    return rows


def _records_added(cursor: Cursor, mart: Mart) -> int:
    """Return how many records were added to the tables of a history, less those deleted."""
    view = marts_by_relation().get(str(mart.records))
    tables = view.sources if view else (mart.records,)
    cursor.execute(statement("warehouse/marts", "records_added"), {"tables": list(tables)})
    [(added,)] = cursor
    return int(added)


def _fingerprint(cursor: Cursor, mart: Mart) -> str:
    """Return what a history depends on besides records and their history."""
    told_names = None
    if "crm.record_history_reads" in mart.sources:
        cursor.execute(statement("warehouse/marts", "told_names"))
        [(told_names,)] = cursor
    select = f"{mart.select};{told_names}"
    cursor.execute(read("warehouse/fingerprint"), {"select": select, "is_told": False})
    [(fingerprint,)] = cursor
    return str(fingerprint)


def _refresh_table(
    cursor: Cursor, mart: Mart, days: Parameters | None, build: mart_builds.Build
) -> int:
    if mart.key and mart.kind in ("table", "daily") and build.has_form:
        return _write_differences(cursor, mart, days)
    # Swapping the table would drop the views that depend on it: replace its rows instead.
    if days or _dependent_views(cursor, mart):
        old = _columns(cursor, mart)
        if old == _columns_of_select(cursor, mart, days) and _has_its_indexes(cursor, mart):
            rows = _replace_rows(cursor, mart, days, OF_DAYS if days else "")
            _comment(cursor, mart, mart.name)
            return rows
        if old and days:
            days = _days_to_rebuild(cursor, mart, days)
    return _rebuild(cursor, mart, days)


def _rebuild(cursor: Cursor, mart: Mart, parameters: Parameters | None) -> int:
    """Build a new table and swap the names, so that no reader waits for the query."""
    name = f"{mart.name}__next"
    build = _identifier(name)
    # Where figures are added to rows at their place, each page has room: no index changes then.
    room = "with (fillfactor = 80) " if mart.strategy == "merge" else ""
    create = sql.SQL("create table {} {}as ").format(build, sql.SQL(room))
    cursor.execute(create + sql.SQL(mart_deltas.whole(cursor, mart)), parameters)
    rows = cursor.rowcount
    if mart.key:
        columns = sql.SQL(", ").join(map(sql.Identifier, mart.key))
        cursor.execute(
            sql.SQL("create unique index on {} ({}) nulls not distinct").format(build, columns)
        )
    arrays = {column for column, type_, *_ in _columns_of(cursor, name) if type_ == TEXT_ARRAY}
    for names in (*_indexed(mart), *mart.index):
        # Without the rows that have none: new ones wait in a list that each search goes through.
        is_array = arrays.issuperset(names)
        form = "using gin ({0}) where {0} is not null" if is_array else "({0})"
        index = sql.SQL(form).format(sql.SQL(", ").join(map(sql.Identifier, names)))
        cursor.execute(sql.SQL("create index on {} ").format(build) + index)
    _comment(cursor, mart, name)
    cursor.execute("select crm.protect(%s)", [f"{SCHEMA}.{name}"])
    if mart.kind == "incremental" or rows > mart_builds.SMALL:
        cursor.execute("select crm.watch(%s)", [f"{SCHEMA}.{name}"])
    cursor.execute(sql.SQL("analyze {}").format(build))

    def swap() -> None:
        with _dependent_views_recreated(cursor, mart):
            _drop(cursor, mart)
            rename = sql.SQL("alter table {} rename to {}")
            cursor.execute(rename.format(build, sql.Identifier(mart.name)))

    with_retries(cursor, _relations(cursor, mart), swap)
    return rows


def _indexed(mart: Mart) -> list[tuple[str, ...]]:
    """Return the columns besides its key by which rows of changed records are found."""
    has_records = mart.records or mart.strategy == "delete+insert"
    found = ["id"] if has_records and mart.key[:1] != ("id",) else []
    links = [link for link, _ in mart.links] if mart.records else []
    begun = {names[0] for names in mart.index}
    return [(name,) for name in (*found, *links) if name not in begun]


def _has_its_indexes(cursor: Cursor, mart: Mart) -> bool:
    """Return whether the table has the indexes that its file wants now."""
    if not mart.index:
        return True
    cursor.execute(statement("warehouse/marts", "indexes"), {"relation": mart.relation})
    return {tuple(names) for (names,) in cursor}.issuperset(mart.index)


def _replace_rows(cursor: Cursor, mart: Mart, parameters: Parameters | None, where: str) -> int:
    """Delete the rows that match the clause `where` and insert those of the select."""
    table = _identifier(mart.name)
    cursor.execute(sql.SQL("delete from {} ").format(table) + sql.SQL(where), parameters)
    cursor.execute(sql.SQL("insert into {} ").format(table) + sql.SQL(mart.select), parameters)
    return cursor.rowcount


def _write_differences(cursor: Cursor, mart: Mart, days: Parameters | None) -> int:
    """Make the table, or its days, hold what the select gives; return how many rows it gives.

    To make another table takes PostgreSQL longer than to work out most marts.
    """
    query = sql.SQL(statement("warehouse/marts", "write_differences")).format(
        table=_identifier(mart.name),
        key=sql.SQL(", ").join(map(sql.Identifier, mart.key)),
        select=sql.SQL(mart.select),
        where=sql.SQL(OF_DAYS if days else ""),
    )
    cursor.execute(query, days)
    [(made, held, deleted, inserted)] = cursor
    if held - deleted + inserted != made:  # one of two with the same key was there already
        raise _shared_key(mart)
    if held <= mart_builds.SMALL < made:
        watch = sql.SQL(statement("warehouse/marts", "watch"))
        cursor.execute(watch.format(name=sql.Literal(mart.relation)))
    if inserted > made / 5:
        cursor.execute(sql.SQL("analyze {}").format(_identifier(mart.name)))
    return int(made)


def _days_to_rebuild(cursor: Cursor, mart: Mart, days: Parameters) -> Parameters:
    """Return the range from the earliest to the latest day, held or asked for, so none is lost."""
    widest = sql.SQL(
        "select least(min(day), %(first_day)s), greatest(max(day), %(last_day)s) from {}"
    )
    cursor.execute(widest.format(_identifier(mart.name)), days)
    [range_] = cursor
    return dict(zip(days, range_, strict=True))


def _dependent_views(cursor: Cursor, mart: Mart) -> list[Mart]:
    """Return the existing views that read this mart, directly or indirectly, in order.

    Also those that an older version left of a mart that is a table now.
    """
    cursor.execute(statement("warehouse/marts", "views"), {"schema": SCHEMA})
    views = {name for (name,) in cursor}
    found = {mart.relation: mart}
    for other in read_marts():
        if other.name in views and found.keys() & other.sources:
            found[other.relation] = other
    return list(found.values())[1:]


def _relations(cursor: Cursor, mart: Mart) -> list[str]:
    """Return what a swap of this mart replaces."""
    return [mart.relation, *(view.relation for view in _dependent_views(cursor, mart))]


@contextmanager
def _dependent_views_recreated(cursor: Cursor, mart: Mart) -> Iterator[None]:
    """Drop the mart views that depend on this mart, and create them again afterwards."""
    views = _dependent_views(cursor, mart)
    for view in reversed(views):
        cursor.execute(sql.SQL("drop view {}").format(_identifier(view.name)))
    yield
    for view in views:
        if view.kind == "view":
            _create_view(cursor, view)


def _drop(cursor: Cursor, mart: Mart) -> None:
    """Drop the relation with the mart's name, even if the mart was of another kind before."""
    drop = {"v": "drop view {}", "r": "drop table {}"}.get(_relkind(cursor, mart) or "")
    if drop:
        cursor.execute(sql.SQL(drop).format(_identifier(mart.name)))


def _relkind(cursor: Cursor, mart: Mart) -> str | None:
    cursor.execute("select relkind from pg_class where oid = to_regclass(%s)", [mart.relation])
    row = cursor.fetchone()
    return row[0] if row else None


def _columns(cursor: Cursor, mart: Mart) -> list[tuple[object, ...]]:
    """Return the name and type of each column; empty if the mart is not there as its kind."""
    if _relkind(cursor, mart) != RELKINDS[mart.kind]:
        return []
    return _columns_of(cursor, mart.name)


def _columns_of(cursor: Cursor, name: str) -> list[tuple[object, ...]]:
    cursor.execute(sql.SQL("select * from {} limit 0").format(_identifier(name)))
    return _described(cursor)


def _columns_of_select(
    cursor: Cursor, mart: Mart, parameters: Parameters | None = None
) -> list[tuple[object, ...]]:
    query = sql.SQL("select * from (") + sql.SQL(mart.select) + sql.SQL("\n) s limit 0")
    cursor.execute(query, parameters)
    return _described(cursor)


def _described(cursor: Cursor) -> list[tuple[object, ...]]:
    columns = cursor.description or ()
    return [(c.name, c.type_code, c.precision, c.scale) for c in columns]


def _comment(cursor: Cursor, mart: Mart, name: str) -> None:
    """Describe the table and its figures in the database's own comments."""
    cursor.execute(sql.SQL("select * from {} limit 0").format(_identifier(name)))
    columns = [column.name for column in cursor.description or ()]
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
