"""SQL with one thing changed in it: an operator, a constant, a filter, an aggregate, a join."""

import os
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import sqlglot
from sqlglot import exp

from aha_pipeline.warehouse.measures import read_measures

ALL = os.environ.get("AHA_MUTANTS") == "all"
EQUIVALENT = Path(__file__).with_name("equivalent_mutants")
SAMPLE = 6  # of each query, where not all are tried
PARAMETER = re.compile(r"%\((\w+)\)s")
SWAPS = {
    exp.Add: exp.Sub, exp.Sub: exp.Add, exp.Mul: exp.Div, exp.Div: exp.Mul, exp.LT: exp.LTE,
    exp.LTE: exp.LT, exp.GT: exp.GTE, exp.GTE: exp.GT, exp.EQ: exp.NEQ, exp.NEQ: exp.EQ,
    exp.And: exp.Or, exp.Or: exp.And,
}  # fmt: skip
RENAMED = {
    exp.Sum: exp.Max, exp.Min: exp.Max, exp.Max: exp.Min, exp.Avg: exp.Sum,
    exp.Greatest: exp.Least, exp.Least: exp.Greatest,
}  # fmt: skip
Change = Callable[[exp.Expression], object]
SIDES = {"LEFT": "", "FULL": "LEFT", "": "LEFT"}


def mutants(query: str) -> dict[str, str]:
    """Return {query with one thing changed: what was changed}; the first has nothing changed.

    Of changes that read alike the second is told apart by its number, and so on. Parameters of
    psycopg (`%(name)s`) stay as they are.
    """
    plain = PARAMETER.sub(r"p__\1", query).replace("%%", "%")
    whole = sqlglot.parse_one(plain, dialect="postgres")
    found = {_with_parameters(whole.sql("postgres")): "nothing"}
    alike: Counter[str] = Counter()
    for number, node in enumerate(whole.walk()):
        for change in _changes(node):
            copy = whole.copy()
            place = list(copy.walk())[number]
            around = place.parent or place
            if isinstance(around, exp.Limit | exp.Where):
                around = around.parent  # of several alike, which
            before = around.sql("postgres")
            change(place)
            what = f"{before} -> {around.sql('postgres')}"
            text = _with_parameters(copy.sql("postgres"))
            if text not in found:
                alike[what] += 1
                found[text] = what if alike[what] == 1 else f"{what} (no. {alike[what]})"
    return found


def mutants_of_measure(cursor, name: str) -> dict[str, str]:
    """Return {measure with one thing changed, as it is created: what}; the first has nothing."""
    cursor.execute(f"select pg_get_functiondef('measures.{name}'::regproc)")
    before, _, _ = cursor.fetchone()[0].partition("$function$")
    return {
        f"{before}$function${text.replace('%%', '%')}$function$": what
        for text, what in mutants(read_measures()[name].body).items()
    }


def alive_of(
    name: str, changed: list[tuple[str, str]], is_alive: Callable[[str], bool], capsys
) -> list[str]:
    """Return what those of the mutants change that are not found out; print it where all are tried.

    Tried are all with AHA_MUTANTS=all, also those that are said to say the same: of these the ones
    that are found out are returned. Else a few from all over the query are tried.
    """
    listed, tried = equivalent_to(name), some(changed)
    same = [(text, what) for text, what in tried if what in listed]
    different = [(text, what) for text, what in tried if what not in listed]
    alive = [what for text, what in different if is_alive(text)]
    if not ALL:
        return alive
    not_same = [f"listed, but found out: {what}" for text, what in same if not is_alive(text)]
    found = len(different) - len(alive)
    line = f"\n{name}: {found} of {len(tried)} found out, {len(same)} say the same, "
    with capsys.disabled():
        print(f"{line}{len(alive)} alive", *alive, *not_same, sep="\n    ")
    return alive + not_same


