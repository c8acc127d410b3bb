"""Incremental marts: what a history said of changed records before, and says now.

Each history has a table `__delta`: the contents of the records that changed when it was
last refreshed, as they were (sign -1) and as they are now (1). So has a mart with `keeps: changes`,
which is followed as if it were one. A mart with `strategy: merge` is a
sum over records: the figures of the changed ones are subtracted as they were and added as they are
now. One with `strategy: delete+insert` has rows of its own for each record. Both are computed by
the mart's own select, over these contents in place of the history; views and marts of the same kind
that it reads become parts of that select.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from functools import cache

from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

from aha_pipeline.sql import statement
from aha_pipeline.warehouse.mart_files import SCHEMA, Mart, marts_by_relation

FILE = "warehouse/mart_deltas"
DELTA = "{}__delta"
NOTED = "select id from pg_temp.changed"


def begin(cursor: Cursor, history: Mart, since: object) -> int | None:
    """Note which records changed after `since`; return how many they are.

    None after so many changes that it is quicker to rebuild the history.
    """
    changed = statement(FILE, "changed").format(records=history.records, ids=history.changed)
    cursor.execute(changed, {"since": since})
    how_many = sql.SQL(statement(FILE, "how_many"))
    cursor.execute(how_many.format(name=sql.Literal(history.relation)))
    [(records,)] = cursor
    return None if records is None else int(records)


def replace_changed(cursor: Cursor, history: Mart) -> int:
    """Write a history anew for the records that `begin` noted; return the rows written.

    Notes what it said of them and says now, if that is another. Not called where there are none:
    so what changed last stays known, for marts that have not taken it in.
    """
    return _replace(cursor, history, history.over(NOTED, records="pg_temp.changed"))


def _replace(cursor: Cursor, history: Mart, select: str) -> int:
    cursor.execute(_of(history, "take_out"))
    cursor.execute(_of(history, "put_in", select=sql.SQL(select)))
    rows = cursor.rowcount
    columns = _listed("{0}", _columns(cursor, history))
    cursor.execute(_of(history, "without_same", columns=columns))
    return rows


def is_complete(cursor: Cursor, history: Mart, build: Mapping[str, object]) -> bool:
    """Return whether a history took in as many records as were added since its last build.

    build: its name, how many have been added by now, and how many of all changed.
    """
    cursor.execute(_of(history, "is_complete"), build)
    return cursor.fetchone() == (True,)


def renew(cursor: Cursor, history: Mart) -> None:
    """Note that a history was rebuilt, so that all marts that follow it are rebuilt too."""
    cursor.execute(_of(history, "renew"))


def is_known(cursor: Cursor, history: Mart) -> bool:
    """Return whether it is known what last changed in a history."""
    cursor.execute(_of(history, "is_known"))
    return cursor.fetchone() == (True,)


@cache
def behind(mart: Mart) -> tuple[Mart, ...]:
    """Return the histories that a mart follows and what it reads them through, histories first.

    Views and marts with a strategy, in the order in which they read one another.
    """
    marts = marts_by_relation()
    found: set[str] = set()
    queue = [mart]
    while queue:
        for source in queue.pop().sources:
            other = marts.get(source)
            if other and source not in found and (other.kind in ("view", "incremental")):
                found.add(source)
                queue += [] if other.is_followed else [other]
    return tuple(
        sorted((marts[name] for name in marts if name in found), key=lambda m: not m.is_followed)
    )


def histories(mart: Mart) -> list[Mart]:
    """Return the histories that a mart follows."""
    return [other for other in behind(mart) if other.is_followed]


def whole(cursor: Cursor, mart: Mart) -> str:
    """Return the select of all rows of a mart; a sum over records leaves out rows of zeros.

    The records of a history are noted for it in this transaction.
    """
    if mart.records:
        cursor.execute(statement(FILE, "all_records").format(records=mart.records))
        return mart.over(NOTED, mart.records)
    if mart.strategy != "merge":
        return mart.select
    return f"select * from (\n{mart.select}\n) s where {_is_something(mart, 's')}"  # noqa: S608


def apply(cursor: Cursor, mart: Mart, taken: Mapping[str, bool]) -> int:
    """Apply the changes of the histories; return the rows written.

    taken: for each history, by its name, whether the mart has its latest changes already.
    """
    if mart.strategy == "merge":
        return _merge(cursor, mart, taken)
    table = sql.Identifier(SCHEMA, mart.name)
    own, links = _own_and_links(mart)
    news = {
        history: column
        for history, column in {own: "id", **links}.items()
        if not taken[history.name]
    }
    ids = [_of(history, "changed_ids", column=_name(column)) for history, column in news.items()]
    ids += [
        _of(history, "ids_of_link", **_link(link))
        for history in news
        if history in links
        for link in mart.links
    ]
    cursor.execute(sql.SQL(statement(FILE, "note")).format(ids=sql.SQL(" union ").join(ids)))
    contents = [
        _contents_of_ids(own, "id"),
        *(_contents_of_ids(*each, mart) for each in links.items()),
    ]
    parts = ",\n".join([*(each.as_string(cursor) for each in contents), *_between(mart, "after")])
    select = f"with {parts} {_over(mart, mart, 'after')}"
    if mart.keeps_changes:
        return _replace(cursor, mart, select)
    cursor.execute(sql.SQL(statement(FILE, "delete")).format(table=table))
    cursor.execute(sql.SQL("insert into {} {}").format(table, sql.SQL(select)))
    return cursor.rowcount


def _contents_of_ids(history: Mart, column: str, mart: Mart | None = None) -> sql.Composed:
    """Return the part of a query that is a history over the records to be written again.

    mart: the one that reads it, where it names these records by a column, or by its links.
    """
    more = [
        _of(history, "contents_of_link", column=_name(column), **_link(link))
        for link in (mart.links if mart else ())
    ]
    part = {"part": _name(f"after_{history.name}"), "more": sql.SQL("").join(more)}
    return _of(history, "contents_of_ids", column=_name(column), **part)


def _link(link: tuple[str, ...]) -> dict[str, sql.Composable]:
    column, records = link
    return {"link": _name(column), "records": sql.Identifier(*records.split("."))}


def _own_and_links(mart: Mart) -> tuple[Mart, dict[Mart, str]]:
    """Return the history whose records a mart is of, and those that name one, by which column.

    A mart that keeps its changes names by its ids the records of the one that it is of.
    """
    followed = histories(mart)
    relations = {history.relation for history in followed}
    links = {
        history: column
        for history in followed
        for column, other in history.links
        if other in relations
    }
    for history in followed:
        if history.keeps_changes and _own_and_links(history)[0] in followed:
            links[history] = "id"
    [own] = [history for history in followed if history not in links]
    return own, links


def _merge(cursor: Cursor, mart: Mart, taken: Mapping[str, bool]) -> int:
    columns = _columns(cursor, mart)
    others = [name for name in columns if name not in mart.sums]
    table = sql.Identifier(SCHEMA, mart.name)
    query = sql.SQL(statement(FILE, "merge")).format(
        table=table,
        parts=sql.SQL(",\n".join(_parts(cursor, mart, taken, ("before", "after")))),
        columns=_listed("{0}", columns),
        group_columns=_listed("{0}", others),
        sums=_listed("sum({0}) as {0}", mart.sums),
        taken=_listed("-{0} as {0}", mart.sums),
        given=_listed("{0}", mart.sums),
        before=sql.SQL(_over(mart, mart, "before")),
        after=sql.SQL(_over(mart, mart, "after")),
        key=_listed("{0}", mart.key),
        added=_listed("{0} = t.{0} + excluded.{0}", mart.sums),
        is_something=sql.SQL(_is_something(mart, "d")),
        is_nothing=sql.SQL(f"not ({_is_something(mart, 't')})"),
    )
    cursor.execute(query)
    written = cursor.fetchall()
    empty = [place for place, is_nothing in written if is_nothing]
    if empty:
        delete = sql.SQL(statement(FILE, "delete_rows")).format(table=table)
        cursor.execute(delete, {"rows": empty})
    return len(written)


def _parts(
    cursor: Cursor, mart: Mart, taken: Mapping[str, bool], times: Collection[str]
) -> Iterator[str]:
    """Yield what a mart reads, over the changed records: parts of a query, each with its name.

    Of a history they are the contents of the records whose changes the mart does not have yet, and
    of those that are linked to such by a column that the mart reads.
    """
    followed = histories(mart)
    read = {
        name for other in (mart, *behind(mart)) if other.strategy for name in other.column_names
    }
    names = {history.relation: history for history in followed}
    linking = {
        history: (column, names[other])
        for history in followed
        for column, other in history.links
        if other in names and column in read
    }
    for history in followed:
        is_new = sql.SQL("false" if taken[history.name] else "true")
        yield _of(history, "changes", is_new=is_new).as_string(cursor)
    for history, (column, other) in linking.items():
        yield _of(
            history,
            "linked",
            link=_name(column),
            other_changes=_name(f"changes_{other.name}"),
            other_extra=_name(f"linked_{other.name}"),
        ).as_string(cursor)
    extra = {*linking, *(other for _, other in linking.values())}
    for when in times:
        for history in followed:
            more = {"columns": _listed("{0}", _columns(cursor, history)), "when": _name(when)}
            more["sign"] = sql.Literal(1 if when == "after" else -1)
            name = "contents_and_linked" if history in extra else "contents"
            yield _of(history, name, part=_name(f"{when}_{history.name}"), **more).as_string(cursor)
        yield from _between(mart, when)


def _between(mart: Mart, when: str) -> Iterator[str]:
    """Yield the views and marts between a mart and its histories, over the parts of a time."""
    for other in behind(mart):
        if not other.is_followed:
            yield f"{when}_{other.name} as (\n{_over(mart, other, when)}\n)"


def _over(mart: Mart, other: Mart, when: str) -> str:
    """Return the select of a mart, or one behind it, over the parts of a time."""
    names = "|".join(each.name for each in behind(mart))
    select = re.sub(rf"\b{SCHEMA}\.({names})\b", rf"{when}_\1", other.select)
    return f"select * from (\n{select}\n) s"  # noqa: S608


def _is_something(mart: Mart, alias: str) -> str:
    """Return the condition under which a sum over records keeps a row."""
    return " or ".join(f"coalesce({alias}.{name}, 0) <> 0" for name in mart.sums)


def _columns(cursor: Cursor, mart: Mart) -> list[str]:
    cursor.execute(sql.SQL("select * from {} limit 0").format(sql.Identifier(SCHEMA, mart.name)))
    return [column.name for column in cursor.description or ()]


def _of(history: Mart, name: str, **more: sql.Composable) -> sql.Composed:
    return sql.SQL(statement(FILE, name)).format(
        history=sql.Identifier(SCHEMA, history.name),
        delta=sql.Identifier(SCHEMA, DELTA.format(history.name)),
        changes=_name(f"changes_{history.name}"),
        extra=_name(f"linked_{history.name}"),
        **more,
    )


def _name(name: str) -> sql.Identifier:
    return sql.Identifier(name)


def _listed(form: str, names: Collection[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.SQL(form).format(sql.Identifier(name)) for name in names)
