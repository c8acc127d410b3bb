"""The meanings in the graph: read with the modules, derived before the figures, checked."""

from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from aha_pipeline import services
from aha_pipeline.assets.picklist_meaning import FILE, KEY, UNMAPPED
from aha_pipeline.definitions import defs
from aha_pipeline.warehouse.mart_files import read_marts
from aha_pipeline.warehouse.meanings import derive_meanings
from aha_pipeline_tests.assets.world import read, rows

STAGE = "select meaning, probability, source from crm.picklist_meaning where value = %s"
DERIVED = ("picklist_meaning", "text_labels", "business_hours", "holidays", "users")
DAYS = ("2026-01-01", "2026-01-03")


@pytest.fixture
def opened(connected) -> services.Services:
    return services.current()


@pytest.fixture
def file(opened) -> Path:
    return opened.settings.home / FILE


def check(result: dg.ExecuteInProcessResult) -> dg.AssetCheckEvaluation:
    found = result.get_asset_check_evaluations()
    return next(e for e in found if e.check_name == UNMAPPED)


def test_meanings_stand_between_the_modules_and_every_mart_that_reads_them():
    graph = defs().resolve_asset_graph()
    assert graph.get(KEY).parent_keys == {
        dg.AssetKey(["crm", "leads_raw"]),
        dg.AssetKey(["crm", "crm_deals"]),
    }
    derived = {f"crm.{name}" for name in DERIVED}
    readers = {f"analytics/{m.name}" for m in read_marts() if derived & set(m.sources)}
    children = {key.to_user_string() for key in graph.get(KEY).child_keys}
    # Which are no files of sql/marts: history and e-mails are read of open deals and leads first.
    assert children == readers | {"analytics/targets", "crm/record_emails", "crm/record_history"}
    below = dg.AssetSelection.assets(KEY).downstream().resolve(graph)
    names = ("leads", "deals", "kpis", "ai_briefing")
    assert {dg.AssetKey(["analytics", name]) for name in names} <= below


@pytest.mark.parametrize(
    ("modules", "parents"), [("Contacts", set()), ("Leads,Contacts", {"crm/leads_raw"})]
)
def test_meanings_hang_on_the_modules_that_are_read(monkeypatch, modules, parents):
    monkeypatch.setenv("ZOHO_MODULES", modules)
    found = defs().resolve_asset_graph().get(KEY).parent_keys
    assert {key.to_user_string() for key in found} == parents


@pytest.mark.parametrize("version", ["v2", "v8"])
def test_every_version_tells_what_a_stage_means(opened, connected, file, version):
    opened.zoho().version = version
    read(opened, "Deals")
    with opened.connect() as connection:
        derive_meanings(connection, file)
    assert rows(opened, STAGE, "Closed Won") == [("won", 100, "crm")]


def test_where_pipelines_may_not_be_read_the_names_and_the_defaults_do(opened, connected, file):
    connected.switches.pipelines = False
    assert read(opened, "Deals").fields_error is None
    with opened.connect() as connection:
        derive_meanings(connection, file)
    assert rows(opened, STAGE, "Closed Won") == [("won", 100, "default")]


def test_a_status_without_a_meaning_is_named_until_the_file_says_it(
    opened, connected, file, run_days
):
    booked = {"Last_Name": "New", "Lead_Status": "Visit, booked"}
    connected.store.create("Leads", booked, at=datetime(2026, 1, 2, 9, tzinfo=UTC).timestamp())
    warned = run_days(*DAYS)
    assert warned.success
    assert not check(warned).passed
    assert check(warned).severity == dg.AssetCheckSeverity.WARN
    line = 'Leads,"Visit, booked",open'
    assert "“Visit, booked” of Leads (1 record)" in check(warned).description
    assert line in check(warned).description
    file.write_text(f"module,value,meaning\n{line.replace('open', 'qualified')}\n")
    again = run_days(*DAYS)
    assert check(again).passed
    shown = again.asset_materializations_for_node("crm__picklist_meaning")[0].metadata
    assert "| Leads | Visit, booked | qualified |" in shown["meanings"].value
    assert rows(opened, "select count(*) from analytics.leads where is_qualified") == [(2,)]


def test_a_bad_file_fails_the_meanings_alone_with_one_sentence(opened, file, run_days):
    file.write_text("module,value,meaning\nLeads,Contacted,lukewarm\n")
    result = run_days(*DAYS)
    failed = {e.step_key: e.step_failure_data for e in result.all_events if e.is_step_failure}
    assert list(failed) == ["crm__picklist_meaning"]
    told = failed["crm__picklist_meaning"].user_failure_data.description
    assert told.startswith(f"{file}, line 2: 'lukewarm' is no meaning of Leads")
    assert rows(opened, STAGE, "Contacted") == [("open", None, "default")]
    assert rows(opened, "select count(*) from crm.leads_raw") == [(3,)]
