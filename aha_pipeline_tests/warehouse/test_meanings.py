"""What statuses and stages mean: the defaults, the organisation's metadata, the user's file."""

from decimal import Decimal

import pytest

from aha_pipeline.warehouse.connection import connect
from aha_pipeline.warehouse.meanings import derive_meanings, unmapped_values
from aha_pipeline.warehouse.user_file import UserFileError
from aha_pipeline_tests.warehouse.marts_company import build, company, deal, ist, lead, put, rows
from aha_pipeline_tests.warehouse.picklists import put_picklist

SHIPPED = (
    "-None-", "Attempted to Contact", "Contact in Future", "Contacted", "Junk Lead", "Lost Lead",
    "Not Contacted", "Pre-Qualified", "Not Qualified",
)  # fmt: skip


@pytest.fixture
def file(tmp_path):
    return tmp_path / "picklist_meaning.csv"


@pytest.fixture
def connection(database_url):
    with connect(database_url) as opened:
        yield opened


def stage(shown: str, kept: str, number: int, **told: object) -> dict:
    return {"display_value": shown, "actual_value": kept, "sequence_number": number} | told


def meanings(connection, file, module: str) -> dict[str, tuple]:
    """Return meaning, probability and source by value, in order of position."""
    derive_meanings(connection, file)
    found = rows(
        connection,
        "select value, meaning, probability, source from crm.picklist_meaning "  # noqa: S608
        f"where module = '{module}' order by position, value",
    )
    return {row["value"]: (row["meaning"], row["probability"], row["source"]) for row in found}


def in_progress(found: dict[str, tuple]) -> list[str]:
    return [value for value, (meaning, *_) in found.items() if meaning in ("open", None)]


def test_without_metadata_and_file_the_defaults_of_a_new_database_stand(connection, file):
    query = "select * from crm.picklist_meaning order by module, value"
    before = rows(connection, query)
    derive_meanings(connection, file)
    assert rows(connection, query) == before
    assert {row["source"] for row in before} == {"default"}


def test_names_alone_give_the_order_and_leave_the_rest_to_the_defaults(connection, file):
    put_picklist(connection, "Deals", "Qualification", "Design", "Value Proposition", "Closed Won")
    found = meanings(connection, file, "Deals")
    assert found["Qualification"] == ("open", Decimal(10), "default")
    assert found["Design"] == (None, None, "crm")
    assert found["Closed Won"] == ("won", Decimal(100), "default")
    assert in_progress(found)[:3] == ["Qualification", "Design", "Value Proposition"]
    assert list(found)[-4:-2] == ["Closed Won", "Closed Lost"]


def test_what_the_metadata_tells_of_a_stage_counts_more_than_the_defaults(connection, file):
    put_picklist(
        connection,
        "Deals",
        stage("Design", "Design", 1, deal_category="Open", probability=35),
        stage("Handed Over", "Handed Over", 2, forecast_type="Closed Won"),
        stage("Closed Won", "Closed Won", 3, deal_category="Closed Lost", probability=0),
        stage("Needs Analysis", "Needs Analysis", 4, forecast_type="Open"),
    )
    found = meanings(connection, file, "Deals")
    assert found["Design"] == ("open", Decimal(35), "crm")
    assert found["Handed Over"] == ("won", None, "crm")
    assert found["Closed Won"] == ("lost", Decimal(0), "crm")
    assert found["Needs Analysis"] == ("open", Decimal(20), "crm")


def test_a_renamed_stage_keeps_its_meaning_under_both_names(connection, file):
    put_picklist(connection, "Deals", stage("Commissioned", "Closed Won", 1))
    found = meanings(connection, file, "Deals")
    assert found["Commissioned"] == found["Closed Won"] == ("won", Decimal(100), "default")
    file.write_text("module,value,meaning\nDeals,Commissioned,open\n")
    found = meanings(connection, file, "Deals")
    assert found["Commissioned"] == found["Closed Won"] == ("open", None, "file")


