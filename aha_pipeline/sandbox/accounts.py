"""Zoho's accounts server: refresh tokens and grant codes in, access tokens out."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from aha_pipeline.sandbox.forms import form_of
from aha_pipeline.sandbox.switches import Switches
from aha_pipeline.sandbox.tokens import LIFE_SECONDS, Tokens, TooManyTokens

THROTTLED = {
    "error": "Access Denied",
    "error_description": "You have made too many requests continuously. "
    "Please try again after some time.",
    "status": "failure",
}


def routes(tokens: Tokens, switches: Switches) -> list[Route]:
    """Return the routes of the accounts server."""
    used_codes: set[str] = set()

    async def token(request: Request) -> Response:
        asked = dict(request.query_params) | await form_of(request)
        if not (_accepted(asked.get("client_id")) and _accepted(asked.get("client_secret"))):
            return JSONResponse({"error": "invalid_client"})
        match asked.get("grant_type"):
            case "refresh_token":
                return _answer(request, tokens, switches, asked.get("refresh_token"))
            case "authorization_code":
                code = asked.get("code")
                if code in used_codes:
                    return JSONResponse({"error": "invalid_code"})
                used_codes.add(code)
                return _answer(request, tokens, switches, code, f"1000.refresh.{code}")
        return JSONResponse({"error": "unsupported_grant_type"})

    return [Route("/oauth/v2/token", token, methods=["POST"])]


def _accepted(value: str | None) -> bool:
    """Any credential will do, unless it is empty or says itself that it is invalid."""
    return bool(value) and not value.startswith("invalid")


def _answer(
    request: Request,
    tokens: Tokens,
    switches: Switches,
    grant: str | None,
    new_refresh_token: str | None = None,
) -> Response:
    """Errors come with status 200, as Zoho's do; only the throttle may be a 400."""
    if not _accepted(grant):
        return JSONResponse({"error": "invalid_code"})
    try:
        access_token = tokens.issue(new_refresh_token or grant)
    except TooManyTokens:
        return JSONResponse(THROTTLED, switches.throttle_status)
    answer = {
        "access_token": access_token,
        "api_domain": str(request.base_url).rstrip("/"),
        "token_type": "Bearer",
        "expires_in": LIFE_SECONDS,
    }
    if switches.expires_in_ms:
        answer |= {"expires_in": LIFE_SECONDS * 1000, "expires_in_sec": LIFE_SECONDS}
    if new_refresh_token:
        answer["refresh_token"] = new_refresh_token
    return JSONResponse(answer)
