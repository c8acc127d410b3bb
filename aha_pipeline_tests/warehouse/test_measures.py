"""Each figure is computed in sql/measures: nowhere else, and every part of a formula counts.

Mutants of each formula - another operator, another constant, one argument for another, a condition
that always or never holds - are put in its place, and each must give a wrong answer somewhere.
"""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
import sqlglot
from psycopg2 import Error
from sqlglot import exp

from aha_pipeline.sql import ROOT
from aha_pipeline.warehouse.measures import MeasureError, read_measures
from aha_pipeline_tests.warehouse.marts_company import company, rows
from aha_pipeline_tests.warehouse.parsed_sql import parsed

# The proofs of statements are a second computation on purpose.
FOLDERS = ("marts", "dashboard", "briefing/facts", "briefing/report")
FILES = [path for folder in FOLDERS for path in sorted((ROOT / folder).glob("*.sql"))]


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_no_ratio_is_computed_outside_the_measures(path: Path):
    found = [
        node.sql("postgres")
        for node in parsed(path).find_all(exp.Div, exp.Mul)
        if isinstance(node, exp.Div) or "100" in (node.this.name, node.expression.name)
    ]
    assert set(found) <= ALLOWED.get(path.stem, set())


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_what_is_first_is_told_by_one_rule(path: Path):
    """A figure is compared with that of the next in the order by the rules of rank.sql alone."""
    query = parsed(path)
    named = [lead.find_ancestor(exp.Alias) for lead in query.find_all(exp.Lead)]
    seconds = {alias.alias for alias in named if alias}
    compared = [
        node.sql("postgres")
        for node in query.find_all(exp.GT, exp.GTE, exp.LT, exp.LTE, exp.EQ, exp.NEQ)
        if seconds & {column.name for column in node.find_all(exp.Column)}
        and not node.find(exp.Dot)
    ]
    assert set(compared) <= ALLOWED.get(path.stem, set())


# A unit of time or of worth in another unit.
ALLOWED = {
    "deal_history": {
        "w.dollars / o.home_dollars",
        "s.sure_day < COALESCE(s.until_day, 'infinity')",  # of days
    },
}