def test_where_one_name_stands_for_two_values_the_kept_one_counts(connection, file):
    put_picklist(
        connection,
        "Deals",
        stage("Parked", "On Hold", 1, deal_category="Closed Lost"),
        stage("On Hold", "Waiting", 2, deal_category="Open"),
    )
    found = meanings(connection, file, "Deals")
    assert (found["On Hold"][0], found["Waiting"][0]) == ("lost", "open")


def test_statuses_as_shipped_are_put_in_the_order_of_the_work(connection, file):
    put_picklist(connection, "Leads", *SHIPPED, "Site Visit")
    found = meanings(connection, file, "Leads")
    assert list(found) == [
        "Not Contacted", "Attempted to Contact", "Contact in Future", "Contacted", "Pre-Qualified",
        "Site Visit", "Qualified", "Converted", "Lost Lead", "Not Qualified", "Junk Lead",
    ]  # fmt: skip


def test_statuses_that_somebody_has_ordered_stay_so(connection, file):
    put_picklist(
        connection, "Leads", "Contacted", "Site Visit", "Attempted to Contact", "Junk Lead"
    )
    assert list(meanings(connection, file, "Leads"))[:3] == [
        "Contacted", "Site Visit", "Attempted to Contact",
    ]  # fmt: skip


def test_a_line_of_the_file_counts_most_and_is_forgotten_with_the_line(connection, file):
    put_picklist(
        connection, "Deals", stage("Design", "Design", 1, deal_category="Open", probability=35)
    )
    before = meanings(connection, file, "Deals")
    file.write_text(
        "module,value,meaning,probability,position\n"
        "Deals,Design,won,,\nDeals,Needs Analysis,open,55,5\nDeals,Long Gone,lost\n"
    )
    found = meanings(connection, file, "Deals")
    assert found["Design"] == ("won", None, "file")
    assert found["Needs Analysis"] == ("open", Decimal(55), "file")
    assert found["Long Gone"] == ("lost", None, "file")
    assert next(iter(found)) == "Needs Analysis"
    file.unlink()
    assert meanings(connection, file, "Deals") == before


def test_a_bad_file_leaves_the_meanings_as_they_were(connection, file):
    file.write_text("module,value,meaning\nLeads,Contacted,qualified\n")
    before = meanings(connection, file, "Leads")
    file.write_text("module,value,meaning\nLeads,Contacted,lukewarm\n")
    with pytest.raises(UserFileError):
        derive_meanings(connection, file)
    connection.commit()
    found = rows(connection, "select * from crm.picklist_meaning where source = 'file'")
    assert [(row["value"], row["meaning"]) for row in found] == [("Contacted", "qualified")]
    assert before["Contacted"][0] == "qualified"


def test_values_in_use_without_a_meaning_are_named_with_their_records(database_url, file):
    with company(database_url) as connection:
        time = ist("2025-03-01 10:00:00")
        put_picklist(connection, "Leads", "Contacted", "Site Visit", "Unused")
        put(connection, "Leads", lead(1, time, "Site Visit"), lead(2, time, "Site Visit"))
        put(connection, "Leads", lead(3, time, None), lead(4, time, ""), lead(5, time, "Contacted"))
        put(connection, "Leads", lead(6, time, "Gone"), deleted_at=time)
        put(connection, "Deals", deal(1, time, "Design"))
        derive_meanings(connection, file)
        assert unmapped_values(connection) == [
            {"module": "Leads", "value": "Site Visit", "records": 2},
            {"module": "Deals", "value": "Design", "records": 1},
        ]
        build(connection)
        assert {row["meaning"] for row in rows(connection, "leads")} == {"open"}
        file.write_text("module,value,meaning\nLeads,Site Visit,qualified\nDeals,Design,open\n")
        derive_meanings(connection, file)
        assert unmapped_values(connection) == []
        build(connection)
        assert sum(row["is_qualified"] for row in rows(connection, "leads")) == 2


def test_a_reader_sees_whole_meanings_while_they_are_derived(connection, database_url, file):
    count = "select count(*) as values from crm.picklist_meaning"
    whole = rows(connection, count)
    connection.commit()
    derive_meanings(connection, file)
    with connect(database_url) as other:
        assert rows(other, count) == whole
