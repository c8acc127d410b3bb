"""WhatsApp through Twilio: one message out, one message looked up."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import NewConnectionError

from aha_pipeline.delivery.errors import DeliveryError, refused

if TYPE_CHECKING:
    from twilio.rest import Client

TIMEOUT_SECONDS = 15
SANDBOX_NUMBER = "+14155238886"  # Twilio's own, shared by all who try it
LOOK_BACK = 200
UNKNOWN = "20404"
NEVER_LEFT = (
    requests.exceptions.ConnectTimeout,
    requests.exceptions.ProxyError,
    requests.exceptions.SSLError,
)

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


@dataclass(frozen=True)
class Message:
    """A message as Twilio knows it; `status` in the ledger's words, `created_at` in UTC."""

    sid: str
    status: str
    error_code: str | None
    body: str
    created_at: datetime | None


@dataclass(frozen=True)
class Sender:
    """A Twilio account and its WhatsApp number, +14155238886.

    `content_sids` names the approved template of each kind of message, which WhatsApp asks for
    when the reader has not written within 24 hours. `api_url` redirects every call to a stand-in
    on this machine. All methods raise DeliveryError.
    """

    account_sid: str
    auth_token: str = field(repr=False)
    number: str
    content_sids: Mapping[str, str] = field(default_factory=dict)
    api_url: str | None = None

    def content_sid(self, kind: str) -> str | None:
        """Return the approved template of a kind of message, if there is one."""
        return self.content_sids.get(kind)

    def send(
        self,
        recipient: str,
        body: str,
        content_sid: str | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> Message:
        """Hand one message to Twilio; accepted is not delivered.

        With `content_sid` the template goes out with `variables`, else `body`.
        """
        content: dict[str, Any] = {"body": body}
        if content_sid:
            values = json.dumps(dict(variables or {}), ensure_ascii=False)
            content = {"content_sid": content_sid, "content_variables": values}
        message: Message = self._call(
            lambda: self._client.messages.create(
                to=f"whatsapp:{recipient}", from_=f"whatsapp:{self.number}", **content
            )
        )
        return message

    def fetch(self, sid: str) -> Message:
        """Return the message of `sid` as it is now."""
        message: Message = self._call(lambda: self._client.messages(sid).fetch())
        return message

    def sent_since(self, recipient: str, since: datetime) -> list[Message]:
        """Return the messages to `recipient` that Twilio has made since then, newest first.

        Not narrowed by Twilio, which filters by the date sent: a queued message has not got it.
        """
        messages = self._call(
            lambda: self._client.messages.list(
                to=f"whatsapp:{recipient}", from_=f"whatsapp:{self.number}", limit=LOOK_BACK
            )
        )
        found = [one for one in messages if one.created_at is None or one.created_at >= since]
        if len(found) == LOOK_BACK:
            raise DeliveryError(
                f"This reader was sent over {LOOK_BACK} messages since then, so it cannot be told "
                "whether this one is among them: search the log in the Twilio console.",
                "unknown",
                "too many",
            )
        return found

    def wrote_at(self, recipient: str) -> datetime | None:
        """Return when `recipient` last wrote to the sender's number, if Twilio still knows."""
        messages = self._call(
            lambda: self._client.messages.list(
                to=f"whatsapp:{self.number}", from_=f"whatsapp:{recipient}", limit=1
            )
        )
        return messages[0].created_at if messages else None

    def account_status(self) -> str:
        """Return `active`, `suspended` or `closed`."""
        return str(self._answer(lambda: self._client.api.v2010.account.fetch()).status)

    def number_status(self) -> str | None:
        """Return what Twilio says of the number as a WhatsApp sender; None where it is none."""
        senders = self._answer(
            lambda: self._client.messaging.v2.channels_senders.list(channel="whatsapp")
        )
        wanted = f"whatsapp:{self.number}"
        return next((str(one.status) for one in senders if one.sender_id == wanted), None)

    def approval(self, kind: str) -> tuple[str, str]:
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

    def _call(self, call: Any) -> Any:
        """Return what Twilio answers as Message or list of Message."""
        answer = self._answer(call)
        return [_message(one) for one in answer] if isinstance(answer, list) else _message(answer)

    def _answer(self, call: Any) -> Any:
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


def mask(number: str) -> str:
    """Return a number that may be shown: +91******1234."""
    return f"{number[:3]}******{number[-4:]}"


def _message(instance: Any) -> Message:
    code = instance.error_code
    return Message(
        sid=instance.sid,
        status=STATUSES.get(str(instance.status), "accepted"),
        error_code=None if code is None else str(code),
        body=instance.body or "",
        created_at=instance.date_created,
    )


def _lost(error: Exception) -> DeliveryError:
    """Return the error for a call without an answer: did it reach Twilio or not?"""
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    if isinstance(error, NEVER_LEFT) or isinstance(reason, NewConnectionError):
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
