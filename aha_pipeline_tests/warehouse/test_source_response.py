"""How soon the leads of each source are answered."""

from datetime import timedelta
from decimal import Decimal
from random import Random
from statistics import median

import pytest

from aha_pipeline.warehouse.meanings import derive_meanings
from aha_pipeline_tests.warehouse.marts_company import (
    build,
    company,
    ist,
    lead,
    put,
    put_history,
    rows,
    today,
)
from aha_pipeline_tests.warehouse.picklists import put_picklist


@pytest.fixture
def connection(database_url):
    """A connection to a company without records."""
    with company(database_url) as connection:
        yield connection


@pytest.mark.parametrize(
    ("listed", "untouched"),
    [
        (("New", "Contacted"), {"New"}),
        (("Contacted", "Qualified"), set()),  # the one before it was taken out of the list
        (("Pre-Qualified", "Contacted"), set()),
        (("Junk Lead", "Lost Lead"), set()),
        (("Attempted to Contact", "Not Contacted", "Qualified", "Pre-Qualified"), set()),
    ],
)
def test_no_status_that_tells_of_a_response_is_taken_for_none(
    connection, tmp_path, listed, untouched
):
    put_picklist(connection, "Leads", *listed)
    derive_meanings(connection, tmp_path / "none.csv")
    found = rows(connection, "select status from measures.untouched_statuses()")
    assert {row["status"] for row in found} == {"(none)", "Not Contacted"} | untouched


def test_sources_by_the_response_to_their_leads(connection):
    day = today(connection)

    def at(days, time="10:00:00"):
        return ist(f"{day - timedelta(days)} {time}")

    def later(number, days, *changes, **fields):
        contents = [lead(number, at(days), **fields)]
        contents += [
            lead(number, at(days), status, Modified_Time=at(when), **(fields | dict(*more)))
            for when, status, *more in changes
        ]
        put_history(connection, "Leads", *contents)

    later(1, 30, (28, "Not Contacted"), (25, "Contacted"), (20, "Qualified"))
    later(2, 20, (20, "Attempted to Contact"), (19, "Not Contacted"))
    later(3, 20, (10, "Junk Lead"))
    later(4, 9, (5, "Not Contacted", {"$converted": True}))
    later(5, 9, (8, None))
    put(connection, "Leads", lead(6, at(1), "Contacted", Modified_Time=at(0)))
    put(connection, "Leads", lead(7, at(1, "23:59:59"), Lead_Source=None))
    put(connection, "Leads", lead(8, at(0, "00:00:00")), lead(9, at(31, "23:59:59")))
    put(connection, "Leads", lead(10, at(9), "Contacted"), deleted_at=at(2))
    build(connection, only=("source_response",))
    found = {row.pop("source"): row for row in rows(connection, "source_response")}
    assert round(found["Facebook"].pop("contacted_pct"), 4) == Decimal("83.3333")
    assert found["Facebook"] == {
        "first_day": day - timedelta(30),
        "last_day": day - timedelta(1),
        "leads": 6,
        "contacted_leads": 5,
        "qualified_leads": 2,
        "junk_leads": 1,
        "converted_leads": 1,
        "timed_leads": 4,
        "median_days": Decimal("4.5"),
    }
    nobody = found.pop("(none)")
    assert (nobody["leads"], nobody["contacted_leads"], nobody["median_days"]) == (1, 0, None)
    assert list(found) == ["Facebook"]


def test_the_median_is_that_of_the_days_of_each_lead(connection):
    random, day, expected = Random(7), today(connection), {}
    for number in range(60):
        source = f"Source {number % 9}"
        waited = random.randint(0, 6)
        times = [ist(f"{day - timedelta(20 - days)} 10:00:00") for days in (0, waited)]
        contents = [
            lead(number, times[0], status, Modified_Time=when, Lead_Source=source)
            for status, when in zip(("Not Contacted", "Contacted"), times, strict=True)
        ]
        is_timed = random.random() < number % 9 / 8  # of the first source none, of the last all
        put_history(connection, "Leads", *(contents if is_timed else contents[:1]))
        expected.setdefault(source, []).extend([waited] if is_timed else [])
    build(connection, only=("source_response",))
    found = {row["source"]: row for row in rows(connection, "source_response")}
    assert {source: row["median_days"] for source, row in found.items()} == {
        source: median(days) if days else None for source, days in expected.items()
    }
    assert {s: row["timed_leads"] for s, row in found.items()} == {
        source: len(days) for source, days in expected.items()
    }
