"""The message: once a day and reader, whoever starts it and however often."""

from datetime import datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from aha_pipeline import services
from aha_pipeline.automation.jobs import NOT_CONFIGURED, message_config
from aha_pipeline.automation.sensors import whatsapp_on_briefing
from aha_pipeline.briefing.compose import Briefing, store
from aha_pipeline.definitions import defs
from aha_pipeline.delivery.outgoing import briefing_subject
from aha_pipeline.warehouse.connection import connect

TODAY = datetime.now(ZoneInfo("Asia/Kolkata")).date()
YESTERDAY = TODAY - timedelta(days=1)


@pytest.fixture
def twilio(connected, monkeypatch):
    """The stand-in's outbox, with the settings that lead there."""
    monkeypatch.setenv("TWILIO_API_URL", connected.url)
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", "AC" + "1" * 32)
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "secret-of-twilio")
    monkeypatch.setenv("TWILIO_WHATSAPP_NUMBER", "+14155238886")
    monkeypatch.setenv("TARGET_WHATSAPP_NUMBER", "+919812345678, whatsapp:+919812345679")
    return connected.outbox


@pytest.fixture
def write(connected, database_url):
    """Store a briefing of a day and return its subject."""
    services.current()

    def stored(day, text="Good morning") -> str:
        briefing = Briefing(
            day=day,
            messages={
                "en": {"title": "", "headline": text, "glance": "", "text": text, "report": text}
            },
            written_by="plain",
            model=None,
            plain_reason="no model",
            facts=[],
            items=[],
            refused=[],
            is_sandbox=True,
            duration_seconds=0.1,
        )
        with connect(database_url) as connection:
            store(connection, briefing)
        return briefing_subject(day)

    return stored


def tick(instance):
    context = dg.build_sensor_context(
        instance=instance,
        resources={"services": services.current()},
        repository_def=defs().get_repository_def(),
    )
    return whatsapp_on_briefing(context)


def send(instance, subject) -> dg.ExecuteInProcessResult:
    job = defs().resolve_job_def("send_whatsapp")
    return job.execute_in_process(
        instance=instance,
        run_id=str(uuid4()),
        run_config=message_config(subject),
        raise_on_error=False,
    )


def test_a_new_briefing_is_sent_once_to_each_reader(twilio, write, instance):
    subject = write(YESTERDAY)
    request = tick(instance)
    assert request.run_config == message_config(subject)
    assert send(instance, subject).success
    assert [message.body for message in twilio.messages()] == ["Good morning"] * 2


def test_later_ticks_and_runs_send_nothing_more(twilio, write, instance):
    subject = write(YESTERDAY)
    send(instance, subject)
    assert isinstance(tick(instance), dg.SkipReason)
    assert send(instance, subject).success
    assert len(twilio.messages()) == 2


def test_a_briefing_written_again_with_other_words_is_not_sent_again(twilio, write, instance):
    send(instance, write(YESTERDAY))
    again = write(YESTERDAY, "Good morning again")
    assert isinstance(tick(instance), dg.SkipReason)
    assert send(instance, again).success
    assert len(twilio.messages()) == 2


def test_a_rebuilt_past_day_is_not_sent(twilio, write, instance):
    old = write(TODAY - timedelta(days=9))
    assert isinstance(tick(instance), dg.SkipReason)
    assert not send(instance, old).success
    assert twilio.messages() == []


def test_without_twilio_settings_the_sensor_says_so(connected, write, instance):
    write(YESTERDAY)
    assert tick(instance).skip_message == NOT_CONFIGURED


def test_no_secret_and_no_whole_number_is_in_the_events(twilio, write, instance):
    result = send(instance, write(YESTERDAY))
    text = "\n".join(str(entry) for entry in instance.all_logs(result.run_id))
    assert "secret-of-twilio" not in text
    assert "9812345678" not in text
