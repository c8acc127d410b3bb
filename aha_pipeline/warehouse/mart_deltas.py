"""Marts that take in changes alone: what a history said of changed records before, and says now.

Each history has a table `__delta` beside it: the contents of the records that changed when it was
last refreshed, as they were (sign -1) and as they are now (1). A mart with `strategy: merge` is a
sum over records: the figures of the changed ones as they were are taken off, as they are now are
added. One with `strategy: delete+insert` has rows of its own for each record. Both are computed by
the mart's own select, over these contents in place of the history; views and marts of the same kind
that it reads become parts of that select.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from functools import cache

from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

from aha_pipeline.sql import statement
from aha_pipeline.warehouse.mart_files import SCHEMA, Mart, marts_by_relation

FILE = "warehouse/mart_deltas"
DELTA = "{}__delta"


def begin(cursor: Cursor, history: Mart, since: object) -> bool:
    """Note which records a history has to take in since a time, and what it says of them.

    Returns whether that is worth while: after many changes it is quicker to make it anew.
    """
    changed = statement(FILE, "changed").format(records=history.records)
    cursor.execute(changed, {"since": since})
    cursor.execute(sql.SQL(statement(FILE, "is_much")).format(name=sql.Literal(history.relation)))
    if cursor.fetchone() == (True,):
        return False
    cursor.execute(_of(history, "keep_before"))
    return True


def of_changed(history: Mart) -> Mart:
    """Return the history as a mart of the records that `begin` noted alone."""
    records = re.sub(rf"\b{history.records}\b", "pg_temp.changed", history.select)
    return replace(history, select=records)


def end(cursor: Cursor, history: Mart) -> None:
    """Note what the history says of the same records now."""
    cursor.execute(_of(history, "keep_after"))


def renew(cursor: Cursor, history: Mart) -> None:
    """Note that a history was made anew, so that all marts that follow it are too."""
    cursor.execute(_of(history, "renew"))


def is_known(cursor: Cursor, history: Mart) -> bool:
    """Return whether it is known what last changed in a history."""
    cursor.execute(_of(history, "is_known"))
    return cursor.fetchone() == (True,)


@cache
def behind(mart: Mart) -> tuple[Mart, ...]:
    """Return what stands between a mart and the histories that it follows, these first.

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
                queue += [] if other.records else [other]
    return tuple(
        sorted((marts[name] for name in marts if name in found), key=lambda m: m.records is None)
    )


def histories(mart: Mart) -> list[Mart]:
    """Return the histories that a mart follows."""
    return [other for other in behind(mart) if other.records]


def whole(mart: Mart) -> str:
    """Return the select of all rows of a mart. A sum over records has none that are all zero."""
    if mart.strategy != "merge":
        return mart.select
    return f"select * from (\n{mart.select}\n) s where {_is_something(mart, 's')}"  # noqa: S608


def apply(cursor: Cursor, mart: Mart, taken: Mapping[str, bool]) -> int:
    """Take in the changes of the histories; return the rows written.

    taken: for each history, by its name, whether the mart has its latest changes already.
    """
    if mart.strategy == "merge":
        return _merge(cursor, mart, taken)
    [history] = histories(mart)
    table = sql.Identifier(SCHEMA, mart.name)
    cursor.execute(_of(history, "delete", table=table))
    parts = ",\n".join(_parts(cursor, mart, {history.name: False}, ("after",)))
    insert = sql.SQL("insert into {} with {} {}").format(
        table, sql.SQL(parts), sql.SQL(_over(mart, mart, "after"))
    )
    cursor.execute(insert)
    return cursor.rowcount


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
    names = {history.relation for history in followed}
    linking = [h for h in followed if h.links and h.links[1] in names and h.links[0] in read]
    for history in followed:
        is_new = sql.SQL("false" if taken[history.name] else "true")
        yield _of(history, "changes", is_new=is_new).as_string(cursor)
    for history in linking:
        yield _of(history, "linked").as_string(cursor)
    extra = {relation for history in linking for relation in (history.relation, history.links[1])}
    for when in times:
        for history in followed:
            more = {"columns": _listed("{0}", _columns(cursor, history)), "when": _name(when)}
            more["sign"] = sql.Literal(1 if when == "after" else -1)
            name = "contents_and_linked" if history.relation in extra else "contents"
            yield _of(history, name, part=_name(f"{when}_{history.name}"), **more).as_string(cursor)
        for other in behind(mart):
            if not other.records:
                yield f"{when}_{other.name} as (\n{_over(mart, other, when)}\n)"


def _over(mart: Mart, other: Mart, when: str) -> str:
    """Return the select of a mart, or one behind it, over the parts of a time."""
    names = "|".join(each.name for each in behind(mart))
    select = re.sub(rf"\b{SCHEMA}\.({names})\b", rf"{when}_\1", other.select)
    return f"select * from (\n{select}\n) s"  # noqa: S608


def _is_something(mart: Mart, alias: str) -> str:
    """Return the condition under which a row of a sum over records is there at all."""
    return " or ".join(f"coalesce({alias}.{name}, 0) <> 0" for name in mart.sums)


def _columns(cursor: Cursor, mart: Mart) -> list[str]:
    cursor.execute(sql.SQL("select * from {} limit 0").format(sql.Identifier(SCHEMA, mart.name)))
    return [column.name for column in cursor.description or ()]


def _of(history: Mart, name: str, **more: sql.Composable) -> sql.Composed:
    link, linked = history.links or ("id", "")
    other = linked.removeprefix(f"{SCHEMA}.")
    return sql.SQL(statement(FILE, name)).format(
        history=sql.Identifier(SCHEMA, history.name),
        delta=sql.Identifier(SCHEMA, DELTA.format(history.name)),
        changes=_name(f"changes_{history.name}"),
        extra=_name(f"linked_{history.name}"),
        link=sql.Identifier(link),
        other_changes=_name(f"changes_{other}"),
        other_extra=_name(f"linked_{other}"),
        **more,
    )


def _name(name: str) -> sql.Identifier:
    return sql.Identifier(name)


def _listed(form: str, names: Collection[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.SQL(form).format(sql.Identifier(name)) for name in names)
