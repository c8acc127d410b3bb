"""The data checks: each file of `sql/checks` selects the rows that fail.

A file is named `<asset>.<check>.sql`. It may check several assets, separated by commas: then
{relation} in its select stands for the table of each, and {records} for the source table of an
incremental mart. Unique keys need no check: a mart with duplicate keys is not built.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from psycopg2 import sql
from psycopg2.extensions import connection as Connection
from psycopg2.extras import RealDictCursor

from aha_pipeline.sql import CHECKS, parts, statement
from aha_pipeline.warehouse import mart_builds
from aha_pipeline.warehouse.mart_files import SCHEMA, read_by, read_marts
from aha_pipeline.warehouse.marts import NO_JIT
from aha_pipeline.warehouse.tables import table_name

EVERY_MODULE = "crm/*"
LIVE_RECORDS = "live_records"
SAMPLE_ROWS = 20
SEVERITIES = ("error", "warn")
BLOCKING = {"yes": True, "no": False}


class CheckError(ValueError):
    """A check file has a wrong header; the text names the file and what to do."""


@dataclass(frozen=True)
class Check:
    """One file of `sql/checks`, for one asset.

    asset: `schema/table`, or EVERY_MODULE with {table} and {module} in the select. severity:
    `error` or `warn`. description: what is wrong when it fails, and what to do. select: returns
    the failing rows, in few columns. sources: the tables and views it reads, as `schema.name`.
    reads_clock: whether it asks for the present day or time.
    """

    name: str
    asset: str
    severity: str
    is_blocking: bool
    description: str
    select: str
    sources: tuple[str, ...]
    reads_clock: bool = False


@dataclass(frozen=True)
class FailingRows:
    """The number of rows that fail a check, and the first SAMPLE_ROWS of them."""

    count: int
    first: tuple[Mapping[str, object], ...]


@cache
def read_checks(folder: Path = CHECKS) -> tuple[Check, ...]:
    """Return every check of the folder, by file. Raises CheckError for a wrong header."""
    return tuple(check for path in sorted(folder.glob("*.sql")) for check in _read(path))


def mart_checks() -> list[Check]:
    """Return the checks of the marts."""
    return [check for check in read_checks() if check.asset.startswith(f"{SCHEMA}/")]


def module_checks(module: str) -> list[Check]:
    """Return the checks of a module."""
    wanted = (EVERY_MODULE, f"crm/{table_name(module)}")
    return [check for check in read_checks() if check.asset in wanted]


def find_failing_rows(
    connection: Connection, check: Check, module: str | None = None
) -> FailingRows:
    """Return the rows that fail a check; a check of every module needs `module`."""
    query: sql.Composable = sql.SQL(check.select)
    if module is not None and check.asset == EVERY_MODULE:
        query = sql.SQL(check.select).format(**_names(module))
    counted = sql.SQL(statement("warehouse/checks", "failing_rows")).format(
        check=query, shown=sql.Literal(SAMPLE_ROWS)
    )
    with connection.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(NO_JIT)
        cursor.execute(counted)
        rows = cursor.fetchall()
    count = rows[0]["wrong_rows"] if rows else 0
    return FailingRows(
        count,
        tuple({name: row[name] for name in row if name != "wrong_rows"} for row in rows),
    )


def inputs_of(connection: Connection, check: Check) -> str | None:
    """Return a hash of what the check of a mart reads, before it does; None if that is unknown."""
    with connection.cursor() as cursor:
        return mart_builds.state_of(
            cursor, check.select, check.sources, reads_clock=check.reads_clock
        )


def passes_since(connection: Connection, check: Check, inputs: str) -> datetime | None:
    """Return since when a check is known to pass on the same inputs; None if it is not."""
    given = {"asset": check.asset, "name": check.name, "inputs": inputs}
    with connection.cursor() as cursor:
        cursor.execute(statement("warehouse/checks", "passes_since"), given)
        row = cursor.fetchone()
    return row[0] if row else None


def forget_inputs(connection: Connection) -> None:
    """Have the next run make each check anew, in the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute(statement("warehouse/checks", "forget_inputs"))


def save_live_record_count(connection: Connection, module: str) -> None:
    """Store today's number of live records, in the caller's transaction."""
    query = sql.SQL(statement("warehouse/checks", "save_live_record_count")).format(
        **_names(module)
    )
    with connection.cursor() as cursor:
        cursor.execute(query)


def save_result(connection: Connection, **result: object) -> None:
    """Store the latest result of a check, in the caller's transaction.

    The keywords are columns of analytics.check_results; `inputs` may be left out.
    """
    with connection.cursor() as cursor:
        cursor.execute(statement("warehouse/checks", "save_result"), {"inputs": None} | result)


def _names(module: str) -> dict[str, sql.Composable]:
    return {"table": sql.Identifier(table_name(module)), "module": sql.Literal(module)}


def _read(path: Path) -> Iterator[Check]:
    """Yield the check of a file for each of its assets."""
    comments, select = parts(path)
    header = _header(line.strip() for line in comments)
    assets = header.get("asset", "").split(", ")
    if (
        not all("/" in asset for asset in assets)
        or header.get("severity") not in SEVERITIES
        or header.get("blocking") not in BLOCKING
        or not header.get("description")
    ):
        raise CheckError(
            f"{path.name} must begin with the lines '-- asset: schema/table', "
            "'-- severity: error' or 'warn', '-- blocking: yes' or 'no', and '-- description: ...'."
        )
    for asset in assets:
        is_template = asset == EVERY_MODULE
        query = select if is_template else _of_asset(select, asset)
        sources, reads_clock = ((), True) if is_template else read_by(path.name, query)
        yield Check(
            name=path.stem.rpartition(".")[2],
            asset=asset,
            severity=header["severity"],
            is_blocking=BLOCKING[header["blocking"]],
            description=header["description"],
            select=query,
            sources=sources,
            reads_clock=reads_clock,
        )


def _of_asset(select: str, asset: str) -> str:
    """Return a select that is shared by several assets as that of one of them."""
    relation = asset.replace("/", ".")
    records = {mart.relation: mart.records for mart in read_marts()}.get(relation)
    return select.replace("{relation}", relation).replace("{records}", records or "")


def _header(comments: Iterable[str]) -> dict[str, str]:
    """Return the header; the description is the last of it and ends with an empty line."""
    header: dict[str, str] = {}
    for line in comments:
        if "description" in header:
            if not line:
                break
            header["description"] += f" {line}"
        else:
            name, _, value = line.partition(":")
            header[name] = value.strip()
    return header
