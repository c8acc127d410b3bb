"""The mart files of `sql/marts`: parse their headers and order them by what they read."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from aha_pipeline.sql import MARTS, parts
from aha_pipeline.warehouse.measures import SCHEMA as MEASURES
from aha_pipeline.warehouse.measures import with_measures
from aha_pipeline.warehouse.tables import table_name

if TYPE_CHECKING:
    from sqlglot import exp

SCHEMA = "analytics"
KINDS = ("view", "table", "daily", "incremental")
CLOCKS = ("clock_timestamp", "statement_timestamp", "transaction_timestamp", "timeofday")
STRATEGIES = ("merge", "delete+insert")
UNITS = ("count", "money", "percent", "days", "number")
HEADER = (
    *("grain", "kind", "key", "owner", "records", "strategy", "links", "index"),
    *("lookup", "optional", "keeps"),
)
# Modules whose marts have readers of their own: who does not read them misses no other figure, and
# where they cannot be read the others go on.
OPTIONAL_MODULES = ("Calls", "Tasks", "Events", "Notes")
# The records that a history has to take in, by their ids.
CHANGED = re.compile(r"(?<=^with changed as \()\n(.*?)(?=\n\),$)", re.DOTALL | re.MULTILINE)
FIGURES = " figures:"
FIGURE = re.compile(
    r" {3}(?P<name>\w+) \((?P<unit>\w+)(?:, (?P<module>\w+))?\): (?P<definition>\S.*)"
)
FURTHER = re.compile(r" {4,}(\S.*)")


class MartError(ValueError):
    """A mart's file or its use is wrong; the text names the mart and what to do."""


@dataclass(frozen=True)
class Figure:
    """A column that is a figure. unit: one of UNITS; percent is 0 to 100.

    module: the only module of the CRM that it is made of; None: all that the mart reads.
    """

    name: str
    unit: str
    definition: str
    module: str | None = None

    @property
    def label(self) -> str:
        """Its name for a reader: `junk_pct` is "Junk %"."""
        words = " ".join("%" if word == "pct" else word for word in self.name.split("_"))
        return f"{words[0].upper()}{words[1:]}"

    @property
    def comment(self) -> str:
        """Definition and unit in one line."""
        return f"{self.definition} ({self.unit})"


@dataclass(frozen=True)
class Mart:
    """One file of `sql/marts`.

    kind: `view`; `table`, rebuilt whole; `daily`, a table filled by day; or `incremental`, a table
    that takes in changed records alone. An incremental mart is either a history, which names its
    source table or view in `records`, has the columns id, synced_at and is_present (true for
    exactly one row of each record) and begins with a part `changed`, which gives the ids of the
    records to take in; or it follows the histories that it reads, by a `strategy`: `merge`,
    whose figures are sums over records, to which the changed ones are added; `delete+insert`,
    whose rows are those of the record in the column id, and replaced with it.
    keeps_changes: of a mart with `delete+insert` and the line `keeps: changes`: others follow it as
    they follow a history, and not what it is made of.
    links: of a history, columns that name a record of another one, each with that one's relation:
    a mart that reads both takes a record in again when what it names, or what names it, changed.
    Of a mart with `delete+insert`, columns by which the rows of such a history and its own records
    name the same thing, each with the table of these records: it takes in again those that name
    what a changed row names.
    key: the columns that identify a row, which get a unique index; may be empty. index: columns
    that get an index each, by which rows are found; joined by +, they get one together, from which
    what is asked of many rows is read without the rows. owner: the team responsible for the
    definitions. notes: what a reader should know about the whole mart.
    sources: the tables and views that the select reads, as `schema.name`, sorted.
    column_names: the names of columns in the select, of whatever table, sorted.
    reads_clock: whether it or one of its measures asks for the present day or time.
    lookup: for a mart that gives only names to those that read it, so that they do not stand on
    its tables: the ones that it does not wait for either; None for any other mart.
    optional: marts of which it takes what they hold, without standing on them: they come before it
    where they are built at all, and where they are not it is built without.
    """

    name: str
    kind: str
    key: tuple[str, ...]
    records: str | None
    strategy: str | None
    links: tuple[tuple[str, ...], ...]
    grain: str
    owner: str
    notes: str
    figures: tuple[Figure, ...]
    select: str
    sources: tuple[str, ...]
    column_names: tuple[str, ...] = ()
    reads_clock: bool = False
    lookup: tuple[str, ...] | None = None
    optional: tuple[str, ...] = ()
    index: tuple[tuple[str, ...], ...] = ()
    keeps_changes: bool = False

    @property
    def is_followed(self) -> bool:
        """Whether what changed in it is kept, for the marts that follow it."""
        return self.records is not None or self.keeps_changes

    @property
    def relation(self) -> str:
        """Its name in the database, with the schema."""
        return f"{SCHEMA}.{self.name}"

    @property
    def changed(self) -> str:
        """Of a history, the query of the ids of the records that it has to take in."""
        [ids] = CHANGED.findall(self.select)
        return str(ids)

    def over(self, ids: str, records: str) -> str:
        """Return the select of a history over the records of a query and a relation.

        Of ids in a table PostgreSQL then knows how many they are; a part that is read twice would
        be one of which it does not.
        """
        select = CHANGED.sub(lambda _: f"\n    {ids}", self.select)
        select = select.replace("with changed as (", "with changed as not materialized (", 1)
        return re.sub(rf"\b{self.records}\b", records, select)

    @property
    def group(self) -> str:
        """The part of the graph that it belongs to, in the order of the data's way.

        `history`: a row per record, or per what one said; `measures`: sums by day, source and owner
        that follow the changes; `figures`: what pages and briefings read.
        """
        if self.strategy == "merge":
            return "measures"
        return "history" if self.kind in ("view", "incremental") else "figures"

    @property
    def sums(self) -> tuple[str, ...]:
        """The columns that a change of records is added to: its figures that identify no row."""
        return tuple(each.name for each in self.figures if each.name not in self.key)

    @property
    def row(self) -> str:
        """What a row is, as a sentence."""
        return f"{self.grain[0].upper()}{self.grain[1:]}."


