"""What every call passes on its way in and out: the clock, the load limits, the common headers."""

from __future__ import annotations

import asyncio
from datetime import UTC
from email.utils import format_datetime

from starlette.responses import JSONResponse, PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from zoho_sandbox.faults.connections import Connections
from zoho_sandbox.faults.failures import Faults
from zoho_sandbox.faults.kinds import BUSY
from zoho_sandbox.faults.switches import Switches
from zoho_sandbox.zoho.api_error import envelope
from zoho_sandbox.zoho.credits import Credits, cost
from zoho_sandbox.zoho.organisation import Organisation

CREDITS_USED_UP = envelope(
    "TOO_MANY_REQUESTS", "You have used up the API credits of your organisation"
)
LARGEST_BODY = 1_000_000


class ApiMiddleware:
    """Brings the company up to date, delays or refuses CRM calls as the switches say."""

    def __init__(
        self,
        app: ASGIApp,
        organisation: Organisation,
        switches: Switches,
        connections: Connections,
        credits: Credits,
    ) -> None:
        self._app, self._organisation, self._switches = app, organisation, switches
        self._credits = credits
        self._faulty = Faults(app, switches, connections)
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one call."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif not _is_within_size_limit(scope):
            await PlainTextResponse("the body is too large", 413)(scope, receive, send)
        elif scope["path"].startswith("/crm/"):
            await self._enforce_limits(
                scope, receive, self._with_credits_header(self._with_date_header(send))
            )
        elif scope["path"].startswith("/oauth/"):
            await self._faulty(scope, receive, self._with_date_header(send))
        else:
            await self._app(scope, receive, self._with_date_header(send))

    async def _enforce_limits(self, scope: Scope, receive: Receive, send: Send) -> None:
        limit = self._switches.max_calls
        if limit is not None and self._under_way >= limit:
            await JSONResponse(BUSY, 429)(scope, receive, send)
            return
        if not self._credits.spend(cost(scope)):
            await JSONResponse(CREDITS_USED_UP, 429)(scope, receive, send)
            return
        self._under_way += 1
        try:
            if self._switches.latency:
                await asyncio.sleep(self._switches.latency)
            self._organisation.advance(self._organisation.store.now())
            self._organisation.store.settle()
            await self._faulty(scope, receive, send)
        finally:
            self._under_way -= 1

    def _with_credits_header(self, send: Send) -> Send:
        """Add the credits that are left, once they are counted."""
        if self._credits.left is None:
            return send

        async def metered(message: Message) -> None:
            if message["type"] == "http.response.start":
                left = str(self._credits.left).encode()
                message["headers"].append((b"x-api-credits-remaining", left))
            await send(message)

        return metered

    def _with_date_header(self, send: Send) -> Send:
        """Add the `Date` of the stand-in's own clock; uvicorn's is switched off."""
        date = format_datetime(self._organisation.store.now().astimezone(UTC), usegmt=True)

        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"].append((b"date", date.encode()))
            await send(message)

        return dated


def _is_within_size_limit(scope: Scope) -> bool:
    """Whether a call says how long its body is, if it has one, and that is not too long."""
    headers = dict(scope["headers"])
    length = headers.get(b"content-length", b"0")
    return b"transfer-encoding" not in headers and int(length) <= LARGEST_BODY
