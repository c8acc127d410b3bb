"""Each reader gets each part once, whatever fails in between."""

import threading
from datetime import timedelta

import psycopg2
import pytest

from aha_pipeline.delivery import ledger
from aha_pipeline.delivery.deliver import deliver, refresh_statuses
from aha_pipeline.delivery.errors import DeliveryError
from aha_pipeline.delivery.ledger import begun, claim, pending_briefing
from aha_pipeline.delivery.sender import Sender
from aha_pipeline_tests.delivery.conftest import DAY, READER, stored

OTHER = "+919800000001"


@pytest.fixture
def send(connect, sender, briefing):
    """Deliver without waiting: no age before a doubt is looked into, no polling."""

    def _send(what=briefing, recipients=(READER,), by=sender, polls=(), settle=0.0):
        return deliver(
            connect,
            by,
            what,
            recipients,
            today=DAY,
            settle_seconds=settle,
            poll_seconds=polls,
        )

    return _send


def make_old(connect) -> None:
    """Let the ledger's rows look as if nothing had happened for an hour."""
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute(
            "update analytics.whatsapp_deliveries set updated_at = now() - interval '1 hour'"
        )


def pending(connect, recipients=(READER,), oldest_day=DAY):
    with connect() as connection:
        return pending_briefing(connection, oldest_day, recipients)


def test_each_reader_gets_the_message_once_however_often_it_is_sent(send, twilio, briefing):
    first = send(recipients=(READER, OTHER, READER))
    again = send(recipients=(READER, OTHER))
    assert [row.status for row in first] == ["accepted", "accepted"]
    assert [row.message_sid for row in again] == [row.message_sid for row in first]
    assert twilio.bodies(READER) == twilio.bodies(OTHER) == [briefing.text]


def test_statuses_are_followed_until_delivered(send, twilio):
    twilio.fate = [("queued", None), ("sent", None), ("delivered", None), ("read", None)]
    (row,) = send(polls=(0, 0, 0, 0, 0))
    assert row.status == "delivered"


def test_a_later_refresh_learns_that_it_was_read(send, connect, sender, twilio):
    send(polls=(0, 0))
    twilio.fate = [("read", None)]
    assert [row.status for row in refresh_statuses(connect, sender)] == ["read"]
    assert refresh_statuses(connect, sender) == []


def test_an_older_status_that_comes_late_changes_nothing(send, connect, sender, twilio):
    send(polls=(0, 0))
    twilio.fate = [("sent", None)]
    assert refresh_statuses(connect, sender) == []
    twilio.fate = [("failed", 63016)]
    assert refresh_statuses(connect, sender) == []


def test_a_201_that_fails_later_is_a_failure_that_says_what_to_do(send, twilio):
    twilio.fate = [("queued", None), ("undelivered", 63016)]
    (row,) = send(polls=(0,))
    assert (row.status, row.error_code) == ("failed", "63016")
    assert "TWILIO_CONTENT_SID" in row.error_text


def test_a_refused_message_is_failed_and_waits_for_a_person(send, connect, twilio):
    twilio.faults = ["refuse"]
    (row,) = send()
    assert (row.status, row.error_code, row.retry) == ("failed", "21211", False)
    assert "TARGET_WHATSAPP_NUMBER" in row.error_text
    make_old(connect)
    assert pending(connect) is None
    assert [row.status for row in send()] == ["accepted"]
    assert len(twilio.messages) == 1


def test_too_many_calls_are_tried_again_later(send, connect, twilio):
    twilio.faults = ["slow down"]
    (row,) = send()
    assert (row.status, row.retry) == ("failed", True)
    assert pending(connect) is None
    make_old(connect)
    assert pending(connect) is not None
    assert [row.status for row in send()] == ["accepted"]


