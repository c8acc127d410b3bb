"""What each mart is made of: modules of the CRM and their fields, read from the SQL itself."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from psycopg2.extensions import connection as Connection

from aha_pipeline.sql import statement
from aha_pipeline.warehouse.mart_files import Mart

KEY = re.compile(r"raw_data\s*->>?\s*'(\w+)'")


@dataclass(frozen=True)
class Input:
    """A table of schema `crm` that a mart reads, directly or through other marts.

    columns: the names in the SQL that may be columns of the table. keys: the members of whole
    records that it reads.
    """

    mart: str
    source: str
    columns: tuple[str, ...]
    keys: tuple[str, ...]


def read_inputs(marts: Iterable[Mart]) -> list[Input]:
    """Return the inputs of marts, which must come in the order of `read_marts`.

    A mart of names counts for nothing: a figure that reads it is known without it too.
    """
    inputs: dict[str, dict[str, Input]] = {}
    for mart in marts:
        if mart.lookup is not None:
            continue
        found = direct_inputs(mart)
        needed = (source for source in mart.sources if source not in mart.optional)
        for upstream in (inputs.get(source, {}) for source in needed):
            for source, given in upstream.items():
                found[source] = _joined(mart, given, found.get(source))
        inputs[mart.relation] = found
    return [each for found in inputs.values() for each in found.values()]


def direct_inputs(mart: Mart) -> dict[str, Input]:
    """Return what the SQL of a mart reads of tables in schema `crm`, by table."""
    keys = tuple(sorted(set(KEY.findall(mart.select))))
    return {
        source: Input(mart.name, source, mart.column_names, keys)
        for source in mart.sources
        if source.startswith("crm.")
    }


def write_inputs(connection: Connection, marts: Iterable[Mart]) -> None:
    """Make `analytics.mart_inputs` say what the mart files say, in the caller's transaction."""
    marts = tuple(marts)
    figures = [
        {"mart": mart.name, "name": figure.name, "module": figure.module}
        for mart in marts
        for figure in mart.figures
    ]
    _execute(connection, "write", read_inputs(marts), figures=_json(figures))


def unserved_fields(connection: Connection, mart: Mart) -> list[str]:
    """Return a sentence per field that a mart's own SQL reads and Zoho no longer serves."""
    with connection.cursor() as cursor:
        cursor.execute("select exists (select from crm.unserved_fields)")
        if cursor.fetchone() == (False,):  # as a rule: to match them with columns costs ten times
            return []
    rows = _execute(connection, "unserved", direct_inputs(mart).values())
    return [row[0] for row in rows]


def _execute(
    connection: Connection, name: str, inputs: Iterable[Input], **parameters: str
) -> list[tuple[str, ...]]:
    with connection.cursor() as cursor:
        given = {"inputs": _json(list(inputs)), **parameters}
        cursor.execute(statement("warehouse/mart_inputs", name), given)
        return list(cursor) if cursor.description else []


def _json(rows: Sequence[Input | dict[str, Any]]) -> str:
    return msgspec.json.encode(rows).decode()


def _joined(mart: Mart, given: Input, known: Input | None) -> Input:
    columns, keys = set(given.columns), set(given.keys)
    if known:
        columns, keys = columns | set(known.columns), keys | set(known.keys)
    return Input(mart.name, given.source, tuple(sorted(columns)), tuple(sorted(keys)))
