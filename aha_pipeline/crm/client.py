"""HTTP to Zoho CRM: one session, one retry rule, one place that turns answers into errors.

Sources: Zoho CRM API, "status codes" and "API limits". 429 stands for both spent credits and too
many calls at a time, and mostly comes without Retry-After. A refusal may come with status 200.
"""

import json
import logging
import time
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from threading import Event, Lock
from typing import Any, TypeVar

import msgspec
import requests
from requests.adapters import HTTPAdapter
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    sleep_using_event,
    stop_after_attempt,
    wait_exponential_jitter,
)

from aha_pipeline.crm.budget import Budget, Unlimited
from aha_pipeline.crm.errors import (
    BODY_LIMIT,
    CapReached,
    CreditsSpent,
    ModuleUnreadable,
    PassingFault,
    ZohoError,
    ZohoRefused,
)
from aha_pipeline.crm.slots import OwnSlots, Slots
from aha_pipeline.crm.token import AccessToken, TokenSource

log = logging.getLogger(__name__)

PER_PAGE = 200  # the most that Zoho gives
TIMEOUT_SECONDS = (10, 60)
ATTEMPTS = 6
FIRST_ATTEMPTS = 2  # of the first call: a person is waiting for the word that Zoho is away
LONGEST_WAIT_SECONDS = 120
CREDITS_HEADER = "X-API-CREDITS-REMAINING"
TOKEN_CODES = {"INVALID_TOKEN", "AUTHENTICATION_FAILURE"}
CAP_CODES = {"DISCRETE_PAGINATION_LIMIT_EXCEEDED", "PAGINATION_LIMIT_EXCEEDED"}
BUSY_CODES = {"TOO_MANY_REQUESTS", "INTERNAL_ERROR"}
# Zoho CRM API, "scopes": the modules that have one of their own.
OWN_SCOPE = frozenset((
    "accounts", "activities", "appointments", "calls", "campaigns", "cases", "contacts", "deals",
    "events", "invoices", "leads", "notes", "pricebooks", "products", "purchaseorders", "quotes",
    "salesorders", "services", "solutions", "tasks", "vendors",
))  # fmt: skip
SCOPE_MISSING = "OAUTH_SCOPE_MISMATCH"
NO_SUCH_MODULE = "INVALID_MODULE"
UNREADABLE_CODES = {
    SCOPE_MISSING: "its token lacks the scope {scope}",
    "NO_PERMISSION": "its user has no permission for it",
    "AUTHORIZATION_FAILED": "its user or edition has no right to it",
    NO_SUCH_MODULE: "the organisation has no module of this API name",
    "NOT_SUPPORTED": "the API does not serve it",
}


Shape = TypeVar("Shape", bound=msgspec.Struct)


class _Envelope(msgspec.Struct):
    """What a refusal bears at its top and a success does not."""

    code: Any = None
    error: Any = None


@dataclass(frozen=True)
class Answer:
    """A JSON object, as the text that Zoho sent."""

    text: str

    @cached_property
    def body(self) -> dict[str, Any]:
        """The object parsed, with floats for numbers."""
        return parsed(self.text)

    def picked(self, shape: type[Shape]) -> Shape:
        """Return the members that `shape` names and no others: a page has thousands of them.

        Raises ValueError where one is of another type.
        """
        return picked(self.text, shape)


@dataclass(frozen=True)
class _Call:
    method: str
    path: str
    params: Mapping[str, object] | None
    json: object
    modified_since: datetime | None
    module: str | None
    version: str
    credits: int
    essential: bool
    over: Event


