"""The types and descriptions of columns, as metadata that the Dagster UI shows."""

import dagster as dg
from psycopg2.extensions import connection as Connection

from aha_pipeline.warehouse.dictionary import Column, read_columns


def schema_metadata(connection: Connection, relation: str) -> dict[str, dg.TableSchema]:
    """Return the metadata that describes the columns of the table or view `schema.name`."""
    columns = read_columns(connection, [relation])[relation]
    return {"dagster/column_schema": dg.TableSchema([_column(column) for column in columns])}


def _column(column: Column) -> dg.TableColumn:
    return dg.TableColumn(column.name, type=column.type, description=column.description)
