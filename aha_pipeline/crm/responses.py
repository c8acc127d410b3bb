"""Zoho's answers: JSON decoded without loss, and each failure turned into the right error.

Sources: Zoho CRM API, "status codes" and "API limits". 429 stands for both spent credits and too
many calls at a time, and mostly comes without Retry-After. A refusal may come with status 200.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any, TypeVar

import msgspec
import requests

from aha_pipeline import records
from aha_pipeline.crm.errors import (
    QUOTED_CHARACTERS,
    ListLimitReached,
    ModuleUnreadable,
    TransientFault,
    ZohoError,
    ZohoRefused,
    web_page,
)

TOKEN_CODES = {"INVALID_TOKEN", "AUTHENTICATION_FAILURE"}
LIST_LIMIT_CODES = {"DISCRETE_PAGINATION_LIMIT_EXCEEDED", "PAGINATION_LIMIT_EXCEEDED"}
BUSY_CODES = {"TOO_MANY_REQUESTS", "INTERNAL_ERROR", "LIMIT_EXCEEDED", "API_LIMIT_EXCEEDED"}
LONGEST_ERROR_BODY = 5_000  # a longer body is a page of records, not looked through for one
# Zoho CRM API, "scopes": the modules that have a scope of their own.
MODULES_WITH_SCOPE = frozenset((
    "accounts", "activities", "appointments", "calls", "campaigns", "cases", "contacts", "deals",
    "events", "invoices", "leads", "notes", "pricebooks", "products", "purchaseorders", "quotes",
    "salesorders", "services", "solutions", "tasks", "vendors",
))  # fmt: skip
SCOPE_MISSING = "OAUTH_SCOPE_MISMATCH"
NO_SUCH_RECORD = "INVALID_DATA"  # of a call about one record
NO_SUCH_MODULE = "INVALID_MODULE"
UNREADABLE_CODES = {
    SCOPE_MISSING: "its token lacks the scope {scope}",
    "NO_PERMISSION": "its user has no permission for it",
    "AUTHORIZATION_FAILED": "its user or edition has no right to it",
    NO_SUCH_MODULE: "the organisation has no module of this API name",
    "NOT_SUPPORTED": "the API does not serve it",
}

Shape = TypeVar("Shape", bound=msgspec.Struct)


class TokenExpired(Exception):
    """Zoho does not know the access token; the text is its code."""


class _Envelope(msgspec.Struct):
    """What is around the records of an answer.

    All but `info` a refusal has, at its top or in `data`, and a success does not.
    """

    code: Any = None
    error: Any = None
    status: Any = None
    id: Any = None
    info: Any = None

    @property
    def is_refusal(self) -> bool:
        """Whether this is a refusal."""
        return self.id is None and bool(self.code or self.error or self.status == "error")


@dataclass(frozen=True)
class ApiResponse:
    """A successful response: a JSON object, as the text that Zoho sent."""

    text: str

    @cached_property
    def body(self) -> dict[str, Any]:
        """The parsed object, with floats for numbers."""
        body: dict[str, Any] = decode_json(self.text)
        return body

    @cached_property
    def envelope(self) -> _Envelope:
        """What is around the records; worked out once, for that takes a look at all of them."""
        return self.decode_as(_Envelope)

    @property
    def info(self) -> dict[str, Any]:
        """What a page says of itself and of the pages to come."""
        return self.envelope.info if isinstance(self.envelope.info, dict) else {}

    @property
    def next_page_token(self) -> str | None:
        """What to ask for the next page by, from version 8 on."""
        token = self.info.get("next_page_token")
        return token if isinstance(token, str) else None

    def decode_as(self, shape: type[Shape]) -> Shape:
        """Return only the members that `shape` names: a page has thousands of others.

        A damaged record hides none of them. Raises ValueError if one is of another type.
        """
        try:
            return decode_as(self.text, shape)
        except ValueError:
            return decode_as(records.without_rows(self.text), shape)


def read_response(response: requests.Response, path: str, module: str | None) -> ApiResponse | None:
    """Return a success, or None for one without a body (204, 304).

    Raises TokenExpired or a ZohoError, which names `path` or `module`, for anything else.
    """
    if response.status_code in (204, 304):
        return None
    success = _json_object(response)
    if response.status_code == 200 and success and not _holds_refusal(success):
        return success
    if response.status_code == 200 and (
        fault := web_page("Zoho CRM", "ZOHO_API_URL", response.content)
    ):
        raise fault
    raise _error(response, success.body if success else {}, path, module)


def check_rows(response: ApiResponse) -> None:
    """Raise ValueError if a response has no list of records."""
    if not records.ROWS.search(response.text):
        raise ValueError("it has no list of records")


def check_page(response: ApiResponse) -> None:
    """Raise ValueError if a response is not a page: it needs a list and says whether more follow.

    Otherwise a page without the word would pass for the last one.
    """
    check_rows(response)
    has_more(response)


def has_more(response: ApiResponse) -> bool:
    """Return whether more pages follow. Raises ValueError if the response does not say."""
    word = str(response.info.get("more_records")).lower()
    if word not in ("true", "false"):
        raise ValueError("it does not say whether more records follow")
    return word == "true"


def server_time(response: requests.Response) -> datetime | None:
    """Return the server's clock, in UTC, from the Date header; None if it has none."""
    try:
        return parsedate_to_datetime(response.headers["Date"])
    except (KeyError, ValueError):
        return None


