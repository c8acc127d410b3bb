"""The used part of Twilio's Messages API: send, fetch and list WhatsApp messages.

Statuses advance with time and with every fetch. Error codes are those of Twilio's documentation.
A reader's own message is posted to `/outbox/answer`, which Twilio has not got.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import secrets
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.utils import format_datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from zoho_sandbox.clock import Clock, instant_of
from zoho_sandbox.forms import form_of
from zoho_sandbox.twilio.delivery_faults import DAY, DeliveryFaults, api_error
from zoho_sandbox.twilio.outbox import RECEIVED, Message, Outbox

# A number, or since April 2026 the business-scoped id of somebody with a username.
ADDRESS = re.compile(r"whatsapp:(\+[1-9][0-9]{7,14}|[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128})")
MAX_BODY = 1600
MAX_VALUE = 1600
Answer = Callable[[Request], Awaitable[Response]]
PREFIX = "/2010-04-01/Accounts/{account}/Messages"


class ApiError(Exception):
    """An error answer of Twilio."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def routes(outbox: Outbox, now: Clock, delivery_faults: DeliveryFaults) -> list[Route]:
    """Return the routes of the Messages API, and the one by which a reader writes."""

    async def create(request: Request) -> Response:
        message = _message(request, await form_of(request), now)
        return await delivery_faults.take(
            request, message, lambda taken: JSONResponse(_resource(taken, "queued"), 201)
        )

    async def fetch(request: Request) -> Response:
        message = outbox.find(request.path_params["sid"])
        if message is None or message.account != request.path_params["account"]:
            resource = request.url.path
            raise ApiError(404, 20404, f"The requested resource {resource} was not found")
        return JSONResponse(_resource(message, outbox.poll(message)))

    async def list_(request: Request) -> Response:
        found = [m for m in reversed(outbox.chat()) if _matches(m, request)]
        return JSONResponse(_listing(request, found, outbox))

    async def answer(request: Request) -> Response:
        form = await form_of(request)
        earlier = [m for m in outbox.messages() if m.recipient == form.get("From")]
        if not earlier or not form.get("Body"):
            raise ApiError(400, 21603, "Name in From who was written to, and what it says in Body.")
        outbox.append(_answer(earlier[-1], form["Body"], now))
        return RedirectResponse("/outbox", 303)

    return [
        Route("/outbox/answer", _refusing(answer), methods=["POST"]),
        Route(f"{PREFIX}.json", guarded(create), methods=["POST"]),
        Route(f"{PREFIX}.json", guarded(list_), methods=["GET"]),
        Route(f"{PREFIX}/{{sid}}.json", guarded(fetch), methods=["GET"]),
    ]


def guarded(answer: Answer) -> Answer:
    """Check the credentials, answer, and put an error into Twilio's form."""

    async def guarded(request: Request) -> Response:
        _check_credentials(request)
        return await answer(request)

    return _refusing(guarded)


def _refusing(answer: Answer) -> Answer:
    async def refusing(request: Request) -> Response:
        try:
            return await answer(request)
        except ApiError as refused:
            return api_error(refused.status, refused.code, refused.message)

    return refusing


