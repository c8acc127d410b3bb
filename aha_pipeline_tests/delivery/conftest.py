"""The sandbox's Twilio on loopback, the channel to it, and a database with one briefing."""

import gzip
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import requests

from aha_pipeline.delivery.channels.whatsapp import WhatsApp
from aha_pipeline.delivery.deliver import deliver
from aha_pipeline.delivery.outgoing import Outgoing
from aha_pipeline.warehouse.connection import connect as open_connection
from aha_pipeline_tests.delivery.ledger_rows import DAY, READER, Connect, readers_by, stored
from aha_pipeline_tests.delivery.stand_ins import Hooks, MailServer, hooks, mail_server
from aha_pipeline_tests.delivery.twilio_account import ACCOUNT, TEMPLATES
from aha_pipeline_tests.kit.fake_clock import FakeClock
from aha_pipeline_tests.kit.waiting import LONGEST
from zoho_sandbox import server
from zoho_sandbox.twilio.outbox import Message


class Twilio:
    """The stand-in as a test handles it. `clock` is its own."""

    def __init__(self, sandbox: server.Sandbox, clock: FakeClock) -> None:
        self.sandbox, self.clock, self.url = sandbox, clock, sandbox.url

    def befall(self, *words: str) -> None:
        """Let these mishaps befall the next messages, one each."""
        self.sandbox.switches.twilio_faults[:] = words

    def close_window(self) -> None:
        """Take free text only from those who have written."""
        self.sandbox.switches.twilio_window = True

    def answer(self, reader: str = READER, ago: timedelta = timedelta()) -> None:
        """Let a reader write, now or some time ago."""
        now = self.clock.moment
        self.clock.moment = now - ago
        form = {"From": f"whatsapp:{reader}", "Body": "yes"}
        requests.post(f"{self.url}/outbox/answer", data=form, timeout=LONGEST).raise_for_status()
        self.clock.moment = now

    def write_first(self, reader: str, ago: timedelta) -> None:
        """Let someone write who was never written to."""
        self.sandbox.outbox.append(
            Message("SM" + "f" * 32, ACCOUNT, f"whatsapp:{reader}", "whatsapp:+14155238886", "hi",
                (self.clock.moment - ago).timestamp(), end="received")
        )  # fmt: skip

    @property
    def messages(self) -> list[Message]:
        """What was taken, oldest first."""
        return self.sandbox.outbox.messages()

    def bodies(self, reader: str = READER) -> list[str]:
        """What a reader was sent, oldest first."""
        return [m.body for m in self.messages if m.recipient == f"whatsapp:{reader}"]


@pytest.fixture(scope="session")
def no_records(tmp_path_factory) -> Path:
    """A folder of records that holds none."""
    folder = tmp_path_factory.mktemp("records")
    with gzip.open(folder / "Leads.jsonl.gz", "wb"):
        pass
    return folder


@pytest.fixture
def twilio(no_records) -> Iterator[Twilio]:
    clock = FakeClock(datetime.now(UTC))
    with server.start(data_dir=no_records, now=clock) as sandbox:
        yield Twilio(sandbox, clock)


@pytest.fixture
def sender(twilio) -> WhatsApp:
    return WhatsApp(ACCOUNT, "s3cret-word", "+14155238886", api_url=twilio.url)


@pytest.fixture
def templated(sender) -> WhatsApp:
    """An account with approved templates."""
    return replace(sender, content_sids=TEMPLATES)


@pytest.fixture
def connect(database_url: str) -> Connect:
    return partial(open_connection, database_url)


@pytest.fixture
def briefing(connect) -> Outgoing:
    return stored(connect)


@pytest.fixture
def send(connect, sender, briefing):
    """Deliver without waiting: no age before an uncertain one is looked up, no polling."""

    def _send(what=briefing, recipients=(READER,), by=sender, polls=(), settle=0.0):
        return deliver(
            connect,
            what.subject,
            readers_by(by, *recipients),
            today=DAY,
            settle_seconds=settle,
            poll_seconds=polls,
        )

    return _send


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def posted() -> Iterator[Hooks]:
    with hooks() as server:
        yield server
