"""Which statuses tell that nobody has dealt with a lead, by lists that companies may have."""

import pytest
from psycopg2.extras import execute_values

from aha_pipeline.warehouse.measures import install_measures
from aha_pipeline_tests.oracle.mutants import alive_of_measure
from aha_pipeline_tests.warehouse.marts_company import company

# Value and meaning of each status, in the order of the list; None: nobody says what it means. One
# that was renamed has both names.
LISTS = {
    "as Zoho has it": [("Attempted to Contact", "open"), ("Contacted", "open"),
        ("Not Contacted", "open"), ("Qualified", "qualified"), ("Junk Lead", "junk")],
    "one of its own": [("New", "open"), ("In Talks", "open"), ("Won Over", "converted")],
    "one that nobody explains": [("Fresh", None), ("Warm", None)],
    "begins with what is qualified": [("Hot", "qualified"), ("Warm", "open")],
    "begins with who was not reached": [("Attempted to Contact", "open"), ("Called", "open")],
    "begins with later": [("Contact in Future", "open"), ("Called", "open")],
    "begins with who was reached": [("contacted", "open"), ("Called", "open")],
    "spelled otherwise": [("New", "open"), ("NOT  contacted", None)],
    "not contacted means junk": [("Not Contacted", "junk"), ("Called", "open")],
    "renamed": [("Hot", "open"), ("Fresh|Not Contacted", "open"), ("Called", "open")],
    "begins with one that was renamed": [("Reached|Contacted", "open"), ("Called", "open")],
    "begins with one of its own that was": [("New|Raw", "open"), ("Called", "open")],
    "an empty one of its own": [("(none)", "open"), ("Called", "open")],
}  # fmt: skip
TALKED = {"attempted to contact", "contact in future", "contacted"}


def right(statuses: list[tuple[str, str | None]]) -> set[str]:
    found = {"(none)"}
    for place, (value, meaning) in enumerate(statuses):
        names = value.split("|")
        words = {" ".join(name.lower().split()) for name in names}
        if meaning in (None, "open") and (
            "not contacted" in words or (place == 0 and not words & TALKED)
        ):
            found.update(names)
    return found


@pytest.fixture
def cursor(database_url):
    with company(database_url) as connection, connection.cursor() as cursor:
        install_measures(connection)
        cursor.execute("delete from crm.picklist_meaning")
        # Of another list, which comes before all.
        put(cursor, "Deals", [("Not Contacted", "open"), ("Fresh start", "open")], -5)
        yield cursor
        connection.rollback()


def put(cursor, module: str, statuses: list[tuple[str, str | None]], first: int) -> None:
    execute_values(
        cursor,
        "insert into crm.picklist_meaning (module, value, position, meaning, source) values %s",
        [
            (module, name, first + n, meaning, "crm")
            for n, (value, meaning) in enumerate(statuses)
            for name in value.split("|")
        ],
    )


def untouched(cursor, statuses: list[tuple[str, str | None]]) -> list[str]:
    cursor.execute("delete from crm.picklist_meaning where module = 'Leads'")
    put(cursor, "Leads", statuses, 3)
    cursor.execute("select status from measures.untouched_statuses()")
    return sorted(status for (status,) in cursor)


def test_each_mutant_takes_another_status_for_one_without_a_response(cursor, capsys):
    def is_right() -> bool:
        return all(untouched(cursor, it) == sorted(right(it)) for it in LISTS.values())

    assert alive_of_measure(cursor, "untouched_statuses", is_right, capsys) == []
