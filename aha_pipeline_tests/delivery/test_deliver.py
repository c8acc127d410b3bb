"""Each reader gets each part once, whatever fails in between."""

import threading
from dataclasses import replace
from datetime import timedelta

import psycopg2
import pytest

from aha_pipeline.delivery import ledger
from aha_pipeline.delivery.errors import DeliveryError
from aha_pipeline.delivery.outgoing import read
from aha_pipeline_tests.delivery import ledger_rows
from aha_pipeline_tests.delivery.ledger_rows import (
    DAY,
    OTHER,
    READER,
    is_pending,
    part_of,
    pass_time,
    stored,
    text_of,
)


@pytest.fixture
def nobody(sender):
    """A sender whose Twilio does not answer."""
    return replace(sender, api_url="http://127.0.0.1:1")


@pytest.fixture
def claim(connect, sender):
    """Claim a message as a sender that is then killed."""

    def _claim(message):
        with connect() as connection:
            return ledger_rows.claim(connection, message, sender)

    return _claim


def test_each_reader_gets_the_message_once_however_often_it_is_sent(send, twilio, briefing):
    first = send(recipients=(READER, OTHER, READER))
    again = send(recipients=(READER, OTHER))
    assert [row.status for row in first] == ["accepted", "accepted"]
    assert [row.message_sid for row in again] == [row.message_sid for row in first]
    assert twilio.bodies(READER) == twilio.bodies(OTHER) == [text_of(briefing)]


def test_a_refused_message_is_failed_and_waits_for_a_person(send, connect, twilio):
    twilio.befall("21211")
    (row,) = send()
    assert (row.status, row.error_code, row.retry) == ("failed", "21211", False)
    assert "TARGET_WHATSAPP_NUMBER" in row.error_text
    pass_time(connect)
    assert not is_pending(connect)
    assert [row.status for row in send()] == ["accepted"]
    assert len(twilio.messages) == 1


def test_too_many_calls_are_tried_again_later(send, connect, twilio):
    twilio.befall("429")
    (row,) = send()
    assert (row.status, row.retry) == ("failed", True)
    assert not is_pending(connect)
    pass_time(connect)
    assert is_pending(connect)
    assert [row.status for row in send()] == ["accepted"]


def test_a_twilio_that_cannot_be_reached_was_sent_nothing(send, nobody):
    (row,) = send(by=nobody)
    assert (row.status, row.error_code, row.retry) == ("failed", "unreachable", True)
    assert [row.status for row in send()] == ["accepted"]


@pytest.mark.parametrize("fault", ["taken_500", "taken_lost"])
def test_a_message_taken_without_an_answer_is_found_and_not_sent_again(
    send, connect, twilio, fault
):
    twilio.befall(fault)
    (row,) = send()
    assert row.status == "unknown"
    pass_time(connect)
    assert is_pending(connect)
    (row,) = send()
    assert (row.status, row.message_sid) == ("accepted", twilio.messages[0].sid)
    assert row.error_code is None
    assert len(twilio.messages) == 1


def test_a_message_lost_on_the_way_is_sent_again(send, twilio):
    twilio.befall("lost")
    assert [row.status for row in send()] == ["unknown"]
    assert [row.status for row in send()] == ["accepted"]
    assert len(twilio.messages) == 1


def test_a_fresh_doubt_is_left_alone(send, twilio):
    twilio.befall("lost")
    send()
    assert [row.status for row in send(settle=30)] == ["unknown"]
    assert twilio.messages == []


def test_a_crash_after_the_claim_sends_the_message_once(send, claim, connect, twilio, briefing):
    assert claim(briefing)
    assert [row.status for row in send()] == ["accepted"]
    assert len(twilio.messages) == 1


def test_a_crash_after_twilio_took_it_sends_nothing_more(
    send, claim, connect, sender, twilio, briefing
):
    claim(briefing)
    sid = sender.send(READER, part_of(text_of(briefing))).id
    assert [row.message_sid for row in send()] == [sid]
    assert len(twilio.messages) == 1


def test_a_failed_attempt_is_not_taken_for_the_one_in_doubt(send, connect, twilio):
    twilio.befall("63024", "lost")
    assert [row.status for row in send(polls=(0,))] == ["failed"]
    assert [row.status for row in send()] == ["unknown"]
    assert [row.status for row in send()] == ["accepted"]
    assert len(twilio.messages) == 2


def test_a_lookup_that_fails_sends_nothing_and_says_why(
    send, claim, connect, nobody, twilio, briefing
):
    claim(briefing)
    (row,) = send(by=nobody)
    assert (row.status, row.error_code) == ("unknown", "unreachable")
    assert "Twilio cannot be reached" in row.error_text
    assert twilio.messages == []
    assert [row.status for row in send()] == ["accepted"]


