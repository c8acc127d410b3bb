"""Access tokens: fetched when first needed, renewed early, shared through a store.

Facts: Zoho accounts documentation, "token validity". A token lives an hour; ten can be made in ten
minutes; a refusal may come with HTTP status 200, so only the token's presence counts.
"""

import base64
import hashlib
import json
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from threading import Lock
from typing import Any, Protocol

import requests
from cryptography.fernet import Fernet, InvalidToken

from aha_pipeline.crm.errors import PassingFault, TokenRefused, ZohoUnavailable

RENEW_EARLY_SECONDS = 300
GRANTS, GRANTS_SECONDS = 10, 600  # Zoho makes so many tokens in so many seconds
TIMEOUT_SECONDS = (10, 30)
ADVICE = {
    "invalid_code": "the refresh token is wrong, revoked, or of another data centre: "
    "check ZOHO_REFRESH_TOKEN and ZOHO_ACCOUNTS_URL",
    "invalid_client": "the client id or secret is wrong, or of another data centre: "
    "check ZOHO_CLIENT_ID, ZOHO_CLIENT_SECRET and ZOHO_ACCOUNTS_URL",
}


@dataclass(frozen=True)
class AccessToken:
    """A token, the API server it is for, and until when it is good (UTC seconds)."""

    value: str = field(repr=False)
    api_domain: str | None
    good_until: float


class Kept(Protocol):
    """What a store keeps of one connection."""

    def read(self) -> str | None:
        """Return what was kept last, or None."""

    def write(self, kept: str) -> None:
        """Keep something."""


class Store(Protocol):
    """Where processes that share a connection find its token."""

    def opened(self, key: str) -> AbstractContextManager[Kept]:
        """Yield what is kept of a connection, for this process alone until the block ends."""


class TokenSource:
    """The one token that all calls share: of this process, or of all that have the `store`.

    The store is given the token encrypted with the credentials, so it is of use only to those who
    have them anyway.
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
        self._granted: list[float] = []
        self._lock = Lock()

    def renew(self) -> AccessToken:
        """Return a token made just now: a kept one outlives credentials that changed.

        Raises as `get` does.
        """
        with self._lock:
            self._token = self._shared(renew=True) if self._store else self._fetch()
            return self._token

    def get(self, *, refused: AccessToken | None = None) -> AccessToken:
        """Return a token that is good for some minutes; never the one named `refused`.

        Raises TokenRefused when a person must act, PassingFault when the next attempt may succeed,
        ZohoUnavailable when Zoho would make no more tokens for now.
        """
        with self._lock:
            if not _is_good(self._token, refused):
                self._token = self._shared(refused) if self._store else self._fetch()
            return self._token

    def _shared(self, refused: AccessToken | None = None, *, renew: bool = False) -> AccessToken:
        with self._store.opened(self._key) as kept:
            known = self._decrypted(kept.read())
            self._granted = known.get("granted", [])
            token = AccessToken(**known["token"]) if known else None
            if renew or not _is_good(token, refused):
                token = self._fetch()
                text = json.dumps({"token": asdict(token), "granted": self._granted})
                kept.write(self._cipher.encrypt(text.encode()).decode())
            return token

    def _decrypted(self, kept: str | None) -> dict[str, Any]:
        try:
            return json.loads(self._cipher.decrypt(kept)) if kept else {}
        except InvalidToken:
            return {}

    def _fetch(self) -> AccessToken:
        asked_at = time.time()
        self._check_grants(asked_at)
        answer = request_token(self._accounts_url, self._form)
        self._granted.append(asked_at)
        value = answer["access_token"]
        return AccessToken(value, answer.get("api_domain"), asked_at + _lifetime(answer))

    def _check_grants(self, now: float) -> None:
        """Refuse to ask for a token that Zoho would not make, and that would lengthen its ban."""
        self._granted = [at for at in self._granted if now - GRANTS_SECONDS < at <= now]
        if len(self._granted) >= GRANTS:
            wait = self._granted[0] + GRANTS_SECONDS - now
            raise ZohoUnavailable(
                "Zoho makes no more access tokens for now (ten in ten minutes): "
                f"wait {max(wait / 60, 1):.0f} minutes."
            )


def request_token(
    accounts_url: str,
    form: Mapping[str, str],
    *,
    what: str = "access token",
    advice: Mapping[str, str] = ADVICE,
) -> dict[str, Any]:
    """Return the accounts server's answer to a form, which has an access token.

    `what` is asked for, and `advice` says what to do about Zoho's error codes. Raises TokenRefused
    when a person must act, PassingFault when the next attempt may succeed, ZohoUnavailable when
    Zoho would make no more tokens for now.
    """
    try:
        response = requests.post(
            f"{accounts_url}/oauth/v2/token", data=dict(form), timeout=TIMEOUT_SECONDS
        )
    except requests.RequestException as error:
        raise PassingFault(
            f"Zoho's accounts server does not answer ({type(error).__name__}): "
            "check ZOHO_ACCOUNTS_URL and the network."
        ) from None
    answer = _json_object(response)
    value = answer.get("access_token")
    if not isinstance(value, str) or not value:
        raise _refusal(response.status_code, answer, what, advice)
    return answer


def _digest(*parts: str) -> bytes:
    return hashlib.sha256("\n".join(parts).encode()).digest()


def _is_good(token: AccessToken | None, refused: AccessToken | None) -> bool:
    if token is None or time.time() >= token.good_until:
        return False
    return refused is None or token.value != refused.value


def _json_object(response: requests.Response) -> dict:
    try:
        answer = response.json()
    except requests.JSONDecodeError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _lifetime(answer: dict) -> float:
    """Return the seconds a token may be used; Zoho has sent this in seconds and milliseconds."""
    seconds = float(answer.get("expires_in_sec") or answer.get("expires_in") or 3600)
    if seconds > 86_400:
        seconds /= 1000
    return max(seconds - RENEW_EARLY_SECONDS, seconds / 2)


def _refusal(
    status: int, answer: dict, what: str, advice: Mapping[str, str]
) -> TokenRefused | ZohoUnavailable:
    code = str(answer.get("error", ""))
    if code in advice:
        return TokenRefused(f"Zoho gave no {what} ({code}): {advice[code]}.")
    if "too many requests" in str(answer.get("error_description", "")).lower():
        return ZohoUnavailable(
            "Zoho makes no more access tokens for now (ten in ten minutes): wait ten minutes."
        )
    if status >= 500 or not code:
        return PassingFault(
            f"Zoho's accounts server gave no {what} (HTTP {status}): "
            "check ZOHO_ACCOUNTS_URL, or try again later."
        )
    return TokenRefused(f"Zoho gave no {what} ({code[:60]}): check the ZOHO_ settings.")