def alive_of_measure(cursor, name: str, is_right: Callable[[], bool], capsys) -> list[str]:
    """Return what those mutants of a measure change with which all is right. See `alive_of`.

    is_right: asked with a mutant in the place of the measure; an error says no, too.
    """
    (unchanged, _), *changed = mutants_of_measure(cursor, name).items()

    def is_alive(definition: str) -> bool:
        def is_right_with_it() -> bool:
            cursor.execute(definition)
            return is_right()

        return is_right_apart(cursor, is_right_with_it)

    assert is_alive(unchanged)
    return alive_of(f"measures.{name}", changed, is_alive, capsys)


def is_right_apart(cursor, is_right: Callable[[], bool]) -> bool:
    """Return what is said of a mutant that is put in place for it, and taken back afterwards.

    One that cannot be run, or holds nothing where something has to be, is not right.
    """
    cursor.execute("savepoint mutant")
    try:
        cursor.execute("set local statement_timeout = '20s'")
        return is_right()
    except (psycopg2.Error, AssertionError, AttributeError, LookupError, TypeError):
        return False
    finally:
        cursor.execute("rollback to savepoint mutant")


def some(changed: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return all of the mutants with AHA_MUTANTS=all, else a few from all over the query."""
    step = 1 if ALL else max(1, len(changed) // SAMPLE)
    return changed[step // 2 :: step]


def equivalent_to(name: str) -> dict[str, str]:
    """Return {mutant of a mart or measure that says the same in any company: why}."""
    listed = EQUIVALENT / f"{name}.toml"
    return tomllib.loads(listed.read_text(encoding="utf-8")) if listed.exists() else {}


def _with_parameters(text: str) -> str:
    return re.sub(r"p__(\w+)", r"%(\1)s", text.replace("%", "%%"))


def _changes(node: exp.Expression) -> Iterator[Change]:
    """Yield functions that change a node of a tree in its place."""
    kind = type(node)
    if kind in SWAPS:
        yield lambda n: n.replace(SWAPS[type(n)](this=n.this, expression=n.expression))
    if kind in RENAMED:
        yield lambda n: n.replace(RENAMED[type(n)](**n.args))
    if kind in (exp.Not, exp.Coalesce, exp.Nullif, exp.Abs) and node.this is not None:
        yield lambda n: n.replace(n.this)
    if isinstance(node, exp.Predicate) and not isinstance(node.parent, exp.Not):
        yield lambda n: n.replace(exp.true())
        yield lambda n: n.replace(exp.false())
    yield from _changes_of_constants(node)
    yield from _changes_of_sets(node)


def _changes_of_constants(node: exp.Expression) -> Iterator[Change]:
    if isinstance(node, exp.Literal) and not node.is_string:
        yield lambda n: n.replace(exp.Literal.number(f"{float(n.name) * 2 + 1:g}"))
    if isinstance(node, exp.Literal) and node.is_string and not _names_a_thing(node):
        yield lambda n: n.replace(exp.Literal.string(f"{n.name}x"))
    if isinstance(node, exp.Boolean):
        yield lambda n: n.replace(exp.Boolean(this=not n.this))


def _changes_of_sets(node: exp.Expression) -> Iterator[Change]:
    if isinstance(node, exp.Join) and not node.args.get("kind"):
        yield lambda n: n.set("side", SIDES.get(n.side, ""))
    if isinstance(node, exp.Union):
        yield lambda n: n.set("distinct", not n.args.get("distinct"))
    if isinstance(node, exp.Ordered) and node.find_ancestor(exp.Window):
        yield lambda n: n.set("desc", not n.args.get("desc"))
    if isinstance(node, exp.Distinct) and isinstance(node.parent, exp.Count):
        yield lambda n: n.replace(n.expressions[0])


def _names_a_thing(node: exp.Literal) -> bool:
    """Return whether a text is a type, a unit or a name, with which the query would not run."""
    return isinstance(node.parent, exp.Cast | exp.Interval | exp.JSONPathKey)