# measure: its arguments and the answer, worked out by hand.
ANSWERS: dict[str, list[tuple[tuple, object]]] = {
    "pct": [((1, 4), 25), ((0, 3), 0), ((5, 0), None), ((3, 2), 150), ((None, 2), None)],
    "is_too_few": [((9,), True), ((10,), False), ((11,), False)],
    "win_rate_bound": [
        ((5, 10, -1), Decimal("23.659")), ((5, 10, 1), Decimal("76.341")),
        ((0, 4, -1), 0), ((4, 4, 1), 100), ((2, 8, -1), Decimal("7.148")),
        ((2, 8, 1), Decimal("59.072")), ((0, 0, 1), None),
    ],
    "are_comparable": [((3,), False), ((4,), True), ((5,), True)],
    "is_in_middle": [
        ((1, 4), False), ((2, 4), True), ((3, 4), True), ((4, 4), False), ((2, 8), False),
        ((3, 8), True), ((6, 8), True), ((7, 8), False), ((1, 6), False), ((2, 6), True),
        ((5, 6), True), ((6, 6), False),
    ],
    "stands_out": [
        ((5, 4, 2, 2), True), ((5, 5, 2, 2), False), ((4, 5, 2, 2), False), ((5, 4, 3, 2), True),
        ((5, 4, 1, 2), False), ((5, None, 2, 2), True), ((0, None, 2, 2), False),
        ((0, 0, 2, 2), False), ((0.5, None, 1, 1), True), ((-1, -2, 2, 2), True),
        ((None, None, 1, 1), None),
    ],
    "stands_clear": [
        ((11, 10, 2, 2), True), ((12, 11, 2, 2), False), ((34.2, 34.1, 2, 2), False),
        ((3, 2, 2, 2), True), ((5, None, 1, 1), True), ((5, 4, 1, 2), False),
        ((0, None, 1, 1), False), ((0.5, None, 1, 1), True), ((-1, -2, 2, 2), True),
        ((None, None, 1, 1), None),
    ],
    "share_of_middle": [((2,), Decimal("0.5")), ((4,), Decimal("0.25")), ((3,), None)],
    "standard_deviation": [((2,), Decimal("2.965")), ((0,), 0)],
    "chance_of_events": [
        ((4, 50, 10, 1, 1), Decimal("4.472")), ((0.25, 8, 2, None, None), 2),
        ((9, 0, 0, 16, 4), 6), ((9, 0, 0, 16, 0), None), ((9, None, None, 9, 1), 9),
    ],
    "chance_of_share": [((1, 2, 4), 25), ((0, 2, 1), Decimal("43.301")), ((9, 98, 25), 6)],
    "score": [
        ((6, 2), 3), ((5, 0), 0), ((0, 0), 0), ((-3, 2), Decimal("-1.5")),
        ((None, 2), None), ((None, 0), None), ((5, None), None),
    ],
    "is_unusual": [
        ((3,), True), ((-3,), True), ((2.99,), False), ((-2.99,), False), ((4,), True),
    ],
    "mean_weight": [
        ((1, 4, 1, 2), Decimal("0.375")), ((0, 5, 3, 4), Decimal("0.375")),
        ((1, 2, 3, 4), Decimal("0.625")),
    ],
    "is_plausible_rate": [
        ((21, 84), True), ((20.9, 84), False), ((336, 84), True), ((337, 84), False),
        ((5, None), True), ((84, 84), True),
    ],
    "rate_reading": [
        ((84, 84), "multiply"), ((0.0119, 84), "divide"), ((1, 84), None), ((1, 1), None),
        ((0, 84), None), ((-84, 84), None), ((84, None), None), ((None, 84), None),
        ((0.3, 0.27), "multiply"), ((3.7, 0.27), "divide"), ((0.0119, 0.0118), "multiply"),
        ((84, 0.0118), "divide"), ((0.005, 84), "divide"), ((5, 1.5), "multiply"),
    ],
    "home_amount": [
        ((50, "INR", 1, "INR", "multiply", 1), 50), ((50, "INR", 9, "INR", "divide", 1), 50),
        ((50, None, 1, "INR", None, None), 50), ((50, None, None, "INR", None, None), 50),
        ((50, None, 84, "INR", "multiply", None), None), ((50, "USD", 84, "INR", None, 84), None),
        ((50, "USD", 84, "INR", "multiply", 84), 4200), ((50, "USD", 0.0125, "INR", "divide", 84),
         4000), ((50, "USD", 0.0125, "INR", "multiply", 84), None),
        ((50, "USD", 0.005, "INR", "divide", 84), 10_000),
        ((50, "USD", 84, "INR", "divide", 84), None), ((50, "USD", 0, "INR", "divide", None), None),
        ((50, "USD", 0, "INR", "multiply", None), None),
        ((50, "USD", -2, "INR", "multiply", None), None),
        ((50, "USD", None, "INR", "multiply", 84), None),
        ((0, "USD", None, "INR", None, None), 0), ((0, None, 84, "INR", "divide", 84), 0),
        ((50, "USD", 2, "INR", "divide", None), 25), ((50, "USD", 2, "INR", "multiply", None), 100),
        ((50, "USD", 1, "INR", "multiply", None), None), ((50, "USD", 1, "INR", None, 0.98), 50),
        ((50, "USD", 1, "INR", None, 1.02), 50), ((50, "USD", 1, "INR", "multiply", 1.03), None),
        ((50, "USD", 1, "INR", "divide", 0.97), None), ((50, None, 0, "INR", None, None), None),
        ((50, None, 2, "INR", "multiply", None), None), ((50, None, 2, None, "divide", None), None),
        ((50, "USD", 0.5, "INR", "multiply", None), 25), ((50, "USD", 0.5, "INR", "divide", None),
         100),
    ],
}  # fmt: skip
SWAPS = {
    exp.Add: exp.Sub, exp.Sub: exp.Add, exp.Mul: exp.Div, exp.Div: exp.Mul, exp.LT: exp.LTE,
    exp.LTE: exp.LT, exp.GT: exp.GTE, exp.GTE: exp.GT, exp.EQ: exp.NEQ, exp.And: exp.Or,
    exp.Or: exp.And,
}  # fmt: skip


