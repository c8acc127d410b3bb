"""What every call passes on its way in and out: the clock, the load limits, the common headers."""

from __future__ import annotations

import asyncio
from datetime import UTC
from email.utils import format_datetime

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aha_pipeline.sandbox.connections import Connections
from aha_pipeline.sandbox.faults import BUSY, Faults
from aha_pipeline.sandbox.organisation import Organisation
from aha_pipeline.sandbox.switches import Switches


class Gate:
    """Brings the company up to date, delays or refuses CRM calls as the switches say."""

    def __init__(
        self,
        app: ASGIApp,
        organisation: Organisation,
        switches: Switches,
        connections: Connections,
    ) -> None:
        self._app, self._organisation, self._switches = app, organisation, switches
        self._faulty = Faults(app, switches, connections)
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one call."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["path"].startswith("/crm/"):
            await self._admit(scope, receive, self._dated(send))
        elif scope["path"].startswith("/oauth/"):
            await self._faulty(scope, receive, self._dated(send))
        else:
            await self._app(scope, receive, self._dated(send))

    async def _admit(self, scope: Scope, receive: Receive, send: Send) -> None:
        limit = self._switches.max_calls
        if limit is not None and self._under_way >= limit:
            await JSONResponse(BUSY, 429)(scope, receive, send)
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

    def _dated(self, send: Send) -> Send:
        """Add the `Date` of the stand-in's own clock; uvicorn's is switched off."""
        date = format_datetime(self._organisation.store.now().astimezone(UTC), usegmt=True)

        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"].append((b"date", date.encode()))
            await send(message)

        return dated
