"""HTTP to Zoho CRM: one session, one retry rule, one place that turns answers into errors.

Sources: Zoho CRM API v2, "status codes" and "API limits". 429 stands for both spent credits and too
many calls at a time, and comes without Retry-After.
"""

import logging
import time
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from threading import Lock

import requests
from requests.adapters import HTTPAdapter
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_exponential_jitter,
)

from aha_pipeline.crm.errors import (
    BODY_LIMIT,
    ModuleUnreadable,
    TokenRefused,
    ZohoError,
    ZohoRefused,
    ZohoUnavailable,
)
from aha_pipeline.crm.token import TokenSource

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = (10, 60)
ATTEMPTS = 6
FIRST_ATTEMPTS = 2  # of the first call: a person is waiting for the word that Zoho is away
TOKEN_CODES = {"INVALID_TOKEN", "AUTHENTICATION_FAILURE"}
UNREADABLE_CODES = {
    "OAUTH_SCOPE_MISMATCH": "its token lacks the scope ZohoCRM.modules.{module}.READ",
    "NO_PERMISSION": "its user has no permission for it",
    "AUTHORIZATION_FAILED": "its user or edition has no right to it",
    "INVALID_MODULE": "the organisation has no module of this API name",
    "NOT_SUPPORTED": "the API does not serve it",
}


class _PassingFault(ZohoUnavailable):
    """One attempt failed in a way that the next may not."""


class ZohoClient:
    """Reads from one organisation. Safe for use by several threads."""

    def __init__(
        self,
        tokens: TokenSource,
        *,
        api_url: str | None = None,
        version: str = "v2",
        concurrency: int = 5,
        backoff_seconds: float = 1.0,
    ) -> None:
        self._tokens = tokens
        self._api_url = api_url
        self._version = version
        self._backoff_seconds = backoff_seconds
        self._session = requests.Session()
        adapter = HTTPAdapter(pool_maxsize=concurrency)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)
        self._lock = Lock()
        self._calls = 0
        self._server_time: datetime | None = None

    @property
    def server_time(self) -> datetime | None:
        """Zoho's own clock at its last answer, in UTC; None before the first."""
        return self._server_time

    @property
    def calls(self) -> int:
        """API calls made so far, failed attempts included: each may cost a credit."""
        return self._calls

    def get(
        self,
        path: str,
        params: Mapping[str, object] | None = None,
        *,
        modified_since: datetime | None = None,
        module: str | None = None,
        attempts: int = ATTEMPTS,
    ) -> requests.Response | None:
        """Return the answer to `GET {api}/crm/{version}/{path}`, or None for 204 and 304.

        Passing faults (connection, timeout, 429, 5xx, a body that is no JSON) are tried again with
        exponential backoff and jitter, `attempts` times in all. Raises ZohoUnavailable when they
        do not pass, TokenRefused, ModuleUnreadable (naming `module`), or ZohoRefused.
        """
        retrying = Retrying(
            retry=retry_if_exception_type(_PassingFault),
            stop=stop_after_attempt(attempts),
            wait=wait_exponential_jitter(multiplier=self._backoff_seconds, max=30),
            before_sleep=_tell,
            reraise=True,
        )
        return retrying(self._attempt, path, params, modified_since, module)

    def _attempt(
        self,
        path: str,
        params: Mapping[str, object] | None,
        modified_since: datetime | None,
        module: str | None,
    ) -> requests.Response | None:
        token = self._tokens.get()
        response = self._send(path, params, modified_since, token)
        if response.status_code == 401 and _error_code(response) in TOKEN_CODES:
            # A token can die before its time: the sixteenth one made kills the first.
            token = self._tokens.get(refused=token)
            response = self._send(path, params, modified_since, token)
        self._server_time = _date(response) or self._server_time
        if response.status_code in (204, 304):
            return None
        if response.status_code == 200:
            return _checked(response, path)
        raise _error(response, path, module)

    def _send(self, path, params, modified_since, token) -> requests.Response:
        base = self._api_url or token.api_domain
        if not base:
            raise ZohoRefused("Zoho named no API server: set ZOHO_API_URL.")
        headers = {"Authorization": f"Zoho-oauthtoken {token.value}"}
        if modified_since is not None:
            headers["If-Modified-Since"] = modified_since.isoformat(timespec="seconds")
        with self._lock:
            self._calls += 1
        started = time.monotonic()
        try:
            response = self._session.get(
                f"{base}/crm/{self._version}/{path}",
                params=params,
                headers=headers,
                timeout=TIMEOUT_SECONDS,
            )
        except requests.RequestException as error:
            raise _PassingFault(
                f"Zoho CRM does not answer ({type(error).__name__} on {path}): "
                "check ZOHO_API_URL and the network."
            ) from None
        log.debug(
            "GET %s page=%s -> %s in %.2f s",
            path,
            (params or {}).get("page"),
            response.status_code,
            time.monotonic() - started,
        )
        return response


def _tell(state: RetryCallState) -> None:
    """Say why and when the next attempt comes: whoever watches sees more than silence."""
    log.warning("%s Trying again in %.0f s.", state.outcome.exception(), state.next_action.sleep)


def _date(response: requests.Response) -> datetime | None:
    try:
        return parsedate_to_datetime(response.headers["Date"])
    except (KeyError, ValueError):
        return None


def _checked(response: requests.Response, path: str) -> requests.Response:
    """Return `response` if its body is a whole JSON document, as a cut connection is not."""
    body = response.content
    if not (body.lstrip().startswith(b"{") and body.rstrip().endswith(b"}")):
        raise _PassingFault(f"Zoho CRM answered {path} with something that is no JSON.")
    return response


def _error_body(response: requests.Response) -> dict:
    """Return Zoho's error envelope; some answers wrap it in `data`."""
    try:
        body = response.json()
    except requests.JSONDecodeError:
        return {}
    if isinstance(body, dict) and isinstance(body.get("data"), list) and body["data"]:
        body = body["data"][0]
    return body if isinstance(body, dict) else {}


def _error_code(response: requests.Response) -> str:
    return str(_error_body(response).get("code", ""))


def _error(response: requests.Response, path: str, module: str | None) -> ZohoError:
    status, body = response.status_code, _error_body(response)
    code, message = str(body.get("code", "")), str(body.get("message", ""))[:BODY_LIMIT]
    said = f"HTTP {status} {code} {message}".strip()
    if status == 429 or status >= 500 or (status == 400 and message == "Access Denied"):
        return _PassingFault(f"Zoho CRM does not serve {path} for now ({said}): try again later.")
    if module and code in UNREADABLE_CODES:
        why = UNREADABLE_CODES[code].format(module=module.lower())
        return ModuleUnreadable(
            f"{module} cannot be read: {why} ({said}). Put that right, "
            f"or take {module} out of ZOHO_MODULES."
        )
    if code in TOKEN_CODES:
        return TokenRefused(f"Zoho CRM does not accept its own fresh token ({said}): try again.")
    return ZohoRefused(f"Zoho CRM refused {path} ({said}).")
