"""The asset checks in a run: what a wrong figure stops, and what it tells."""

from dataclasses import dataclass
from datetime import timedelta

import dagster as dg
import pytest

from aha_pipeline.assets import checks
from aha_pipeline.calendar import today
from aha_pipeline.definitions import defs
from aha_pipeline.settings import load
from aha_pipeline.warehouse.connection import connect
from aha_pipeline_tests.kit.graph import sync_days

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


@dataclass(frozen=True)
class Sync:
    """A run over DAYS, and what was kept of its checks."""

    result: dg.ExecuteInProcessResult
    kept: dict[str, tuple]


@pytest.fixture(scope="module")
def sound(module_connected, module_instance, module_database_url) -> Sync:
    """A first sync, of which everything is right."""
    result = sync_days(module_instance, *DAYS)
    assert result.success
    return Sync(result, kept(module_database_url))


@pytest.fixture(scope="module")
def wrong(sound, module_instance, module_database_url) -> Sync:
    """A second one, over a history that cannot be; the briefing of the first is gone."""
    write(module_database_url, "delete from analytics.ai_briefings_log returning 1")
    write(module_database_url, OVERLAP)
    write(module_database_url, "update crm.leads_raw set synced_at = now() where id = '1'")
    return Sync(sync_days(module_instance, *DAYS), kept(module_database_url))


def test_every_check_of_a_sound_run_passes(sound):
    found = evaluations(sound.result)
    assert {f"crm/{table}:live_records" for table in ("leads_raw", "crm_accounts")} <= found.keys()
    assert {"analytics/kpis:figures", "crm/crm_deals:values"} <= found.keys()
    ours = {key: e for key, e in found.items() if "wrong rows" in e.metadata}
    assert all(e.passed for e in ours.values()), ours
    assert len(ours) >= 20


def test_with_a_wrong_figure_no_briefing_is_written(wrong, module_database_url):
    assert not wrong.result.success
    failed = {e.step_key for e in wrong.result.all_events if e.is_step_failure}
    assert failed == {"analytics__lead_history_figures"}
    built = {event.step_key for event in wrong.result.all_events if event.is_step_materialization}
    assert "analytics__lead_history" in built
    assert not {BRIEFING, "analytics__kpis", "analytics__daily_changes"} & built
    with connect(module_database_url) as connection, connection.cursor() as cursor:
        cursor.execute("select count(*) from analytics.ai_briefings_log")
        assert cursor.fetchone() == (0,)

    tells_how_many_which_and_what_to_do(evaluations(wrong.result)["analytics/lead_history:figures"])


def tells_how_many_which_and_what_to_do(found: dg.AssetCheckEvaluation):
    assert found.description.startswith(
        "analytics/lead_history: 2 rows are wrong. A record has not"
    )
    assert "the next `aha sync` rebuild the histories" in found.description
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
    connected, sound, module_instance, module_database_url, monkeypatch
):
    monkeypatch.setenv("DATABASE_URL", module_database_url)

    def passes(rebuilt: bool = True) -> bool:
        with monkeypatch.context() as patched:
            if not rebuilt:
                patched.setattr("aha_pipeline.assets.checks.rebuild", lambda *_: None)
            return check_alone(module_instance, "source_quality").passed

    write(module_database_url, "update analytics.source_quality set leads = leads + 1")
    assert not passes(rebuilt=False)
    assert passes()
    assert passes(rebuilt=False)


def test_a_check_of_what_nobody_has_written_to_reports_since_when_it_passes(
    connected, sound, module_instance, module_database_url, monkeypatch
):
    monkeypatch.setenv("DATABASE_URL", module_database_url)
    made = []
    find = checks.find_failing_rows
    monkeypatch.setattr(checks, "find_failing_rows", lambda *given: made.append(1) or find(*given))

    def alone() -> tuple[int, bool]:
        made.clear()
        found = check_alone(module_instance, "rep_matrix")
        assert found.passed
        assert found.metadata["wrong rows"].value == 0
        return len(made), "nothing it reads has changed since" in found.metadata

    alone()
    assert alone() == (0, True)
    for statement in (
        "update analytics.rep_matrix set leads = leads",
        "update analytics.rep_matrix set leads = leads + 1",
        "delete from analytics.rep_matrix",
    ):
        write(module_database_url, statement)
        assert alone()[0] > 0, statement
    alone()
    assert alone() == (0, True)


def test_the_checks_that_may_send_wrong_figures_are_blocking():
    graph = defs().resolve_asset_graph()
    for key in graph.asset_check_keys:
        spec = graph.get_check_spec(key)
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


def test_the_newest_result_of_each_check_is_kept(sound, wrong):
    assert sound.kept.keys() == evaluations(sound.result).keys()
    assert sound.kept["analytics/lead_history:figures"] == (True, "error", "No row is wrong.")
    assert sound.kept["crm/leads_raw:certificate"][:2] == (False, "warn")
    passed, severity, found = wrong.kept["analytics/lead_history:figures"]
    assert (passed, severity) == (False, "error")
    assert found.startswith("analytics/lead_history: 2 rows are wrong.")


def kept(url: str) -> dict[str, tuple]:
    with connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "select asset || ':' || name, passed, severity, found from analytics.check_results"
        )
        return {name: tuple(result) for name, *result in cursor}
