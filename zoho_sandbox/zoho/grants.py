"""Grant codes and the refresh tokens made of them, with the scopes that each was given."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from zoho_sandbox.clock import Clock
from zoho_sandbox.zoho.api_error import ApiError, no_scope

READS = ("READ", "ALL")
MINUTES = 3


@dataclass(frozen=True)
class _Code:
    scopes: frozenset[str]
    until: float
    client_id: str | None


class Grants:
    """What self clients were granted. Nothing is kept over a restart.

    A refresh token that was not made here may read everything.
    """

    def __init__(self, now: Clock) -> None:
        self._now = now
        self._codes: dict[str, _Code] = {}
        self._scopes: dict[str, frozenset[str]] = {}
        self._revoked: set[str] = set()

    def code(
        self, scopes: list[str], minutes: float = MINUTES, client_id: str | None = None
    ) -> str:
        """Return a code that is good once, for some minutes, and for one client if it is named."""
        code = f"1000.{secrets.token_hex(16)}.{secrets.token_hex(16)}"
        until = self._now().timestamp() + minutes * 60
        self._codes[code] = _Code(frozenset(scopes), until, client_id)
        return code

    def redeem(self, code: str, client_id: str) -> str | None:
        """Return the refresh token of a code; None where it is not good for this client now."""
        grant = self._codes.get(code)
        if grant is None or client_id != (grant.client_id or client_id):
            return None
        del self._codes[code]
        if self._now().timestamp() >= grant.until:
            return None
        token = f"1000.{secrets.token_hex(16)}.{secrets.token_hex(16)}"
        self._scopes[token] = grant.scopes
        return token

    def revoke(self, refresh_token: str) -> None:
        """Let a refresh token be good for nothing any more."""
        self._revoked.add(refresh_token)

    def is_revoked(self, refresh_token: str) -> bool:
        """Whether a refresh token was revoked."""
        return refresh_token in self._revoked

    def check(self, refresh_token: str, scope: str) -> None:
        """Raise the error of a call that the refresh token's scopes do not cover."""
        granted = self._scopes.get(refresh_token)
        if granted is not None and not any(_covers(one, scope) for one in granted):
            raise no_scope()


def _covers(granted: str, needed: str) -> bool:
    """Whether a scope covers another: ZohoCRM.modules.ALL covers ZohoCRM.modules.leads.READ."""
    *area, operation = granted.split(".")
    return operation in READS and needed.split(".")[: len(area)] == area


def scopes_of(text: str) -> list[str]:
    """Return the scopes of a list as the console takes it. Raises ApiError for an empty one."""
    scopes = [one.strip() for one in text.split(",") if one.strip()]
    if not scopes:
        raise ApiError(400, "INVALID_SCOPE", "Enter a valid scope")
    return scopes
