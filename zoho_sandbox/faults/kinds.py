"""The ways in which a call may fail though nothing is wrong with it, each by its word.

One that is an answer is a line of ANSWERS, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable

from starlette.responses import HTMLResponse, JSONResponse, Response

from zoho_sandbox.zoho.api_error import THROTTLED, envelope

PAGE = "<html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>"
BUSY = envelope("TOO_MANY_REQUESTS", "You have reached the maximum number of simultaneous calls")
BROKEN = envelope("INTERNAL_ERROR", "Internal Server Error")
EXPIRED = envelope("INVALID_TOKEN", "invalid oauth token")
ANSWERS: dict[str, Callable[[], Response]] = {
    "429": lambda: JSONResponse(BUSY, 429),
    "429_retry_after": lambda: JSONResponse(BUSY, 429, {"Retry-After": "1"}),
    "500": lambda: JSONResponse(BROKEN, 500),
    "502_html": lambda: HTMLResponse(PAGE.format("502 Bad Gateway"), 502),
    "503": lambda: JSONResponse(BROKEN, 503),
    "html": lambda: HTMLResponse(PAGE.format("Zoho - Service unavailable"), 200),
    "denied": lambda: JSONResponse(THROTTLED, 400),
    "401": lambda: JSONResponse(EXPIRED, 401),
    "200_error": lambda: JSONResponse(EXPIRED, 200),
}
# No answer; half a body that says it is whole; half of one that the connection breaks off.
RESET, TRUNCATED, CUT_WITHIN_LENGTH = "timeout_reset", "truncated", "truncated_length"
FAULTS = (*ANSWERS, RESET, TRUNCATED, CUT_WITHIN_LENGTH)
# How the e-mails of a record are listed: without the scope, the right of the user, the mailbox, or
# the call as such they are not.
EMAILS = ("listed", "no_scope", "no_right", "no_mailbox", "no_call")