def test_more_messages_than_can_be_searched_leave_it_unknown(
    send, claim, connect, sender, twilio, briefing, monkeypatch
):
    monkeypatch.setattr("aha_pipeline.delivery.channels.whatsapp.LOOK_BACK", 3)
    claim(briefing)
    for number in range(3):
        sender.send(READER, part_of(f"something else {number}"))
    (row,) = send()
    assert (row.status, row.error_code) == ("unknown", "too many")
    assert "Twilio console" in row.error_text
    assert len(twilio.messages) == 3


def test_a_message_of_another_part_is_not_taken_for_the_one_in_doubt(
    send, claim, connect, twilio, briefing
):
    send()
    twin = stored(connect, text_of(briefing), day=DAY - timedelta(days=1))
    claim(twin)
    send(twin)
    assert twilio.bodies() == [text_of(briefing)] * 2


def test_one_reader_who_cannot_be_reached_does_not_keep_it_from_the_others(send, twilio):
    twilio.befall("lost", "21610")
    third = "+919800000002"
    rows = send(recipients=(READER, OTHER, third))
    assert [row.status for row in rows] == ["unknown", "failed", "accepted"]
    assert [m.recipient for m in twilio.messages] == [f"whatsapp:{third}"]


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
    assert caught.value.cause == "retryable"


def test_a_briefing_written_anew_the_same_day_is_not_sent(send, connect, twilio, briefing):
    send()
    anew = stored(connect, "*20 Nov 2026*: other words.")
    assert [row.body for row in send(anew)] == [text_of(briefing)]
    pass_time(connect)
    assert not is_pending(connect)
    assert len(twilio.messages) == 1


def test_a_new_reader_gets_the_text_that_the_others_got(send, connect, twilio, briefing):
    send()
    anew = stored(connect, "*20 Nov 2026*: other words.")
    assert is_pending(connect, (READER, OTHER)) == [DAY]
    send(anew, (READER, OTHER))
    assert twilio.bodies(OTHER) == [text_of(briefing)]


def test_a_text_that_never_left_gives_way_to_the_newer_one(send, connect, twilio):
    twilio.befall("21211")
    send()
    anew = stored(connect, "*20 Nov 2026*: other words.")
    send(anew)
    assert twilio.bodies() == [text_of(anew)]
    with connect() as connection:
        assert read(connection, anew.subject).briefing_id == anew.briefing_id


def test_parts_go_in_order_and_the_rest_waits_for_a_part_that_failed(send, connect, twilio):
    long = stored(connect, "\n\n".join(f"Paragraph {n}. " + "word " * 90 for n in range(7)))
    twilio.befall("ok", "429")
    rows = send(long)
    assert [(row.part, row.parts, row.status) for row in rows] == [
        (1, 3, "sent"),
        (2, 3, "failed"),
    ]
    pass_time(connect)
    assert is_pending(connect)
    assert [row.status for row in send(long)] == ["sent", "sent", "accepted"]
    assert [body[:5] for body in twilio.bodies()] == ["(1/3)", "(2/3)", "(3/3)"]
    pass_time(connect)
    assert not is_pending(connect)


def test_a_part_waits_until_the_one_before_is_passed_on(send, connect, sender, twilio):
    long = stored(connect, "\n\n".join(f"Paragraph {n}. " + "word " * 90 for n in range(5)))
    twilio.befall("queued")
    assert [row.status for row in send(long, polls=(0, 0))] == ["accepted"]
    pass_time(connect)
    assert not is_pending(connect)
    assert [body[:5] for body in twilio.bodies()] == ["(1/2)"]


def test_an_old_day_is_refused_with_a_sentence(send, connect, twilio):
    for day in (DAY - timedelta(days=2), DAY - timedelta(days=400)):
        with pytest.raises(DeliveryError, match="only today's and yesterday's"):
            send(stored(connect, day=day))
    assert [row.status for row in send(stored(connect, day=DAY - timedelta(days=1)))]
    assert len(twilio.messages) == 1


def test_pending_are_the_days_that_a_reader_has_not_got_newest_first(send, connect, briefing):
    yesterday = stored(connect, day=DAY - timedelta(days=1))
    assert is_pending(connect) == [DAY]
    assert is_pending(connect, oldest_day=yesterday.day) == [DAY, yesterday.day]
    assert is_pending(connect, ()) == []
    assert is_pending(connect, oldest_day=DAY + timedelta(days=1)) == []
    send()
    assert is_pending(connect) == []
    assert is_pending(connect, oldest_day=yesterday.day) == [yesterday.day]


def test_what_does_not_exist_is_refused_with_a_sentence(send, briefing):
    for subject in ("incident 7", "briefing 2026-11-19", "letter 1"):
        with pytest.raises(DeliveryError, match="There is no message"):
            send(replace(briefing, subject=subject))


def test_no_secret_and_no_number_is_printed(send, twilio, sender, caplog, capfd):
    twilio.befall("401", "21211")
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
