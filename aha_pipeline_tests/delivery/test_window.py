"""Within 24 hours of the reader's last message the text goes, else the template, then the text."""

import json
import re
from datetime import timedelta

import pytest

from aha_pipeline.delivery import statuses
from aha_pipeline.delivery.channel import Content
from aha_pipeline.delivery.channels.whatsapp import TEMPLATES as WORDS
from aha_pipeline.delivery.channels.whatsapp import error_of, render, variables
from aha_pipeline_tests.delivery.ledger_rows import (
    DAY,
    OTHER,
    READER,
    is_pending,
    pass_time,
    readers_by,
    stored,
    text_of,
)
from aha_pipeline_tests.delivery.twilio_account import TEMPLATES

HEADLINE, GLANCE = "Rao Villa is won: ₹4.52 L.", "18 leads · 2 won · 0 lost · ₹0 open"


@pytest.fixture
def report(connect, twilio):
    """A briefing with figures, and a WhatsApp that minds its window."""
    twilio.close_window()
    return stored(connect, headline=HEADLINE, glance=GLANCE)


@pytest.fixture
def look(connect, templated):
    """Look at Twilio as the sensor does."""

    def _look(recipients=(READER,)):
        statuses.refresh(connect, readers_by(templated, *recipients), oldest_day=DAY)

    return _look


def kinds(twilio, reader=READER):
    return [
        "template" if m.content_sid else "text"
        for m in twilio.messages
        if m.recipient == f"whatsapp:{reader}" and m.end not in ("failed", "undelivered")
    ]


def test_outside_the_window_the_template_is_sent_with_short_values(twilio, send, templated, report):
    (row,) = send(report, by=templated, polls=(0, 0))
    assert (row.form, row.status) == ("template", "delivered")
    (message,) = twilio.messages
    assert message.content_sid == TEMPLATES["briefing"]
    values = json.loads(message.variables)
    assert values["1"] == "Fri 20 Nov 2026 (sandbox data)"
    assert (values["2"], values["3"]) == (HEADLINE, GLANCE)
    assert row.body.startswith("Your sales report for Fri 20 Nov 2026 (sandbox data): Rao Villa is")


def test_inside_the_window_the_text_is_sent(twilio, send, templated, report):
    twilio.write_first(READER, ago=timedelta(hours=20))
    assert [row.form for row in send(report, by=templated)] == ["text"]
    assert twilio.bodies() == [text_of(report)]


def test_a_window_that_is_about_to_close_counts_as_closed(twilio, send, templated, report):
    twilio.write_first(READER, ago=timedelta(hours=23, minutes=55))
    assert [row.form for row in send(report, by=templated)] == ["template"]


def test_the_whole_text_follows_the_reader_s_answer_once(
    connect, twilio, send, templated, report, look
):
    send(report, by=templated, polls=(0, 0))
    pass_time(connect)
    look()
    assert not is_pending(connect, templated=("briefing",))
    twilio.answer()
    look()
    pass_time(connect)
    assert is_pending(connect, templated=("briefing",))
    for _ in range(3):
        assert send(report, by=templated)[0].form == "text"
    pass_time(connect)
    twilio.answer()
    look()
    assert not is_pending(connect, templated=("briefing",))
    assert kinds(twilio) == ["template", "text"]


def test_an_answer_that_came_long_ago_opens_nothing(connect, twilio, send, templated, report, look):
    send(report, by=templated)
    twilio.answer(ago=timedelta(hours=30))
    pass_time(connect)
    look()
    assert not is_pending(connect, templated=("briefing",))
    assert [row.form for row in send(report, by=templated)] == ["template"]
    assert kinds(twilio) == ["template"]


def test_each_reader_has_a_window_of_their_own(twilio, send, templated, report):
    twilio.write_first(OTHER, ago=timedelta(hours=1))
    rows = send(report, (READER, OTHER), by=templated)
    assert [row.form for row in rows] == ["template", "text"]
    assert (kinds(twilio), kinds(twilio, OTHER)) == (["template"], ["text"])


def test_a_text_that_fails_outside_the_window_leads_to_the_template(
    connect, twilio, send, templated, report
):
    twilio.write_first(READER, ago=timedelta(hours=1))
    twilio.befall("63016")
    (row,) = send(report, by=templated, polls=(0,))
    assert (row.status, row.error_code) == ("failed", "63016")
    pass_time(connect, hours=0.5)
    assert is_pending(connect, templated=("briefing",))
    assert [row.form for row in send(report, by=templated)] == ["template"]
    pass_time(connect, hours=0.2)
    assert not is_pending(connect, templated=("briefing",))
    assert kinds(twilio) == ["template"]


