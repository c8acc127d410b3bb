"""HTTP to Zoho CRM: one session and one retry rule for every call."""

import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import nullcontext
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from threading import Event, Lock, Thread
from typing import TypeVar

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

from aha_pipeline.crm.access_token import AccessToken, TokenSource
from aha_pipeline.crm.budget import Budget, Unlimited
from aha_pipeline.crm.concurrency import ConcurrencyLimiter, InProcessLimiter
from aha_pipeline.crm.errors import CreditsSpent, TransientFault, ZohoRefused, no_answer
from aha_pipeline.crm.responses import ApiResponse, TokenExpired, read_response, server_time

log = logging.getLogger(__name__)
Result = TypeVar("Result")

PER_PAGE = 200  # the most that Zoho gives
TIMEOUT_SECONDS = (10, 60)
ATTEMPTS = 8  # two minutes in all; nothing else repeats a call
LONGEST_BACKOFF_SECONDS = 60
FIRST_CALL_ATTEMPTS = 2  # of the first call: a person is waiting to hear that Zoho is away
LONGEST_RETRY_AFTER_SECONDS = 120
# Longer than connecting and the first byte may take, and shorter than the lease of a place.
RESPONSE_DEADLINE_SECONDS = 80
CREDITS_HEADER = "X-API-CREDITS-REMAINING"


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
    abort: Event
    validate: Callable[[ApiResponse], None] | None