def _check_credentials(request: Request) -> None:
    """Accept any account or key, unless it is another account's or says that it is invalid."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    try:
        user, _, password = base64.b64decode(encoded).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        user = password = ""
    foreign = user.startswith("AC") and user != request.path_params.get("account", user)
    refused = not (user and password) or any(p.startswith("invalid") for p in (user, password))
    if scheme != "Basic" or foreign or refused:
        raise ApiError(401, 20003, "Authenticate")


def _message(request: Request, form: dict[str, str], now: Clock) -> Message:
    """Return the message of a form, or refuse it as Twilio does."""
    recipient, sender = form.get("To", ""), form.get("From", "")
    body, content = form.get("Body", ""), form.get("ContentSid")
    if not recipient:
        raise ApiError(400, 21604, "A 'To' phone number is required.")
    if not sender:
        raise ApiError(400, 21603, "A 'From' phone number is required.")
    if not ADDRESS.fullmatch(recipient) or recipient == sender:
        raise ApiError(400, 21211, f"The 'To' number {recipient} is not a valid phone number.")
    if not ADDRESS.fullmatch(sender):
        raise ApiError(400, 21212, f"The 'From' number {sender} is not a valid phone number.")
    if not body and not content:
        raise ApiError(400, 21602, "Message body is required.")
    if len(body) > MAX_BODY:
        raise ApiError(400, 21617, "The concatenated message body exceeds the 1600 character limit")
    variables = form.get("ContentVariables") if content else None
    return Message(
        sid=f"SM{secrets.token_hex(16)}",
        account=request.path_params["account"],
        sender=sender,
        recipient=recipient,
        # The approved words are not known here; Twilio's body has them around the values.
        body=" · ".join(_values(variables)) if content else body,
        sent_at=now().timestamp(),
        content_sid=content,
        variables=variables,
    )


def _answer(earlier: Message, body: str, now: Clock) -> Message:
    """Return what the reader of an earlier message writes back."""
    return Message(
        sid=f"SM{secrets.token_hex(16)}",
        account=earlier.account,
        sender=earlier.recipient,
        recipient=earlier.sender,
        body=body,
        sent_at=now().timestamp(),
        end=RECEIVED,
    )


def _values(text: str | None) -> list[str]:
    if text is None:
        return []
    try:
        values = list(json.loads(text).values())
    except (ValueError, AttributeError):
        values = [None]
    if not all(isinstance(v, str) and v.strip() and "\n" not in v for v in values):
        raise ApiError(400, 92007, "The ContentVariables parameter is invalid.")
    if any(len(v) > MAX_VALUE for v in values):
        raise ApiError(400, 21658, "A value of ContentVariables exceeds its limit.")
    return values


def _resource(message: Message, status: str) -> dict:
    moment = format_datetime(datetime.fromtimestamp(int(message.sent_at), UTC))
    uri = f"/2010-04-01/Accounts/{message.account}/Messages/{message.sid}"
    return {
        "sid": message.sid,
        "account_sid": message.account,
        "messaging_service_sid": None,
        "api_version": "2010-04-01",
        "status": status,
        "direction": "inbound" if message.is_inbound else "outbound-api",
        "to": message.recipient,
        "from": message.sender,
        "body": message.body,
        "num_segments": "1",
        "num_media": "0",
        "price": None,
        "price_unit": None,
        "error_code": message.error_code if status == message.end else None,
        "error_message": None,
        "date_created": moment,
        "date_updated": moment,
        "date_sent": None if status == "queued" else moment,
        "uri": f"{uri}.json",
        "subresource_uris": {"media": f"{uri}/Media.json"},
    }


def _matches(message: Message, request: Request) -> bool:
    params = request.query_params
    return (
        message.account == request.path_params["account"]
        and message.recipient == params.get("To", message.recipient)
        and message.sender == params.get("From", message.sender)
        and all(_in_time(message.sent_at, op, params.get(f"DateSent{op}")) for op in ("", "<", ">"))
    )


def _in_time(sent_at: float, operator: str, text: str | None) -> bool:
    """Compare with a date or an ISO time in UTC; a bare date without operator means that day."""
    if text is None:
        return True
    instant = instant_of(text if "T" in text else f"{text}T00:00:00Z")
    if instant is None:
        raise ApiError(400, 20001, f"DateSent {text} is not a date")
    if operator == "<":
        return sent_at <= instant
    if operator == ">":
        return sent_at >= instant
    return instant <= sent_at < instant + DAY


def _number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, str(default))
    if not (text.isascii() and text.isdigit()):
        raise ApiError(400, 20001, f"{name} {text} is not a number")
    return int(text)


def _listing(request: Request, found: list[Message], outbox: Outbox) -> dict:
    size = max(1, min(_number(request, "PageSize", 50), 1000))
    page = _number(request, "Page", 0)
    path, start = request.url.path, page * size
    chosen = found[start : start + size]

    def uri(number: int) -> str:
        query = request.url.include_query_params(Page=number, PageSize=size).query
        return f"{path}?{query}"

    return {
        "messages": [_resource(m, outbox.status(m)) for m in chosen],
        "page": page,
        "page_size": size,
        "start": start,
        "end": start + len(chosen) - 1,
        "uri": uri(page),
        "first_page_uri": uri(0),
        "next_page_uri": uri(page + 1) if start + size < len(found) else None,
        "previous_page_uri": uri(page - 1) if page else None,
    }
