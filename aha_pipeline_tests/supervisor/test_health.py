"""What is wrong is seen from outside, and told once by a message that needs no database."""

import json
import threading
from contextlib import suppress

import pytest
import requests

from aha_pipeline.settings import load
from aha_pipeline.supervisor import alarm as alarm_room
from aha_pipeline.supervisor import health as room
from aha_pipeline.supervisor.alarm import Alarm
from aha_pipeline.supervisor.children import Children, Service
from aha_pipeline.supervisor.health import Health
from aha_pipeline_tests.delivery.stand_ins import mail_server
from aha_pipeline_tests.kit.mart_contents import rows
from aha_pipeline_tests.kit.ports import free_port
from aha_pipeline_tests.kit.waiting import LONGEST, wait_until
from zoho_sandbox.server import Sandbox

AWAY = "postgresql://someone:secret-of-database@127.0.0.1:1/none"


@pytest.fixture
def health(tmp_path, database_url):
    return Health(Children(tmp_path, print), lambda: database_url)


def get(health: Health) -> requests.Response:
    port = free_port()
    room.serve(health, port, ())

    def answer() -> list[requests.Response]:
        with suppress(requests.ConnectionError):
            return [requests.get(f"http://127.0.0.1:{port}/healthz", timeout=LONGEST)]
        return []

    return wait_until(answer)[0]  # an answer of 503 is false by itself


def test_all_is_well_only_after_the_start_and_while_nothing_is_wrong(health):
    assert (get(health).status_code, get(health).json()["status"]) == (503, "starting")
    health.is_starting = False
    assert get(health).json()["status"] == "starting"  # until the whole was looked at
    health.look(load())
    answer = get(health)
    assert answer.json() == {"status": "ok", "problems": [], "services": {}}
    assert answer.status_code == 200


def test_a_database_that_is_away_and_a_child_that_is_down_are_named_without_a_secret(tmp_path):
    children = Children(tmp_path, print)
    children.want(Service("Dashboard", ["no such program"]))
    health = Health(children, lambda: AWAY)
    health.is_starting = False
    health.look(load())
    answer = get(health)
    assert answer.status_code == 503
    assert answer.json()["status"] == "failing"
    assert [text.split()[0] for text in answer.json()["problems"]] == ["Dashboard", "The"]
    assert "secret-of" not in answer.text


def test_a_daemon_that_does_not_beat_and_a_sync_that_does_not_come_are_named(health, database_url):
    rows(database_url, "create schema dagster create table daemon_heartbeats"
        " (daemon_type text, timestamp timestamp)")  # fmt: skip
    health.is_starting = False
    health.look(load())
    assert [text for text in health.problems if "does not beat" in text]
    rows(database_url, "insert into dagster.daemon_heartbeats values"
        " ('SCHEDULER', now() at time zone 'UTC')")  # fmt: skip
    health.look(load())
    assert health.problems == []
    rows(database_url, "insert into crm.sync_logs (run_id, module, window_start, window_end,"
        " status, started_at, finished_at) values ('r', 'Leads', now(), now(), 'success',"
        " now() - interval '9 days', now() - interval '9 days')")  # fmt: skip
    health.look(load())
    assert [text for text in health.problems if "since it was due" in text]


