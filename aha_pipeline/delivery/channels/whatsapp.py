"""WhatsApp through Twilio.

A reader is a number, +919812345678, or since April 2026 a business-scoped id that stands for a
username, IN.13491208655302741918 (developers.facebook.com, "Business-scoped user IDs").
"""

import json
import logging
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args
from urllib.parse import urlsplit

import requests

from aha_pipeline.delivery.channel import TEMPLATE, Channel, Content, Finding, Kind, Message, Part
from aha_pipeline.delivery.errors import Cause, DeliveryError, never_left
from aha_pipeline.delivery.split import split
from aha_pipeline.settings import Settings, targets

if TYPE_CHECKING:
    from twilio.rest import Client

ORDER = 1
TIMEOUT_SECONDS = 15
SANDBOX_NUMBER = "+14155238886"  # Twilio's own, shared by all who try it
LOOK_BACK = 200
UNKNOWN = "20404"
VALID_AT_MOST = timedelta(hours=4)  # Twilio's ValidityPeriod

# Twilio's words for where a message is (twilio.rest MessageInstance.Status), in the ledger's.
STATUSES = {
    "accepted": "accepted",
    "scheduled": "accepted",
    "queued": "accepted",
    "sending": "accepted",
    "sent": "sent",
    "delivered": "delivered",
    "partially_delivered": "delivered",
    "read": "read",
    "failed": "failed",
    "undelivered": "failed",
    "canceled": "failed",
}

# The texts to submit for approval, category UTILITY; docs/connect.md says how. A value may hold no
# line break and may not be empty (error 92007), the whole 1,024 characters; a template may neither
# begin nor end with a value.
TEMPLATES: dict[Kind, str] = {
    "briefing": "Your sales report for {{1}}: {{2}} At a glance: {{3}}. "
    "Answer this message and the whole report follows here.",
    "alert": "Notice about your sales report of {{1}}: {{2}} What to do: {{3}} "
    "The last figures stay in your dashboard.",
}
# What each variable holds, and the most of it.
VARIABLES: dict[Kind, tuple[tuple[str, int], ...]] = {
    "briefing": (("date", 100), ("headline", 400), ("glance", 200)),
    "alert": (("date", 100), ("cause", 400), ("remedy", 400)),
}
SETTING_OF: dict[Kind, str] = {
    "briefing": "TWILIO_CONTENT_SID",
    "alert": "TWILIO_ALERT_CONTENT_SID",
}


def configured(settings: Settings) -> "WhatsApp | None":
    """Return the channel of these settings."""
    if not (settings.twilio_account_sid and settings.twilio_auth_token):
        return None
    templates: dict[Kind, str | None] = {
        "briefing": settings.twilio_content_sid,
        "alert": settings.twilio_alert_content_sid,
    }
    return WhatsApp(
        account_sid=settings.twilio_account_sid,
        auth_token=settings.twilio_auth_token.get_secret_value(),
        number=next(iter(targets(settings.twilio_whatsapp_number))),
        addresses=targets(settings.target_whatsapp_number),
        content_sids={kind: sid for kind, sid in templates.items() if sid},
        api_url=settings.twilio_api_url,
    )


