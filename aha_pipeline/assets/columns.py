"""What Dagster shows of columns: their types and meaning, and where they come from."""

from collections.abc import Iterable

import dagster as dg
from psycopg2.extensions import connection as Connection

from aha_pipeline.warehouse.dictionary import Column, read_columns
from aha_pipeline.warehouse.mart_files import Mart


def of_table(connection: Connection, relation: str) -> dict[str, object]:
    """Return the metadata that describes the columns of the table `schema.name`."""
    return {"dagster/column_schema": _schema(read_columns(connection, [relation])[relation])}


def of_mart(connection: Connection, mart: Mart) -> dict[str, object]:
    """Return the metadata that describes the columns of a mart in the database.

    A column's lineage names the columns of the tables and marts that the mart itself reads; a
    table that is no asset, such as crm.picklist_meaning, is named like one.
    """
    # Imported here: of use only where a mart is refreshed.
    from aha_pipeline.warehouse.lineage import column_lineage

    columns = read_columns(connection, [mart.relation, *mart.sources])
    names = {relation: [c.name for c in found] for relation, found in columns.items()}
    own = names.pop(mart.relation)
    lineage = dg.TableColumnLineage(
        {
            column: [dg.TableColumnDep(_key(table), source) for table, source in sources]
            for column, sources in column_lineage(mart.select, own, names).items()
        }
    )
    return {
        "dagster/column_schema": _schema(columns[mart.relation]),
        "dagster/column_lineage": lineage,
    }


def _schema(columns: Iterable[Column]) -> dg.TableSchema:
    return dg.TableSchema(
        [dg.TableColumn(c.name, type=c.type, description=c.description) for c in columns]
    )


def _key(relation: str) -> dg.AssetKey:
    return dg.AssetKey(relation.split("."))