class ZohoClient:
    """Reads from one organisation. Safe for use by several threads."""

    def __init__(
        self,
        tokens: TokenSource,
        *,
        api_url: str | None = None,
        version: str = "v2",
        concurrency: int = 5,
        budget: Budget | None = None,
        slots: Slots | None = None,
        per_page: int = PER_PAGE,
        backoff_seconds: float = 1.0,
    ) -> None:
        self._tokens = tokens
        self._api_url = api_url
        self.version = version
        self.concurrency = concurrency
        self.per_page = per_page
        self._slots = slots or OwnSlots(concurrency)
        self._alone = Lock()
        self.budget = budget or Unlimited()
        self._backoff_seconds = backoff_seconds
        self._session = requests.Session()
        adapter = HTTPAdapter(pool_maxsize=concurrency)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)
        self._lock = Lock()
        self._calls: dict[str | None, int] = {}
        self._server_time: datetime | None = None

    @property
    def server_time(self) -> datetime | None:
        """Zoho's own clock at its last answer, in UTC; None before the first."""
        return self._server_time

    @property
    def calls(self) -> int:
        """API calls made so far, failed attempts included: each may cost a credit."""
        return sum(self._calls.values())

    def calls_for(self, module: str) -> int:
        """API calls made so far for one module."""
        return self._calls.get(module, 0)

    def give_back(self) -> None:
        """Return the credits and places that were set aside for calls to come."""
        self.budget.give_back()
        self._slots.give_back()

    def get(
        self,
        path: str,
        params: Mapping[str, object] | None = None,
        *,
        modified_since: datetime | None = None,
        module: str | None = None,
        version: str | None = None,
        credits: int = 1,
        essential: bool = False,
        attempts: int = ATTEMPTS,
        over: Event | None = None,
    ) -> Answer | None:
        """Return the answer to `GET {api}/crm/{version}/{path}`, or None for 204 and 304.

        Passing faults (connection, timeout, 429, 5xx, a body that is no JSON) are tried again with
        exponential backoff and jitter, `attempts` times in all; `over` ends the waiting.
        Raises ZohoUnavailable when they do not pass, CreditsSpent, TokenRefused, ModuleUnreadable
        (naming `module`), CapReached or ZohoRefused.
        """
        call = _Call(
            "GET", path, params, None, modified_since, module, version or self.version, credits,
            essential, over or Event(),
        )  # fmt: skip
        return self._made(call, attempts)

    def post(
        self, path: str, body: object, *, module: str | None = None, credits: int = 1
    ) -> Answer | None:
        """Return the answer to `POST {api}/crm/{version}/{path}`; as `get` in all else."""
        call = _Call("POST", path, None, body, None, module, self.version, credits, False, Event())
        return self._made(call, ATTEMPTS)

    def _made(self, call: _Call, attempts: int) -> Answer | None:
        retrying = Retrying(
            retry=retry_if_exception_type(PassingFault),
            stop=stop_after_attempt(attempts),
            wait=self._wait,
            before_sleep=_tell,
            sleep=sleep_using_event(call.over),
            reraise=True,
        )
        return retrying(self._attempt, call)

    def _wait(self, state: RetryCallState) -> float:
        asked = state.outcome.exception().wait
        if asked is not None:
            return min(asked, LONGEST_WAIT_SECONDS)
        return wait_exponential_jitter(
            multiplier=self._backoff_seconds, jitter=self._backoff_seconds, max=30
        )(state)

    def _attempt(self, call: _Call) -> Answer | None:
        token = self._tokens.get()
        try:
            return self._answer(call, token)
        except _TokenDead:
            # A token can die before its time: the sixteenth one made kills the first.
            fresh = self._tokens.get(refused=token)
        try:
            return self._answer(call, fresh)
        except _TokenDead as error:
            raise PassingFault(
                f"Zoho CRM does not accept its own fresh token ({error}): check that "
                "ZOHO_API_URL and ZOHO_ACCOUNTS_URL are of one data centre."
            ) from None

    def _answer(self, call: _Call, token: AccessToken) -> Answer | None:
        response = self._send(call, token)
        self._server_time = _date(response) or self._server_time
        remaining = response.headers.get(CREDITS_HEADER, "")
        if remaining.isdigit():
            self.budget.observe(int(remaining))
        if response.status_code in (204, 304):
            return None
        text = _json_object(response)
        if response.status_code == 200 and text and picked(text, _Envelope) == _Envelope():
            return Answer(text)
        raise _error(response, parsed(text) if text else {}, call)

    def _send(self, call: _Call, token: AccessToken) -> requests.Response:
        base = self._api_url or token.api_domain
        if not base:
            raise ZohoRefused("Zoho named no API server: set ZOHO_API_URL.")
        headers = {"Authorization": f"Zoho-oauthtoken {token.value}"}
        if call.modified_since is not None:
            headers["If-Modified-Since"] = call.modified_since.isoformat(timespec="seconds")
        with self._alone if self.budget.is_scarce else nullcontext(), self._slots.taken():
            self._count(call)
            started = time.monotonic()
            try:
                response = self._session.request(
                    call.method,
                    f"{base}/crm/{call.version}/{call.path}",
                    params=call.params,
                    json=call.json,
                    headers=headers,
                    timeout=TIMEOUT_SECONDS,
                )
            except requests.RequestException as error:
                raise PassingFault(
                    f"Zoho CRM does not answer ({type(error).__name__} on {call.path}): "
                    "check ZOHO_API_URL and the network."
                ) from None
        page = (call.params or {}).get("page")
        seconds = time.monotonic() - started
        log.debug("%s page=%s -> %s in %.2f s", call.path, page, response.status_code, seconds)
        return response

    def _count(self, call: _Call) -> None:
        refusal = self.budget.take(call.credits, essential=call.essential)
        if refusal:
            raise CreditsSpent(refusal)
        with self._lock:
            self._calls[call.module] = self._calls.get(call.module, 0) + 1


