"""What each mart was built from: one whose inputs and rows are unchanged is left alone.

Inputs are the text of its file and of the views that it reads, the rows of the tables behind them,
the SQL functions, the days asked for and, if it reads the clock, the company's day. A mart that
follows histories has two sorts of input: the histories, whose latest changes it can apply, and all
else (`steady`), which has to be unchanged for that.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import md5

from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

from aha_pipeline.sql import MEASURES, MIGRATIONS, statement
from aha_pipeline.warehouse import mart_deltas
from aha_pipeline.warehouse.mart_files import SCHEMA, Mart, marts_by_relation, read_marts

FILE = "warehouse/mart_builds"
SMALL = 2_000  # rows: hashing them costs less than rebuilding the marts that read them


@dataclass(frozen=True)
class Build:
    """What a mart would be built from now, and whether that differs from its last build.

    inputs: a hash; None if unknown. is_tampered: somebody else wrote to its rows, or this version
    did not build it. has_form: its table was made with the same SQL, so it has the columns, indexes
    and comments that it should. For a mart that follows histories: `steady` is a hash of all other
    inputs, `followed` the contents of the histories by name, and `taken` says for each history
    whether the mart has its latest changes already; None if the mart has to be rebuilt.
    """

    mart: Mart
    inputs: str | None
    is_unchanged: bool
    is_tampered: bool
    has_form: bool
    steady: str | None = None
    followed: dict[str, str | None] | None = None
    taken: dict[str, bool] | None = None


def look_at(cursor: Cursor, mart: Mart, days: object) -> Build:
    """Return what the mart, with these days, would be built from, compared with its last build.

    Call it before the select: what lands between the two is then found by the next run.
    """
    asked = {"mart": mart.name, "relation": mart.relation, "is_view": mart.kind == "view"}
    cursor.execute(statement(FILE, "known"), asked)
    known, sealed, was_steady, had, sql_version, is_there = cursor.fetchone() or (None,) * 6
    is_intact = bool(is_there) and sealed is not None and sealed == _seal(cursor, mart)
    has_form = is_intact and sql_version == _sql_version(mart)
    if not mart.strategy:
        inputs = _inputs(cursor, mart, days)
        is_unchanged = is_intact and inputs is not None and inputs == known
        return Build(mart, inputs, is_unchanged, not is_intact, has_form)
    steady, now, before = _followed(cursor, mart)
    inputs = _hash(f"{steady};{json.dumps(now, sort_keys=True)}")
    can_follow = is_intact and steady == was_steady and had is not None
    taken = {name: had.get(name) == now[name] for name in now} if can_follow else {}
    known = {name for name in taken if before[name] is not None and had.get(name) == before[name]}
    can_follow &= all(taken[name] or name in known for name in taken)
    return Build(
        mart,
        inputs,
        can_follow and all(taken.values()),
        not is_intact,
        has_form,
        steady,
        now if _is_of_one_time(cursor, mart, now) else None,
        taken if can_follow else None,
    )


def keep(cursor: Cursor, build: Build) -> None:
    """Remember a mart as it has just been built, in the caller's transaction."""
    mart = build.mart
    seal = _seal(cursor, mart)
    kept: dict[str, object] = {"mart": mart.name, "inputs": build.inputs}
    kept |= {"seal": seal, "contents": seal, "sql_version": _sql_version(mart)}
    kept["steady"] = build.steady
    kept["followed"] = None if build.followed is None else json.dumps(build.followed)
    kept["is_known"] = mart.is_followed and mart_deltas.is_known(cursor, mart)
    if mart.kind in ("table", "daily"):
        kept["contents"] = _contents_if_small(cursor, mart) or seal
    cursor.execute(statement(FILE, "save"), kept)


def confirm(cursor: Cursor, mart: Mart) -> int:
    """Note that the mart is up to date without a build; return the rows of its last build."""
    cursor.execute(statement(FILE, "confirm"), {"mart": mart.name})
    row = cursor.fetchone()
    return int(row[0]) if row else 0


def forget(cursor: Cursor, marts: Collection[Mart]) -> None:
    """Make the next refresh of these marts rebuild them from the records."""
    cursor.execute(statement(FILE, "forget"), {"marts": [mart.name for mart in marts]})


def see_latest(cursor: Cursor, marts: Collection[Mart]) -> None:
    """Make sure that this transaction sees the latest build of these marts.

    Raises psycopg2.errors.SerializationFailure if its snapshot is older.
    """
    cursor.execute(statement(FILE, "see_latest"), {"marts": [mart.name for mart in marts]})


def state_of(
    cursor: Cursor, select: str, sources: Collection[str], *, reads_clock: bool
) -> str | None:
    """Return a hash of a query and of what it reads: whatever is written there makes it another.

    Unlike a mart's inputs it trusts no mart to be what was built. None where one of the relations
    is not what its file says. Call it before the query.
    """
    views = _views_behind(sources)
    names = {view.relation for view in views}
    tables = sorted({*sources, *(name for view in views for name in view.sources)} - names)
    kinds = dict.fromkeys(tables, "r") | dict.fromkeys(sorted(names), "v")
    given = {"relations": list(kinds), "kinds": list(kinds.values())}
    cursor.execute(statement(FILE, "are_of_kind"), given)
    if cursor.fetchone() != (True,):
        return None
    seals = [_query("seal" if kinds[name] == "r" else "seal_of_view", name) for name in kinds]
    state = sql.SQL(statement(FILE, "state")).format(
        surroundings=sql.SQL(statement(FILE, "surroundings")),
        seals=sql.SQL("), (").join(seals),
    )
    reads_clock |= any(view.reads_clock for view in views)
    cursor.execute(state, {"files": select, "days": "", "reads_clock": reads_clock})
    [(found,)] = cursor
    return str(found)


