"""A real mail server and a host of webhooks on loopback, each with mishaps for the next messages.

ok                      nothing
450 550, 429 404 500    it is not taken; the number is the answer
lost                    it is not taken, and the connection ends
taken_lost              it is taken, and the connection ends before the answer
"""

import asyncio
import email
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import default

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from aha_pipeline_tests.kit.ports import free_port
from aha_pipeline_tests.kit.servers import serve


class MailServer:
    """What a mail server took, oldest first."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.mishaps: list[str] = []
        self.port = 0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Take a mail, or not."""
        mishap = self.mishaps.pop(0) if self.mishaps else "ok"
        if mishap.isdigit():
            return f"{mishap} not now"
        if mishap != "lost":
            mail = email.message_from_bytes(envelope.content, policy=default)
            self.mails.append(mail)
        if mishap != "ok":
            server.transport.abort()
        return "250 taken"

    def texts(self, address: str) -> list[str]:
        """Return the texts that an address was sent."""
        return [
            mail.get_body(("plain",)).get_content().strip()
            for mail in self.mails
            if mail["To"] == address
        ]


@contextmanager
def mail_server(**options: object) -> Iterator[MailServer]:
    """Serve SMTP on loopback."""
    taken = MailServer()
    controller = Controller(taken, hostname="127.0.0.1", port=free_port(), **options)
    controller.start()
    taken.port = controller.port
    try:
        yield taken
    finally:
        controller.stop()


class Hooks:
    """What was posted to webhooks, as JSON by path, oldest first."""

    def __init__(self) -> None:
        self.posts: list[tuple[str, dict]] = []
        self.mishaps: list[str] = []
        self.url = ""

    async def take(self, request: Request) -> Response:
        """Take a message, or not."""
        mishap = self.mishaps.pop(0) if self.mishaps else "ok"
        if mishap.isdigit():
            return PlainTextResponse("no", int(mishap))
        if mishap != "lost":
            self.posts.append((request.url.path, await request.json()))
        if mishap != "ok":
            return _Cut()
        return PlainTextResponse("ok")

    def texts(self, path: str) -> list[str]:
        """Return what was posted to a path."""
        return [
            "\n\n".join(block["text"]["text"] for block in post["blocks"])
            for asked, post in self.posts
            if asked == path
        ]


class _Cut(Response):
    """Half an answer, after which the connection ends."""

    async def __call__(self, scope: dict, receive: Callable, send: Callable) -> None:
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [(b"content-length", b"100"), (b"connection", b"close")],
            }
        )
        await asyncio.sleep(0)


@contextmanager
def hooks() -> Iterator[Hooks]:
    """Serve webhooks on loopback."""
    posted = Hooks()
    routes = [Route("/{rest:path}", posted.take, methods=["POST", "GET", "HEAD"])]
    with serve(Starlette(routes=routes), free_port()) as url:
        posted.url = url
        yield posted
