"""The daily sync as Dagster runs it: modules, marts and briefing in one run over a range."""

import os
from decimal import Decimal
from pathlib import Path

import dagster as dg
import psycopg2
import pytest

from aha_pipeline.assets import concurrent_reads
from aha_pipeline.assets.extract_load import sync_window
from aha_pipeline.warehouse.connection import connect
from aha_pipeline.warehouse.mart_files import OPTIONAL_MODULES, read_marts
from aha_pipeline_tests.kit.graph import sync_days
from aha_pipeline_tests.kit.waiting import wait_until

CORE = ("Leads", "Deals", "Contacts", "Accounts")

LEADS = dg.AssetKey(["crm", "leads_raw"])
KPIS = dg.AssetKey(["analytics", "kpis"])
BRIEFING = dg.AssetKey(["analytics", "ai_briefing"])


def rows(url, query):
    with connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


@pytest.fixture(scope="module")
def synced(module_connected, module_instance):
    """A first sync, of five days."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZOHO_HISTORY_SHARE", "10")
        result = sync_days(module_instance, "2026-01-01", "2026-01-05")
    assert result.success
    return result


def metadata(result, key):
    event = result.asset_materializations_for_node("__".join(key.path))[-1]
    return {name: value.value for name, value in event.metadata.items()}


def test_whole_records_land_older_ones_with_the_first_partition(
    synced, module_database_url, module_connected
):
    landed = rows(module_database_url, "select raw_data from crm.leads_raw order by id")
    served = module_connected.store.tables["Leads"].records
    assert [row[0] for row in landed] == [served[id_].data for id_ in ("1", "2", "3")]


def test_history_is_read_after_all_else(synced, module_database_url):
    told = metadata(synced, dg.AssetKey(["crm", "record_history"]))
    assert told["records left"] == 0
    assert told["timelines read"] >= 1
    read = rows(
        module_database_url,
        "select record_id, complete from crm.record_history_reads "
        "where module = 'Leads' and way = 'timeline' and record_id <> ''",
    )
    assert read == [("2", True)]  # the open one
    steps = [event.step_key for event in synced.all_events if event.is_step_success]
    assert steps.index("crm__record_history") > steps.index("analytics__kpis")


def test_one_run_materialises_every_day_of_every_module(synced, module_instance):
    days = {f"2026-01-0{n}" for n in range(1, 6)}
    assert module_instance.get_materialized_partitions(LEADS) == days
    assert module_instance.get_materialized_partitions(KPIS) == days
    assert len(module_instance.get_runs()) == 1


def test_each_partition_tells_its_own_count(synced, module_instance):
    counts = {
        event.partition_key: event.asset_materialization.metadata[
            "dagster/partition_row_count"
        ].value
        for event in module_instance.fetch_materializations(LEADS, limit=10).records
    }
    assert counts == {
        "2026-01-01": 1, "2026-01-02": 1, "2026-01-03": 1, "2026-01-04": 0, "2026-01-05": 0,
    }  # fmt: skip


def test_the_metadata_says_what_a_person_wants_to_know(synced):
    told = metadata(synced, LEADS)
    assert (told["records read"], told["inserted"], told["API calls"]) == (3, 3, 3)
    assert "2026-01-01" in told["window"]
    assert "| 1 | Junk Lead |" in told["preview"]


def test_figures_follow_from_the_records(synced, module_database_url):
    assert rows(
        module_database_url,
        "select new_leads, won_deals, won_value from analytics.kpis where day = '2026-01-03'",
    ) == [(0, 1, Decimal("450000.5"))]


def test_the_briefing_is_of_the_last_day_of_the_range(synced, module_database_url):
    assert metadata(synced, BRIEFING)["day"] == "2026-01-05"
    assert rows(
        module_database_url, "select count(*), min(written_by) from analytics.ai_briefings_log"
    ) == [(1, "plain")]


def test_a_module_that_cannot_be_read_fails_alone_and_stops_what_needs_it(
    connected, run_days, database_url
):
    connected.switches.unreadable.add("Deals")
    result = run_days("2026-01-01", "2026-01-05")
    assert not result.success
    failed = {e.step_key: e.step_failure_data for e in result.all_events if e.is_step_failure}
    assert list(failed) == ["crm__crm_deals"]
    assert "Deals" in failed["crm__crm_deals"].user_failure_data.description
    assert rows(database_url, "select count(*) from crm.leads_raw") == [(3,)]
    assert rows(database_url, "select count(*) from analytics.ai_briefings_log") == [(0,)]
    assert rows(
        database_url, "select module, status from crm.sync_logs where status <> 'success'"
    ) == [("Deals", "failed")]


def test_a_module_no_mart_needs_costs_a_warning_and_not_the_day(
    connected, run_days, database_url, monkeypatch
):
    monkeypatch.setenv("ZOHO_MODULES", "Leads,Deals,Contacts,Accounts,Tasks,Products")
    connected.switches.unreadable.add("Tasks")
    result = run_days("2026-01-01", "2026-01-05")
    assert result.success
    assert rows(database_url, "select count(*) from analytics.ai_briefings_log") == [(1,)]
    told = {(e.asset_key.path[-1], e.check_name): e for e in result.get_asset_check_evaluations()}
    assert not told["crm_tasks", "readable"].passed
    assert "Tasks" in told["crm_tasks", "readable"].description
    assert told["crm_products", "readable"].passed
    assert not result.asset_materializations_for_node("crm__crm_tasks")
    assert result.asset_materializations_for_node("crm__crm_products")


def test_figures_of_core_modules_do_not_wait_for_activities(
    connected, run_days, database_url, monkeypatch
):
    monkeypatch.setenv("ZOHO_MODULES", ",".join((*OPTIONAL_MODULES, *CORE)))

    def once_there_are_figures(services, window, cancelled):
        if window.module in OPTIONAL_MODULES:
            wait_until(lambda: has_rows(database_url, "analytics.kpis"))
        return sync_window(services, window, cancelled)

    monkeypatch.setattr(concurrent_reads, "sync_window", once_there_are_figures)
    assert run_days("2026-01-01", "2026-01-05").success
    # What shows the reads themselves has all of them.
    assert {*rows(database_url, "select module from analytics.sync_volume")} == {
        (module,) for module in (*OPTIONAL_MODULES, *CORE)
    }


def has_rows(url, relation):
    try:
        return rows(url, f"select exists (select from {relation})") == [(True,)]  # noqa: S608
    except psycopg2.errors.UndefinedTable:
        return False


def test_no_secret_is_in_any_event(connected, run_days, instance):
    connected.switches.unreadable.add("Deals")
    result = run_days("2026-01-01", "2026-01-02")
    text = "\n".join(str(entry) for entry in instance.all_logs(result.run_id))
    assert "Deals" in text
    assert "secret-of" not in text
    assert "Zoho-oauthtoken" not in text


def test_days_whose_figures_were_stopped_get_them_with_the_next_sync(
    connected, run_days, instance, database_url
):
    meanings = Path(os.environ["AHA_HOME"]) / "picklist_meaning.csv"
    meanings.parent.mkdir(parents=True, exist_ok=True)
    meanings.write_text("module,value,meaning\nLeads,Contacted,no meaning\n")
    assert not run_days("2026-01-01", "2026-01-04").success
    assert not instance.get_materialized_partitions(KPIS)

    meanings.unlink()
    result = run_days("2026-01-05", "2026-01-05")
    assert result.success
    days = [f"2026-01-0{n}" for n in range(1, 6)]
    daily = [mart for mart in read_marts() if mart.kind == "daily"]
    for mart in daily:
        key = dg.AssetKey(["analytics", mart.name])
        assert instance.get_materialized_partitions(key) == set(days), mart.name
    filled = "select day::text from analytics.{} group by day order by day"
    for mart in ("kpis", "funnel_by_day"):
        assert rows(database_url, filled.format(mart)) == [(day,) for day in days]
    assert metadata(result, LEADS)["window"].startswith("2026-01-05")

    again = run_days("2026-01-05", "2026-01-05")
    assert len(again.asset_materializations_for_node("analytics__kpis")) == 1