@pytest.fixture(scope="module")
def connection(module_database_url):
    """A connection to a company without records."""
    with company(module_database_url) as connection:
        yield connection


def answers(connection, name: str) -> list[object]:
    found = []
    for arguments, _ in ANSWERS[name]:
        with connection.cursor() as cursor:
            marks = ", ".join(["%s"] * len(arguments))
            cursor.execute(f"select measures.{name}({marks})", arguments)
            (answer,) = cursor.fetchone()
        found.append(round(answer, 3) if isinstance(answer, Decimal) else answer)
    return found


@pytest.mark.parametrize("name", ANSWERS)
def test_a_formula_gives_what_was_worked_out_by_hand(connection, name):
    assert answers(connection, name) == [expected for _, expected in ANSWERS[name]]


def mutants(name: str) -> Iterator[str]:
    """Yield the bodies of a formula with one thing changed in each."""
    measure = read_measures()[name]
    whole = sqlglot.parse_one(measure.body, dialect="postgres")
    for number, node in enumerate(whole.walk()):
        for other in _changed(node, measure.parameters):
            copy = whole.copy()
            list(copy.walk())[number].replace(other)
            yield copy.sql("postgres")


def _changed(node: exp.Expression, parameters: tuple[str, ...]) -> Iterator[exp.Expression]:
    if swap := SWAPS.get(type(node)):
        yield swap(this=node.this.copy(), expression=node.expression.copy())
    if isinstance(node, exp.Literal) and not node.is_string:
        yield exp.Literal.number(f"{Decimal(node.name) * 2 + 1}")
        yield exp.Literal.number(f"{Decimal(node.name) - 1}" if node.name != "0" else "7")
    if isinstance(node, exp.Literal) and node.is_string:
        yield exp.Literal.string(f"{node.name}x")
    if isinstance(node, exp.Boolean):
        yield exp.Boolean(this=not node.this)
    if isinstance(node, exp.Not | exp.Abs | exp.Coalesce | exp.Nullif):
        yield node.this.copy()
    if isinstance(node, exp.Predicate) and not isinstance(node.parent, exp.Connector | exp.Not):
        yield exp.true()
        yield exp.false()


MUTANTS = [(name, body) for name in ANSWERS for body in dict.fromkeys(mutants(name))]


@pytest.mark.parametrize("name", ANSWERS)
def test_every_mutant_of_a_formula_gives_a_wrong_answer(connection, name):
    survivors = [
        body for mutated, body in MUTANTS if mutated == name and _survives(connection, name, body)
    ]
    assert survivors == []


def _survives(connection, name: str, body: str) -> bool:
    """Return whether the answers stay right with the mutant in the place of the formula."""
    expected = [answer for _, answer in ANSWERS[name]]
    definition = f"select pg_get_functiondef('measures.{name}'::regproc) as text"
    whole = rows(connection, definition)[0]["text"]
    start = whole.index("$function$") + len("$function$")
    end = whole.rindex("$function$")
    with connection.cursor() as cursor:
        cursor.execute("savepoint mutant")
        try:
            cursor.execute(whole[:start] + body + whole[end:])
            return answers(connection, name) == expected
        except Error:
            return False
        finally:
            cursor.execute("rollback to savepoint mutant")


def test_a_file_with_anything_but_functions_is_refused(tmp_path):
    (tmp_path / "odd.sql").write_text("-- a measure\ncreate table measures.t (a int);\n")
    with pytest.raises(MeasureError, match=r"odd\.sql holds something else than functions"):
        read_measures(tmp_path)