@cache
def read_marts(folder: Path = MARTS) -> tuple[Mart, ...]:
    """Return every mart of the folder, each after the ones that it reads.

    Raises MartError when a file has no proper header or holds anything but one select, and
    graphlib.CycleError when marts read each other in a circle.
    """
    marts = {mart.relation: mart for mart in map(_read, sorted(folder.glob("*.sql")))}
    sorter = TopologicalSorter({name: mart.sources for name, mart in marts.items()})
    return tuple(marts[name] for name in sorter.static_order() if name in marts)


@cache
def marts_by_relation() -> Mapping[str, Mart]:
    """Return every mart by its name with the schema, each after the ones that it reads."""
    return MappingProxyType({mart.relation: mart for mart in read_marts()})


def _read(path: Path) -> Mart:
    comments, select = parts(path)
    header: dict[str, str] = {}
    while comments and comments[0].partition(":")[0].strip() in HEADER:
        name, _, value = map(str.strip, comments.pop(0).partition(":"))
        header[name] = f"{header[name]} {value}" if name in header else value
    if not header.get("grain") or header.get("kind") not in KINDS or not header.get("owner"):
        raise MartError(
            f"{path.name} must begin with the lines '-- grain: one row per ...', '-- kind: ...', "
            f"one of {', '.join(KINDS)}, and '-- owner: ...', who answers for its definitions."
        )
    if (header["kind"] == "incremental") != (len(header.keys() & {"records", "strategy"}) == 1):
        raise MartError(
            f"{path.name}: the line '-- records: crm....' goes with '-- kind: incremental' and "
            "names the table whose changed records it reads; or the line '-- strategy: ...', one "
            f"of {', '.join(STRATEGIES)}, for a mart that follows histories."
        )
    if "keeps" in header and (header.get("strategy"), header["keeps"]) != (
        STRATEGIES[1],
        "changes",
    ):
        raise MartError(
            f"{path.name}: the only line of its kind is '-- keeps: changes', and it goes with "
            f"'-- strategy: {STRATEGIES[1]}'."
        )
    if header["kind"] == "view" and f"{MEASURES}." in select:
        raise MartError(
            f"{path.name}: a view cannot call a measure, because it would be lost when the "
            "measures are made anew. Write '-- kind: table'."
        )
    block = comments.index(FIGURES) if FIGURES in comments else len(comments)
    query = _parsed(path.name, select)
    return Mart(
        name=path.stem,
        kind=header["kind"],
        key=_names(header.get("key", "")),
        records=header.get("records"),
        strategy=header.get("strategy"),
        links=tuple(_names(link) for link in header.get("links", "").split(";") if link),
        grain=header["grain"],
        owner=header["owner"],
        notes="\n".join(line.strip() for line in comments[:block]),
        figures=_figures(path.name, comments[block + 1 :]),
        select=select,
        sources=tuple(name for name in _tables(query) if name != f"{SCHEMA}.{path.stem}"),
        column_names=_columns(query),
        reads_clock=_reads_clock(query),
        lookup=_names(header["lookup"]) if "lookup" in header else None,
        optional=_names(header.get("optional", "")),
        index=tuple(tuple(name.split("+")) for name in _names(header.get("index", ""))),
        keeps_changes="keeps" in header,
    )