class ZohoClient:
    """Reads from one organisation. Thread-safe."""

    def __init__(
        self,
        tokens: TokenSource,
        *,
        api_url: str | None = None,
        version: str = "v2",
        concurrency: int = 5,
        budget: Budget | None = None,
        limiter: ConcurrencyLimiter | None = None,
        per_page: int = PER_PAGE,
        backoff_seconds: float = 1.0,
    ) -> None:
        self._tokens = tokens
        self._api_url = api_url
        self.version = version
        self.concurrency = concurrency
        self.per_page = per_page
        self.response_deadline_seconds: float = RESPONSE_DEADLINE_SECONDS
        self._limiter = limiter or InProcessLimiter(concurrency)
        self._one_at_a_time = Lock()
        self.budget = budget or Unlimited()
        self._backoff_seconds = backoff_seconds
        self._session = requests.Session()
        adapter = HTTPAdapter(pool_maxsize=concurrency)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)
        self._lock = Lock()
        self._calls: dict[str | None, int] = {}
        self._server_time: datetime | None = None
        self._fastest_answer: float | None = None

    @property
    def fastest_answer(self) -> float | None:
        """The seconds of the quickest answer, which waited for nobody here; None before it."""
        return self._fastest_answer

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

    def with_budget(self, budget: Budget) -> "ZohoClient":
        """Return a copy with another budget that shares places and connections."""
        other = copy(self)
        other.budget = budget
        return other

    def release_unused(self) -> None:
        """Give up the credits and places reserved for later calls."""
        self.budget.release_unused()
        self._limiter.release_unused()

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
        abort: Event | None = None,
        validate: Callable[[ApiResponse], None] | None = None,
    ) -> ApiResponse | None:
        """Return the response to `GET {api}/crm/{version}/{path}`, or None for 204 and 304.

        Transient faults (connection, timeout, 429, 5xx, a body that is not JSON or for which
        `validate` raises ValueError) are retried with exponential backoff and jitter, up to
        `attempts` attempts in all; setting `abort` cuts the wait short. Raises ZohoUnavailable when
        they persist, CreditsSpent, TokenRefused, ModuleUnreadable (naming `module`),
        ListLimitReached or ZohoRefused.
        """
        call = _Call(
            "GET", path, params, None, modified_since, module, version or self.version, credits,
            essential, abort or Event(), validate,
        )  # fmt: skip
        return self._with_retries(call, attempts)

    def post(
        self,
        path: str,
        body: object,
        *,
        module: str | None = None,
        version: str | None = None,
        credits: int = 1,
        validate: Callable[[ApiResponse], None] | None = None,
    ) -> ApiResponse | None:
        """Return the response to `POST {api}/crm/{version}/{path}`; otherwise like `get`."""
        call = _Call(
            "POST", path, None, body, None, module, version or self.version, credits, False,
            Event(), validate,
        )  # fmt: skip
        return self._with_retries(call, ATTEMPTS)

    def _with_retries(self, call: _Call, attempts: int) -> ApiResponse | None:
        retrying = Retrying(
            retry=retry_if_exception_type(TransientFault),
            stop=stop_after_attempt(attempts),
            wait=self._wait_seconds,
            before_sleep=_log_retry,
            sleep=sleep_using_event(call.abort),
            reraise=True,
        )
        return retrying(self._attempt, call)

    def _wait_seconds(self, state: RetryCallState) -> float:
        fault = state.outcome.exception() if state.outcome else None
        if isinstance(fault, TransientFault) and fault.wait is not None:
            return min(fault.wait, LONGEST_RETRY_AFTER_SECONDS)
        return wait_exponential_jitter(
            multiplier=self._backoff_seconds,
            jitter=self._backoff_seconds,
            max=LONGEST_BACKOFF_SECONDS,
        )(state)

    def _attempt(self, call: _Call) -> ApiResponse | None:
        token = self._tokens.get()
        try:
            return self._call_once(call, token)
        except TokenExpired:
            # A token can die early: the sixteenth one issued kills the first.
            fresh = self._tokens.get(refused=token)
        try:
            return self._call_once(call, fresh)
        except TokenExpired as error:
            raise TransientFault(
                f"Zoho CRM does not accept its own fresh token ({error}): check that "
                "ZOHO_API_URL and ZOHO_ACCOUNTS_URL are of one data centre."
            ) from None

    def _call_once(self, call: _Call, token: AccessToken) -> ApiResponse | None:
        response = self._send(call, token)
        self._server_time = server_time(response) or self._server_time
        remaining = response.headers.get(CREDITS_HEADER, "")
        if remaining.isdigit():
            self.budget.update(int(remaining))
        success = read_response(response, call.path, call.module)
        if success is not None and call.validate is not None:
            try:
                call.validate(success)
            except ValueError as error:
                raise TransientFault(
                    f"Zoho CRM answers {call.path} with what cannot be read ({error}): "
                    "try again later."
                ) from None
        return success

    def _send(self, call: _Call, token: AccessToken) -> requests.Response:
        base = self._api_url or token.api_domain
        if not base:
            raise ZohoRefused("Zoho named no API server: set ZOHO_API_URL.")
        headers = {"Authorization": f"Zoho-oauthtoken {token.value}"}
        if call.modified_since is not None:
            headers["If-Modified-Since"] = call.modified_since.isoformat(timespec="seconds")
        with (
            self._one_at_a_time if self.budget.is_scarce else nullcontext(),
            self._limiter.acquire(),
        ):
            self._spend(call)
            started = time.monotonic()
            try:
                response = _within(
                    self.response_deadline_seconds,
                    partial(
                        self._session.request,
                        call.method,
                        f"{base}/crm/{call.version}/{call.path}",
                        params={name: str(value) for name, value in (call.params or {}).items()},
                        json=call.json,
                        headers=headers,
                        timeout=TIMEOUT_SECONDS,
                    ),
                )
            except (requests.RequestException, TimeoutError) as error:
                raise no_answer("Zoho CRM", "ZOHO_API_URL", error, call.path) from None
        page = (call.params or {}).get("page")
        seconds = time.monotonic() - started
        self._fastest_answer = min(seconds, self._fastest_answer or seconds)
        log.debug("%s page=%s -> %s in %.2f s", call.path, page, response.status_code, seconds)
        return response

    def _spend(self, call: _Call) -> None:
        refusal = self.budget.consume(call.credits, essential=call.essential)
        if refusal:
            raise CreditsSpent(refusal)
        with self._lock:
            self._calls[call.module] = self._calls.get(call.module, 0) + 1


def _within(seconds: float, call: Callable[[], Result]) -> Result:
    """Return what a call returns. Raises TimeoutError if that takes longer.

    The timeouts of a socket bound each read and not their sum: an answer that trickles would hold
    its place for hours. A thread that is left behind ends when the server does.
    """
    future: Future[Result] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except BaseException as error:
            future.set_exception(error)

    Thread(target=run, daemon=True).start()
    return future.result(timeout=seconds)


def _log_retry(state: RetryCallState) -> None:
    """Log why and when the next attempt comes, so that the log shows progress."""
    fault = state.outcome.exception() if state.outcome else None
    seconds = state.next_action.sleep if state.next_action else 0.0
    log.warning("%s Trying again in %.0f s.", fault, seconds)
