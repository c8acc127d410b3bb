"""The `aha` command as a person meets it: its own process, real services, plain words."""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import psutil
import pytest

from aha_pipeline.warehouse.connection import connect
from aha_pipeline.warehouse.mart_files import read_marts
from aha_pipeline_tests.kit.command import SECRETS, Command, aha, assert_refused, running
from aha_pipeline_tests.kit.databases import fresh_database
from aha_pipeline_tests.kit.days import today
from aha_pipeline_tests.kit.waiting import wait_until

START = today() - timedelta(days=4)


def rows(url, query):
    with connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


@pytest.fixture
def recent(connected, monkeypatch):
    """The connected organisation, with few partitions."""
    monkeypatch.setenv("AHA_START_DATE", START.isoformat())
    return connected


@pytest.fixture(scope="module")
def synced(module_connected) -> subprocess.CompletedProcess[str]:
    """How a first sync of the module's organisation ended."""
    return aha("sync", AHA_START_DATE=START.isoformat())


@pytest.fixture
def synced_url(synced, postgres, module_database_url) -> Iterator[str]:
    """Address of a copy of the warehouse after that sync."""
    ((name,),) = rows(module_database_url, "select current_database()")
    with fresh_database(postgres, name) as address:
        yield address


def test_a_sync_tells_what_it_did_and_a_second_one_that_nothing_changed(
    synced, recent, module_connected, synced_url
):
    assert synced.returncode == 0, synced.stderr
    assert re.search(r"Leads +3 +3 +0 +0 +0", synced.stdout)
    assert "sandbox data" in synced.stdout
    url = module_connected.url
    second = aha("sync", DATABASE_URL=synced_url, ZOHO_API_URL=url, ZOHO_ACCOUNTS_URL=url)
    assert second.returncode == 0
    assert "Nothing changed" in second.stdout
    assert rows(synced_url, "select count(*) from crm.leads_raw") == [(3,)]


def test_another_organisation_is_refused(recent, synced_url):
    with connect(synced_url) as connection, connection.cursor() as cursor:
        cursor.execute("update crm.organisation set org_id = 'other', name = 'Other Ltd'")
    assert_refused(aha("sync", DATABASE_URL=synced_url), "Other Ltd", "AHA_HOME")


def test_a_sync_is_a_run_that_the_dagster_ui_shows(synced, module_database_url):
    assert rows(module_database_url, "select pipeline_name, status from dagster.runs") == [
        ("daily_sync", "SUCCESS")
    ]
    materialized = rows(
        module_database_url,
        "select asset_key::jsonb ->> 1 from dagster.asset_keys "
        "where last_materialization is not null",
    )
    assert {mart.name for mart in read_marts()} <= {name for (name,) in materialized}
    assert _names_assets(module_database_url) == [(False,)]  # it is the whole job


def _names_assets(url: str) -> list[tuple[bool]]:
    """Return of each run whether it names the assets that it is of, as one of a part does."""
    return rows(
        url,
        "select coalesce(run_body::jsonb #> '{asset_selection,__frozenset__}' <> '[]', false) "
        "from dagster.runs",
    )


def test_a_backfill_reads_what_is_unread_and_then_nothing(recent, database_url):
    days = ("--from", START.isoformat(), "--to", (today() - timedelta(days=1)).isoformat())
    assert aha("backfill", *days).returncode == 0
    again = aha("backfill", *days)
    assert again.returncode == 0
    assert "Nothing to do" in again.stdout
    assert rows(database_url, "select count(*) from crm.sync_logs") == [(4,)]
    assert _names_assets(database_url) == [(True,)]  # there is no briefing in it
    assert rows(database_url, "select count(*) from analytics.ai_briefings_log") == [(0,)]


def test_a_module_that_may_not_be_read_fails_the_sync_in_one_sentence(recent, database_url):
    recent.switches.unreadable.add("Deals")
    finished = aha("sync")
    assert finished.returncode == 1
    assert "ZohoCRM.modules.deals.READ" in " ".join(finished.stdout.split())
    assert "Traceback" not in finished.stdout + finished.stderr
    assert rows(database_url, "select count(*) from crm.crm_deals") == [(0,)]
    assert secrets_in_dagster(database_url) == []


def test_a_failed_check_holds_the_briefing_back_and_says_why_until_zoho_is_asked(
    recent, database_url
):
    with connect(database_url) as connection, connection.cursor() as cursor:
        cursor.execute("insert into crm.live_records values ('Leads', current_date - 2, 1000)")
    failed = aha("sync")
    assert failed.returncode == 1
    said = "Failed: leads_raw_live_records: crm/leads_raw: 1 row is wrong. Far fewer live records"
    assert said in failed.stdout
    assert "run `aha sync`" in failed.stdout
    assert "nothing is sent" in failed.stdout
    assert "Briefing of" not in failed.stdout
    assert rows(database_url, "select count(*) from analytics.ai_briefings_log") == [(0,)]
    with connect(database_url) as connection, connection.cursor() as cursor:
        cursor.execute("delete from crm.leads_raw where id = '3'")
    compared = aha("reconcile")
    assert compared.returncode == 0
    assert "The figures were computed anew" in compared.stdout
    in_figures = "select sum(records) from analytics.funnel where entity = 'lead'"
    assert rows(database_url, in_figures) == [(3,)]
    accepted = aha("sync", "--from", START.isoformat())
    assert accepted.returncode == 0, accepted.stdout
    assert rows(database_url, "select count(*) from analytics.ai_briefings_log") == [(1,)]


