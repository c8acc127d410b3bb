"""A field or a module that Zoho's user may see no more: nothing is lost, and it is said."""

from datetime import UTC, datetime

import pytest

from aha_pipeline import services
from aha_pipeline.assets.reconcile import reconcile
from aha_pipeline.warehouse.connection import connect
from aha_pipeline.warehouse.mart_files import read_marts
from aha_pipeline.warehouse.mart_inputs import write_inputs
from aha_pipeline_tests.assets.world import living, read, rows

START_OF_NOTHING = datetime(2039, 1, 1, tzinfo=UTC)  # no record is changed after it


@pytest.fixture
def opened(connected, monkeypatch) -> services.Services:
    """Services on the sandbox, whose marts are known to stand on modules."""
    monkeypatch.setattr("aha_pipeline.services.BACKOFF_SECONDS", 0.01)
    found = services.current()
    with connect(found.database_url) as connection:
        write_inputs(connection, read_marts())
    return found


def unserved(opened) -> set[str]:
    return {field for (field,) in rows(opened, "select api_name from crm.unserved_fields")}


def wide_deals(sandbox, number: int) -> list[str]:
    values = {
        "Stage": "Qualification",
        "Amount": 5,
        "Probability": 20,
        "Next_Step": "Call",
        "Description": "-",
    }
    return [sandbox.store.create("Deals", {"Deal_Name": f"D{n}", **values}) for n in range(number)]


def lose(sandbox, fields: set[str]) -> None:
    sandbox.switches.hidden = {"Deals": fields}


@pytest.mark.parametrize(
    ("version", "fields"),
    [("v2", {"Amount"}), ("v8", {"Amount"}), ("v2", {"Stage", "Probability"})],
)
def test_values_of_a_lost_field_are_kept_until_it_is_back(opened, connected, version, fields):
    opened.zoho().version = version
    edited, untouched, *_ = wide_deals(connected, 30)
    read(opened, "Deals")
    before = living(opened, "crm_deals")
    lose(connected, fields)
    connected.store.edit("Deals", edited, {"Deal_Name": "Other", "Amount": 7})
    result = read(opened, "Deals")
    assert {field.api_name for field in result.load.unserved} == fields
    assert all(field.carries_marts for field in result.load.unserved)
    after = living(opened, "crm_deals")
    assert after[edited]["Deal_Name"] == "Other"
    assert {f: after[edited][f] for f in fields} == {f: before[edited][f] for f in fields}
    assert after[untouched] == before[untouched]

    certificate = reconcile(opened, "Deals", "r1")
    assert certificate.verdict == "refused"
    assert all(f in certificate.sentence for f in fields)
    assert living(opened, "crm_deals") == after

    lose(connected, set())
    other = wide_deals(connected, 1)
    assert read(opened, "Deals").load.unserved == ()
    healed = living(opened, "crm_deals")
    assert healed[edited]["Amount"] == 7
    assert other[0] in healed
    assert rows(opened, "select id from crm.crm_deals where kept_fields is not null") == []
    assert reconcile(opened, "Deals", "r2").verdict in ("equal", "healed")


def test_new_records_alone_show_that_a_field_is_lost_and_get_it_later(opened, connected):
    wide_deals(connected, 30)
    read(opened, "Deals")
    lose(connected, {"Amount"})
    [new] = wide_deals(connected, 1)
    read(opened, "Deals", since=connected.store.now())
    assert "Amount" not in living(opened, "crm_deals")[new]
    assert unserved(opened) == {"Amount"}
    lose(connected, set())
    wide_deals(connected, 1)
    read(opened, "Deals", since=connected.store.now())
    assert living(opened, "crm_deals")[new]["Amount"] == 5
    assert unserved(opened) == set()


@pytest.mark.parametrize(
    ("version", "fields"),
    [("v2", {"Amount"}), ("v8", {"Amount"}), ("v2", {"Stage", "Probability", "Amount"})],
)
def test_a_field_is_known_to_be_back_where_no_record_was_changed_since(
    opened, connected, version, fields
):
    opened.zoho().version = version
    edited, *_ = wide_deals(connected, 30)
    read(opened, "Deals")
    lose(connected, fields)
    connected.store.edit("Deals", edited, {"Amount": 7, "Stage": "Needs Analysis"})
    read(opened, "Deals")
    for _ in range(2):  # nothing is changed, and nothing is back
        read(opened, "Deals", since=START_OF_NOTHING)
        assert unserved(opened) == fields
    lose(connected, set())
    read(opened, "Deals", since=START_OF_NOTHING)
    assert unserved(opened) == set()
    known = living(opened, "crm_deals")[edited]
    assert {f: known[f] for f in fields} == {
        f: {"Amount": 7, "Stage": "Needs Analysis", "Probability": 20}[f] for f in fields
    }


def test_a_lost_field_that_carries_no_figure_leaves_the_certificate(opened, connected):
    wide_deals(connected, 30)
    read(opened, "Deals")
    lose(connected, {"Description"})
    read(opened, "Deals")
    assert unserved(opened) == {"Description"}
    assert reconcile(opened, "Deals", "r").verdict != "refused"


@pytest.mark.parametrize("cleared", [None, "", 0])
def test_a_value_that_is_cleared_is_no_lost_field(opened, connected, cleared):
    deal, *_ = wide_deals(connected, 3)
    read(opened, "Deals")
    connected.store.edit("Deals", deal, {"Next_Step": cleared})
    read(opened, "Deals")
    assert living(opened, "crm_deals")[deal]["Next_Step"] == cleared
    assert unserved(opened) == set()