def test_a_twilio_that_cannot_be_reached_was_sent_nothing(send, twilio, sender):
    nobody = Sender(sender.account_sid, "s3cret-word", sender.number, api_url="http://127.0.0.1:1")
    (row,) = send(by=nobody)
    assert (row.status, row.error_code, row.retry) == ("failed", "unreachable", True)
    assert [row.status for row in send()] == ["accepted"]


@pytest.mark.parametrize("fault", ["take and answer 500", "take and cut"])
def test_a_message_taken_without_an_answer_is_found_and_not_sent_again(
    send, connect, twilio, fault
):
    twilio.faults = [fault]
    (row,) = send()
    assert row.status == "unknown"
    make_old(connect)
    assert pending(connect) is not None
    (row,) = send()
    assert (row.status, row.message_sid) == ("accepted", twilio.messages[0]["sid"])
    assert row.error_code is None
    assert len(twilio.messages) == 1


def test_a_message_lost_on_the_way_is_sent_again(send, twilio):
    twilio.faults = ["cut"]
    assert [row.status for row in send()] == ["unknown"]
    assert [row.status for row in send()] == ["accepted"]
    assert len(twilio.messages) == 1


def test_a_fresh_doubt_is_left_alone(send, twilio):
    twilio.faults = ["cut"]
    send()
    assert [row.status for row in send(settle=30)] == ["unknown"]
    assert twilio.messages == []


def test_a_crash_after_the_claim_sends_the_message_once(send, connect, twilio, briefing):
    with connect() as connection:
        assert claim(connection, briefing, READER, 1, 1, briefing.text)
    assert [row.status for row in send()] == ["accepted"]
    assert len(twilio.messages) == 1


def test_a_crash_after_twilio_took_it_sends_nothing_more(send, connect, sender, twilio, briefing):
    with connect() as connection:
        claim(connection, briefing, READER, 1, 1, briefing.text)
    sid = sender.send(READER, briefing.text).sid
    assert [row.message_sid for row in send()] == [sid]
    assert len(twilio.messages) == 1


def test_a_failed_attempt_is_not_taken_for_the_one_in_doubt(send, connect, twilio):
    twilio.fate = [("failed", 63016)]
    send()
    twilio.fate = [("queued", None)]
    twilio.faults = ["cut"]
    assert [row.status for row in send()] == ["unknown"]
    assert [row.status for row in send()] == ["accepted"]
    assert len(twilio.messages) == 2


def test_a_lookup_that_fails_sends_nothing(send, connect, sender, twilio, briefing):
    with connect() as connection:
        claim(connection, briefing, READER, 1, 1, briefing.text)
    nobody = Sender(sender.account_sid, "x", sender.number, api_url="http://127.0.0.1:1")
    assert [row.status for row in send(by=nobody)] == ["claimed"]
    assert twilio.messages == []


