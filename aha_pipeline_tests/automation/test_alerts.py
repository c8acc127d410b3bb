"""A sync that failed or is late is told to the readers, once an incident."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
from dagster._core.errors import DagsterAssetCheckFailedError

from aha_pipeline import services
from aha_pipeline.automation import alerts
from aha_pipeline.automation.alerts import alert_on_lateness
from aha_pipeline.automation.jobs import message_config, pending, survey
from aha_pipeline.calendar import LATE_AFTER, due_before
from aha_pipeline.definitions import defs
from aha_pipeline.settings import load

READERS = ("+919812345678", "+919812345679")
CAUSE = "Zoho refuses the refresh token secret-of-refresh: make a new one."


@pytest.fixture
def twilio(connected, monkeypatch):
    """The stand-in's outbox, with the settings that lead there."""
    monkeypatch.setenv("TWILIO_API_URL", connected.url)
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", "AC" + "1" * 32)
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "secret-of-twilio")
    monkeypatch.setenv("TWILIO_WHATSAPP_NUMBER", "+14155238886")
    monkeypatch.setenv("TARGET_WHATSAPP_NUMBER", ",".join(READERS))
    services.current()
    return connected.outbox


@pytest.fixture
def look(looking):
    """Let the lateness sensor look."""
    return looking(alert_on_lateness)


@pytest.fixture
def due(monkeypatch):
    """Let the sync have been due from now on, and be late at once; return when."""

    def _due():
        moment = datetime.now(ZoneInfo("Asia/Kolkata"))
        monkeypatch.setattr("aha_pipeline.automation.alerts.due_before", lambda *_: moment)
        return moment

    return _due


def send_all(instance) -> None:
    """Send everything that is still to be sent, as the sensor's runs would."""
    for subject in pending(survey(services.current())):
        job = defs().resolve_job_def("send_whatsapp")
        job.execute_in_process(
            instance=instance, run_config=message_config(subject), raise_on_error=False
        )


def test_a_failed_sync_is_told_to_every_reader_once(twilio, sync, notice, instance):
    failed = sync(dg.Failure(CAUSE))
    assert notice(failed) == "The readers are told."
    assert notice(failed) == "The readers know."
    send_all(instance)
    send_all(instance)
    assert sorted(m.recipient for m in twilio.messages()) == [f"whatsapp:{r}" for r in READERS]
    text = twilio.messages()[0].body
    assert text.startswith("*The sync failed*")
    assert "leads_raw: Zoho refuses the refresh token ***: make a new one." in text
    assert "*What to do*\nPass this on" in text
    assert failed.run_id[:8] in text
    assert "secret" not in text


def test_a_second_failure_of_the_same_incident_is_not_told(twilio, sync, notice, instance):
    notice(sync(dg.Failure(CAUSE)))
    send_all(instance)
    assert notice(sync(dg.Failure("something else"))) == "The readers know."
    send_all(instance)
    assert len(twilio.messages()) == 2


def test_after_a_success_a_new_failure_is_a_new_incident(twilio, sync, notice, look, instance):
    first = sync(dg.Failure(CAUSE))
    notice(first)
    send_all(instance)
    sync()
    assert look() == "A sync has succeeded: the incident is over."
    assert notice(first) == "A sync has succeeded since."
    assert notice(sync(dg.Failure(CAUSE))) == "The readers are told."
    send_all(instance)
    assert len(twilio.messages()) == 4


def test_a_failure_that_is_over_before_it_was_told_is_not_told(twilio, sync, notice, instance):
    failed = sync(dg.Failure(CAUSE))
    sync()
    notice(failed)
    send_all(instance)
    assert twilio.messages() == []


def test_a_run_that_dagster_tries_again_is_not_told(twilio, sync, notice):
    failed = sync(dg.Failure(CAUSE), **{"dagster/will_retry": "true"})
    assert notice(failed) == "Dagster tries this run again."
    assert pending(survey(services.current())) == []