def secrets_in_dagster(url):
    events = rows(url, "select event from dagster.event_logs")
    assert events
    return [event for (event,) in events for secret in SECRETS if secret in event]


def test_a_half_set_group_names_what_is_missing(recent):
    assert_refused(aha("sync", ZOHO_REFRESH_TOKEN=""), "ZOHO_REFRESH_TOKEN", "ZOHO_CLIENT_ID")


def test_a_refused_token_is_one_sentence_and_nothing_is_written(recent, database_url):
    finished = aha("sync", ZOHO_REFRESH_TOKEN="invalid-secret-of-refresh")
    assert_refused(finished, "ZOHO_REFRESH_TOKEN")
    assert "secret-of" not in finished.stdout + finished.stderr
    assert rows(database_url, "select count(*) from crm.sync_logs") == [(0,)]


def test_an_unreachable_database_is_one_sentence_without_its_password(recent):
    finished = aha("sync", DATABASE_URL="postgresql://u:secret-of-database@127.0.0.1:1/x")
    assert_refused(finished, "DATABASE_URL")
    assert "secret-of" not in finished.stderr


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("--from", "2026-02-30"), "2026-02-30"),
        (("--from", "yesterday"), "2026-01-31"),
        (("--from", today().isoformat(), "--to", START.isoformat()), "after"),
        (("--to", (today() + timedelta(days=3)).isoformat()), "future"),
        (("--from", "2001-01-01"), "AHA_START_DATE"),
        (("--from", (today() + timedelta(days=2)).isoformat()), "future"),
        (("--modules", "Leads,Unicorns"), "Unicorns"),
        (("--modules", ","), "Leads"),
        (("--frm", "x"), "--from"),
    ],
)
def test_bad_input_is_one_sentence(recent, arguments, word):
    assert_refused(aha("sync", *arguments), word)


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("AHA_DAILY_AT", "25:99", "08:00"),
        ("AHA_DAILY_AT", "08:00:30Z", "08:00"),
        ("AHA_START_DATE", "20260101", "2026-01-31"),
        ("AHA_TIMEZONE", "Asia/Nowhere", "Asia/Kolkata"),
        ("AHA_CURRENCY", "RUPEES", "INR"),
        ("AHA_HOME", "/dev/null/x", "folder"),
        ("ZOHO_MODULES", "Leads,leads", "twice"),
        ("ZOHO_MAX_CONCURRENCY", "0", "ZOHO_MAX_CONCURRENCY"),
        ("ZOHO_API_URL", "http://crm.example.com", "https"),
        ("TWILIO_API_URL", "https://api.example.com", "TWILIO_API_URL"),
        ("DATABASE_URL", "mysql://u:secret-of-database@h/d", "postgresql://"),
        ("DATABASE_URL", "postgresql://u:pa@secret-of-database@h/d", "%40"),
    ],
)
def test_a_wrong_setting_is_named_with_what_it_should_hold(recent, name, value, word):
    settings = {name: value} | ({"DATABASE_URL": ""} if name == "AHA_HOME" else {})
    finished = aha("migrate", **settings)
    assert_refused(finished, name, word)
    assert "secret-of" not in finished.stderr


def test_a_crm_that_is_away_is_told_at_once(recent):
    finished = aha("sync", ZOHO_API_URL="http://127.0.0.1:9")
    assert finished.returncode == 1
    assert "ZOHO_API_URL" in finished.stderr.splitlines()[-1]
    # Each question is repeated once: whose zone and currency these are, and what is to be read.
    assert finished.stderr.count("Trying again") == 2


def test_sigterm_stops_a_command_that_has_not_begun_its_run(recent):
    recent.switches.latency = 20
    with running("sync") as command:
        wait_until(lambda: psutil.Process(command.pid).net_connections("tcp"))
        command.send_signal(signal.SIGTERM)
        stopped = command.wait()
    assert stopped.returncode == 130
    assert "Stopped" in stopped.stderr


@contextmanager
def reading(company, url: str) -> Iterator[Command]:
    """A sync in a process of its own, in the middle of its first module."""
    before = rows(url, LOGGED)
    company.switches.latency = 1.5
    with running("sync") as command:
        wait_until(lambda: rows(url, LOGGED) != before)
        yield command
    company.switches.latency = 0


LOGGED = "select count(distinct run_id) from crm.sync_logs"
CUT = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()"


