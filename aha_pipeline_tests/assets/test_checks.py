"""The asset checks in a run: what a wrong figure stops, and what it tells."""

from datetime import timedelta

import dagster as dg
import pytest

from aha_pipeline.calendar import today
from aha_pipeline.definitions import defs
from aha_pipeline.settings import load
from aha_pipeline.warehouse.connection import connect

BRIEFING = "analytics__ai_briefing"
DAYS = ("2026-01-01", "2026-01-05")
# The former contents of a lead, of which the second was replaced before the first.
OVERLAP = """
    insert into crm.record_versions (module, id, replaced_by, raw_data) values
        ('Leads', '1', '2026-01-04 10:00:00+05:30', '{}'),
        ('Leads', '1', '2026-01-02 10:00:00+05:30', '{"Lead_Status": "Contacted"}')
"""


def evaluations(result) -> dict[str, dg.AssetCheckEvaluation]:
    return {e.asset_check_key.to_user_string(): e for e in result.get_asset_check_evaluations()}


def write(url, statement):
    with connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        assert cursor.rowcount


def check_alone(instance, name: str) -> dg.AssetCheckEvaluation:
    """Run one check of a mart, as the button in the Dagster UI does."""
    key = dg.AssetCheckKey(dg.AssetKey(["analytics", name]), "figures")
    job = defs().resolve_implicit_global_asset_job_def()
    result = job.get_subset(asset_selection=set(), asset_check_selection={key})
    (found,) = result.execute_in_process(
        instance=instance, raise_on_error=False
    ).get_asset_check_evaluations()
    return found


@pytest.fixture
def synced(connected, run_days):
    result = run_days(*DAYS)
    assert result.success
    return result


def test_every_check_of_a_sound_run_passes(synced):
    found = evaluations(synced)
    assert {f"crm/{table}:live_records" for table in ("leads_raw", "crm_accounts")} <= found.keys()
    assert {"analytics/kpis:figures", "crm/crm_deals:values"} <= found.keys()
    ours = {key: e for key, e in found.items() if "wrong rows" in e.metadata}
    assert all(e.passed for e in ours.values()), ours
    assert len(ours) >= 20


def test_with_a_wrong_figure_no_briefing_is_written(synced, run_days, database_url):
    write(database_url, "delete from analytics.ai_briefings_log returning 1")
    write(database_url, OVERLAP)
    result = run_days(*DAYS)
    assert not result.success
    failed = {e.step_key for e in result.all_events if e.is_step_failure}
    assert failed == {"analytics__lead_history_figures"}
    built = {event.step_key for event in result.all_events if event.is_step_materialization}
    assert "analytics__lead_history" in built
    assert not {BRIEFING, "analytics__kpis", "analytics__daily_changes"} & built
    with connect(database_url) as connection, connection.cursor() as cursor:
        cursor.execute("select count(*) from analytics.ai_briefings_log")
        assert cursor.fetchone() == (0,)

    tells_how_many_which_and_what_to_do(evaluations(result)["analytics/lead_history:figures"])


def tells_how_many_which_and_what_to_do(found: dg.AssetCheckEvaluation):
    assert found.description.startswith(
        "analytics/lead_history: 2 rows are wrong. A record has not"
    )
    assert "the next `aha sync` build the histories anew" in found.description
    assert found.severity == dg.AssetCheckSeverity.ERROR
    assert found.metadata["wrong rows"].value == 2
    shown = found.metadata["the first of them"].value
    assert "| rule | expected | found |" in shown
    assert "days between contents of 1 after 2026-01-02" in shown


def test_a_value_that_cannot_be_is_a_warning_and_stops_nothing(connected, run_days, company):
    company.store.edit("Deals", "9", {"Amount": -5})
    day = today(load())
    result = run_days(str(day - timedelta(days=1)), str(day))
    found = evaluations(result)["crm/crm_deals:values"]
    assert (found.passed, found.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert "| 9 | Amount below zero |" in found.metadata["the first of them"].value
    assert result.success
    assert result.asset_materializations_for_node(BRIEFING)


def test_what_the_records_bear_out_is_rebuilt_once_before_it_blocks(
    synced, instance, database_url, monkeypatch
):
    write(database_url, "update analytics.source_quality set leads = leads + 1")
    assert check_alone(instance, "source_quality").passed
    with monkeypatch.context() as patched:
        patched.setattr("aha_pipeline.assets.checks.rebuild", lambda *_: None)
        assert check_alone(instance, "source_quality").passed
        write(database_url, "update analytics.source_quality set leads = leads + 1")
        assert not check_alone(instance, "source_quality").passed


def test_the_checks_that_may_send_wrong_figures_are_blocking():
    checks = defs().resolve_asset_graph()
    for key in checks.asset_check_keys:
        spec = checks.get_check_spec(key)
        if key.name in ("figures", "live_records"):
            assert spec.blocking, key
        else:
            assert not spec.blocking, key


def test_assets_are_late_three_hours_after_the_daily_sync(monkeypatch):
    monkeypatch.setenv("AHA_DAILY_AT", "23:30")
    monkeypatch.setenv("AHA_TIMEZONE", "Asia/Dubai")
    graph = defs().resolve_asset_graph()
    for key in ("crm/leads_raw", "analytics/kpis", "analytics/leads"):
        policy = graph.get(dg.AssetKey(key.split("/"))).freshness_policy
        assert (policy.deadline_cron, policy.timezone) == ("30 2 * * *", "Asia/Dubai")
        assert policy.lower_bound_delta.total_seconds() == 3 * 3600


def test_the_newest_result_of_each_check_is_kept(synced, run_days, database_url):
    before = kept(database_url)
    assert before.keys() == evaluations(synced).keys()
    assert before["analytics/lead_history:figures"] == (True, "error", "No row is wrong.")
    assert before["crm/leads_raw:certificate"][:2] == (False, "warn")
    write(database_url, OVERLAP)
    run_days(*DAYS)
    passed, severity, found = kept(database_url)["analytics/lead_history:figures"]
    assert (passed, severity) == (False, "error")
    assert found.startswith("analytics/lead_history: 2 rows are wrong.")


def kept(url: str) -> dict[str, tuple]:
    with connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "select asset || ':' || name, passed, severity, found from analytics.check_results"
        )
        return {name: tuple(result) for name, *result in cursor}
