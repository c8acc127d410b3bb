"""Page tokens: where a list goes on, and which list it is. No token pins what the list holds."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256

import msgspec
from starlette.requests import Request

from zoho_sandbox.zoho.api_error import ApiError

LIFE_SECONDS = 86_400


def issue(request: Request, page: int, now: float) -> str:
    """Return the token of a page of the list that a call asks for."""
    return urlsafe_b64encode(msgspec.json.encode([page, now, _bound(request)])).decode()


def page_of(request: Request, now: float) -> int:
    """Return the page that the token of a call stands for."""
    if "page" in request.query_params:
        both = [{"param_name": "page"}, {"param_name": "page_token"}]
        message = "page and page_token cannot be used together"
        raise ApiError(400, "AMBIGUITY_DURING_PROCESSING", message, ambiguity_due_to=both)
    page, issued_at, bound = _read(request.query_params["page_token"])
    if now >= issued_at + LIFE_SECONDS:
        raise _refused("EXPIRED_VALUE", "the page_token has expired")
    if bound != _bound(request):
        message = "the parameters differ from those the page_token was issued for"
        raise _refused("TOKEN_BOUND_DATA_MISMATCH", message)
    return page


def _bound(request: Request) -> str:
    """Return a digest of everything that a token is bound to."""
    params = [p for p in request.query_params.multi_items() if p[0] not in ("page", "page_token")]
    since = request.headers.get("if-modified-since")
    asked = [request.url.path, since, sorted(params)]
    return sha256(msgspec.json.encode(asked)).hexdigest()[:16]


def _read(token: str) -> tuple[int, float, str]:
    try:
        page, issued_at, bound = msgspec.json.decode(urlsafe_b64decode(token))
    except ValueError:
        raise _refused("INVALID_DATA", "the page_token is invalid") from None
    return page, issued_at, bound


def _refused(code: str, message: str) -> ApiError:
    return ApiError(400, code, message, param_name="page_token")