def decode_json(text: str | bytes) -> Any:
    """Return JSON as Python objects. Raises ValueError if it is not JSON."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        # msgspec rejects half a surrogate pair, which Zoho can send.
        try:
            return json.loads(text, strict=False, parse_constant=lambda _: None)
        except RecursionError:
            raise ValueError("it is nested too deep") from None


def decode_as(text: str | bytes, shape: type[Shape]) -> Shape:
    """Return the members of a JSON object that `shape` names; of the rest check only the syntax.

    Raises ValueError if the text is not a JSON object or a member is of another type.
    """
    try:
        return msgspec.json.decode(text, type=shape)
    except (msgspec.MsgspecError, UnicodeEncodeError, RecursionError):
        try:
            return msgspec.convert(decode_json(text), shape)
        except msgspec.ValidationError as error:
            raise ValueError(str(error)) from None


def module_scope(module: str) -> str:
    """Return the scope that covers the records of a module; all custom modules share one."""
    name = module.lower()
    return f"ZohoCRM.modules.{name if name in MODULES_WITH_SCOPE else 'custom'}.READ"


def _json_object(response: requests.Response) -> ApiResponse | None:
    """Return the body if it is a complete JSON object; one from a cut connection is not."""
    body = ApiResponse(records.decode(response.content))
    try:
        _ = body.envelope
    except ValueError:
        return None
    return body


def _holds_refusal(response: ApiResponse) -> bool:
    """Whether a response with status 200 is a refusal, at its top or wrapped in `data`."""
    if response.envelope.is_refusal:
        return True
    if len(response.text) > LONGEST_ERROR_BODY:
        return False
    try:
        return any(decode_as(row, _Envelope).is_refusal for row in records.split(response.text)[:1])
    except ValueError:
        return False  # no rows, or a damaged one


def _error(
    response: requests.Response, body: dict[str, Any], path: str, module: str | None
) -> Exception:
    """Return the error for a failed answer; some envelopes are wrapped in `data`."""
    wrapped = body.get("data")
    if isinstance(wrapped, list) and wrapped and isinstance(wrapped[0], dict):
        body = wrapped[0]
    status, code = response.status_code, str(body.get("code", body.get("error", "")))
    message = str(body.get("message", ""))[:QUOTED_CHARACTERS]
    said = f"HTTP {status} {code} {message}".strip()
    if code in TOKEN_CODES:
        return TokenExpired(said)
    is_busy = code in BUSY_CODES or "Access Denied" in (message, code)
    if status == 429 or status >= 500 or is_busy or (status == 200 and code in ("", "None")):
        return TransientFault(
            f"Zoho CRM does not serve {path} for now ({said}): try again later.",
            wait=_retry_after(response),
        )
    return _refusal(code, said, path, module)


def _refusal(code: str, said: str, path: str, module: str | None) -> ZohoError:
    if code in LIST_LIMIT_CODES:
        return ListLimitReached(f"Zoho CRM lists no further ({said}).")
    if module and code in UNREADABLE_CODES:
        why = UNREADABLE_CODES[code].format(scope=module_scope(module))
        return ModuleUnreadable(
            f"{module} cannot be read: {why} ({said}). Put that right, "
            f"or take {module} out of ZOHO_MODULES.",
            code,
        )
    return ZohoRefused(f"Zoho CRM refused {path} ({said}).", code)


def _retry_after(response: requests.Response) -> float | None:
    """Return the seconds that Retry-After asks for: a number or a date (RFC 9110)."""
    value = response.headers.get("Retry-After", "")
    if value.isdigit():
        return float(value)
    try:
        return max((parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds(), 0.0)
    except (ValueError, TypeError):
        return None
