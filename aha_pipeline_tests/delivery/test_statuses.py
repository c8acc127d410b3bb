"""Accepted is not delivered: statuses are followed to an end, and never go back."""

import itertools

import psycopg2
import pytest

from aha_pipeline.delivery import ledger, statuses
from aha_pipeline.delivery.channels.whatsapp import STATUSES
from aha_pipeline_tests.delivery import ledger_rows
from aha_pipeline_tests.delivery.ledger_rows import (
    DAY,
    READER,
    is_pending,
    pass_time,
    readers_by,
)

# Every move that a message may make, and no other.
MOVES = {
    "claimed": {"accepted", "sent", "delivered", "read", "failed", "unknown"},
    "unknown": {"accepted", "sent", "delivered", "read", "failed", "claimed"},
    "accepted": {"sent", "delivered", "read", "failed", "unknown"},
    "sent": {"delivered", "read", "failed", "unknown"},
    "delivered": {"read"},
    "failed": {"claimed"},
    "read": set(),
}
PAIRS = list(itertools.permutations(MOVES, 2))


@pytest.fixture
def refresh(connect, sender):
    """Ask Twilio as the sensor does; return the new statuses."""

    def _refresh():
        changed = statuses.refresh(connect, readers_by(sender, READER), oldest_day=DAY)
        return [row.status for row in changed]

    return _refresh


@pytest.fixture
def claim(briefing, sender):
    """Claim the briefing for a reader, and bring it to a status."""

    def _claim(connection, status="claimed", recipient=READER):
        row = ledger_rows.claim(connection, briefing, sender, recipient)
        return row if status == "claimed" else ledger.mark(connection, row, status)

    return _claim


@pytest.fixture
def row(connect, claim):
    with connect() as connection:
        return claim(connection)


def test_the_database_allows_only_the_moves_of_a_message(connect, claim):
    change = "update analytics.deliveries set status = %s where recipient = %s"
    allowed, refused = set(), set()
    with connect() as connection, connection.cursor() as cursor:
        for number, (before, after) in enumerate(PAIRS):
            claim(connection, before, f"+9198{number:08d}")
            try:
                cursor.execute(change, [after, f"+9198{number:08d}"])
                allowed.add((before, after))
            except psycopg2.errors.CheckViolation:
                refused.add((before, after))
            connection.rollback()
    assert allowed == {(before, after) for before in MOVES for after in MOVES[before]}
    assert refused == set(PAIRS) - allowed


def test_a_status_that_comes_late_changes_nothing(connect, claim):
    with connect() as connection:
        for number, (before, after) in enumerate(PAIRS):
            row = claim(connection, before, f"+9198{number:08d}")
            marked = ledger.mark(connection, row, after)
            assert marked.status == (after if after in MOVES[before] else before)


def test_a_message_begins_as_claimed(connect, row):
    with connect() as connection, connection.cursor() as cursor:
        with pytest.raises(psycopg2.errors.CheckViolation, match="begins as claimed, not as sent"):
            cursor.execute(
                "insert into analytics.deliveries (subject, briefing_id, day, reader, channel,"
                " recipient, masked, part, parts, status, body) select subject, briefing_id, day,"
                " reader, channel, recipient, masked, 2, 2, 'sent', body from analytics.deliveries"
            )
        connection.rollback()


def test_what_twilio_has_is_not_claimed_again(connect, row):
    with connect() as connection:
        ledger.mark(connection, row, "accepted", message_id="SM1")
        ended = ledger.mark(connection, row, "unknown")
        assert (ended.is_taken, ended.is_uncertain) == (True, False)
        with pytest.raises(psycopg2.errors.CheckViolation, match="was taken is not claimed"):
            ledger.reclaim(connection, row)
        connection.rollback()


def test_every_status_of_twilio_has_a_word_in_the_ledger():
    assert set(STATUSES.values()) <= set(MOVES)


def test_statuses_are_followed_until_delivered(send):
    (row,) = send(polls=(0, 0, 0, 0, 0))
    assert row.status == "delivered"


def test_a_later_look_learns_that_it_was_read(send, connect, refresh):
    send(polls=(0, 0))
    assert refresh() == ["read"]
    pass_time(connect)
    assert refresh() == []


def test_an_old_message_is_asked_for_less_often(send, connect, refresh, twilio):
    twilio.befall("sent")
    send(polls=(0, 0))
    pass_time(connect, hours=10)
    assert refresh() == []
    with connect() as connection:
        assert ledger.under_way(connection, ["whatsapp"]) == []
        pass_time(connect, hours=2)
        assert len(ledger.under_way(connection, ["whatsapp"])) == 1


def test_a_message_without_an_end_is_unknown_after_a_day_and_not_sent_again(
    send, connect, refresh, twilio
):
    twilio.befall("sent")
    send(polls=(0, 0))
    pass_time(connect, hours=25)
    assert refresh() == ["unknown"]
    assert refresh() == []
    (row,) = send()
    assert (row.status, row.error_code) == ("unknown", "expired")
    assert "no delivery was confirmed within 24 hours" in row.error_text
    assert not is_pending(connect)
    assert len(twilio.messages) == 1


def test_a_doubt_that_outlives_its_day_says_where_to_look(connect, row, refresh, twilio):
    pass_time(connect, hours=49)
    assert refresh() == ["unknown"]
    with connect() as connection:
        (row,) = ledger.find(connection, row.subject, READER)
    assert "too old to be sent: ask the reader whether it came" in row.error_text
    assert twilio.messages == []


def test_a_201_that_fails_later_is_a_failure_that_says_what_to_do(send, connect, twilio):
    twilio.befall("63024")
    (row,) = send(polls=(0,))
    assert (row.status, row.error_code, row.retry) == ("failed", "63024", False)
    assert "check that it has WhatsApp" in row.error_text
    pass_time(connect)
    assert not is_pending(connect)


def test_a_limit_of_whatsapp_is_tried_again_later(send, connect, twilio):
    twilio.befall("63018")
    (row,) = send(polls=(0,))
    assert (row.status, row.retry) == ("failed", True)
    pass_time(connect)
    assert is_pending(connect)


def test_a_status_that_cannot_be_asked_for_stays(send, connect, sender, twilio):
    send()
    twilio.sandbox.stop()
    assert statuses.refresh(connect, readers_by(sender, READER), oldest_day=DAY) == []
    with connect() as connection:
        (row,) = ledger.find(connection, f"briefing {DAY}", READER)
    assert row.status == "accepted"
