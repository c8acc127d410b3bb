"""Which channel a message goes by next, over all that a channel may have said of it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from aha_pipeline.delivery.channel import Reader, Route
from aha_pipeline.delivery.channels.email import Email
from aha_pipeline.delivery.channels.whatsapp import WhatsApp
from aha_pipeline.delivery.ledger import Delivery
from aha_pipeline.delivery.routing import next_step

NUMBER, ADDRESS = "+919812345678", "rao@example.com"
PATIENCE = timedelta(minutes=30)
WHATSAPP = WhatsApp("AC", "x", "+1")
EMAIL = Email("127.0.0.1", 1, "sales@example.com")
BOTH = Reader(NUMBER, (Route(WHATSAPP, NUMBER), Route(EMAIL, ADDRESS)), "en")
ROW = Delivery(
    subject="briefing 2026-11-20", day=date(2026, 11, 20), reader=NUMBER, channel="whatsapp",
    recipient=NUMBER, masked="+91", confirms=True, form="text", part=1, parts=1, status="sent",
    message_sid="SM1", error_code=None, error_text=None, retry=False, awaits_reply=False,
    body="", variables=None, created_at=datetime.now(UTC), age_seconds=900, begun_seconds=900,
)  # fmt: skip
LATE = {"begun_seconds": 1900.0, "age_seconds": 1850.0}
FAILED = {"status": "failed", "message_sid": None}
UNCERTAIN = {"status": "unknown", "message_sid": None}


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ({}, None),
        (LATE, ("email", True)),
        ({"begun_seconds": 9000.0}, None),  # the attempt that was taken is a late one itself
        ({"status": "delivered", **LATE}, None),
        ({"status": "read", **LATE}, None),
        ({"status": "unknown", **LATE}, None),  # it was taken and may have come
        (FAILED, ("email", True)),
        ({**FAILED, "retry": True}, ("whatsapp", True)),
        ({**FAILED, "retry": True, "age_seconds": 60}, ("whatsapp", False)),
        ({**FAILED, "retry": True, **LATE}, ("email", True)),
        ({**FAILED, "awaits_reply": True}, ("email", True)),
        (UNCERTAIN, ("whatsapp", True)),
        ({**UNCERTAIN, **LATE}, ("whatsapp", True)),
        ({"status": "claimed", "message_sid": None, "age_seconds": 10}, ("whatsapp", False)),
    ],
)
def test_a_message_is_handed_on_once_it_has_failed_or_is_late(state, expected):
    step = next_step("briefing", BOTH, [replace(ROW, **state)], lambda _: None, PATIENCE)
    assert (step and (step.route.channel.name, step.is_due)) == expected


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ({}, None),
        (LATE, None),
        (UNCERTAIN, ("email", False)),  # it cannot be asked: never sent again by itself
        (FAILED, ("email", False)),
        ({**FAILED, "retry": True, **LATE}, ("email", True)),
    ],
)
def test_no_way_leads_back_from_the_last_channel(state, expected):
    given_up = replace(ROW, **FAILED, error_code="overdue")
    mail = replace(ROW, channel="email", recipient=ADDRESS, confirms=False, **state)
    step = next_step("briefing", BOTH, [given_up, mail], lambda _: None, PATIENCE)
    assert (step and (step.route.channel.name, step.is_due)) == expected


def test_a_channel_that_is_not_set_any_more_keeps_what_it_took():
    alone = Reader(NUMBER, BOTH.routes[1:], "en")
    assert next_step("briefing", alone, [ROW], lambda _: None, PATIENCE) is None
    failed = replace(ROW, **FAILED)
    assert next_step("briefing", alone, [failed], lambda _: None, PATIENCE).form == "text"
