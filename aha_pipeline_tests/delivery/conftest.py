"""A Twilio on loopback, its sender, and a database with one briefing."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import date
from functools import partial

import pytest
from psycopg2.extras import Json

from aha_pipeline.delivery.ledger import Outgoing, read_briefing
from aha_pipeline.delivery.sender import Sender
from aha_pipeline.warehouse.connection import connect as open_connection
from aha_pipeline_tests.delivery import twilio_stand_in

DAY = date(2026, 11, 20)
READER = "+919812345678"


@pytest.fixture
def twilio() -> Iterator[twilio_stand_in.Twilio]:
    with twilio_stand_in.running() as server:
        yield server


@pytest.fixture
def sender(twilio) -> Sender:
    return Sender(twilio_stand_in.ACCOUNT, "s3cret-word", "+14155238886", api_url=twilio.url)


@pytest.fixture
def connect(database_url: str):
    return partial(open_connection, database_url)


@pytest.fixture
def briefing(connect) -> Outgoing:
    return stored(connect)


def stored(
    connect: partial[AbstractContextManager],
    text: str = "*20 Nov 2026*: all is well.",
    day: date = DAY,
    facts: tuple[dict, ...] = (),
) -> Outgoing:
    """Return a briefing that is in the log."""
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute(
            "insert into analytics.ai_briefings_log (day, dashboard_report, whatsapp_summary,"
            " written_by, facts, is_sandbox, duration_seconds)"
            " values (%s, '', %s, 'plain', %s, true, 0) returning id",
            (day, text, Json(list(facts))),
        )
        return read_briefing(connection, cursor.fetchone()[0])
