"""The two pages for people: what this server is, and the chat as its reader would see it."""

from __future__ import annotations

import re
from datetime import datetime
from html import escape
from itertools import groupby
from pathlib import Path
from string import Template

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from zoho_sandbox.clock import ZONE
from zoho_sandbox.twilio.outbox import Message, Outbox
from zoho_sandbox.zoho.organisation import Organisation

HERE = Path(__file__).parent
TICKS = {"queued": "🕓", "sent": "✓", "delivered": "✓✓", "read": "✓✓", "received": ""}
FAILED = "✗ not delivered"
# WhatsApp's marks hold only around whole words, so that 3*4*5 and snake_case stay as they are.
MARKS = (("*", "b"), ("_", "i"), ("~", "s"))


def routes(organisation: Organisation, outbox: Outbox) -> list[Route]:
    """Return the routes of the pages."""

    async def home(request: Request) -> Response:
        rows = "".join(
            f"<tr><td>{escape(name)}</td><td>{len(organisation.store.tables[name].records):,}</td></tr>"
            for name in organisation.modules
            if organisation.store.tables[name].records
        )
        return html_of(
            "home.html",
            name=escape(organisation.name),
            rows=rows,
            url=str(request.base_url).rstrip("/"),
        )

    async def chat(request: Request) -> Response:
        return html_of("chat.html", name=escape(organisation.name), body=_chat(outbox))

    async def listing(request: Request) -> Response:
        messages = [
            {
                "sid": m.sid,
                "to": m.recipient,
                "from": m.sender,
                "body": m.body,
                "content_sid": m.content_sid,
                "content_variables": m.variables,
                "status": outbox.status(m),
                "error_code": m.error_code,
                "sent_at": _moment(m).isoformat(),
            }
            for m in outbox.chat()
        ]
        return JSONResponse(messages)

    return [Route("/", home), Route("/outbox", chat), Route("/outbox.json", listing)]


def render(body: str) -> str:
    """Return a WhatsApp text as HTML: escaped, with its bold, italic and struck words."""
    html = escape(body, quote=False)
    for mark, tag in MARKS:
        sign = re.escape(mark)
        pattern = rf"(?<![\w{sign}]){sign}(?=\S)([^\n{sign}]*?\S){sign}(?![\w{sign}])"
        html = re.sub(pattern, rf"<{tag}>\1</{tag}>", html)
    return html


def _chat(outbox: Outbox) -> str:
    messages = outbox.chat()
    days = groupby(messages, key=lambda message: _moment(message).date())
    parts = (
        f'<p class="day">{day:%A, %-d %B %Y}</p>' + "".join(_bubble(m, outbox) for m in messages)
        for day, messages in days
    )
    if not messages:
        return '<p class="day">No message yet. The daily sync sends the first.</p>'
    return "".join(parts) + _answers(messages)


def _answers(messages: list[Message]) -> str:
    """Return the fields in which each reader may write back."""
    readers = dict.fromkeys(m.recipient for m in messages if not m.is_inbound)
    return "".join(
        f'<form method="post" action="/outbox/answer"><input type="hidden" name="From" '
        f'value="{escape(reader)}"><input name="Body" required aria-label="Answer" '
        f'placeholder="Answer as {escape(reader.removeprefix("whatsapp:"))}"></form>'
        for reader in readers
    )


def _bubble(message: Message, outbox: Outbox) -> str:
    status = outbox.status(message)
    text = (f"Template {message.content_sid}\n" if message.content_sid else "") + message.body
    if message.is_inbound:
        kind, title = ' class="mine"', f"From {message.sender.removeprefix('whatsapp:')}"
    else:
        kind, title = "", f"To {message.recipient.removeprefix('whatsapp:')}"
    return (
        f'<article{kind}><p class="to">{escape(title)}</p>'
        f'<div class="text">{render(text)}</div>'
        f'<p class="foot">{_moment(message):%H:%M} '
        f'<span class="{status}" title="{status}">{TICKS.get(status, FAILED)}</span></p></article>'
    )


def _moment(message: Message) -> datetime:
    return datetime.fromtimestamp(message.sent_at, ZONE)


def html_of(file: str, **values: object) -> HTMLResponse:
    """Return a page of this folder with its values filled in."""
    template = Template((HERE / file).read_text(encoding="utf-8"))
    return HTMLResponse(template.substitute(values))