def test_a_beat_goes_out_while_all_is_well_and_stops_when_it_is_not(monkeypatch, health, company):
    monkeypatch.setattr(room, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(room, "BEAT_SECONDS", 0)
    monkeypatch.setenv("AHA_HEARTBEAT_URL", f"{company.url}/beat")
    beats, over = [], threading.Event()
    monkeypatch.setattr(room, "_beat", beats.append)
    health.is_starting = False
    watcher = threading.Thread(target=room.watch, args=(health, load(), print, over))
    watcher.start()
    while not beats:
        over.wait(0.02)
    health._address = lambda: AWAY
    while not health.problems:
        over.wait(0.02)
    sent = len(beats)
    threading.Event().wait(0.3)
    over.set()
    watcher.join()
    assert beats[0] == f"{company.url}/beat"
    assert len(beats) <= sent + 1


def test_a_watch_that_fails_or_is_stuck_is_a_problem_and_not_the_end_of_it(health, monkeypatch):
    monkeypatch.setattr(room, "LOOK_SECONDS", 0.05)
    health.is_starting = False
    over, alerted = threading.Event(), []
    refused = iter([OSError(24, "Too many open files"), LookupError("no such thing")])

    def alert(problems: list[str]) -> None:
        alerted.append(problems)
        if (error := next(refused, None)) is not None:
            raise error

    watcher = threading.Thread(target=room.watch, args=(health, load(), alert, over))
    watcher.start()
    wait_until(lambda: len(alerted) > 2)
    over.set()
    watcher.join()
    health.look(load())
    assert get(health).json()["status"] == "ok"
    monkeypatch.setattr(room, "STUCK_SECONDS", 0)
    answer = get(health)
    assert answer.status_code == 503
    assert "Nothing has been looked at" in answer.json()["problems"][0]


@pytest.fixture
def alarm(connected: Sandbox, tmp_path, monkeypatch) -> Alarm:
    """An alarm that tells at once, to two readers, through the sandbox's Twilio."""
    for name, value in {
        "TWILIO_API_URL": connected.url,
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "TWILIO_AUTH_TOKEN": "secret-of-twilio",
        "TWILIO_WHATSAPP_NUMBER": "+14155550100",
        "TARGET_WHATSAPP_NUMBER": "+919812345678,+919812345679",
        # Neither may be needed to raise the alarm.
        "DATABASE_URL": AWAY,
        "ZOHO_API_URL": "http://127.0.0.1:9",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(alarm_room, "AFTER_SECONDS", 0)
    return Alarm(tmp_path, load)


def outbox(tmp_path) -> list[dict]:
    file = tmp_path / "outbox.jsonl"
    lines = file.read_text().splitlines() if file.exists() else []
    return [json.loads(line) for line in lines]


def test_an_incident_is_told_to_each_reader_once_also_over_a_restart(alarm, tmp_path, monkeypatch):
    alarm.look(["The database does not answer."])
    alarm.look(["The database does not answer."])
    Alarm(tmp_path, load).look(["Dagster's daemon does not beat."])
    sent = outbox(tmp_path)
    assert len(sent) == 2
    assert all("The database does not answer." in json.dumps(one) for one in sent)

    monkeypatch.setattr(alarm_room, "QUIET_SECONDS", 0)
    alarm.look([])
    alarm.look(["Dagster's daemon does not beat."])
    assert len(outbox(tmp_path)) == 4


def test_an_incident_is_told_once_where_nothing_can_be_written(alarm, tmp_path, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(alarm_room.os, "fsync", full)
    alarm.look(["The disk of the database is full."])
    alarm.look(["The disk of the database is full."])
    assert len(outbox(tmp_path)) == 2  # one to each reader
    monkeypatch.setattr(alarm_room, "QUIET_SECONDS", 0)
    alarm.look([])
    alarm.look(["The disk of the database is full."])
    assert len(outbox(tmp_path)) == 4


def test_what_passes_within_two_minutes_is_no_incident(alarm, tmp_path, monkeypatch):
    monkeypatch.setattr(alarm_room, "AFTER_SECONDS", 120)
    alarm.look(["Dashboard does not run."])
    alarm.look([])
    alarm.look(["Dashboard does not run."])
    assert outbox(tmp_path) == []


def test_a_message_that_never_left_is_sent_later_and_one_in_doubt_never_again(
    alarm, tmp_path, monkeypatch
):
    stand_in = load().twilio_api_url
    monkeypatch.setenv("TWILIO_API_URL", "http://127.0.0.1:9")
    alarm.look(["The database does not answer."])
    assert outbox(tmp_path) == []
    monkeypatch.setenv("TWILIO_API_URL", stand_in)
    alarm.look(["The database does not answer."])
    assert len(outbox(tmp_path)) == 2
    (tmp_path / "incident.json").write_text('{"told": ["')  # cut: nothing is known of it
    alarm.look(["The database does not answer."])
    assert len(outbox(tmp_path)) == 4


def test_the_next_channel_tells_where_the_first_is_away(alarm, tmp_path, monkeypatch):
    with mail_server() as mail:
        for name, value in {
            "TWILIO_API_URL": "http://127.0.0.1:9",
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(mail.port),
            "SMTP_FROM": "sales@example.com",
            "SMTP_TO": "+919812345678=rao@example.com",
        }.items():
            monkeypatch.setenv(name, value)
        for _ in range(2):
            alarm.look(["The database does not answer."])
        (text,) = mail.texts("rao@example.com")
    assert "The database does not answer." in text
    assert outbox(tmp_path) == []
