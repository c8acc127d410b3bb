"""A guard in front of a web service: what a stranger's page makes a browser send is refused.

A browser sends requests to this machine for any page that is open in it, so listening on loopback
keeps nobody out. What is asked of each request, on HTTP and on WebSocket:
- Host is a name of this service: a stranger's name that points here (DNS rebinding) is refused;
- Sec-Fetch-Site and Origin (https://www.w3.org/TR/fetch-metadata/) say that a page of this service
  sent it; another page may only lead the reader here, by a link;
- where there is an API, it is called by POST with exactly `application/json`: a form of another
  page can send neither without asking first.
"""

from collections.abc import Collection, Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
READING = ("GET", "HEAD")
OURS = ("same-origin", "none")  # none: an address that the reader typed, or a bookmark
FRAMES = {"X-Frame-Options": "SAMEORIGIN", "Content-Security-Policy": "frame-ancestors 'self'"}
POLICY_VIOLATION = 1008  # RFC 6455, section 7.4.1


class Guard:
    """An ASGI application that passes on to `app` what is not sent by a stranger's page.

    hosts: names by which the service is reached besides loopback's, without a port.
    api: paths that are called by POST of `application/json` alone. json_only: whether every
    request that may change something has to be `application/json`.
    A refusal is 403 and one sentence, on WebSocket a handshake that is refused with 403.
    """

    def __init__(
        self,
        app: ASGIApp,
        hosts: Iterable[str] = (),
        *,
        api: Collection[str] = (),
        json_only: bool = False,
    ) -> None:
        self._app = app
        self._hosts = {host.lower() for host in (*LOOPBACK, *hosts)}
        self._api = api
        self._json_only = json_only

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif reason := self._refused(scope, Headers(scope=scope)):
            await _refuse(reason, scope, receive, send)
        else:
            await self._app(scope, receive, _unframed(send))

    def _refused(self, scope: Scope, headers: Headers) -> str | None:
        host = headers.get("host", "")
        if _name(host) not in self._hosts:
            return f"This service is not called {_printable(host)}: open it by its own name."
        if not _is_ours(scope, headers, host):
            return "Another page sent this request: open this service in a tab of its own."
        return self._wrong_kind(scope, headers) if scope["type"] == "http" else None

    def _wrong_kind(self, scope: Scope, headers: Headers) -> str | None:
        """Return why a request is not of the kind that its path takes."""
        if scope["path"].rstrip("/") in self._api and scope["method"] != "POST":
            return "This is called by POST alone."
        is_change = scope["method"] not in READING
        if is_change and self._json_only and headers.get("content-type") != "application/json":
            return "What changes something is sent as Content-Type application/json, exactly."
        return None


def _is_ours(scope: Scope, headers: Headers, host: str) -> bool:
    """Return whether a page of this service, the reader himself or a program sent the request."""
    origins = headers.getlist("origin")
    if any(urlsplit(origin).netloc.lower() != host.lower() for origin in origins):
        return False
    sites = headers.getlist("sec-fetch-site")
    return all(site in OURS for site in sites) or _is_link(scope, headers)


def _is_link(scope: Scope, headers: Headers) -> bool:
    """Return whether a reader followed a link, such as one in a message, in a tab of its own."""
    return (
        scope["type"] == "http"
        and scope["method"] in READING
        and headers.get("sec-fetch-mode") == "navigate"
        and headers.get("sec-fetch-dest") == "document"
    )


def _name(host: str) -> str:
    """Return the name of a Host header, without its port."""
    name, colon, port = host.lower().rpartition(":")
    return name if colon and port.isdigit() else host.lower()


def _printable(host: str) -> str:
    return "".join(c for c in host if c.isalnum() or c in ".-:[]")[:100] or "by no name"


async def _refuse(reason: str, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": POLICY_VIOLATION, "reason": reason})
    else:
        answer = PlainTextResponse(reason, 403, {"Cache-Control": "no-store"})
        await answer(scope, receive, send)


def _unframed(send: Send) -> Send:
    """Add the headers by which no other page may show this one in a frame, nor read its answers."""

    async def unframed(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in FRAMES.items():
                headers.append(name, value)
            headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
            headers.setdefault("X-Content-Type-Options", "nosniff")
        await send(message)

    return unframed
