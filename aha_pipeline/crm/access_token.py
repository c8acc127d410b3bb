"""Access tokens: fetched when first needed, renewed early, shared through a store.

Source: Zoho accounts documentation, "token validity". A token lives an hour; ten can be issued in
ten minutes; a refusal may come with HTTP status 200, so only the token's presence counts.
"""

import base64
import hashlib
import json
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from threading import Lock
from typing import Any, Protocol, TypeGuard

import requests
from cryptography.fernet import Fernet, InvalidToken

from aha_pipeline.crm.errors import (
    TokenRefused,
    TransientFault,
    ZohoUnavailable,
    no_answer,
    web_page,
)

ACCOUNTS = "Zoho's accounts server"
RENEW_EARLY_SECONDS = 300
MAX_TOKENS, TOKEN_PERIOD_SECONDS = 10, 600  # Zoho issues at most 10 tokens in 10 minutes
TIMEOUT_SECONDS = (10, 30)
ADVICE_BY_ERROR = {
    "invalid_code": "the refresh token is wrong, revoked, or of another data centre: "
    "check ZOHO_REFRESH_TOKEN and ZOHO_ACCOUNTS_URL",
    "invalid_client": "the client id or secret is wrong, or of another data centre: "
    "check ZOHO_CLIENT_ID, ZOHO_CLIENT_SECRET and ZOHO_ACCOUNTS_URL",
}


@dataclass(frozen=True)
class AccessToken:
    """A token, the API server it is for, and until when to use it (seconds since the epoch)."""

    value: str = field(repr=False)
    api_domain: str | None
    good_until: float


class StoredToken(Protocol):
    """The stored token of one connection, encrypted."""

    def read(self) -> str | None:
        """Return the stored text, or None."""

    def write(self, text: str) -> None:
        """Store a text in place of the last one."""


class Store(Protocol):
    """Where processes that use the same connection share its token."""

    def locked(self, key: str) -> AbstractContextManager[StoredToken]:
        """Yield the stored token of a connection, locked for other processes meanwhile."""


class TokenSource:
    """The one token that all calls share: within this process, or among all that use `store`.

    The token is stored encrypted with the credentials, so it is useful only to those who have
    them anyway.
    """

    def __init__(
        self,
        accounts_url: str,
        client_id: str,
        client_secret: str,
        refresh_token: str,
        *,
        store: Store | None = None,
    ) -> None:
        self._accounts_url = accounts_url
        self._form = {
            "grant_type": "refresh_token",
            "client_id": client_id,
            "client_secret": client_secret,
            "refresh_token": refresh_token,
        }
        self._store = store
        self._key = _digest("connection", accounts_url, *self._form.values()).hex()
        encryption = _digest("encryption", accounts_url, *self._form.values())
        self._cipher = Fernet(base64.urlsafe_b64encode(encryption))
        self._token: AccessToken | None = None
        self._issued_at: list[float] = []
        self._lock = Lock()

    def renew(self) -> AccessToken:
        """Return a newly issued token: a stored one outlives credentials that changed.

        Raises as `get` does.
        """
        with self._lock:
            token = self._from_store(self._store, renew=True) if self._store else self._fetch()
            self._token = token
            return token

    def get(self, *, refused: AccessToken | None = None) -> AccessToken:
        """Return a token that is valid for some minutes more; never the one named `refused`.

        Raises TokenRefused when a person must act, TransientFault when the next attempt may
        succeed, ZohoUnavailable when Zoho would issue no more tokens for now.
        """
        with self._lock:
            token = self._token
            if not _is_valid(token, refused):
                token = self._from_store(self._store, refused) if self._store else self._fetch()
                self._token = token
            return token

    def _from_store(
        self, store: Store, refused: AccessToken | None = None, *, renew: bool = False
    ) -> AccessToken:
        with store.locked(self._key) as stored:
            known = self._decrypted(stored.read())
            self._issued_at = known.get("granted", [])
            token = AccessToken(**known["token"]) if known else None
            if renew or not _is_valid(token, refused):
                token = self._fetch()
                text = json.dumps({"token": asdict(token), "granted": self._issued_at})
                stored.write(self._cipher.encrypt(text.encode()).decode())
            return token

    def _decrypted(self, text: str | None) -> dict[str, Any]:
        try:
            known: dict[str, Any] = json.loads(self._cipher.decrypt(text)) if text else {}
        except InvalidToken:
            return {}
        return known

    def _fetch(self) -> AccessToken:
        asked_at = time.time()
        self._check_issue_rate(asked_at)
        answer = request_token(self._accounts_url, self._form)
        self._issued_at.append(asked_at)
        value = answer["access_token"]
        return AccessToken(value, answer.get("api_domain"), asked_at + _lifetime(answer))

    def _check_issue_rate(self, now: float) -> None:
        """Refuse to ask for a token that Zoho would not issue: asking would extend its ban."""
        self._issued_at = [at for at in self._issued_at if now - TOKEN_PERIOD_SECONDS < at <= now]
        if len(self._issued_at) >= MAX_TOKENS:
            wait = self._issued_at[0] + TOKEN_PERIOD_SECONDS - now
            raise ZohoUnavailable(
                "Zoho makes no more access tokens for now (ten in ten minutes): "
                f"wait {max(wait / 60, 1):.0f} minutes."
            )