@dataclass(frozen=True, eq=False)
class WhatsApp(Channel):
    """A Twilio account and its WhatsApp number, +14155238886.

    `content_sids` names the approved template of each kind of message, which WhatsApp asks for
    when the reader has not written within 24 hours. `api_url` redirects every call to a stand-in
    on this machine.
    """

    name = "whatsapp"
    confirms = True
    can_look_up = True
    # 24 hours; the rest is for a message that Twilio queues, and for clocks that differ.
    window = timedelta(hours=23, minutes=50)

    account_sid: str
    auth_token: str = field(repr=False)
    number: str
    addresses: Mapping[str, str] = field(default_factory=dict, repr=False)
    content_sids: Mapping[Kind, str] = field(default_factory=dict)
    api_url: str | None = None

    def has_template(self, kind: Kind) -> bool:
        """Return whether there is an approved template of this kind."""
        return kind in self.content_sids

    def parts(self, content: Content, form: str) -> list[tuple[str, dict[str, str] | None]]:
        """Return the template as the reader will see it, or the text, cut where it is too long."""
        if form != TEMPLATE:
            return [(text, None) for text in split(content.text)]
        values = variables(content)
        return [(render(content.kind, values), values)]

    def send(self, address: str, part: Part) -> Message:
        """Hand one message to Twilio; accepted is not delivered."""
        content: dict[str, Any] = {"body": part.text}
        if part.values is not None and part.kind in self.content_sids:
            values = json.dumps(dict(part.values), ensure_ascii=False)
            content = {
                "content_sid": self.content_sids[part.kind],
                "content_variables": values,
            }
        if part.valid_for:
            valid = min(part.valid_for, VALID_AT_MOST)
            content["validity_period"] = int(valid.total_seconds())
        return _message(
            self._answer(
                lambda: self._client.messages.create(
                    to=f"whatsapp:{address}", from_=f"whatsapp:{self.number}", **content
                )
            )
        )

    def fetch(self, message_id: str) -> Message:
        """Return the message as it is now."""
        return _message(self._answer(lambda: self._client.messages(message_id).fetch()))

    def sent_since(self, address: str, since: datetime) -> list[Message]:
        """Return the messages to `address` that Twilio has made since then, newest first.

        Not filtered by Twilio, which filters by the date sent: a queued message has none.
        """
        listed = self._answer(
            lambda: self._client.messages.list(
                to=f"whatsapp:{address}", from_=f"whatsapp:{self.number}", limit=LOOK_BACK
            )
        )
        found = [
            one
            for one in map(_message, listed)
            if one.created_at is None or one.created_at >= since
        ]
        if len(found) == LOOK_BACK:
            raise DeliveryError(
                f"This reader was sent over {LOOK_BACK} messages since then, so it cannot be told "
                "whether this one is among them: search the log in the Twilio console.",
                "unknown",
                "too many",
            )
        return found

    def wrote_at(self, address: str) -> datetime | None:
        """Return when a reader last wrote to the sender's number within the last day.

        Listed by the sender's number, because Twilio does not say whether it finds what came from
        a business-scoped id by the number that belongs to it.
        """
        listed = self._answer(
            lambda: self._client.messages.list(
                to=f"whatsapp:{self.number}",
                date_sent_after=datetime.now(UTC) - timedelta(days=2),
                limit=LOOK_BACK,
            )
        )
        written = (one.date_created for one in listed if one.from_ == f"whatsapp:{address}")
        return max((moment for moment in written if moment), default=None)

    def examine(self) -> Iterator[Finding]:
        """Yield whether the account, its number, the templates and the readers' windows serve."""
        try:
            status = str(self._answer(lambda: self._client.api.v2010.account.fetch()).status)
            if status != "active":
                says = f"The account is {status}: see the Twilio console."
                yield Finding("Twilio", "problem", says)
                return
            yield Finding("Twilio", "ok", "The account is active.")
            yield number(self.number, self._number_status())
            approvals = {kind: self._approval(kind) for kind in self.content_sids}
            for kind, approval in approvals.items():
                yield template(kind, *approval)
            has_template = approvals.get("briefing", ("", ""))[0] == "approved"
            for address in self.addresses.values():
                yield window(self.mask(address), _is_open(self.wrote_at(address)), has_template)
        except DeliveryError as error:
            yield Finding("Twilio", "problem", str(error))

    def _number_status(self) -> str | None:
        """Return what Twilio says of the number as a WhatsApp sender; None where it is none."""
        senders = self._answer(
            lambda: self._client.messaging.v2.channels_senders.list(channel="whatsapp")
        )
        wanted = f"whatsapp:{self.number}"
        return next((str(one.status) for one in senders if one.sender_id == wanted), None)

    def _approval(self, kind: Kind) -> tuple[str, str]:
        """Return what WhatsApp says of the template of a kind, and why it rejected it.

        `unknown` where Twilio has no such template, `unsubmitted` where nobody asked WhatsApp.
        """
        content = self._client.content.v1.contents(self.content_sids[kind])
        try:
            asked = self._answer(lambda: content.approval_fetch().fetch()).whatsapp or {}
        except DeliveryError as error:
            if error.code == UNKNOWN:
                return "unknown", ""
            raise
        return str(asked.get("status", "unsubmitted")), str(asked.get("rejection_reason") or "")

    @cached_property
    def _client(self) -> "Client":
        # Imported here: 0.5 s that only a delivery pays.
        from twilio.http.http_client import TwilioHttpClient
        from twilio.rest import Client

        stand_in = self.api_url

        class HttpClient(TwilioHttpClient):  # type: ignore[misc]  # twilio has no types
            """Twilio's own client with a timeout, which it lacks, and the stand-in's address."""

            def request(self, method: str, url: str, *args: object, **options: object) -> object:
                if stand_in:
                    base, asked = urlsplit(stand_in), urlsplit(url)
                    url = asked._replace(scheme=base.scheme, netloc=base.netloc).geturl()
                return super().request(method, url, *args, **options)

        # At INFO it logs addresses with the readers' numbers in them.
        logging.getLogger("twilio.http_client").setLevel(logging.WARNING)
        http_client = HttpClient(timeout=TIMEOUT_SECONDS)
        http_client.session.trust_env = stand_in is None  # no proxy towards this machine
        return Client(self.account_sid, self.auth_token, http_client=http_client)

    def _answer(self, call: Callable[[], Any]) -> Any:
        """Return what Twilio answers; every fault becomes a DeliveryError."""
        from twilio.base.exceptions import TwilioException

        try:
            return call()
        except TwilioException as error:
            # Its text holds the account and, on a terminal, colours: only the codes are used.
            status = getattr(error, "status", 500)
            code = getattr(error, "code", None)
            raise refused(status, None if code == status else code) from None
        except (requests.RequestException, ValueError) as error:
            raise _lost(error) from None


