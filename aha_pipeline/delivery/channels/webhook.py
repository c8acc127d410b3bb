"""A channel of Slack or Teams, through an incoming webhook: an address that takes a message.

It says whether it took the message and no more. The address is a secret: whoever has it may post.
Forms: docs.slack.dev, "Sending messages using incoming webhooks"; learn.microsoft.com, "Create
incoming webhooks with Workflows for Microsoft Teams", an Adaptive Card.
"""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

import requests

from aha_pipeline.delivery.channel import Channel, Finding, Message, Part
from aha_pipeline.delivery.errors import DeliveryError, never_left
from aha_pipeline.delivery.markup import with_marks
from aha_pipeline.settings import Settings, is_loopback, targets

ORDER = 3
TIMEOUT_SECONDS = 15
# Where Teams' workflows live; every other address takes Slack's form, as Mattermost's does.
TEAMS = (".logic.azure.com", ".powerplatform.com", ".webhook.office.com")
PASSING = (429, 503)  # RFC 6585 and 9110: not processed, come back later


def configured(settings: Settings) -> "Webhook | None":
    """Return the channel of these settings."""
    if settings.webhook_url is None:
        return None
    urls, addresses = {}, {}
    for reader, url in targets(settings.webhook_url.get_secret_value()).items():
        address = f"{urlsplit(url).hostname} {sha256(url.encode()).hexdigest()[:8]}"
        urls[address] = url
        addresses[address if reader == url else reader] = address
    return Webhook(urls, addresses)


@dataclass(frozen=True, eq=False)
class Webhook(Channel):
    """Webhooks by address: the host and what tells two of one host apart; `urls` are the secret."""

    name = "webhook"

    urls: Mapping[str, str] = field(repr=False)
    addresses: Mapping[str, str]

    def mask(self, address: str) -> str:
        """Return the address, which is nobody's."""
        return address

    def send(self, address: str, part: Part) -> Message:
        """Post one message."""
        url = self.urls[address]
        host = urlsplit(url).hostname or ""
        # At DEBUG it logs the path, which is the secret.
        logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)
        with requests.Session() as session:
            session.trust_env = not is_loopback(url)  # no proxy towards this machine
            try:
                answer = session.post(
                    url,
                    json=card(part) if host.endswith(TEAMS) else blocks(part),
                    timeout=TIMEOUT_SECONDS,
                    allow_redirects=False,
                )
            except requests.RequestException as error:
                raise _lost(error, host) from None
        _require(answer.status_code, host)
        return Message(part.key, "sent", part.text)

    def examine(self) -> Iterator[Finding]:
        """Yield whether each host answers; whether the address is right only a message shows."""
        for address, url in self.urls.items():
            parts = urlsplit(url)
            try:
                requests.head(f"{parts.scheme}://{parts.netloc}", timeout=TIMEOUT_SECONDS)
            except requests.RequestException as error:
                yield Finding(f"Webhook {address}", "problem", str(_lost(error, parts.hostname)))
            else:
                says = "The host answers; whether the address is right only a message shows."
                yield Finding(f"Webhook {address}", "ok", says)


def blocks(part: Part) -> dict[str, Any]:
    """Return a message in Slack's form, whose *bold* and _italic_ are ours."""
    text = part.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    paragraphs = [
        {"type": "section", "text": {"type": "mrkdwn", "text": paragraph}}
        for paragraph in text.split("\n\n")
    ]
    title = part.title.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return {"text": title, "blocks": paragraphs, "unfurl_links": False}


def card(part: Part) -> dict[str, Any]:
    """Return a message in Teams' form, an Adaptive Card."""
    body = [
        {
            "type": "TextBlock",
            "wrap": True,
            "text": with_marks(paragraph, r"**\1**", r"_\1_").replace("\n", "\n\n"),
        }
        for paragraph in part.text.split("\n\n")
    ]
    content = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
    }
    kind = "application/vnd.microsoft.card.adaptive"
    return {"type": "message", "attachments": [{"contentType": kind, "content": content}]}


def _require(status: int, host: str) -> None:
    """Raise DeliveryError unless the status says that the message was taken."""
    if status < 300:
        return
    if status in PASSING:
        says = f"{host} asked to come back later ({status}); it is sent again later."
        raise DeliveryError(says, "retryable", str(status))
    if status >= 500:
        raise DeliveryError(
            f"{host} answered {status} and may have taken the message: look there.",
            "unknown",
            str(status),
        )
    says = f"{host} refused it ({status}): make a new webhook there and set WEBHOOK_URL."
    raise DeliveryError(says, "permanent", str(status))


def _lost(error: Exception, host: str | None) -> DeliveryError:
    if never_left(error):
        says = f"{host} cannot be reached: check this machine's network; nothing was sent."
        return DeliveryError(says, "retryable", "unreachable")
    says = f"The answer of {host} was lost and it may have taken the message: look there."
    return DeliveryError(says, "unknown", "no answer")
