"""Zoho's accounts server: refresh tokens and grant codes in, access tokens out."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from zoho_sandbox.faults.switches import Switches
from zoho_sandbox.forms import form_of
from zoho_sandbox.zoho.api_error import THROTTLED
from zoho_sandbox.zoho.grants import Grants
from zoho_sandbox.zoho.tokens import LIFE_SECONDS, Tokens, TooManyTokens


def routes(tokens: Tokens, grants: Grants, switches: Switches) -> list[Route]:
    """Return the routes of the accounts server."""

    async def token(request: Request) -> Response:
        asked = dict(request.query_params) | await form_of(request)
        if not (_accepted(asked.get("client_id")) and _accepted(asked.get("client_secret"))):
            return JSONResponse({"error": "invalid_client"})
        match asked.get("grant_type"):
            case "refresh_token":
                refresh_token = asked.get("refresh_token")
                if not _accepted(refresh_token) or grants.is_revoked(refresh_token):
                    return JSONResponse({"error": "invalid_code"})
                return _answer(request, tokens, switches, refresh_token)
            case "authorization_code":
                refresh_token = grants.redeem(asked.get("code", ""), asked["client_id"])
                if refresh_token is None:
                    return JSONResponse({"error": "invalid_code"})
                return _answer(request, tokens, switches, refresh_token, is_new=True)
        return JSONResponse({"error": "unsupported_grant_type"})

    return [Route("/oauth/v2/token", token, methods=["POST"])]


def _accepted(value: str | None) -> bool:
    """Any credential will do, unless it is empty or says itself that it is invalid."""
    return bool(value) and not value.startswith("invalid")


def _answer(
    request: Request,
    tokens: Tokens,
    switches: Switches,
    refresh_token: str,
    *,
    is_new: bool = False,
) -> Response:
    """Errors come with status 200, as Zoho's do; only the throttle may be a 400."""
    try:
        access_token = tokens.issue(refresh_token)
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
    if is_new:
        answer["refresh_token"] = refresh_token
    return JSONResponse(answer)