def variables(content: Content) -> dict[str, str]:
    """Return the values of a template by number, each on one line."""
    chosen = VARIABLES[content.kind]
    return {
        str(number): _one_line(content.values.get(name, ""), limit)
        for number, (name, limit) in enumerate(chosen, 1)
    }


def render(kind: Kind, values: Mapping[str, str]) -> str:
    """Return a template as the reader will see it."""
    text = TEMPLATES[kind]
    for number, value in values.items():
        text = text.replace("{{" + number + "}}", value)
    return text


def error_of(code: int | str | None) -> DeliveryError:
    """Return what a Twilio error code means, what to do about it, and whether it passes."""
    text = str(code or "")
    for cause, sentences in error_codes().items():
        if text in sentences:
            return DeliveryError(sentences[text], cause, text)
    says = f"Twilio reports error {code}: see twilio.com/docs/api/errors/{code}."
    return DeliveryError(says, "permanent", text)


@cache
def error_codes() -> dict[Cause, dict[str, str]]:
    """Return a sentence for each code of Twilio, by cause."""
    codes = tomllib.loads(Path(__file__).with_name("twilio_errors.toml").read_text("utf-8"))
    return {cause: codes[cause] for cause in get_args(Cause) if cause in codes}


def refused(status: int, code: int | None) -> DeliveryError:
    """Return the error for an HTTP status of 400 and above and Twilio's code, if it gave one."""
    if status == 429:
        says = error_codes()["retryable"]["20429"]
        return DeliveryError(says, "retryable", str(code or status))
    if status >= 500 or status == 408:
        return DeliveryError(
            f"Twilio answered {status} and may have taken the message; it is looked up next time.",
            "unknown",
            str(code or status),
        )
    return error_of(code or status)


def number(value: str, status: str | None) -> Finding:
    """Return whether a number sends WhatsApp messages; `status` is Twilio's, None for no sender."""
    if value == SANDBOX_NUMBER:
        return Finding(
            "Sender",
            "warning",
            "This is Twilio's shared sandbox number: each reader has to join it every three days. "
            "Register a number of your own for WhatsApp.",
        )
    if status is None:
        says = f"{value} is no WhatsApp sender of this account: see the console."
        return Finding("Sender", "problem", says)
    if not status.startswith("ONLINE"):
        says = f"{value} is {status}: see WhatsApp senders in the Twilio console."
        return Finding("Sender", "problem", says)
    return Finding("Sender", "ok", f"{value} is online.")


def template(kind: Kind, status: str, reason: str) -> Finding:
    """Return whether a template may be sent; `status` is Twilio's, `reason` of a rejection."""
    what, name = f"Template, {kind}", SETTING_OF[kind]
    if status == "approved":
        return Finding(what, "ok", "Approved.")
    if status == "unknown":
        says = f"Twilio has no template of {name}: copy its id from the console."
        return Finding(what, "problem", says)
    if status == "rejected":
        says = f"WhatsApp rejected it ({reason or 'no reason'}): see docs/connect.md."
        return Finding(what, "problem", says)
    says = f"It is {status}: until it is approved, only free text can be sent."
    return Finding(what, "warning", says)


def window(reader: str, is_open_now: bool, has_template: bool) -> Finding:
    """Return whether a message reaches this reader now."""
    what = f"Reader {reader}"
    if is_open_now:
        return Finding(what, "ok", "Has written within 24 hours: free text arrives.")
    if has_template:
        return Finding(what, "ok", "Has not written within 24 hours: gets the template.")
    return Finding(
        what,
        "warning",
        "Has not written within 24 hours, and there is no approved template: nothing arrives. Set "
        "TWILIO_CONTENT_SID, or let them write to the sender's number.",
    )


def _is_open(wrote_at: datetime | None) -> bool:
    return wrote_at is not None and datetime.now(UTC) - wrote_at < WhatsApp.window


def _message(instance: Any) -> Message:
    status = STATUSES.get(str(instance.status), "accepted")
    return Message(
        id=instance.sid,
        status=status,
        text=instance.body or "",
        created_at=instance.date_created,
        error=error_of(instance.error_code) if status == "failed" else None,
    )


def _one_line(value: str, limit: int) -> str:
    line = " ".join(value.split()) or "–"
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def _lost(error: Exception) -> DeliveryError:
    """Return the error for a call without an answer: did it reach Twilio or not?"""
    if never_left(error):
        return DeliveryError(
            "Twilio cannot be reached: check this machine's network; nothing was sent.",
            "retryable",
            "unreachable",
        )
    return DeliveryError(
        "Twilio's answer was lost and it may have taken the message; it is looked up next time.",
        "unknown",
        "no answer",
    )
