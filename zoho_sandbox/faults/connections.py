"""The open connections of the server, so that a fault may close one without an answer."""

from __future__ import annotations

import asyncio

from starlette.types import Receive, Scope
from uvicorn.protocols.http.auto import AutoHTTPProtocol

Ends = tuple[tuple, tuple]


class Connections:
    """Known by the addresses of their two ends."""

    def __init__(self) -> None:
        self._open: dict[Ends, asyncio.Transport] = {}

    def protocol(self) -> type[asyncio.Protocol]:
        """Return uvicorn's protocol, made to note its connections here."""
        opened = self._open

        class Noted(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
            def connection_made(self, transport: asyncio.Transport) -> None:
                super().connection_made(transport)
                opened[self.server, self.client] = transport

            def connection_lost(self, exc: Exception | None) -> None:
                opened.pop((self.server, self.client), None)
                super().connection_lost(exc)

        return Noted

    async def close(self, scope: Scope, receive: Receive) -> None:
        """Close the connection of a call, after what was sent; returns when it is closed."""
        self._open[scope["server"], scope["client"]].close()
        while (await receive())["type"] != "http.disconnect":
            pass
