"""Two machines on one database: together they keep the limits that Zoho sets for both."""

import os
import subprocess
import sys

import pytest

from aha_pipeline.warehouse.connection import connect
from zoho_sandbox.server import start
from zoho_sandbox.zoho.credits import cost
from zoho_sandbox.zoho.middleware import ApiMiddleware

CALLS_AT_A_TIME, CREDITS = 3, 100


class CallLog:
    """What the sandbox was asked: calls under way at a time, and the credits they cost."""

    def __init__(self):
        self.now = self.most = self.credits = 0


@pytest.fixture
def calls(monkeypatch) -> CallLog:
    log, admit = CallLog(), ApiMiddleware._enforce_limits

    async def counted(self, scope, receive, send):
        log.now += 1
        log.most = max(log.most, log.now)
        log.credits += cost(scope)

        async def answer(message):
            # Before the answer is out: who has it may call again before this goes on.
            if message["type"] == "http.response.body" and not message.get("more_body"):
                log.now -= 1
            await send(message)

        await admit(self, scope, receive, answer)

    monkeypatch.setattr(ApiMiddleware, "_enforce_limits", counted)
    return log


@pytest.fixture
def sandbox(calls, tmp_path, database_url, monkeypatch):
    """The invented company, each of whose answers takes a moment, as this process's settings."""
    with start(outbox_path=tmp_path / "outbox.jsonl") as running:
        running.switches.latency = 0.03
        for name, value in {
            "DATABASE_URL": database_url,
            "ZOHO_API_URL": running.url,
            "ZOHO_ACCOUNTS_URL": running.url,
            "ZOHO_CLIENT_ID": "id",
            "ZOHO_CLIENT_SECRET": "secret-of-client",
            "ZOHO_REFRESH_TOKEN": "secret-of-refresh",
            "ZOHO_MAX_CONCURRENCY": str(CALLS_AT_A_TIME),
        }.items():
            monkeypatch.setenv(name, value)
        yield running


def read_on_two_machines(tmp_path, **settings: str) -> str:
    """Read two modules each on two machines at once; return what they say."""
    machines = [
        subprocess.Popen(
            [sys.executable, "-m", "aha_pipeline_tests.assets.machine", *modules],
            env={**os.environ, **settings, "AHA_HOME": str(tmp_path / modules[0])},
            stdout=subprocess.PIPE,
            text=True,
        )
        for modules in (("Leads", "Deals"), ("Contacts", "Accounts"))
    ]
    said = "".join(machine.communicate(timeout=120)[0] for machine in machines)
    assert all(machine.returncode == 0 for machine in machines)
    return said


def test_they_share_a_token_and_the_calls_at_a_time(sandbox, calls, tmp_path):
    sandbox.switches.tokens_per_window = 1
    said = read_on_two_machines(tmp_path)
    assert said.count("to the end") == 4
    assert calls.most == CALLS_AT_A_TIME


def test_they_never_spend_more_credits_than_the_budget(sandbox, calls, tmp_path, database_url):
    said = read_on_two_machines(tmp_path, ZOHO_DAILY_CREDITS=str(CREDITS))
    assert "ZOHO_DAILY_CREDITS" in said
    assert calls.credits <= CREDITS
    with connect(database_url) as connection, connection.cursor() as cursor:
        cursor.execute("select sum(spent) from crm.api_credits")
        assert cursor.fetchone() == (calls.credits,)
