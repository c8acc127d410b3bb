"""Zoho's query language: the part that reads records by key, some at a time.

Comparisons, `in` and `is null`, joined by `and` and `or` in brackets, then `order by` and `limit`.

Zoho does not say what a comparison with an empty value gives; here only `is null` finds one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby, islice
from math import inf
from operator import eq, ge, gt, itemgetter, le, lt
from typing import TYPE_CHECKING

from zoho_sandbox.clock import instant_of
from zoho_sandbox.zoho.api_error import ApiError
from zoho_sandbox.zoho.modules import Field
from zoho_sandbox.zoho.records import Key, Query, Record, Table, sort_key
from zoho_sandbox.zoho.versions import Version

if TYPE_CHECKING:
    from sqlglot import exp

Bounds = tuple[float, float]
Fields = dict[str, Field]
EVERYTHING: Bounds = (-inf, inf)
INDEXED = ("Modified_Time", "id")
MAX_COLUMNS, DEFAULT_LIMIT = 50, 200
NUMBERS = frozenset({"integer", "double", "currency", "percent", "bigint", "formula"})
OPERATORS: dict[str, Callable[[Key, Key], bool]] = {
    "eq": eq,
    "gt": gt,
    "gte": ge,
    "lt": lt,
    "lte": le,
}


@dataclass(frozen=True)
class Condition:
    """Whether a record is wanted, and between which values of each index it must be."""

    holds: Callable[[Record], bool]
    bounds: dict[str, Bounds]


@dataclass(frozen=True)
class Select:
    """A query that was understood."""

    module: str
    columns: tuple[str, ...]
    where: Condition
    order: tuple[tuple[str, bool], ...]  # name, and whether it descends
    limit: int


def parse(text: str, fields_of: Callable[[str], Fields], version: Version) -> Select:
    """Return the query of a text; `fields_of` returns the fields of a module or refuses it."""
    # Imported here: 0.4 s that a stand-in without such calls does not pay.
    from sqlglot import exp, parse_one
    from sqlglot.errors import SqlglotError

    try:
        tree = parse_one(text, dialect="mysql")
    except SqlglotError as error:
        raise _wrong(f"error while parsing the query: {error}") from None
    source, where = tree.find(exp.Table), tree.args.get("where")
    if not isinstance(tree, exp.Select) or source is None or where is None:
        raise _wrong("a query needs select, from and where")
    fields = fields_of(source.name)
    reader = _Reader(fields)
    if tree.args.get("offset"):
        raise _wrong("an offset is not served: go on by key")
    limit = _number(tree, "limit", DEFAULT_LIMIT)
    select = Select(
        source.name,
        tuple(reader.name(column) for column in tree.expressions),
        reader.condition(where.this),
        reader.order(tree.args.get("order")),
        limit,
    )
    _check_size("select", len(select.columns), MAX_COLUMNS)
    _check_size("limit", limit, version.coql_rows)
    return select


def run(select: Select, table: Table, converted: bool) -> tuple[list[Record], bool]:
    """Return the records found, and whether there are more; `converted` and unapproved or not."""
    index = next((n for n in INDEXED if select.where.bounds[n] != EVERYTHING), "id")
    query = Query(
        sort_by=index, converted=None if converted else False, approved=None if converted else True
    )
    entries, start, stop = table.between(query, *select.where.bounds[index])
    if select.order in _orders_of(index):
        found = _walk(table, entries[start:stop], descending=select.order[0][1])
        wanted = filter(select.where.holds, found)
    else:
        records = (table.records[id_] for _, id_ in islice(entries, start, stop))
        wanted = iter(_sorted(filter(select.where.holds, records), select.order))
    rows = list(islice(wanted, select.limit + 1))
    return rows[: select.limit], len(rows) > select.limit


def _orders_of(index: str) -> list[tuple[tuple[str, bool], ...]]:
    """Return the orders in which an index can be walked, so that few records need a look."""
    names = dict.fromkeys((index, "id"))
    return [tuple((name, descending) for name in names) for descending in (False, True)]


def _walk(table: Table, entries: list, descending: bool) -> Iterator[Record]:
    """Yield the records of entries in order of their key and then of their number."""
    ordered = reversed(entries) if descending else entries
    for _, group in groupby(ordered, key=itemgetter(0)):
        records = [table.records[id_] for _, id_ in group]
        yield from _sorted(records, (("id", descending),))


def _sorted(records: object, order: tuple[tuple[str, bool], ...]) -> list[Record]:
    rows = list(records)
    for name, descending in reversed(order):
        rows.sort(key=lambda record, name=name: value(name, record), reverse=descending)
    return rows


def value(name: str, record: Record) -> Key:
    """Return what a record is compared by: as in sorting, but a lookup by its id."""
    if name in INDEXED:
        return sort_key(name, record)
    if name == "Converted__s":
        return (1, record.facts.converted)
    held = record.data.get(name)
    if isinstance(held, dict):
        return (2, str(held.get("id")))
    return sort_key(name, record)


class _Reader:
    """Reads the parts of a query over the fields of one module."""

    def __init__(self, fields: Fields) -> None:
        self._fields = fields

    def name(self, column: exp.Expression) -> str:
        """Return the field that a column names."""
        is_plain = column.key == "column" and not column.args.get("table")
        if not is_plain or column.name not in self._fields:
            raise ApiError(400, "INVALID_QUERY", "invalid query formed", column_name=column.sql())
        return column.name

    def order(self, node: exp.Expression | None) -> tuple[tuple[str, bool], ...]:
        """Return the sort fields; the id ascending decides between equals."""
        named = (
            [(self.name(o.this), bool(o.args.get("desc"))) for o in node.expressions]
            if node
            else []
        )
        return tuple(named if "id" in dict(named) else [*named, ("id", False)])

    def condition(self, node: exp.Expression) -> Condition:
        """Return a condition of any depth. Zoho wants more than two of them bracketed in pairs."""
        match node.key:
            case "paren":
                return self.condition(node.this)
            case "and" | "or":
                if {node.this.key, node.expression.key} & {"and", "or"}:
                    raise _wrong("more than two criteria need brackets around each pair")
                return _joined(node.key, self.condition(node.this), self.condition(node.expression))
            case "in":
                items = [self._literal(node.this, item) for item in node.expressions]
                wanted = set(items)
                return self._compared(
                    node.this, lambda held: held in wanted, min(items), max(items)
                )
            case "is":
                name = self.name(node.this)
                return Condition(lambda record: value(name, record) == (0, 0), _unbounded())
            case operator if operator in OPERATORS:
                return self._operation(operator, node)
        raise _wrong(f"{node.sql()} is not a criterion")

    def _operation(self, operator: str, node: exp.Expression) -> Condition:
        literal, holds = self._literal(node.this, node.expression), OPERATORS[operator]
        low = literal if operator in ("eq", "gt", "gte") else None
        high = literal if operator in ("eq", "lt", "lte") else None
        return self._compared(node.this, lambda held: holds(held, literal), low, high)

    def _compared(
        self,
        column: exp.Expression,
        holds: Callable[[Key], bool],
        low: Key | None,
        high: Key | None,
    ) -> Condition:
        """Return a condition on one field; values of another kind than the bounds never match."""
        name, kind = self.name(column), (low or high or (None,))[0]
        bounds = _unbounded()
        if name in INDEXED:
            bounds[name] = (low[1] if low else -inf, high[1] if high else inf)

        def matches(record: Record) -> bool:
            held = value(name, record)
            return held[0] != 0 and kind in (None, held[0]) and holds(held)

        return Condition(matches, bounds)

    def _literal(self, column: exp.Expression, node: exp.Expression) -> Key:
        """Return what a field of that kind is compared with."""
        name = self.name(column)
        kind, text = self._fields[name].type, node.name
        if node.key == "boolean" or (kind == "boolean" and text in ("true", "false")):
            return (1, node.this if node.key == "boolean" else text == "true")
        if node.key == "neg":
            return (1, -float(node.this.name))
        if node.key != "literal":
            raise _wrong(f"{node.sql()} is not a value")
        if name == "id" or kind in NUMBERS:
            return (1, _numeric(text))
        if name.endswith("_Time"):
            instant = instant_of(text)
            if instant is None:
                raise _wrong(f"{text} is not an ISO 8601 time")
            return (1, instant)
        return (2, text)


def _joined(operator: str, left: Condition, right: Condition) -> Condition:
    if operator == "and":
        bounds = {n: _overlap(left.bounds[n], right.bounds[n]) for n in INDEXED}
        return Condition(lambda record: left.holds(record) and right.holds(record), bounds)
    bounds = {n: _span(left.bounds[n], right.bounds[n]) for n in INDEXED}
    return Condition(lambda record: left.holds(record) or right.holds(record), bounds)


def _overlap(left: Bounds, right: Bounds) -> Bounds:
    return max(left[0], right[0]), min(left[1], right[1])


def _span(left: Bounds, right: Bounds) -> Bounds:
    return min(left[0], right[0]), max(left[1], right[1])


def _unbounded() -> dict[str, Bounds]:
    return dict.fromkeys(INDEXED, EVERYTHING)


def _numeric(text: str) -> float:
    try:
        return int(text) if text.lstrip("-").isdigit() else float(text)
    except ValueError:
        raise _wrong(f"{text} is not a number") from None


def _number(tree: exp.Expression, name: str, default: int) -> int:
    node = tree.args.get(name)
    if node is None:
        return default
    text = node.expression.name
    if not text.isdigit():
        raise _wrong(f"{text} is not a {name}")
    return int(text)


def _check_size(clause: str, size: int, limit: int) -> None:
    if size > limit:
        message = f"{clause} goes beyond {limit}"
        raise ApiError(400, "LIMIT_EXCEEDED", message, limit=limit, clause=clause)


def _wrong(message: str) -> ApiError:
    return ApiError(400, "SYNTAX_ERROR", message)