def test_two_senders_at_once_send_one_message(send, twilio):
    barrier = threading.Barrier(4)

    def tick() -> None:
        barrier.wait()
        send()

    threads = [threading.Thread(target=tick) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(twilio.messages) == 1


def test_a_sender_waits_no_longer_than_the_limit_for_another(send, connect, monkeypatch):
    monkeypatch.setattr(ledger, "LOCK_WAIT_SECONDS", 0.05)
    with connect() as guard:
        ledger.lock(guard)
        with pytest.raises(DeliveryError, match="Another process") as caught:
            send()
    assert caught.value.kind == "retryable"


def test_a_briefing_written_anew_the_same_day_is_not_sent(send, connect, twilio, briefing):
    send()
    anew = stored(connect, "*20 Nov 2026*: other words.")
    assert [row.briefing_id for row in send(anew)] == [briefing.id]
    make_old(connect)
    assert pending(connect) is None
    assert len(twilio.messages) == 1


def test_a_new_reader_gets_the_text_that_the_others_got(send, connect, twilio, briefing):
    send()
    anew = stored(connect, "*20 Nov 2026*: other words.")
    assert pending(connect, (READER, OTHER)).id == anew.id
    send(anew, (READER, OTHER))
    assert twilio.bodies(OTHER) == [briefing.text]


def test_a_text_that_never_left_gives_way_to_the_newer_one(send, connect, twilio):
    twilio.faults = ["refuse"]
    send()
    anew = stored(connect, "*20 Nov 2026*: other words.")
    send(anew)
    assert twilio.bodies() == [anew.text]
    with connect() as connection:
        assert begun(connection, DAY).id == anew.id


def test_parts_go_in_order_and_the_rest_waits_for_a_part_that_failed(send, connect, twilio):
    long = stored(connect, "\n\n".join(f"Paragraph {n}. " + "word " * 90 for n in range(7)))
    twilio.faults = ["", "slow down"]
    rows = send(long)
    assert [(row.part, row.parts, row.status) for row in rows] == [
        (1, 3, "accepted"),
        (2, 3, "failed"),
    ]
    make_old(connect)
    assert pending(connect).id == long.id
    assert [row.status for row in send(long)] == ["accepted"] * 3
    assert [body[:5] for body in reversed(twilio.bodies())] == ["(1/3)", "(2/3)", "(3/3)"]
    assert pending(connect) is None


def test_an_old_day_is_refused_with_a_sentence(send, connect, twilio):
    for day in (DAY - timedelta(days=2), DAY - timedelta(days=400)):
        with pytest.raises(DeliveryError, match="only today's and yesterday's"):
            send(stored(connect, day=day))
    assert [row.status for row in send(stored(connect, day=DAY - timedelta(days=1)))]
    assert len(twilio.messages) == 1


def test_pending_is_the_newest_day_that_a_reader_has_not_got(send, connect, briefing):
    yesterday = stored(connect, day=DAY - timedelta(days=1))
    assert pending(connect).id == briefing.id
    assert pending(connect, ()) is None
    assert pending(connect, oldest_day=DAY + timedelta(days=1)) is None
    send()
    assert pending(connect) is None
    assert pending(connect, oldest_day=yesterday.day).id == yesterday.id


def test_outside_the_window_the_template_is_sent_with_short_values(connect, twilio, send, sender):
    facts = (
        {"id": "new_leads", "text": "18"},
        {"id": "won_deals", "text": "2"},
        {"id": "won_value", "text": "₹4.52 L"},
    )
    briefing = stored(connect, facts=facts)
    templated = Sender(
        sender.account_sid, "x", sender.number, content_sid="HX" + "1" * 32, api_url=twilio.url
    )
    twilio.faults = ["take and cut"]
    send(briefing, by=templated)
    (row,) = send(briefing, by=templated)
    assert row.status == "accepted"
    (message,) = twilio.messages
    assert "Body" not in message["form"]
    assert message["form"]["ContentSid"] == "HX" + "1" * 32
    variables = message["form"]["ContentVariables"]
    assert "\n" not in variables
    assert '"1": "Fri 20 Nov 2026 (sandbox data)", "2": "18", "3": "2 deals, ₹4.52 L"' in variables
    assert row.body.startswith("Your sales report for Fri 20 Nov 2026 (sandbox data): 18 new")


def test_no_secret_and_no_number_is_printed(send, twilio, sender, caplog, capfd):
    twilio.faults = ["unauthorised", "refuse"]
    rows = send() + send()
    printed = (
        f"{sender!r} {rows!r} {caplog.text} {capfd.readouterr()} {[r.error_text for r in rows]}"
    )
    assert "s3cret-word" not in printed
    assert READER not in printed
    assert "+91******5678" in caplog.text
    assert "check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN" in rows[0].error_text


def test_a_database_that_fails_after_the_post_leaves_a_claim_to_look_up(
    send, connect, twilio, monkeypatch
):
    def break_down(*args: object, **options: object) -> None:
        raise psycopg2.OperationalError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(ledger, "mark", break_down)
        with pytest.raises(psycopg2.OperationalError):
            send()
    assert [row.status for row in send()] == ["accepted"]
    assert len(twilio.messages) == 1
