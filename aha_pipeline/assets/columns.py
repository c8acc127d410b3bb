"""The types and descriptions of columns, as metadata that the Dagster UI shows."""

from collections.abc import Iterable

import dagster as dg
from psycopg2.extensions import connection as Connection

from aha_pipeline.warehouse.dictionary import Column, read_columns

Metadata = dict[str, dg.TableSchema]


def schema_metadata(connection: Connection, relation: str) -> Metadata:
    """Return the metadata that describes the columns of the table or view `schema.name`."""
    return _metadata(read_columns(connection, [relation])[relation])


class KnownColumns:
    """The columns of relations as they were when a run first asked: all are read at once."""

    def __init__(self) -> None:
        self._run_id = ""
        self._columns: dict[str, list[Column]] = {}

    def metadata(
        self, connection: Connection, run_id: str, relation: str, relations: Iterable[str]
    ) -> Metadata:
        """Return what `schema_metadata` does, for a relation that this run has not built."""
        if self._run_id != run_id:
            self._columns = read_columns(connection, list(relations))
            self._run_id = run_id
        if relation not in self._columns:
            return schema_metadata(connection, relation)
        return _metadata(self._columns[relation])


def _metadata(columns: Iterable[Column]) -> Metadata:
    return {"dagster/column_schema": dg.TableSchema([_column(column) for column in columns])}


def _column(column: Column) -> dg.TableColumn:
    return dg.TableColumn(column.name, type=column.type, description=column.description)
