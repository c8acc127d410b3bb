"""What Zoho's history tells of records, in part and with faults, against plain Python.

`make mutants` tries all mutants of the measures, else a few are.
"""

from datetime import datetime
from itertools import combinations_with_replacement, product
from random import Random

import pytest
from psycopg2.extras import execute_values

from aha_pipeline.warehouse.connection import connect
from aha_pipeline.warehouse.mart_files import read_marts
from aha_pipeline_tests.oracle import told_company
from aha_pipeline_tests.oracle.comparison import faults_of_rows
from aha_pipeline_tests.oracle.mutants import alive_of_measure
from aha_pipeline_tests.oracle.told import Told, contents_before
from aha_pipeline_tests.oracle.told_records import (
    DAY,
    FIELDS,
    HOUR,
    NAMES,
    SECOND,
    drawn,
    land,
)
from aha_pipeline_tests.warehouse.marts_company import as_json, build

RECORDS = 500


@pytest.fixture(scope="module")
def told() -> list[Told]:
    return list(drawn(Random(1), RECORDS))


@pytest.fixture(scope="module")
def cursor(module_database_url, told):
    with connect(module_database_url) as connection, connection.cursor() as cursor:
        build(connection, only=["owners"])
        land(cursor, told)
        yield cursor
        connection.rollback()


def asked(cursor, told: list[Told]) -> list[tuple]:
    """Return what the measure says of records, several at a time."""
    several = [[one for one in told if one.module == module] for module in FIELDS]
    several = [of[place : place + 5] for of in several for place in range(0, len(of), 5)]
    given = [
        (
            of[0].module,
            [one.id for one in of],
            [one.created for one in of],
            [one.read for one in of],
            [as_json(one.content) for one in of],
        )
        for of in several
    ]
    query = (
        "select c.* from (values %s) g (module, ids, created, read, contents) "
        "cross join lateral measures.contents_before(module, ids, created, read, contents) c"
    )
    template = "(%s, %s, %s::timestamptz[], %s::timestamptz[], %s::jsonb[])"
    return execute_values(cursor, query, given, template, page_size=len(given), fetch=True)


def right(told: list[Told]) -> list[tuple]:
    return [
        (one.id, it.since, it.until, it.said, it.assumed, it.assumed_until)
        for one in told
        for it in contents_before(one, NAMES)
    ]


def in_order(contents: list[tuple]) -> list[tuple]:
    return sorted(contents, key=lambda it: it[:3])


def test_what_is_told_of_each_record_is_right(cursor, told):
    expected, found = in_order(right(told)), in_order(asked(cursor, told))
    differences = [pair for pair in zip(expected, found, strict=False) if pair[0] != pair[1]]
    assert (differences[:1], len(found) - len(expected)) == ([], 0)
    is_told = {it[0] for it in found}
    assert RECORDS / 2 < len(is_told) < RECORDS


def test_a_mutant_of_what_is_told_is_found_out(cursor, told, capsys):
    expected = in_order(right(told))
    alive = alive_of_measure(
        cursor, "contents_before", lambda: in_order(asked(cursor, told)) == expected, capsys
    )
    assert alive == []


def test_histories_of_a_company_whose_past_is_told_in_part(database_url):
    marts = {mart.name: mart for mart in read_marts()}
    with connect(database_url) as connection, connection.cursor() as cursor:
        picture = told_company.built(connection, records=RECORDS)
        for name in told_company.HISTORIES:
            mart = marts[name]
            cursor.execute(f"delete from {mart.relation}")  # noqa: S608
            cursor.execute(f"insert into {mart.relation} {mart.select}", {"since": "-infinity"})
            assert faults_of_rows(connection, picture, name) == []
            assert told_company.faults_of_landing(connection, name) == []
        connection.rollback()


# Local days on which a deal's history has something; entries from then on are not of the past.
MIDNIGHT = datetime(2026, 3, 10, tzinfo=told_company.ZONE)
CONNECTED = MIDNIGHT + 5 * DAY + HOUR
TOLD_AT = [MIDNIGHT, MIDNIGHT + 2 * DAY + HOUR, MIDNIGHT + 4 * DAY - SECOND]
TOLD_AT += [CONNECTED, CONNECTED + DAY]
PERIODS = [
    (MIDNIGHT.date() + first * DAY, MIDNIGHT.date() + last * DAY)
    for first, last in combinations_with_replacement(range(-2, 8), 2)
]
CHOSEN = [*product([None, ["Partner"], ["(none)"]], [None, ["1"], ["2", "3"]]), (["Web"], None)]


def test_whether_the_pipeline_of_some_days_is_told(database_url, capsys):
    labels = {"partner": "Partner", "(none)": "(none)"}
    with connect(database_url) as connection, connection.cursor() as cursor:
        picture = told_company.built(connection, records=150)
        told = list(zip(picture.deals, TOLD_AT, strict=False))
        entries = [("Deals", deal.id, str(at), at) for deal, at in told]
        entries.append(("Deals", "of one not read", "0", MIDNIGHT - 2 * DAY))
        entries.append(("Leads", picture.leads[0].id, "of a lead", MIDNIGHT + 3 * DAY + HOUR))
        cursor.execute("delete from crm.record_history")
        execute_values(
            cursor,
            "insert into crm.record_history "
            "(module, record_id, entry_id, audited_time, way, raw_data) values %s",
            entries,
            "(%s, %s, %s, %s, 'timeline', '{}')",
        )
        cursor.execute("update crm.organisation set connected_at = %s", [CONNECTED])
        given = [(*days, *chosen) for days in PERIODS for chosen in CHOSEN]
        expected = [
            any(
                first <= at.date() <= last
                and at < CONNECTED
                and (sources is None or labels[deal.source] in sources)
                and (owners is None or deal.now.owner in owners)
                for deal, at in told
            )
            or (sources is owners is None and first == PERIODS[0][0])
            for first, last, sources, owners in given
        ]
        query = (
            "select measures.is_pipeline_told(first, last, sources, owners) "
            "from (values %s) g (number, first, last, sources, owners) order by number"
        )

        def is_right() -> bool:
            template = "(%s, %s::date, %s::date, %s::text[], %s::text[])"
            numbered = [(number, *one) for number, one in enumerate(given)]
            found = execute_values(cursor, query, numbered, template, len(given), fetch=True)
            return [is_told for (is_told,) in found] == expected

        assert alive_of_measure(cursor, "is_pipeline_told", is_right, capsys) == []
        connection.rollback()
