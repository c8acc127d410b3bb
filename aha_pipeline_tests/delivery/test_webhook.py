"""Webhooks of Slack and Teams: their forms, and what each answer means."""

import json
import logging

import pytest

from aha_pipeline.delivery.channel import Part
from aha_pipeline.delivery.channels.webhook import Webhook, card, configured
from aha_pipeline.delivery.errors import DeliveryError
from aha_pipeline.settings import SettingsError, load

TEXT = "*Fri 27 Nov* · A & <!channel>\n_Sandbox data_\n\n▪ Two deals slipped."
PART = Part("key", "briefing", "Two <deals> slipped", TEXT)


@pytest.fixture
def channel(posted) -> Webhook:
    return Webhook({"hook": f"{posted.url}/secret-path"}, {"hook": "hook"})


def test_slack_gets_blocks_in_which_nobody_is_called(posted, channel):
    sent = channel.send("hook", PART)
    ((path, post),) = posted.posts
    assert (path, sent.status) == ("/secret-path", "sent")
    assert post["text"] == "Two &lt;deals&gt; slipped"
    first, second = (block["text"]["text"] for block in post["blocks"])
    assert first == "*Fri 27 Nov* · A &amp; &lt;!channel&gt;\n_Sandbox data_"
    assert second == "▪ Two deals slipped."


def test_teams_gets_a_card():
    (attachment,) = card(PART)["attachments"]
    texts = [block["text"] for block in attachment["content"]["body"]]
    assert texts == ["**Fri 27 Nov** · A & <!channel>\n\n_Sandbox data_", "▪ Two deals slipped."]


@pytest.mark.parametrize(
    ("mishap", "cause"),
    [
        ("429", "retryable"),
        ("503", "retryable"),
        ("404", "permanent"),
        ("302", "permanent"),
        ("500", "unknown"),
        ("lost", "unknown"),
        ("taken_lost", "unknown"),
    ],
)
def test_what_the_host_answers_decides_what_is_done_next(posted, channel, mishap, cause, caplog):
    caplog.set_level(logging.DEBUG)
    posted.mishaps[:] = [mishap]
    with pytest.raises(DeliveryError) as caught:
        channel.send("hook", PART)
    assert caught.value.cause == cause
    assert "secret-path" not in f"{caught.value} {caplog.text} {channel!r}"


def test_a_host_that_is_away_was_sent_nothing():
    channel = Webhook({"hook": "http://127.0.0.1:1/secret-path"}, {"hook": "hook"})
    with pytest.raises(DeliveryError, match="nothing was sent") as caught:
        channel.send("hook", PART)
    assert caught.value.cause == "retryable"
    (found,) = channel.examine()
    assert found.verdict == "problem"


def test_the_address_is_kept_secret_also_in_the_ledger(monkeypatch):
    first, second = "https://hooks.slack.com/services/T/B/x?a=b", "https://hooks.slack.com/y"
    monkeypatch.setenv("WEBHOOK_URL", f"{first}, {second}")
    channel = configured(load())
    assert set(channel.urls.values()) == {first, second}
    assert list(channel.addresses) == list(channel.addresses.values()) == list(channel.urls)
    shown = json.dumps(list(channel.addresses)) + repr(channel) + repr(load())
    assert "services" not in shown
    assert all(name.startswith("hooks.slack.com ") for name in channel.addresses)


@pytest.mark.parametrize("url", ["http://hooks.slack.com/x", "ftp://a.example.com", "s3cret"])
def test_what_is_not_https_is_refused_without_being_shown(monkeypatch, url):
    monkeypatch.setenv("WEBHOOK_URL", url)
    with pytest.raises(SettingsError, match="WEBHOOK_URL") as caught:
        load()
    assert url not in str(caught.value)
