"""The measures: functions in the schema `measures`, the only place where a figure is computed.

Each file of `sql/measures` holds comments and functions `create function measures.<name>(...)` in
SQL. PostgreSQL puts the body of such a function in the place of its call, so a mart, a query of the
dashboard and a fact that call one measure are planned as if each had the text of it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import md5
from pathlib import Path
from typing import TYPE_CHECKING

from psycopg2.extensions import connection as Connection

from aha_pipeline.sql import MEASURES, statement

if TYPE_CHECKING:
    from sqlglot import exp

SCHEMA = "measures"
FUNCTION = re.compile(
    rf"create function {SCHEMA}\.(?P<name>\w+)\s*\((?P<parameters>[^$]*?)\)\s*"
    r"returns (?P<returns>[^$]*?)\s+language sql (?:immutable|stable)(?: parallel safe)?\s+as \$\$"
    r"(?P<body>.*?)\$\$;",
    re.DOTALL,
)


class MeasureError(ValueError):
    """A file of `sql/measures` is wrong; the text names it and what to do."""


@dataclass(frozen=True)
class Measure:
    """One function. parameters: their names, in order; body: the select behind it."""

    name: str
    parameters: tuple[str, ...]
    body: str


@cache
def read_measures(folder: Path = MEASURES) -> Mapping[str, Measure]:
    """Return every measure of the folder by name.

    Raises MeasureError where a file holds anything but comments and such functions.
    """
    measures: dict[str, Measure] = {}
    for path in sorted(folder.glob("*.sql")):
        text = path.read_text(encoding="utf-8")
        rest = FUNCTION.sub("", re.sub(r"^--.*$", "", text, flags=re.MULTILINE))
        if rest.strip():
            raise MeasureError(
                f"{path.name} holds something else than functions 'create function "
                f"{SCHEMA}.name(...) returns ... language sql stable as $$ ... $$;': "
                f"{rest.strip()[:60]!r}. Write it as one."
            )
        for found in FUNCTION.finditer(text):
            parameters = (part.split() for part in found["parameters"].split(","))
            measures[found["name"]] = Measure(
                name=found["name"],
                parameters=tuple(part[0] for part in parameters if part),
                body=found["body"].strip(),
            )
    return measures


def install_measures(connection: Connection) -> bool:
    """Recreate the functions if the files have changed; return whether they had.

    In the caller's transaction. Raises MeasureError for a file that holds anything else.
    """
    read_measures()
    texts = [path.read_text(encoding="utf-8") for path in sorted(MEASURES.glob("*.sql"))]
    fingerprint = md5("".join(texts).encode(), usedforsecurity=False).hexdigest()
    with connection.cursor() as cursor:
        cursor.execute(statement("warehouse/measures", "fingerprint"))
        if cursor.fetchone() == (fingerprint,):
            return False
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [SCHEMA])
        cursor.execute(statement("warehouse/measures", "clear"))
        for text in texts:
            cursor.execute(text)
        cursor.execute(f"comment on schema {SCHEMA} is %s", [fingerprint])
    return True


def with_measures(query: "exp.Query") -> "exp.Query":
    """Return the query, changed in place, with each measure's body instead of its call."""
    # Imported here: 0.7 s that only readers of SQL pay.
    import sqlglot
    from sqlglot import exp

    while call := next(filter(_name_of, query.find_all(exp.Dot, exp.Table)), None):
        measure = read_measures()[str(_name_of(call))]
        function = call.this if isinstance(call, exp.Table) else call.expression
        given = dict(zip(measure.parameters, function.expressions, strict=False))
        body = sqlglot.parse_one(measure.body, dialect="postgres")
        for column in list(body.find_all(exp.Column)):
            if not column.table and column.name in measure.parameters:
                column.replace(exp.paren(given.get(column.name, exp.null()).copy()))
        if isinstance(call, exp.Table):
            alias = call.args.get("alias") or exp.TableAlias(this=exp.to_identifier(measure.name))
            call.replace(exp.Subquery(this=body, alias=alias))
        elif isinstance(body, exp.Select) and not body.args.get("from_"):
            call.replace(exp.paren(body.expressions[0]))  # a formula
        else:
            call.replace(exp.Subquery(this=body))
    return query


def _name_of(node: "exp.Expression") -> str | None:
    """Return the measure that a node of a query calls; None for any other node."""
    from sqlglot import exp

    if isinstance(node, exp.Table):
        is_call = node.db == SCHEMA and isinstance(node.this, exp.Func)
        return str(node.this.name) if is_call else None
    is_call = node.this.name == SCHEMA and isinstance(node.args.get("expression"), exp.Func)
    return str(node.expression.name) if is_call else None
