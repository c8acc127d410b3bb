"""The message: once a day and reader, whoever starts it, however often, by whatever channel."""

from datetime import timedelta
from io import StringIO
from uuid import uuid4

import dagster as dg
import pytest
from rich.console import Console

from aha_pipeline import services
from aha_pipeline.automation.jobs import NOT_CONFIGURED, message_config
from aha_pipeline.automation.sensors import whatsapp_on_briefing
from aha_pipeline.briefing.compose import Briefing, store
from aha_pipeline.commands import messages
from aha_pipeline.definitions import defs
from aha_pipeline.delivery.outgoing import briefing_subject
from aha_pipeline.instance import home
from aha_pipeline.warehouse.connection import connect
from aha_pipeline_tests.delivery.stand_ins import mail_server
from aha_pipeline_tests.kit.days import today, yesterday


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

    def stored(day, text="Good morning", **others: str) -> str:
        briefing = Briefing(
            day=day,
            messages={
                code: {"title": "", "headline": one, "glance": "", "text": one, "report": one}
                for code, one in {"en": text, **others}.items()
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


@pytest.fixture
def said(monkeypatch):
    """Send from a terminal; return what it says and whether all went well."""
    for name in ("DAGSTER_HOME", "DAGSTER_POSTGRES_URL", "DAGSTER_EVENT_BATCH_SIZE"):
        monkeypatch.setenv(name, "0")

    def _said() -> tuple[str, bool]:
        console = Console(file=StringIO(), width=300)
        opened = services.current()
        home.prepare(opened.settings)
        has_sent = messages.send(console, opened)
        return console.file.getvalue(), has_sent

    return _said


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
    subject = write(yesterday())
    request = tick(instance)
    assert request.run_config == message_config(subject)
    assert send(instance, subject).success
    assert [message.body for message in twilio.messages()] == ["Good morning"] * 2


def test_later_ticks_and_runs_send_nothing_more(twilio, write, instance):
    subject = write(yesterday())
    send(instance, subject)
    assert isinstance(tick(instance), dg.SkipReason)
    assert send(instance, subject).success
    assert len(twilio.messages()) == 2


def test_a_briefing_written_again_with_other_words_is_not_sent_again(twilio, write, instance):
    send(instance, write(yesterday()))
    again = write(yesterday(), "Good morning again")
    assert isinstance(tick(instance), dg.SkipReason)
    assert send(instance, again).success
    assert len(twilio.messages()) == 2


def test_a_rebuilt_past_day_is_not_sent(twilio, write, instance):
    old = write(today() - timedelta(days=9))
    assert isinstance(tick(instance), dg.SkipReason)
    assert not send(instance, old).success
    assert twilio.messages() == []


def test_each_reader_gets_the_text_in_the_reader_s_language(twilio, write, instance, monkeypatch):
    subject = write(yesterday(), hi="सुप्रभात")
    monkeypatch.setenv("BRIEFING_LANGUAGE", "en, +919812345679=hi")
    assert send(instance, subject).success
    assert {one.recipient[-1]: one.body for one in twilio.messages()} == {
        "8": "Good morning",
        "9": "सुप्रभात",
    }


def test_a_reader_who_is_not_reached_is_named_with_the_reason(twilio, connected, write, instance):
    subject = write(yesterday())
    connected.switches.twilio_faults[:] = ["21211"]
    result = send(instance, subject)
    assert not result.success
    (event,) = [one for one in result.all_events if one.is_step_failure]
    assert (
        "+91******5678 by whatsapp: Twilio cannot send" in event.event_specific_data.error.message
    )
    skipped = tick(instance)
    assert f"{subject} has not reached +91******5678" in skipped.skip_message
    assert "check TARGET_WHATSAPP_NUMBER" in skipped.skip_message
    assert len(twilio.messages()) == 1


def test_a_terminal_says_whom_it_did_not_reach_and_fails(twilio, connected, write, said):
    write(yesterday())
    connected.switches.twilio_faults[:] = ["ok", "21610"]
    for _ in range(2):
        told, has_sent = said()
        assert not has_sent
        assert "+91******5679" in told
        assert "opted out with STOP" in told


def test_a_second_sync_says_that_the_first_one_sent_it(twilio, write, said):
    write(yesterday())
    told, has_sent = said()
    assert (has_sent, "was handed to the sandbox outbox" in told) == (True, True)
    told, has_sent = said()
    assert (has_sent, "already; it goes out once" in told) == (True, True)
    assert f"the briefing of {yesterday()} was sent on {today().day} " in told
    assert len(twilio.messages()) == 2


def test_a_mail_goes_where_whatsapp_fails(twilio, connected, write, instance, monkeypatch):
    with mail_server() as mail:
        monkeypatch.setenv("SMTP_HOST", "127.0.0.1")
        monkeypatch.setenv("SMTP_PORT", str(mail.port))
        monkeypatch.setenv("SMTP_FROM", "sales@example.com")
        monkeypatch.setenv("SMTP_TO", "+919812345678=rao@example.com")
        connected.switches.twilio_faults[:] = ["21211"]
        assert send(instance, write(yesterday())).success
        assert mail.texts("rao@example.com") == ["Good morning"]
        assert isinstance(tick(instance), dg.SkipReason)
        assert [one.recipient for one in twilio.messages()] == ["whatsapp:+919812345679"]


def test_without_a_channel_the_sensor_says_so(connected, write, instance):
    write(yesterday())
    assert tick(instance).skip_message == NOT_CONFIGURED


def test_no_secret_and_no_whole_number_is_in_the_events(twilio, write, instance):
    result = send(instance, write(yesterday()))
    text = "\n".join(str(entry) for entry in instance.all_logs(result.run_id))
    assert "secret-of-twilio" not in text
    assert "9812345678" not in text


def test_a_command_waits_for_another_that_sends_but_not_for_one_that_stands_still(
    twilio, write, said, database_url, monkeypatch
):
    write(yesterday())
    monkeypatch.setattr(messages, "LONGEST_WAIT", "300ms")
    with connect(database_url) as asleep, asleep.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext(%s))", (messages.ALONE,))
        words, has_sent = said()
    assert has_sent
    assert "another command is sending" in words
    assert "was handed to" in words
    words, has_sent = said()
    assert has_sent
    assert "it goes out once" in words
    assert "another command" not in words
    assert len(twilio.messages()) == 2
