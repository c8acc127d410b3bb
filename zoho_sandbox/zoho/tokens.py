"""Access tokens as Zoho's accounts server hands them out, within its limits."""

from __future__ import annotations

import secrets
from collections import Counter, defaultdict, deque

from zoho_sandbox.clock import Clock
from zoho_sandbox.faults.switches import Switches

LIFE_SECONDS = 3600
WINDOW_SECONDS = 600
LIVE_TOKENS = 15


class TooManyTokens(Exception):
    """More tokens of one refresh token than Zoho allows in ten minutes."""


class Tokens:
    """The live access tokens of each refresh token. Nothing is kept over a restart."""

    def __init__(self, now: Clock, switches: Switches) -> None:
        self._now, self._switches = now, switches
        self._issued: defaultdict[str, deque[float]] = defaultdict(deque)
        self._live: dict[str, tuple[str, float]] = {}
        self._calls: Counter[str] = Counter()

    def issue(self, refresh_token: str) -> str:
        """Return a new access token. The sixteenth live one kills the first.

        Raises TooManyTokens if ten minutes had as many as the switches allow.
        """
        now = self._now().timestamp()
        times = self._issued[refresh_token]
        while times and times[0] <= now - WINDOW_SECONDS:
            times.popleft()
        if len(times) >= self._switches.tokens_per_window:
            raise TooManyTokens
        times.append(now)
        self._live = {t: grant for t, grant in self._live.items() if now < grant[1]}
        mine = [t for t, (owner, _) in self._live.items() if owner == refresh_token]
        if len(mine) == LIVE_TOKENS:
            del self._live[mine[0]]
        token = f"1000.{secrets.token_hex(16)}.{secrets.token_hex(16)}"
        self._live[token] = (refresh_token, now + LIFE_SECONDS)
        return token

    def owner(self, token: str) -> str:
        """Return the refresh token of which an access token was made."""
        return self._live.get(token, ("", 0.0))[0]

    def is_live(self, token: str) -> bool:
        """Whether an access token may be used now."""
        _, until = self._live.get(token, ("", 0.0))
        return self._now().timestamp() < until

    def use(self, token: str) -> bool:
        """Count a call with an access token; whether it may be made."""
        self._calls[token] += 1
        life = self._switches.token_life_calls
        return self.is_live(token) and (life is None or self._calls[token] <= life)

    def revoke_all(self) -> None:
        """Kill every access token, as an administrator may."""
        self._live.clear()