def _names(value: str) -> tuple[str, ...]:
    return tuple(value.replace(",", " ").split())


def _figures(file_name: str, lines: Sequence[str]) -> tuple[Figure, ...]:
    """Return the figures of a block; a line indented further continues the one before."""
    figures: list[Figure] = []
    for line in lines:
        figure, more = FIGURE.fullmatch(line), FURTHER.fullmatch(line)
        if figure and figure["unit"] in UNITS:
            figures.append(Figure(**figure.groupdict()))
        elif more and figures:
            last = figures.pop()
            figures.append(replace(last, definition=f"{last.definition} {more[1]}"))
        else:
            raise MartError(
                f"{file_name}: below '-- figures:' the line '--{line}' must read "
                f"'--   column (unit): definition', with one of the units {', '.join(UNITS)}."
            )
    names = [figure.name for figure in figures]
    if twice := [name for name in dict.fromkeys(names) if names.count(name) > 1]:
        raise MartError(f"{file_name} defines {', '.join(twice)} twice: keep one line of it.")
    return tuple(figures)


def tables_read(file_name: str, select: str) -> tuple[str, ...]:
    """Return the tables and views that the select of a file reads. See `read_by`."""
    return read_by(file_name, select)[0]


def read_by(file_name: str, select: str) -> tuple[tuple[str, ...], bool]:
    """Return what the select of a file reads: tables and views, and whether the clock.

    The names are as `schema.name`, sorted. What its measures read is among them. Raises MartError
    when it is anything but one select.
    """
    query = _parsed(file_name, select)
    return _tables(query), _reads_clock(query)


def _parsed(file_name: str, select: str) -> "exp.Query":
    # Imported here: 0.7 s, and 10 ms a file, that only readers of the marts pay.
    import sqlglot
    from sqlglot import exp

    try:
        statements = sqlglot.parse(select, dialect="postgres")
    except sqlglot.errors.SqlglotError as error:
        raise MartError(f"{file_name} cannot be read as SQL: {error}") from None
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        raise MartError(f"{file_name} must hold one select statement and nothing else.")
    return with_measures(statements[0])


def _tables(query: "exp.Query") -> tuple[str, ...]:
    from sqlglot import exp

    tables = query.find_all(exp.Table)
    return tuple(sorted({f"{table.db}.{table.name}" for table in tables if table.db}))


def _columns(query: "exp.Query") -> tuple[str, ...]:
    from sqlglot import exp

    return tuple(sorted({column.name for column in query.find_all(exp.Column)}))


def _reads_clock(query: "exp.Query") -> bool:
    from sqlglot import exp

    local = (exp.CurrentDate, exp.CurrentTime, exp.Localtime, exp.Localtimestamp)
    calls = query.find_all(exp.Anonymous)
    asks = query.find(exp.CurrentTimestamp, *local)
    return asks is not None or any(call.name.lower() in CLOCKS for call in calls)


def core_modules(modules: Sequence[str]) -> tuple[str, ...]:
    """Return those of the modules that a mart reads: without them there is no figure.

    Those of `OPTIONAL_MODULES`, which carry figures of their own, are not among them.
    """
    read = {source for mart in read_marts() for source in mart.sources}
    read -= {f"crm.{table_name(module)}" for module in OPTIONAL_MODULES}
    return tuple(module for module in modules if f"crm.{table_name(module)}" in read)


@cache
def core_relations() -> frozenset[str]:
    """Return the marts that are complete once the core modules are read, by name with the schema.

    Through all that they read, they use neither an optional module nor the log of all reads.
    """
    others = {"crm.sync_logs", *(f"crm.{table_name(module)}" for module in OPTIONAL_MODULES)}
    for mart in read_marts():
        if others & set(mart.sources):
            others.add(mart.relation)
    return frozenset(mart.relation for mart in read_marts()) - others


@cache
def optional_relations() -> frozenset[str]:
    """Return the marts that read optional modules, by name with the schema."""
    found = {f"crm.{table_name(module)}" for module in OPTIONAL_MODULES}
    for mart in read_marts():
        if found & (set(mart.sources) - set(mart.optional)):
            found.add(mart.relation)
    return frozenset(name for name in found if name.startswith(f"{SCHEMA}."))
