"""What may befall a message on its way to Twilio and after, one word for each:

ok                                  nothing
401 429 500 lost                    it is not taken; `lost` closes the connection
taken_500 taken_lost taken_slow     it is taken, and the answer says otherwise or does not come
queued sent                         it is taken and stays so
63016 and other codes 63xxx         it is taken and fails later
21211 and other codes               it is refused
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from zoho_sandbox.faults.connections import Connections
from zoho_sandbox.twilio.outbox import Message, Outbox

WORDS = ("ok", "401", "429", "500", "lost", "taken_500", "taken_lost", "taken_slow", "queued",
    "sent")  # fmt: skip
CODE = re.compile(r"\d{5}")
FAILS_LATER = "63"
OUTSIDE_WINDOW = 63016
DAY = 86_400
SLOW_SECONDS = 20
NOT_TAKEN = {"401": (401, 20003), "429": (429, 20429)}
BROKEN = "<html><head><title>502 Bad Gateway</title></head></html>"


def is_known(word: str) -> bool:
    """Return whether a word names a fault."""
    return word in WORDS or CODE.fullmatch(word) is not None


@dataclass(frozen=True)
class DeliveryFaults:
    """Takes the messages, each with the fault that is its turn: the first of `words`."""

    outbox: Outbox
    connections: Connections
    words: Callable[[], list[str]]
    has_window: Callable[[], bool]

    async def take(
        self, request: Request, message: Message, answer: Callable[[Message], Response]
    ) -> Response:
        """Put a message into the outbox, or not, and return the answer."""
        words = self.words()
        word = words.pop(0) if words else "ok"
        if word in NOT_TAKEN:
            return api_error(*NOT_TAKEN[word])
        if CODE.fullmatch(word) and not word.startswith(FAILS_LATER):
            return api_error(400, int(word))
        if word in ("500", "lost"):
            return await self._silence(word, request)
        message = self._fated(message, word)
        self.outbox.append(message)
        if word == "taken_slow":
            await asyncio.sleep(SLOW_SECONDS)
        elif word.startswith("taken_"):
            return await self._silence(word, request)
        return answer(message)

    def _fated(self, message: Message, word: str) -> Message:
        """Return the message with its end."""
        if word in ("queued", "sent"):
            return replace(message, end=word)
        if CODE.fullmatch(word):
            return replace(message, end="undelivered", error_code=int(word))
        is_closed = self.has_window() and not self.outbox.is_open(message.recipient, DAY)
        if is_closed and message.content_sid is None:
            return replace(message, end="failed", error_code=OUTSIDE_WINDOW)
        return message

    async def _silence(self, word: str, request: Request) -> Response:
        if word.endswith("lost"):
            await self.connections.close(request.scope, request.receive)
        return HTMLResponse(BROKEN, 502)


def api_error(status: int, code: int, message: str = "It is refused by a switch.") -> Response:
    """Return an error in Twilio's form."""
    more = f"https://www.twilio.com/docs/errors/{code}"
    body = {"code": code, "message": message, "more_info": more, "status": status}
    return JSONResponse(body, status)
