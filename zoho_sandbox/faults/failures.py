"""Lets calls fail in the ways of `kinds.py`."""

from __future__ import annotations

from itertools import count
from random import Random

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from zoho_sandbox.faults.connections import Connections
from zoho_sandbox.faults.kinds import ANSWERS, CUT_WITHIN_LENGTH, RESET, TRUNCATED
from zoho_sandbox.faults.switches import Switches

# What a call of the accounts server is never answered.
CRM_ONLY = frozenset({"401", "200_error"})


class Faults:
    """Lets the share of calls fail that the switches say."""

    def __init__(self, app: ASGIApp, switches: Switches, connections: Connections) -> None:
        self._app, self._switches, self._connections = app, switches, connections
        self._calls = count()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one call, or let it fail."""
        kind = self._draw(scope["path"]) if self._switches.fault_rate else None
        if kind is None:
            await self._app(scope, receive, send)
        elif kind in ANSWERS:
            await ANSWERS[kind]()(scope, receive, send)
        elif kind == RESET:
            await self._connections.close(scope, receive)
        else:
            await self._cut(kind, scope, receive, send)

    def _draw(self, path: str) -> str | None:
        """Return how the next call fails: a function of the seed and of its number."""
        rng = Random(f"{self._switches.seed}/fault/{next(self._calls)}")
        if rng.random() >= self._switches.fault_rate:
            return None
        is_crm = path.startswith("/crm/")
        kinds = [kind for kind in self._switches.faults if is_crm or kind not in CRM_ONLY]
        return rng.choice(kinds) if kinds else None

    async def _cut(self, kind: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with half a body; only CUT_WITHIN_LENGTH lets HTTP itself notice."""
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        await self._app(scope, receive, keep)
        start = messages[0]
        body = b"".join(message.get("body", b"") for message in messages[1:])
        half = body[: len(body) // 2]
        if kind == TRUNCATED:
            length = (b"content-length", str(len(half)).encode())
            kept = [h for h in start["headers"] if h[0] != b"content-length"]
            start["headers"] = [*kept, length] if body else kept
        await send(start)
        await send(
            {
                "type": "http.response.body",
                "body": half,
                "more_body": bool(body) and kind == CUT_WITHIN_LENGTH,
            }
        )
        if body and kind == CUT_WITHIN_LENGTH:
            await self._connections.close(scope, receive)