def _inputs(cursor: Cursor, mart: Mart, days: object) -> str | None:
    if mart.kind == "view":  # it shows what its tables say: only its own text can change
        return _hash(repr(mart))
    behind = [mart, *_views_behind(mart.sources)]
    return _state(cursor, behind, {source for each in behind for source in each.sources}, days)


def _followed(
    cursor: Cursor, mart: Mart
) -> tuple[str | None, dict[str, str | None], dict[str, str | None]]:
    """Return a hash of all inputs but the histories, and the histories' contents now and before.

    A history stands for the records and former contents that it reads.
    """
    followed = mart_deltas.histories(mart)
    behind = [mart, *(other for other in mart_deltas.behind(mart) if not other.is_followed)]
    covered = {other.relation for other in mart_deltas.behind(mart)}
    covered |= {each.records for each in followed if each.records} | {"crm.record_versions"}
    read = {source for each in behind for source in each.sources} - covered
    names = [history.name for history in followed]
    cursor.execute(statement(FILE, "histories"), {"marts": names})
    rows = {name: (contents, before) for name, contents, before in cursor}
    now = {name: rows.get(name, (None, None))[0] for name in names}
    before = {name: rows.get(name, (None, None))[1] for name in names}
    return _state(cursor, behind, read, None), now, before


def _is_of_one_time(cursor: Cursor, mart: Mart, contents: dict[str, str | None]) -> bool:
    """Return whether the marts that this one reads were built from the same histories."""
    between = [
        other.name for other in mart_deltas.behind(mart) if other.strategy and not other.is_followed
    ]
    wanted = json.dumps(contents)
    cursor.execute(statement(FILE, "is_of_one_time"), {"marts": between, "contents": wanted})
    [(is_of_one_time,)] = cursor
    return bool(is_of_one_time)


def _state(cursor: Cursor, behind: Sequence[Mart], read: set[str], days: object) -> str | None:
    """Return a hash of all that these marts are built from, but their own rows; None if unknown."""
    marts = marts_by_relation()
    built = [marts[name].name for name in read if name in marts and marts[name].kind != "view"]
    cursor.execute(statement(FILE, "contents_of_marts"), {"marts": built})
    [(contents,)] = cursor
    if contents is None:
        return None
    tables = sorted(name for name in read if name not in marts)
    large = _keeping_whole_records(cursor, tables) if tables else set()
    states = [_value(cursor, "seal" if t in large else "contents", t) for t in tables]
    surroundings = {
        "files": "".join(map(repr, behind)),
        "days": repr(days),
        "reads_clock": any(each.reads_clock for each in behind),
    }
    cursor.execute(statement(FILE, "surroundings"), surroundings)
    [(around,)] = cursor
    return _hash(";".join([around, contents, *states]))


def _keeping_whole_records(cursor: Cursor, tables: Sequence[str]) -> set[str]:
    cursor.execute(statement(FILE, "keeps_whole_records"), {"relations": tables})
    return {name for (name,) in cursor}


def _views_behind(sources: Collection[str]) -> list[Mart]:
    """Return the views among what is read, and those that they read, each once."""
    views = {name: other for name, other in marts_by_relation().items() if other.kind == "view"}
    found: dict[str, Mart] = {}
    queue = [*sources]
    while queue:
        name = queue.pop(0)
        if name in views and name not in found:
            found[name] = views[name]
            queue += views[name].sources
    return list(found.values())


def _seal(cursor: Cursor, mart: Mart) -> str:
    """Return the seal of a mart that is there as the kind that it should be."""
    return _value(cursor, "seal_of_view" if mart.kind == "view" else "seal", mart.relation)


def _contents_if_small(cursor: Cursor, mart: Mart) -> str | None:
    contents = sql.SQL("({})").format(_query("contents", mart.relation))
    query = sql.SQL(statement(FILE, "if_small")).format(
        table=sql.Identifier(SCHEMA, mart.name), contents=contents
    )
    cursor.execute(query, {"rows": SMALL})
    [(found,)] = cursor
    return None if found is None else str(found)


def _value(cursor: Cursor, name: str, relation: str) -> str:
    cursor.execute(_query(name, relation))
    [(value,)] = cursor
    return str(value)


def _query(name: str, relation: str) -> sql.Composed:
    return sql.SQL(statement(FILE, name)).format(
        name=sql.Literal(relation), table=sql.Identifier(*relation.split("."))
    )


def _sql_version(mart: Mart) -> str:
    """Return a hash of all SQL on which the columns, indexes and comments of a mart depend."""
    return _hash(repr(mart) + _version_of_all())


@cache
def _version_of_all() -> str:
    measures = [file.read_text(encoding="utf-8") for file in sorted(MEASURES.glob("*.sql"))]
    migrations = sorted(file.name for file in MIGRATIONS.glob("*.sql"))
    return _hash(repr([read_marts(), measures, migrations]))


def _hash(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()