def test_the_text_of_a_foreign_error_is_not_told(twilio, sync, notice, instance):
    notice(sync(ValueError("Asha Rao, password hunter2")))
    send_all(instance)
    text = twilio.messages()[0].body
    assert "leads_raw: it met an error that this program does not know." in text
    assert "hunter2" not in text


def test_a_failed_check_is_told_by_its_name(twilio, sync, notice, instance):
    notice(sync(DagsterAssetCheckFailedError("1 check failed:\nanalytics/kpis: figures")))
    send_all(instance)
    text = twilio.messages()[0].body
    assert "the check analytics/kpis: figures found what is wrong, so no briefing" in text


def test_without_any_success_yet_nothing_is_late(twilio, look, due):
    due()
    assert [look(), look()] == ["No sync is late."] * 2


def test_a_failure_that_is_over_before_it_is_seen_is_not_told(twilio, sync, notice, instance):
    first, second = sync(dg.Failure(CAUSE)), sync(dg.Failure(CAUSE))
    notice(first)
    sync()
    assert notice(second) == "A sync has succeeded since."
    assert pending(survey(services.current())) == []


def test_a_late_sync_is_told_at_the_second_look_once(twilio, sync, look, instance, due):
    sync()
    moment = due()
    assert "at the next look, it is told" in look()
    assert look() == "The readers are told."
    assert look() == "The readers know."
    send_all(instance)
    send_all(instance)
    assert len(twilio.messages()) == 2
    assert f"succeeded since it was due on {moment:%a} {moment.day}" in twilio.messages()[0].body
    sync()
    assert look() == "A sync has succeeded: the incident is over."
    assert look() == "No sync is late."


def test_a_sync_that_failed_is_not_told_as_late_too(twilio, sync, notice, look, due):
    sync()
    due()
    notice(sync(dg.Failure(CAUSE)))
    look()
    assert look() == "The readers know."
    assert pending(survey(services.current())) == ["incident 1"]


def test_a_sync_that_is_under_way_is_not_late(twilio, sync, look, due, instance):
    sync()
    due()
    instance.create_run_for_job(
        defs().resolve_job_def("daily_sync"), status=dg.DagsterRunStatus.STARTED
    )
    assert [look(), look()] == ["No sync is late."] * 2


def test_a_run_that_ended_before_its_first_beat_is_ended(twilio, look, instance, monkeypatch):
    monkeypatch.setattr(alerts, "FIRST_BEAT_WITHIN", timedelta())
    begun = dg.DagsterEvent(dg.DagsterEventType.RUN_START.value, "daily_sync")
    runs = [
        instance.create_run_for_job(
            defs().resolve_job_def("daily_sync"), status=dg.DagsterRunStatus.STARTING
        ).run_id
        for _ in range(2)
    ]
    for run_id in runs:
        instance.report_dagster_event(begun, run_id)
    with services.current().connect() as connection:
        connection.cursor().execute(
            "insert into crm.run_heartbeats (run_id, host) values (%s, '')", runs[:1]
        )
    look()
    statuses = [instance.get_run_by_id(run_id).status.value for run_id in runs]
    assert statuses == ["STARTED", "FAILURE"]


def test_a_run_of_only_some_assets_is_no_success(twilio, sync, notice, look, run_days):
    notice(sync(dg.Failure(CAUSE)))
    part = [dg.AssetKey(["crm", "leads_raw"])]
    assert run_days("2026-01-02", "2026-01-02", asset_selection=part).success
    assert look() == "No sync is late."
    assert pending(survey(services.current())) == ["incident 1"]


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-11-24T10:59", "2026-11-23T08:00"),
        ("2026-11-24T11:00", "2026-11-24T08:00"),
        ("2026-11-25T00:30", "2026-11-24T08:00"),
    ],
)
def test_a_sync_is_late_three_hours_after_it_was_due(now, due):
    zone = load().zone
    moment = datetime.fromisoformat(now).replace(tzinfo=zone)
    expected = datetime.fromisoformat(due).replace(tzinfo=zone)
    assert due_before(moment - LATE_AFTER, load()) == expected
