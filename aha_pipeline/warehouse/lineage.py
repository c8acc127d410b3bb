"""Which columns the columns of a select come from, read from its SQL with sqlglot."""

from collections.abc import Collection, Iterator, Mapping, Sequence

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.lineage import Node, lineage
from sqlglot.optimizer import build_scope
from sqlglot.optimizer.qualify import qualify

from aha_pipeline.warehouse.followable import followable, plain
from aha_pipeline.warehouse.measures import with_measures

DIALECT = "postgres"

Tables = Mapping[str, Collection[str]]  # schema.name: its columns
Source = tuple[str, str]  # schema.name, column


def column_lineage(
    select: str, columns: Sequence[str], tables: Tables
) -> dict[str, tuple[Source, ...]]:
    """Return for each of the columns of a select the columns of `tables` that it comes from.

    `columns` are those that the select returns, in order. The sources are sorted.
    A value comes from what its expression names, through CTEs, unions, joins and windows; a number
    of rows comes from what chooses and groups them. A literal or now() comes from nothing. Where
    a part cannot be followed, every column of a name that the part mentions stands for it; where
    the whole cannot be, that is so for each column. Raises sqlglot.errors.ParseError where the
    select is no SQL.
    """
    query = with_measures(sqlglot.parse_one(select, dialect=DIALECT))
    mentioned = tuple(sorted(_mentioned(query, tables)))
    try:
        nodes = _nodes(query, tables)
    except (SqlglotError, ValueError):
        return dict.fromkeys(columns, mentioned)
    if len(nodes) == len(columns):  # PostgreSQL and sqlglot call a nameless column differently
        nodes = dict(zip(columns, nodes.values(), strict=True)) | nodes
    return {
        column: tuple(sorted(set(_leaves(nodes[column], tables)))) if column in nodes else mentioned
        for column in columns
    }


def _nodes(query: exp.Query, tables: Tables) -> dict[str, Node]:
    schema: dict[str, dict[str, dict[str, str]]] = {}
    for table, columns in tables.items():
        db, _, name = table.partition(".")
        schema.setdefault(db, {})[name] = dict.fromkeys(columns, "text")
    query = qualify(
        plain(query), dialect=DIALECT, schema=schema, validate_qualify_columns=False, identify=False
    )
    scope = build_scope(followable(query, tables))
    return lineage(None, query, schema, dialect=DIALECT, scope=scope, trim_selects=False)


def _leaves(node: Node, tables: Tables, above: Node | None = None) -> Iterator[Source]:
    for lower in node.downstream:
        yield from _leaves(lower, tables, node)
    if node.downstream:
        return
    leaf = node.expression
    if isinstance(leaf, exp.Table) and leaf.db:
        table, column = f"{leaf.db}.{leaf.name}", node.name.rpartition(".")[2].strip('"')
        if column in tables.get(table, ()):
            yield table, column
            return
    is_column = isinstance(leaf, exp.Table | exp.Placeholder | exp.Identifier)
    yield from _mentioned(above.source if is_column and above else leaf, tables)


def _mentioned(part: exp.Expression, tables: Tables) -> set[Source]:
    """Return the columns that bear a name which a part of a query mentions; all for a `*`."""
    names = {column.name for column in part.find_all(exp.Column)}
    stars = [star for star in part.find_all(exp.Star) if not isinstance(star.parent, exp.Count)]
    return {(t, c) for t, columns in tables.items() for c in columns if stars or c in names}