class _TokenDead(Exception):
    """Zoho does not know the access token; the text is its code."""


def _tell(state: RetryCallState) -> None:
    """Say why and when the next attempt comes: whoever watches sees more than silence."""
    log.warning("%s Trying again in %.0f s.", state.outcome.exception(), state.next_action.sleep)


def _date(response: requests.Response) -> datetime | None:
    try:
        return parsedate_to_datetime(response.headers["Date"])
    except (KeyError, ValueError):
        return None


def _json_object(response: requests.Response) -> str | None:
    """Return the body if it is a whole JSON object, as that of a cut connection is not."""
    try:
        text = response.content.decode("utf-8")
        picked(text, _Envelope)
    except ValueError:
        return None
    return text


def parsed(text: str | bytes) -> Any:
    """Return JSON as Python has it. Raises ValueError for what is no JSON."""
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        # It refuses half a surrogate pair, which Zoho can send.
        return json.loads(text, parse_constant=_refuse)


def picked(text: str | bytes, shape: type[Shape]) -> Shape:
    """Return the members of a JSON object that `shape` names, the rest only checked for syntax.

    Raises ValueError where the text is no JSON object or a member is of another type.
    """
    try:
        return msgspec.json.decode(text, type=shape)
    except msgspec.MsgspecError:
        try:
            return msgspec.convert(parsed(text), shape)
        except msgspec.ValidationError as error:
            raise ValueError(str(error)) from None


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _error(response: requests.Response, body: dict[str, Any], call: _Call) -> Exception:
    """Return what an answer that is no success means; some envelopes are wrapped in `data`."""
    if isinstance(body.get("data"), list) and body["data"]:
        body = body["data"][0]
    status, code = response.status_code, str(body.get("code", body.get("error", "")))
    message = str(body.get("message", ""))[:BODY_LIMIT]
    said = f"HTTP {status} {code} {message}".strip()
    if code in TOKEN_CODES:
        return _TokenDead(said)
    throttled = code in BUSY_CODES or "Access Denied" in (message, code)
    if status == 429 or status >= 500 or throttled or (status == 200 and not code):
        return PassingFault(
            f"Zoho CRM does not serve {call.path} for now ({said}): try again later.",
            wait=_asked_wait(response),
        )
    return _refusal(code, said, call)


def _refusal(code: str, said: str, call: _Call) -> ZohoError:
    module = call.module
    if code in CAP_CODES:
        return CapReached(f"Zoho CRM lists no further ({said}).")
    if module and code in UNREADABLE_CODES:
        why = UNREADABLE_CODES[code].format(scope=module_scope(module))
        return ModuleUnreadable(
            f"{module} cannot be read: {why} ({said}). Put that right, "
            f"or take {module} out of ZOHO_MODULES.",
            code,
        )
    return ZohoRefused(f"Zoho CRM refused {call.path} ({said}).", code)


def module_scope(module: str) -> str:
    """Return the scope that covers the records of a module; one serves all custom modules."""
    name = module.lower()
    return f"ZohoCRM.modules.{name if name in OWN_SCOPE else 'custom'}.READ"


def _asked_wait(response: requests.Response) -> float | None:
    """Return the seconds that Retry-After asks for: a number or a date (RFC 9110)."""
    value = response.headers.get("Retry-After", "")
    if value.isdigit():
        return float(value)
    try:
        return max((parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds(), 0.0)
    except (ValueError, TypeError):
        return None