def test_without_a_template_it_says_what_to_do_and_waits_for_the_reader(
    connect, twilio, send, sender, report
):
    (row,) = send(report, polls=(0,))
    assert (row.status, row.error_code) == ("failed", "63016")
    assert "set TWILIO_CONTENT_SID, or ask them to write" in row.error_text
    pass_time(connect)
    assert not is_pending(connect)
    twilio.answer()
    statuses.refresh(connect, readers_by(sender, READER), oldest_day=DAY)
    assert is_pending(connect)
    assert [row.status for row in send(report, polls=(0, 0))] == ["delivered"]
    assert kinds(twilio) == ["text"]


def test_a_refused_template_waits_for_a_person_or_for_the_reader(
    connect, twilio, send, templated, report, look
):
    twilio.befall("92007")
    (row,) = send(report, by=templated)
    assert (row.status, row.error_code) == ("failed", "92007")
    pass_time(connect)
    assert not is_pending(connect, templated=("briefing",))
    twilio.write_first(READER, ago=timedelta())
    send(report, by=templated)
    assert kinds(twilio) == ["text"]


@pytest.mark.parametrize("mishap", ["taken_500", "taken_lost"])
def test_a_template_taken_without_an_answer_is_found(twilio, send, templated, report, mishap):
    twilio.befall(mishap)
    assert [row.status for row in send(report, by=templated)] == ["unknown"]
    assert [row.status for row in send(report, by=templated)] == ["accepted"]
    assert kinds(twilio) == ["template"]


def test_whether_a_reader_has_written_is_asked_while_twilio_is_away(
    twilio, send, templated, report
):
    twilio.sandbox.stop()
    (row,) = send(report, by=templated)
    assert (row.form, row.status, row.retry) == ("template", "failed", True)


def test_the_longest_values_fit_on_lines_of_their_own_into_what_whatsapp_takes():
    long = "₹4,52,000.00 and\nmore " * 100
    for kind, words in WORDS.items():
        said = {"date": "Fri 20 Nov 2026 (sandbox data)"}
        said |= dict.fromkeys(("headline", "glance", "cause", "remedy"), long)
        values = variables(Content(kind, "", long, said))
        assert all(value and "\n" not in value for value in values.values())
        assert len(render(kind, values)) <= 1024
        assert set(values) == {number for number in "123456" if f"{{{{{number}}}}}" in words}
        assert not words.startswith("{{")
        assert not words.endswith("}}")
        assert "}}{{" not in words.replace(" ", "")


def test_a_reader_with_a_username_is_written_to_by_whatsapp_s_own_id(
    connect, twilio, send, templated, report
):
    name = "IN.13491208655302741918"
    twilio.write_first(READER, ago=timedelta())  # somebody else's message opens nothing
    assert [row.form for row in send(report, (name,), by=templated)] == ["template"]
    twilio.answer(name)
    assert send(report, (name,), by=templated)[0].form == "text"
    assert kinds(twilio, name) == ["template", "text"]


# Twilio's pages on the errors of WhatsApp, November 2026.
CODES = (
    20003, 20404, 20429, 21211, 21219, 21608, 21610, 21617, 21658, 63003, 63005, 63007, 63008,
    63012, 63013, 63014, 63015, 63016, 63017, 63018, 63019, 63020, 63021, 63022, 63024, 63025,
    63027, 63028, 63029, 63030, 63031, 63032, 63036, 63038, 63040, 63041, 63042, 63049, 63051,
    92007,
)  # fmt: skip


def test_each_code_says_what_it_means_and_what_to_do():
    told = {code: error_of(code) for code in CODES}
    assert all("Twilio reports error" not in str(error) for error in told.values())
    assert all(re.search(r"(: |; |; the )\w", str(error)) for error in told.values())
    passing = {code for code, error in told.items() if error.cause == "retryable"}
    assert passing == {20429, 63012, 63017, 63018, 63038, 63049}
    assert [code for code, error in told.items() if error.cause == "reply"] == [63016]
    assert error_of(63999).cause == "permanent"