def request_token(
    accounts_url: str,
    form: Mapping[str, str],
    *,
    what: str = "access token",
    advice: Mapping[str, str] = ADVICE_BY_ERROR,
) -> dict[str, Any]:
    """Return the accounts server's answer to a form; it contains an access token.

    `what` names what is asked for, `advice` says what to do about each of Zoho's error codes.
    Raises TokenRefused when a person must act, TransientFault when the next attempt may succeed,
    ZohoUnavailable when Zoho would issue no more tokens for now.
    """
    try:
        response = requests.post(
            f"{accounts_url}/oauth/v2/token", data=dict(form), timeout=TIMEOUT_SECONDS
        )
    except requests.RequestException as error:
        raise no_answer(ACCOUNTS, "ZOHO_ACCOUNTS_URL", error) from None
    answer = _json_object(response)
    value = answer.get("access_token")
    if not isinstance(value, str) or not value:
        if response.status_code == 200 and (
            fault := web_page(ACCOUNTS, "ZOHO_ACCOUNTS_URL", response.content)
        ):
            raise fault
        raise _refusal(response.status_code, answer, what, advice)
    return answer


def _digest(*parts: str) -> bytes:
    return hashlib.sha256("\n".join(parts).encode()).digest()


def _is_valid(token: AccessToken | None, refused: AccessToken | None) -> TypeGuard[AccessToken]:
    if token is None or time.time() >= token.good_until:
        return False
    return refused is None or token.value != refused.value


def _json_object(response: requests.Response) -> dict[str, Any]:
    try:
        answer = response.json()
    except requests.JSONDecodeError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _lifetime(answer: dict[str, Any]) -> float:
    """Return the seconds a token may be used; Zoho has sent both seconds and milliseconds."""
    seconds = float(answer.get("expires_in_sec") or answer.get("expires_in") or 3600)
    if seconds > 86_400:
        seconds /= 1000
    return max(seconds - RENEW_EARLY_SECONDS, seconds / 2)


def _refusal(
    status: int, answer: dict[str, Any], what: str, advice: Mapping[str, str]
) -> TokenRefused | ZohoUnavailable:
    code = str(answer.get("error", ""))
    if code in advice:
        return TokenRefused(f"Zoho gave no {what} ({code}): {advice[code]}.")
    if "too many requests" in str(answer.get("error_description", "")).lower():
        return ZohoUnavailable(
            "Zoho makes no more access tokens for now (ten in ten minutes): wait ten minutes."
        )
    if status >= 500 or not code:
        return TransientFault(
            f"Zoho's accounts server gave no {what} (HTTP {status}): "
            "check ZOHO_ACCOUNTS_URL, or try again later."
        )
    return TokenRefused(f"Zoho gave no {what} ({code[:60]}): check the ZOHO_ settings.")
