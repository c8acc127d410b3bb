"""A run that is gone frees what it holds, and whoever waits is told for whom."""

import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg2
import pytest

from aha_pipeline.warehouse import heartbeat as room
from aha_pipeline.warehouse.connection import DatabaseUnreachable, connect
from aha_pipeline.warehouse.heartbeat import Heartbeat
from aha_pipeline_tests.kit.mart_contents import rows
from aha_pipeline_tests.kit.waiting import wait_until

LIVE = "select run_id from crm.run_heartbeats order by 1"
DEAD = "insert into crm.run_heartbeats (run_id, host, beat_at) values"
DEAD += " (%s, 'a-container-that-is-gone', now() - %s * interval '1 second')"


@contextmanager
def beating(url: str, run_id: str) -> Iterator[list[str]]:
    """Let a run beat; yield the ids of the runs that it ended."""
    ended: list[str] = []
    over = threading.Event()
    beat = Heartbeat(lambda: connect(url), run_id, is_over=over.is_set, end_runs=ended.extend)
    beat.start()
    try:
        yield ended
    finally:
        over.set()
        wait_until(lambda: (run_id,) not in rows(url, LIVE))


@pytest.fixture(autouse=True)
def fast(monkeypatch, database_url):
    monkeypatch.setattr(room, "LOOK_SECONDS", 0.1)
    monkeypatch.setattr(room, "BEAT_SECONDS", 0.1)


def test_a_run_beats_while_it_lives_and_leaves_nothing(database_url):
    with beating(database_url, "one"):
        wait_until(lambda: rows(database_url, LIVE) == [("one",)])
        first = rows(database_url, "select beat_at from crm.run_heartbeats")
        wait_until(lambda: rows(database_url, "select beat_at from crm.run_heartbeats") > first)
    assert rows(database_url, LIVE) == []


def test_only_a_run_that_has_not_beaten_for_long_is_ended(database_url, monkeypatch):
    up = rows(database_url, "select extract(epoch from now() - pg_postmaster_start_time())::float")
    limit = min(room.DEAD_SECONDS, up[0][0] / 2)
    monkeypatch.setattr(room, "DEAD_SECONDS", limit)
    rows(database_url, DEAD, "gone", limit + 5)
    rows(database_url, DEAD, "slow", limit - 0.8 * limit)
    with beating(database_url, "one") as ended:
        wait_until(lambda: ended == ["gone"])
        wait_until(lambda: ("gone",) not in rows(database_url, LIVE))
        assert ("slow",) in rows(database_url, LIVE)


@pytest.mark.parametrize("beat_ago", [0, 60], ids=["begun before", "begun since the last beat"])
def test_a_suspended_run_keeps_no_lock(database_url, beat_ago):
    name = "set application_name = 'old-host/7 %s'"
    with closing(psycopg2.connect(database_url)) as asleep, asleep.cursor() as locking:
        locking.execute(name % "a" + "; lock table crm.leads_raw")
        rows(database_url, DEAD, "asleep", beat_ago)
        rows(database_url, "update crm.run_heartbeats set application = 'old-host/7 a'")
        with connect(database_url) as anew, anew.cursor() as cursor:  # as in a container made anew
            cursor.execute(name % "b" + "; select 1")
            with connect(database_url) as connection:
                room.end_sessions(connection, ["asleep"])
            wait_until(lambda: rows(database_url, "select count(*) from crm.leads_raw") == [(0,)])
            cursor.execute("select 1")
        with pytest.raises(psycopg2.OperationalError):
            locking.execute("select 1")


def test_a_database_that_does_not_answer_is_told_once_each_time(database_url, caplog, monkeypatch):
    monkeypatch.setattr(room, "SILENT_SECONDS", 0.3)
    is_silent, over = threading.Event(), threading.Event()
    answered: list[None] = []

    @contextmanager
    def connected() -> Iterator[psycopg2.extensions.connection]:
        if is_silent.is_set():  # first it does not let anybody in, then it holds whoever is
            if told() > 1:
                wait_until(lambda: not is_silent.is_set())
            raise DatabaseUnreachable("timeout expired")
        with connect(database_url) as connection:
            yield connection
        answered.append(None)

    def told() -> int:
        return caplog.text.count("The database has not answered for")

    beat = Heartbeat(connected, "one", is_over=over.is_set, end_runs=print)
    beat.start()
    for time_ in (1, 2, 3):
        is_silent.set()
        wait_until(lambda wanted=time_: told() == wanted)
        time.sleep(0.5)
        assert told() == time_
        answered.clear()
        is_silent.clear()
        wait_until(lambda: answered)
    over.set()


def test_nobody_is_taken_for_dead_while_the_database_itself_was_away(database_url, monkeypatch):
    monkeypatch.setattr(room, "DEAD_SECONDS", 10.0**9)
    rows(database_url, DEAD, "could not beat", 2 * 10.0**9)
    with connect(database_url) as connection:
        assert room.dead(connection) == []


def test_a_wait_for_a_lock_is_told_with_who_holds_it(database_url, caplog):
    with connect(database_url) as holder, holder.cursor() as cursor:
        cursor.execute("set application_name = 'a BI tool'; lock table crm.leads_raw")
        waiter = threading.Thread(
            target=rows, args=(database_url, "select count(*) from crm.leads_raw")
        )
        waiter.start()
        with beating(database_url, "one"):
            wait_until(lambda: "a BI tool" in caplog.text)
        holder.rollback()
        waiter.join()
    (line,) = (record.message for record in caplog.records if "BI tool" in record.message)
    assert line.startswith("Waiting for process ")
    assert "in a transaction since" in line


def test_a_wait_for_a_slot_is_told_with_the_run_and_its_machine(database_url, caplog):
    rows(database_url, "create schema dagster"
        " create table concurrency_slots (concurrency_key text, run_id text)"
        " create table pending_steps (concurrency_key text, run_id text, assigned_timestamp"
        " timestamp)")  # fmt: skip
    rows(database_url, "insert into dagster.concurrency_slots values ('zoho_api', 'other-run')")
    rows(database_url, "insert into dagster.pending_steps values ('zoho_api', 'one', null)")
    rows(database_url, DEAD, "other-run", 20)
    with beating(database_url, "one"):
        wait_until(lambda: "Waiting for run other-ru on a-container-that-is-gone" in caplog.text)
        time.sleep(0.5)
    assert caplog.text.count("Waiting for run") == 1
