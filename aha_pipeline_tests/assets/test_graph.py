"""The asset graph: its names are a contract, its lineage comes from the SQL."""

import dagster as dg
import pytest

from aha_pipeline.definitions import defs
from aha_pipeline.settings import SettingsError
from aha_pipeline.warehouse.mart_files import read_marts


def graph():
    return defs().resolve_asset_graph()


def key(name: str) -> dg.AssetKey:
    return dg.AssetKey(name.split("/"))


def test_the_definitions_can_be_loaded():
    dg.Definitions.validate_loadable(defs())


def test_the_names_others_rely_on():
    names = {asset.to_user_string() for asset in graph().get_all_asset_keys()}
    assert {"crm/leads_raw", "crm/crm_deals", "crm/crm_contacts", "crm/crm_accounts"} <= names
    assert {f"analytics/{mart.name}" for mart in read_marts()} <= names
    assert "analytics/ai_briefing" in names
    assert {job.name for job in defs().jobs} == {
        "daily_sync",
        "send_whatsapp",
        "reconcile",
        "housekeeping",
    }
    assert [schedule.name for schedule in defs().schedules] == [
        "daily_sync",
        "reconcile",
        "housekeeping",
    ]
    assert "whatsapp_on_briefing" in [sensor.name for sensor in defs().sensors]


def test_a_module_is_one_line_of_configuration(monkeypatch):
    monkeypatch.setenv("ZOHO_MODULES", "Leads, Solar_Sites")
    names = {asset.to_user_string() for asset in graph().get_all_asset_keys()}
    assert "crm/crm_solar_sites" in names
    assert "crm/crm_deals" not in {a.to_user_string() for a in graph().materializable_asset_keys}


def test_lineage_leads_from_the_modules_through_the_marts_to_the_briefing():
    assets = graph()
    assert assets.get(key("analytics/lead_history")).parent_keys >= {key("crm/leads_raw")}
    assert assets.get(key("analytics/funnel")).parent_keys == {
        key("analytics/leads"),
        key("analytics/deals"),
    }
    above_the_briefing = (
        dg.AssetSelection.assets("analytics/ai_briefing").upstream().resolve(assets)
    )
    assert {key("crm/leads_raw"), key("crm/crm_deals")} <= above_the_briefing


def test_every_asset_has_a_group_an_owner_and_a_description():
    assets = graph()
    for asset in assets.materializable_asset_keys:
        node = assets.get(asset)
        assert node.group_name == asset.path[0]
        assert node.owners
        assert node.description


def test_modules_are_partitioned_by_business_day_up_to_today(monkeypatch):
    monkeypatch.setenv("AHA_TIMEZONE", "Asia/Kolkata")
    monkeypatch.setenv("AHA_START_DATE", "2026-01-01")
    partitions = graph().get(key("crm/leads_raw")).partitions_def
    assert partitions.get_first_partition_key() == "2026-01-01"
    start = partitions.time_window_for_partition_key("2026-01-02").start
    assert start.isoformat() == "2026-01-02T00:00:00+05:30"


def test_the_schedule_runs_daily_at_the_time_that_is_set(monkeypatch):
    monkeypatch.setenv("AHA_DAILY_AT", "06:45")
    monkeypatch.setenv("AHA_TIMEZONE", "Asia/Dubai")
    daily, weekly, _ = defs().schedules
    assert (daily.cron_schedule, daily.execution_timezone) == ("45 6 * * *", "Asia/Dubai")
    assert (weekly.cron_schedule, weekly.execution_timezone) == ("45 3 * * 0", "Asia/Dubai")
    assert {s.default_status for s in (daily, weekly)} == {dg.DefaultScheduleStatus.RUNNING}


def test_every_module_has_its_checks():
    checks = {key.to_user_string() for key in graph().asset_check_keys}
    for check in ("schema_drift", "count", "certificate"):
        assert f"crm/leads_raw:{check}" in checks


def test_wrong_settings_do_not_load(monkeypatch):
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", "AC1")
    with pytest.raises(SettingsError, match="TWILIO_AUTH_TOKEN"):
        defs()
