"""What Dagster shows of columns: their types and meaning, and where they come from."""

from collections.abc import Collection, Sequence
from functools import cache
from itertools import groupby
from operator import itemgetter

import dagster as dg
from psycopg2.extensions import connection as Connection

from aha_pipeline.warehouse.dictionary import Column, read_columns
from aha_pipeline.warehouse.mart_files import Mart

Sources = Sequence[tuple[str, str]]  # schema.name, column


def of_table(connection: Connection, relation: str) -> dict[str, object]:
    """Return the metadata that describes the columns of the table `schema.name`."""
    columns = read_columns(connection, [relation])[relation]
    return {
        "dagster/column_schema": dg.TableSchema([_column(c, c.description) for c in columns]),
    }


def of_mart(
    connection: Connection, mart: Mart, upstream: Collection[dg.AssetKey]
) -> dict[str, object]:
    """Return the metadata that describes the columns of a mart in the database.

    A column's lineage names the columns of the tables and marts that the mart itself reads, those
    too that are no asset. Dagster draws it in Dagster+ only, so the description of the column says
    it as well, with links to the assets that are `upstream`.
    """
    columns = read_columns(connection, [mart.relation, *mart.sources])
    names = {relation: [c.name for c in found] for relation, found in columns.items()}
    own = tuple(names.pop(mart.relation))
    lineage = _lineage(mart.select, own, tuple((name, tuple(c)) for name, c in names.items()))
    schema = [
        _column(c, "\n\n".join(filter(None, [c.description, _origin(lineage[c.name], upstream)])))
        for c in columns[mart.relation]
    ]
    deps = {
        column: [dg.TableColumnDep(_key(table), source) for table, source in sources]
        for column, sources in lineage.items()
    }
    return {
        "dagster/column_schema": dg.TableSchema(schema),
        "dagster/column_lineage": dg.TableColumnLineage(deps),
    }


@cache
def _lineage(
    select: str, columns: tuple[str, ...], tables: tuple[tuple[str, tuple[str, ...]], ...]
) -> dict[str, Sources]:
    """Return the lineage of a select; worked out once a process, at up to 0.15 s a mart."""
    # Imported here: of use only where a mart is refreshed.
    from aha_pipeline.warehouse.lineage import column_lineage

    return column_lineage(select, columns, dict(tables))


def _column(column: Column, description: str | None) -> dg.TableColumn:
    return dg.TableColumn(column.name, type=column.type, description=description)


def _origin(sources: Sources, upstream: Collection[dg.AssetKey]) -> str:
    """Return where a column comes from, in Markdown; nothing where it comes from nothing."""
    parts = []
    for table, found in groupby(sources, itemgetter(0)):
        key = _key(table)
        link = f"[{table}](/assets/{'/'.join(key.path)})" if key in upstream else table
        parts.append(f"{link}: {', '.join(f'`{column}`' for _, column in found)}")
    return f"From {'; '.join(parts)}" if parts else ""


def _key(relation: str) -> dg.AssetKey:
    return dg.AssetKey(relation.split("."))