def test_a_sync_that_is_stopped_killed_or_cut_leaves_nothing_that_stops_the_next(
    recent, database_url
):
    for number in (signal.SIGINT, signal.SIGHUP):
        with reading(recent, database_url) as stopped:
            stopped.send_signal(number)
            ended = stopped.wait()
            assert ended.returncode == 130, ended
            assert "carries on" in ended.stderr
            assert "Failed" not in ended.stdout
            assert "Traceback" not in ended.stdout + ended.stderr

    with reading(recent, database_url) as killed:
        killed.send_signal(signal.SIGKILL)
        assert killed.wait().returncode == -signal.SIGKILL

    with reading(recent, database_url) as cut:
        cut_sessions(cut, database_url)
        ended = cut.wait()
        assert ended.returncode
        assert "Traceback" not in ended.stdout + ended.stderr
        assert "connection to the database was lost" in ended.stdout + ended.stderr

    finished = aha("sync")
    assert finished.returncode == 0, finished.stdout + finished.stderr
    states = dict(rows(database_url, "select status, count(*) from crm.sync_logs group by 1"))
    assert {"interrupted", "success"} <= states.keys() <= {"interrupted", "failed", "success"}
    last = (
        "select status, count(*) from crm.sync_logs where run_id = "
        "(select run_id from crm.sync_logs order by started_at desc limit 1) group by 1"
    )
    assert rows(database_url, last) == [("success", 4)]
    assert rows(database_url, "select count(*) from crm.leads_raw") == [(3,)]
    runs = "select status, count(*) from dagster.runs group by 1 order by 1"
    assert rows(database_url, runs) == [("FAILURE", 4), ("SUCCESS", 1)]


INTERRUPTED_IMPORT = """
import os, signal, sys

class Interrupt:
    def find_spec(self, name, *_):
        if name == "click":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupt())
import aha_pipeline.__main__
"""


def test_ctrl_c_before_the_command_has_begun_ends_it_without_a_traceback():
    ended = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_IMPORT], capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (-signal.SIGINT, "")


DROPPED = """
import gc, os, signal, time, weakref
from contextlib import nullcontext
from dagster._utils.interrupts import raise_interrupts_as
from dagster._core.errors import DagsterExecutionInterruptedError
from aha_pipeline import cli

class Thing:
    pass

class Finalized:
    def __del__(self):
        interrupt()

def interrupt(*_):
    os.kill(os.getpid(), signal.SIGINT)
    for _ in range(10): pass

def finalizer():
    Finalized()

def weak_reference():
    thing = Thing()
    kept = weakref.ref(thing, interrupt)
    del thing

def collection():
    gc.callbacks.append(interrupt)
    gc.collect()
    gc.callbacks.clear()

def work(**_):
    during = {where}
    with during:
        {drop}()
        print("went on", flush=True)
        time.sleep(60)

cli.cli.main = work
try:
    cli.main()
except DagsterExecutionInterruptedError:
    print("interrupted")
"""


@pytest.mark.parametrize("drop", ["finalizer", "weak_reference", "collection"])
@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("nullcontext()", "Stopped. The next run carries on from here."),
        ("raise_interrupts_as(DagsterExecutionInterruptedError)", "interrupted"),
    ],
)
def test_ctrl_c_where_python_drops_what_is_raised_stops_all_the_same(drop, where, said):
    code = DROPPED.replace("{where}", where).replace("{drop}", drop)
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=50
    )
    assert ended.stdout.startswith("went on")
    assert (ended.stdout + ended.stderr).removeprefix("went on\n").strip() == said


CLOSED_STREAMS = """
import os, sys
from aha_pipeline import cli

told = os.dup(1)
for number in sys.argv[1]:
    os.close(int(number))
cli.cli.main = lambda **_: os.write(told, b"%d" % os.open("/dev/null", os.O_RDONLY))
cli.main()
"""


@pytest.mark.parametrize("closed", ["1", "2", "012"])
def test_no_file_takes_the_place_of_a_stream_that_the_shell_has_closed(closed):
    command = [sys.executable, "-c", CLOSED_STREAMS, closed]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    assert int(said) > 2


def cut_sessions(sync: Command, url: str) -> None:
    """End the sessions of a sync, those of its next steps and attempts too."""
    for _ in range(20):
        if sync.returncode is not None:
            return
        with connect(url, autocommit=True) as connection, connection.cursor() as cursor:
            cursor.execute(f"{CUT} and pid <> pg_backend_pid()")
        time.sleep(0.5)
    sync.send_signal(signal.SIGINT)


def test_the_schema_can_be_migrated_alone(empty_database_url):
    first = aha("migrate", DATABASE_URL=empty_database_url)
    assert "applied 0001.crm" in first.stdout
    assert "up to date" in aha("migrate", DATABASE_URL=empty_database_url).stdout


def test_a_service_of_a_deployment_is_refused_without_the_services_it_shares(recent, monkeypatch):
    monkeypatch.delenv("DATABASE_URL")
    assert_refused(aha("exec", "dagster", "--version"), "DATABASE_URL", "`aha up`")


def test_a_service_of_a_deployment_finds_its_dagster_home_and_schema(recent, database_url):
    finished = aha("exec", sys.executable, "-c", "import os; print(os.environ['DAGSTER_HOME'])")
    assert finished.stdout.strip().endswith("dagster")
    found = "select count(*) from information_schema.schemata where schema_name = 'dagster'"
    assert rows(database_url, found) == [(1,)]
