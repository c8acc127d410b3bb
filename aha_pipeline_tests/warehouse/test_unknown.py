"""Unknown is not zero: which figures nobody can know, and why."""

from datetime import UTC, date, datetime

import pytest

from aha_pipeline.warehouse.mart_files import core_modules, optional_relations, read_marts
from aha_pipeline.warehouse.mart_inputs import read_inputs, unserved_fields, write_inputs
from aha_pipeline.warehouse.state import save_configured_modules
from aha_pipeline_tests.warehouse.marts_company import build, company, rows

MARTS = {mart.name: mart for mart in read_marts()}
CORE = ("Leads", "Deals", "Contacts", "Accounts")
ACTIVITIES = ("Calls", "Tasks", "Events", "Notes")


@pytest.fixture(scope="module")
def shared(module_database_url):
    with company(module_database_url) as connection:
        build(connection, date(2025, 3, 1), date(2025, 3, 2))
        write_inputs(connection, read_marts())
        save_configured_modules(connection, [*CORE, *ACTIVITIES])
        for module in (*CORE, *ACTIVITIES):
            log(connection, module, "success", "2026-01-01")
        connection.commit()
        yield connection


@pytest.fixture
def known(shared):
    yield shared
    shared.rollback()


def log(connection, module, status, day, error=None):
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into crm.sync_logs (run_id, module, window_start, window_end, status, error, "
            "started_at, finished_at) values (%s, %s, %s, %s, %s, %s, %s, %s)",
            [f"{status} {day}", module, day, day, status, error, day, day],
        )


def unserved(connection, module, field):
    with connection.cursor() as cursor:
        cursor.execute("insert into crm.unserved_fields values (%s, %s)", [module, field])


def unknown(connection, mart):
    found = rows(connection, "select * from analytics.unknown")
    return [row for row in found if row["mart"] == mart]


def test_where_all_is_read_nothing_is_unknown(known):
    assert rows(known, "select * from analytics.unknown") == []


def test_every_mart_that_reads_a_module_stands_on_it(known):
    stood_on = {each.mart for each in read_inputs(read_marts())}
    assert stood_on == set(MARTS) - {"owners"}
    modules = rows(known, "select module from analytics.mart_inputs where mart = 'lead_volume'")
    assert modules == [{"module": "Leads"}], "the names of owners come from all modules"


@pytest.mark.parametrize(
    ("left_out", "mart", "figures"),
    [
        ("Leads", "kpis", {"new_leads", "new_leads_avg_7d", "junk_pct", "leads", "junk_leads"}),
        ("Leads", "lead_volume", {None}),
        ("Leads", "pipeline_by_stage", set()),
        ("Deals", "rep_matrix", {f.name for f in MARTS["rep_matrix"].figures if "lead" not in f.name
            and f.name != "junk_pct"}),
        ("Accounts", "accounts_by_industry", {None}),
    ],
)  # fmt: skip
def test_a_module_left_out_is_not_read_rather_than_empty(known, left_out, mart, figures):
    save_configured_modules(known, [module for module in CORE if module != left_out])
    found = unknown(known, mart)
    assert {row["figure"] for row in found} == figures
    assert {row["state"] for row in found} <= {"not read"}
    assert all(left_out in row["reason"] for row in found)


@pytest.mark.parametrize("status", ["failed", "paused", "interrupted"])
def test_a_read_that_did_not_end_stops_the_marts_until_one_does(known, status):
    log(known, "Deals", status, "2026-01-02", "Zoho's user may not see Deals.")
    [row] = unknown(known, "kpis")
    assert row["figure"] is None
    assert (row["state"], row["reason"]) == ("stopped", "Zoho's user may not see Deals.")
    assert unknown(known, "lead_volume") == []
    log(known, "Deals", "success", "2026-01-03")
    assert unknown(known, "kpis") == []


@pytest.mark.parametrize(
    ("module", "field", "stopped", "unmoved"),
    [
        ("Deals", "Amount", "kpis", "lead_volume"),
        ("Leads", "Lead_Status", "source_quality", "pipeline_by_stage"),
        ("Deals", "Lost_Reason", "lost_deals", "kpis"),
        ("Deals", "Next_Step", "work_list", "kpis"),
        ("Deals", "Next_Step", "work_list", "pace"),
        ("Deals", "Next_Step", "work_list", "slipping_deals"),
        ("Deals", "Contact_Name", "deal_silence", "pipeline_by_stage"),
        ("Accounts", "Industry", "accounts_by_industry", "contacts_by_owner"),
    ],
)
def test_a_lost_field_stops_what_stands_on_it_alone(known, module, field, stopped, unmoved):
    unserved(known, module, field)
    [row] = unknown(known, stopped)
    assert (row["state"], row["field"]) == ("stopped", field)
    assert unknown(known, unmoved) == []


@pytest.mark.parametrize(
    ("module", "field", "mart"),
    [
        ("Deals", "Amount", "kpis"),
        ("Leads", "Lead_Status", "kpis"),
        ("Deals", "Next_Step", "work_list"),
    ],
)
def test_a_lost_field_is_known_up_to_the_last_read_that_had_it(known, module, field, mart):
    log(known, module, "success", "2026-01-02 08:00+00")
    with known.cursor() as cursor:
        lost = "insert into crm.unserved_fields values (%s, %s, '2026-01-03 08:01+00')"
        cursor.execute(lost, [module, field])
    log(known, module, "success", "2026-01-03 08:02+00")  # the read that missed it
    log(known, module, "success", "2026-01-04 08:00+00")
    [row] = unknown(known, mart)
    assert (row["field"], row["since"]) == (field, datetime(2026, 1, 2, 8, tzinfo=UTC))


@pytest.mark.parametrize(
    ("module", "field", "mart", "stops"),
    [
        ("Deals", "Amount", "deal_history", True),
        ("Deals", "Owner", "deal_history", True),
        ("Deals", "Next_Step", "open_deal_records", True),
        ("Deals", "Next_Step", "open_deals", False),
        ("Deals", "Description", "deal_history", False),
        ("Deals", "Amoun", "deal_history", False),
        ("Leads", "Email", "lead_history", False),
    ],
)
def test_a_mart_says_which_lost_field_it_reads(known, module, field, mart, stops):
    unserved(known, module, field)
    found = unserved_fields(known, MARTS[mart])
    assert bool(found) is stops
    assert all(f"field {field} of {module}" in sentence for sentence in found)


def test_core_modules_are_those_that_marts_read():
    assert core_modules(["Tasks", *CORE, "Widgets"]) == CORE


@pytest.mark.parametrize("module", ["Calls", "Tasks", "Events"])
def test_activities_that_are_not_read_leave_all_other_figures(known, module):
    read = [name for name in (*CORE, *ACTIVITIES) if name != module]
    save_configured_modules(known, read)
    found = rows(known, "select * from analytics.unknown")
    assert {row["mart"] for row in found} == {
        relation.removeprefix("analytics.") for relation in optional_relations()
    }
    assert {row["state"] for row in found} == {"not read"}
