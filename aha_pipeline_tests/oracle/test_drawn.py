"""Measures of drawn rows of marts against plain Python: as they are, and with one thing changed.

All mutants of all of them are tried by `make mutants`: each is wrong in one of the companies drawn,
or is listed with the reason why it says the same in any.
"""

from datetime import date

import psycopg2
import pytest

from aha_pipeline.warehouse.connection import connect
from aha_pipeline.warehouse.measures import read_measures
from aha_pipeline_tests.oracle.comparison import differences
from aha_pipeline_tests.oracle.drawn import draw, put
from aha_pipeline_tests.oracle.measured import JUDGES
from aha_pipeline_tests.oracle.mutants import (
    ALL,
    equivalent_to,
    mutants,
    mutants_of_measure,
)
from aha_pipeline_tests.warehouse.marts_company import build, name_organisation, rows

MANY = 24 if ALL else 5  # drawn companies


@pytest.fixture(scope="module")
def results(module_database_url) -> dict[str, tuple[list[str], list[str]]]:
    """What is wrong with each measure, and what the mutants change that are not found out."""
    with connect(module_database_url) as connection, connection.cursor() as cursor:
        name_organisation(connection, "UTC")
        build(connection)
        cursor.execute("select now()")
        [(now,)] = cursor
        written = {name: definitions(cursor, name) for name in JUDGES}
        faults: dict[str, list[str]] = {name: [] for name in JUDGES}
        for seed in range(MANY):
            drawn = draw(seed, now)
            put(connection, drawn)
            for name, judge in JUDGES.items():
                asked = list(judge.asked(drawn))
                original, *changed = written[name]
                faults[name] += faults_of(cursor, name, asked, original[0])
                alive = [it for it in changed if not faults_of(cursor, name, asked, it[0])]
                written[name] = [original, *alive]
        connection.rollback()
    return {name: (faults[name], [what for _, what in written[name][1:]]) for name in JUDGES}


def definitions(cursor, name: str) -> list[tuple[str, str]]:
    """Return a measure as it is, and its mutants, each with what it changes."""
    original, *changed = mutants_of_measure(cursor, name).items()
    return [original, *(changed if ALL else ())]


@pytest.mark.parametrize("name", JUDGES)
def test_a_measure_is_right_and_each_mutant_of_it_is_wrong(results, name, capsys):
    faults, alive = results[name]
    assert faults == []
    if ALL:
        tried = len(mutants(read_measures()[name].body)) - 1
        same = equivalent_to(f"measures.{name}")
        unlisted = [what for what in alive if what not in same]
        not_same = [what for what in same if what not in alive]
        with capsys.disabled():
            counts = f"{tried} mutants, {len(same)} say the same, {len(unlisted)} alive"
            print(f"\nmeasures.{name}: {counts}", *unlisted, sep="\n    ")
        assert (unlisted, not_same) == ([], [])


def faults_of(cursor, name: str, asked: list, definition: str) -> list[str]:
    """Return what a measure, written so, gives otherwise, of the first that it gets wrong."""
    cursor.execute("savepoint mutant")
    try:
        cursor.execute("set local statement_timeout = '20s'")
        cursor.execute(definition)
        return next((found for it in asked if (found := faults_of_one(cursor, name, *it))), [])
    except psycopg2.Error as error:
        return [str(error)]
    finally:
        cursor.execute("rollback to savepoint mutant")


def faults_of_one(cursor, name: str, arguments: tuple, right: dict) -> list[str]:
    marks = ", ".join(
        "%s::date[]" if isinstance(it, list) and isinstance(it[0], date) else "%s"
        for it in arguments
    )
    query = f"select * from measures.{name}({marks})"  # noqa: S608
    listed = rows(cursor.connection, cursor.mogrify(query, arguments).decode())
    found = {tuple(row[column] for column in JUDGES[name].names): row for row in listed}
    faults = [f"{name} {arguments} {fault}" for fault in differences(right, found)]
    faults += [f"{name} {arguments} lacks {place}" for place in right.keys() - found.keys()]
    return [*faults, f"{name} {arguments} rows twice"] if len(found) < len(listed) else faults
