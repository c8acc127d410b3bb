"""The services apart, as in `deploy/`: what is lost is taken up again, what fails is told."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import psutil
import pytest
import requests

from aha_pipeline.warehouse.connection import connect
from aha_pipeline_tests.kit.fake_clock import FakeClock
from aha_pipeline_tests.kit.ports import free_port
from aha_pipeline_tests.kit.waiting import LONGEST, wait_until
from zoho_sandbox.server import Sandbox, start

NOW = datetime.now(ZoneInfo("Asia/Kolkata"))
TODAY = NOW.date()
FIRST = TODAY - timedelta(days=3)
LONG = 3 * LONGEST  # what sensors of Dagster begin, each in its turn
LAUNCH = """mutation($params: ExecutionParams!) { launchRun(executionParams: $params) {
  __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }"""
RUNS = """query($filter: RunsFilter!) { runsOrError(filter: $filter) {
  ... on Runs { results { runId status } } } }"""
FAILURES = """query($id: ID!) { logsForRun(runId: $id) { ... on EventConnection { events {
  ... on ExecutionStepFailureEvent { stepKey error { message causes { message } } }
  ... on RunFailureEvent { message error { message } } } } } }"""


class Services:
    """Code server, webserver and daemon, each a process with the same settings."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        self._stack, self._folder = stack, folder
        code, ui = free_port(), free_port()
        workspace = folder / "workspace.yaml"
        server = {"host": "127.0.0.1", "port": code, "location_name": "aha_pipeline"}
        workspace.write_text(json.dumps({"load_from": [{"grpc_server": server}]}))
        self.url = f"http://127.0.0.1:{ui}/graphql"
        self.code = self._start(
            "dagster", "api", "grpc", "-m", "aha_pipeline.definitions", "-p", str(code)
        )
        self._start("dagster-webserver", "-w", str(workspace), "-p", str(ui))
        self._start("dagster-daemon", "run", "-w", str(workspace))

    def _start(self, program: str, *arguments: str) -> subprocess.Popen:
        path = str(Path(sys.executable).with_name(program))
        with (self._folder / f"{program}-{arguments[0]}.log").open("w") as log:
            child = subprocess.Popen(
                [sys.executable, "-m", "aha_pipeline", "exec", path, *arguments],
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._stack.callback(child.wait)
        self._stack.callback(os.killpg, child.pid, signal.SIGKILL)
        return child

    def ask(self, query: str, **variables: object) -> dict:
        answer = requests.post(
            self.url, json={"query": query, "variables": variables}, timeout=LONGEST
        ).json()
        return answer["data"]

    def is_ready(self) -> bool:
        try:
            nodes = "{ repositoriesOrError { ... on RepositoryConnection { nodes { name } } } }"
            return bool(self.ask(nodes)["repositoriesOrError"]["nodes"])
        except (requests.RequestException, KeyError, TypeError):
            return False

    def workers(self) -> list[psutil.Process]:
        """Return the processes that execute runs: what the code server has forked or started."""
        return psutil.Process(self.code.pid).children(recursive=True)

    def syncs(self) -> list[dict]:
        """Return the runs of `daily_sync`: not the message, which starts before its sync ends."""
        return self.ask(RUNS, filter={"pipelineName": "daily_sync"})["runsOrError"]["results"]

    def failures(self, run_id: str) -> list[dict]:
        """Return what a run says of its failures."""
        return [event for event in self.ask(FAILURES, id=run_id)["logsForRun"]["events"] if event]


@pytest.fixture
def sandbox(tmp_path, database_url, monkeypatch):
    clock = FakeClock(datetime.now(UTC))  # so that no record changes between the two readings
    with start(outbox_path=tmp_path / "outbox.jsonl", now=clock) as running:
        for name, value in {
            "DATABASE_URL": database_url,
            "ZOHO_API_URL": running.url,
            "ZOHO_ACCOUNTS_URL": running.url,
            "ZOHO_CLIENT_ID": "id",
            "ZOHO_CLIENT_SECRET": "secret-of-client",
            "ZOHO_REFRESH_TOKEN": "secret-of-refresh",
            "OLLAMA_BASE_URL": "http://127.0.0.1:9",
            "AHA_START_DATE": FIRST.isoformat(),
            "AHA_DAILY_AT": f"{NOW + timedelta(hours=12):%H:%M}",  # no sync but the test's own
            "TWILIO_API_URL": running.url,
            "TWILIO_ACCOUNT_SID": "AC" + "1" * 32,
            "TWILIO_AUTH_TOKEN": "secret-of-twilio",
            "TWILIO_WHATSAPP_NUMBER": "+14155238886",
            "TARGET_WHATSAPP_NUMBER": "+919812345678",
        }.items():
            monkeypatch.setenv(name, value)
        yield running


@pytest.fixture
def services(sandbox, tmp_path) -> Iterator[Services]:
    with ExitStack() as stack:
        started = Services(stack, tmp_path)
        wait_until(started.is_ready, step=0.5)
        yield started


def rows(url: str, query: str) -> list[tuple]:
    with connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


def test_services_that_start_together_on_a_new_database_all_start(sandbox, database_url):
    look = "from dagster import DagsterInstance; DagsterInstance.get()"
    command = [sys.executable, "-m", "aha_pipeline", "exec", sys.executable, "-c", look]
    starting = [subprocess.Popen(command) for _ in range(3)]
    assert [one.wait(LONGEST) for one in starting] == [0, 0, 0]
    tables = "select count(*) > 10 from pg_tables where schemaname = 'dagster'"
    assert rows(database_url, tables) == [(True,)]


def launch(services: Services) -> str:
    selector = {
        "repositoryLocationName": "aha_pipeline",
        "repositoryName": "__repository__",
        "jobName": "daily_sync",
    }
    days = {
        "dagster/asset_partition_range_start": FIRST.isoformat(),
        "dagster/asset_partition_range_end": TODAY.isoformat(),
    }
    tags = [{"key": key, "value": value} for key, value in days.items()]
    params = {"selector": selector, "executionMetadata": {"tags": tags}}
    launched = services.ask(LAUNCH, params=params)["launchRun"]
    assert launched["__typename"] == "LaunchRunSuccess", launched
    return launched["run"]["runId"]


def lose_a_worker(services: Services, sandbox: Sandbox, url: str) -> None:
    """A run whose worker is killed is taken up again, and loses nothing."""
    idle = {process.pid for process in services.workers()}
    sandbox.switches.latency = 0.5
    killed = launch(services)
    reading = "select 1 from crm.sync_logs where status = 'running' and records_read > 200"
    wait_until(lambda: rows(url, reading), step=0.1)
    workers = [process for process in services.workers() if process.pid not in idle]
    assert workers
    for process in workers:
        process.kill()
    sandbox.switches.latency = 0

    def ended() -> list[dict]:
        found = services.syncs()
        over = all(run["status"] in ("SUCCESS", "FAILURE") for run in found)
        return found if over and len(found) == 2 else []

    found = wait_until(ended, seconds=LONG, step=2)
    status = {run["runId"]: run["status"] for run in found}
    assert status.pop(killed) == "FAILURE"
    assert list(status.values()) == ["SUCCESS"], [services.failures(run) for run in status]

    for module, table in (("Leads", "leads_raw"), ("Deals", "crm_deals")):
        served = sandbox.store.tables[module].records
        landed = rows(url, f"select id from crm.{table} where deleted_at is null")  # noqa: S608
        assert {row[0] for row in landed} == set(served), module
    assert rows(url, "select count(*) from analytics.ai_briefings_log") == [(1,)]
    assert rows(url, "select count(*) from crm.record_versions") == [(0,)]


def ends(services: Services, run_id: str) -> str:
    """Return how a sync ended, once it and every other sync has."""

    def status() -> str | None:
        found = {run["runId"]: run["status"] for run in services.syncs()}
        is_over = all(one in ("SUCCESS", "FAILURE") for one in found.values())
        return found[run_id] if is_over else None

    return wait_until(status, seconds=LONG, step=2)


def fail(services: Services, sandbox: Sandbox) -> None:
    """A sync that fails is told by the daemon's sensors; what they tell is in test_alerts.py."""
    (briefing,) = wait_until(sandbox.outbox.messages, seconds=LONG)
    sandbox.switches.unreadable.add("Deals")
    failed = launch(services)
    assert ends(services, failed) == "FAILURE"
    assert "Deals" in str(services.failures(failed))
    wait_until(lambda: len(sandbox.outbox.messages()) > 1, seconds=LONG)
    before, notice = sandbox.outbox.messages()
    assert before.sid == briefing.sid
    assert "Deals" in notice.body
    assert "Take" in notice.body or "take" in notice.body
    assert "secret-of" not in notice.body


@pytest.mark.waits
def test_a_lost_worker_is_taken_up_again_and_what_fails_is_told(services, sandbox, database_url):
    # One after the other: to start the services takes longer than either.
    lose_a_worker(services, sandbox, database_url)
    fail(services, sandbox)
