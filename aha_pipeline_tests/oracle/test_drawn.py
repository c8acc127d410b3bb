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
from aha_pipeline_tests.oracle.mutants import ALL, equivalent_to, mutants
from aha_pipeline_tests.warehouse.marts_company import build, name_organisation, rows

# Of pace: two targets of one rep with the same numbers, which `union` would make one; of the rates:
# two groups of rates against one. None are drawn.
KNOWN = {"pace": 1, "company_rate_reading": 2}
MANY = 24 if ALL else 5  # drawn companies


@pytest.fixture(scope="module")
def results(module_database_url) -> dict[str, tuple[list[str], set[str]]]:
    """What is wrong with each measure, and which mutants of it are not found out."""
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
                faults[name] += faults_of(cursor, name, asked, original)
                written[name] = [
                    original,
                    *(text for text in changed if not faults_of(cursor, name, asked, text)),
                ]
        connection.rollback()
    return {name: (faults[name], set(written[name][1:])) for name in JUDGES}


def definitions(cursor, name: str) -> list[str]:
    """Return a measure as it is, and its mutants."""
    cursor.execute(f"select pg_get_functiondef('measures.{name}'::regproc)")
    before, _, _ = cursor.fetchone()[0].partition("$function$")
    original, *changed = mutants(read_measures()[name].body)
    return [f"{before}$function${it}$function$" for it in [original, *(changed if ALL else ())]]


@pytest.mark.parametrize("name", JUDGES)
def test_a_measure_is_right_and_each_mutant_of_it_is_wrong(results, name, capsys):
    faults, alive = results[name]
    assert faults == []
    if ALL:
        _, *changed = mutants(read_measures()[name].body).items()
        same = equivalent_to(f"measures.{name}")
        found = [what for text, what in changed if any(text in whole for whole in alive)]
        unlisted = [what for what in found if what not in same]
        with capsys.disabled():
            counts = f"{len(changed)} mutants, {len(same)} say the same, {len(unlisted)} alive"
            print(f"\nmeasures.{name}: {counts}", *unlisted, sep="\n    ")
        assert len(unlisted) <= KNOWN.get(name, 0)


def faults_of(cursor, name: str, asked: list, definition: str) -> list[str]:
    """Return what a measure, written so, gives otherwise, of the first that it gets wrong."""
    cursor.execute("savepoint mutant")
    try:
        cursor.execute("set local statement_timeout = '20s'")
        cursor.execute(definition.replace("%%", "%"))
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
