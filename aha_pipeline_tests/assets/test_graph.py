"""The asset graph: all of it is a contract, and it is shaped by the settings."""

import dagster as dg
import pytest
from syrupy.assertion import SnapshotAssertion

from aha_pipeline.assets.modules import ZOHO_POOL
from aha_pipeline.definitions import defs
from aha_pipeline.settings import SettingsError
from aha_pipeline.warehouse.mart_files import read_marts
from aha_pipeline_tests.assets.graph_text import describe


def key(name: str) -> dg.AssetKey:
    return dg.AssetKey(name.split("/"))


def test_the_graph_is_the_one_that_was_agreed_on(snapshot: SnapshotAssertion):
    """A change that is meant is agreed on by `make snapshot`; its diff belongs to the commit."""
    assert describe(defs()) == snapshot


def test_the_definitions_can_be_loaded():
    dg.Definitions.validate_loadable(defs())


def test_every_mart_file_is_an_asset_below_the_briefing():
    graph = defs().resolve_asset_graph()
    names = {asset.to_user_string() for asset in graph.materializable_asset_keys}
    assert {f"analytics/{mart.name}" for mart in read_marts()} <= names
    above = dg.AssetSelection.assets("analytics/ai_briefing").upstream().resolve(graph)
    assert {key("crm/leads_raw"), key("crm/crm_deals"), key("analytics/kpis")} <= above


def test_a_module_is_one_line_of_configuration(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ZOHO_MODULES", "Leads, Solar_Sites")
    graph = defs().resolve_asset_graph()
    modules = {
        asset for asset in graph.materializable_asset_keys if graph.get(asset).pools == {ZOHO_POOL}
    }
    assert modules == {key("crm/leads_raw"), key("crm/crm_solar_sites")}


def test_time_zone_start_and_hour_are_those_that_are_set(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AHA_TIMEZONE", "Asia/Dubai")
    monkeypatch.setenv("AHA_START_DATE", "2026-02-03")
    monkeypatch.setenv("AHA_DAILY_AT", "06:45")
    partitions = defs().resolve_asset_graph().get(key("crm/leads_raw")).partitions_def
    assert isinstance(partitions, dg.DailyPartitionsDefinition)
    start = partitions.time_window_for_partition_key("2026-02-03").start
    assert partitions.get_first_partition_key() == "2026-02-03"
    assert start.isoformat() == "2026-02-03T00:00:00+04:00"
    times = {s.name: (s.cron_schedule, s.execution_timezone) for s in defs().schedules}
    assert times["daily_sync"] == ("45 6 * * *", "Asia/Dubai")
    assert times["reconcile"] == ("45 3 * * 0", "Asia/Dubai")


def test_wrong_settings_do_not_load(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", "AC1")
    with pytest.raises(SettingsError, match="TWILIO_AUTH_TOKEN"):
        defs()
