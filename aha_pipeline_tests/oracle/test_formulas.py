"""Measures of a few numbers against plain Python: as they are, and with one thing changed.

All mutants of all of them are tried each time: none needs a mart.
"""

from itertools import product

import psycopg2
import pytest

from aha_pipeline.warehouse.connection import connect
from aha_pipeline_tests.oracle.comparison import is_equal
from aha_pipeline_tests.oracle.formulas import FORMULAS, Formula
from aha_pipeline_tests.oracle.mutants import mutants_of_measure

# Mutants that say the same as what they are made of.
EQUIVALENT: dict[str, int] = {}


@pytest.fixture
def cursor(module_database_url):
    with connect(module_database_url) as connection, connection.cursor() as cursor:
        yield cursor
        connection.rollback()


@pytest.mark.parametrize(("name", "formula"), FORMULAS.items(), ids=FORMULAS)
def test_a_formula_is_right_and_each_mutant_of_it_is_wrong(cursor, name, formula):
    (unchanged, _), *changed = mutants_of_measure(cursor, name).items()
    assert is_right(cursor, name, formula, unchanged)
    alive = [what for changed_one, what in changed if is_right(cursor, name, formula, changed_one)]
    assert len(alive) == EQUIVALENT.get(name, 0), alive


def is_right(cursor, name: str, formula: Formula, definition: str) -> bool:
    """Return whether a measure, written so, gives what is right for everything it is tried with."""
    inputs = list(product(*formula.tried))
    marks = ", ".join(["%s"] * len(formula.tried))
    call = f"((select it from measures.{name}({marks}) it))"  # noqa: S608 - a row as its text
    cursor.execute("savepoint mutant")
    try:
        cursor.execute(definition)
        cursor.execute(b"values " + b", ".join(cursor.mogrify(call, it) for it in inputs))
        found = [value for (value,) in cursor]
    except psycopg2.Error:
        return False
    finally:
        cursor.execute("rollback to savepoint mutant")
    return all(
        is_equal(value, formula.right(*values)) for value, values in zip(found, inputs, strict=True)
    )
