"""What a CRM call asks for, read from its parameters and headers, or refused as Zoho does."""

from __future__ import annotations

from collections.abc import Collection
from math import inf, nextafter

from starlette.requests import Request

from zoho_sandbox.clock import instant_of
from zoho_sandbox.faults.switches import Switches
from zoho_sandbox.zoho import page_tokens
from zoho_sandbox.zoho.api_error import ApiError, mismatch, missing, too_many
from zoho_sandbox.zoho.records import Query
from zoho_sandbox.zoho.versions import Version

MAX_PER_PAGE, MAX_FIELDS, MAX_IDS = 200, 50, 100
THREE_WAY = {"true": True, "false": False, "both": None}
CURSOR_SORTS = ("id", "Created_Time", "Modified_Time")


def query(
    request: Request, version: Version, sortable: Collection[str], switches: Switches, now: float
) -> Query:
    """Read the parameters of a list call."""
    page, per_page = paging(request)
    order = _one_of(request, "sort_order", {"asc": False, "desc": True}, "desc")
    return Query(
        sort_by=_sort_by(request, version, sortable),
        descending=order,
        converted=_one_of(request, "converted", THREE_WAY, "false"),
        approved=_one_of(request, "approved", THREE_WAY, "true"),
        since=since(request, switches),
        ids=_ids(request),
        page=_reached(request, version, switches, page, per_page, now),
        per_page=per_page,
        short_pages=switches.short_pages,
    )


def fields(request: Request, version: Version, needed: bool = False) -> tuple[str, ...] | None:
    """Return the names that the answer is cut down to; None for all of them."""
    text = request.query_params.get("fields")
    names = tuple(name for name in map(str.strip, (text or "").split(",")) if name)
    if not names:
        if needed and version.is_v8:
            raise missing("fields")
        return None
    if version.is_v8 and len(names) > MAX_FIELDS:
        raise too_many("fields", MAX_FIELDS)
    return names


def _sort_by(request: Request, version: Version, sortable: Collection[str]) -> str:
    """Return the sort field; an unknown one falls back to the id in v2, and is refused later on."""
    name = request.query_params.get("sort_by", "id")
    if version.is_v8 and name not in CURSOR_SORTS:
        details = {"param_name": "sort_by", "supported_values": list(CURSOR_SORTS)}
        raise ApiError(400, "INVALID_DATA", "the sort field is not supported", **details)
    return name if name in sortable else "id"


def _ids(request: Request) -> frozenset[str] | None:
    if "ids" not in request.query_params:
        return None
    ids = request.query_params["ids"].split(",")
    if len(ids) > MAX_IDS:
        raise too_many("ids", MAX_IDS)
    return frozenset(ids)


def _reached(
    request: Request, version: Version, switches: Switches, page: int, per_page: int, now: float
) -> int:
    """Return the page that `page` or `page_token` leads to, if it may lead that far."""
    if version.is_v8 and "page_token" in request.query_params:
        page = page_tokens.page_of(request, now)
        if page * per_page > switches.token_cap:
            message = f"You can only get the first {switches.token_cap} records"
            raise ApiError(400, "PAGINATION_LIMIT_EXCEEDED", message, limit=switches.token_cap)
        return page
    cap = version.page_cap(switches.page_cap)
    if cap is not None and page * per_page > cap:
        message = f"You can only get the first {cap} records without using page_token param"
        raise ApiError(400, "DISCRETE_PAGINATION_LIMIT_EXCEEDED", message, limit=cap)
    return page


def _one_of(request: Request, name: str, choices: dict[str, bool | None], default: str) -> object:
    value = request.query_params.get(name, default)
    if value not in choices:
        raise mismatch(name)
    return choices[value]


def paging(request: Request) -> tuple[int, int]:
    """Return the page and how many rows it holds at most."""
    page = _positive(request, "page", 1)
    return page, min(_positive(request, "per_page", MAX_PER_PAGE), MAX_PER_PAGE)


def _positive(request: Request, name: str, default: int) -> int:
    value = request.query_params.get(name, str(default))
    if not (value.isascii() and value.isdigit() and int(value)):
        raise mismatch(name)
    return int(value)


def since(request: Request, switches: Switches) -> float | None:
    """Return the first instant, in UTC seconds, that `If-Modified-Since` lets through."""
    header = request.headers.get("if-modified-since")
    if header is None:
        return None
    instant = instant_of(header)
    if instant is None:
        message = "the header is not an ISO 8601 time"
        raise ApiError(400, "INVALID_DATA", message, header_name="If-Modified-Since")
    return nextafter(instant, inf) if switches.strict_since else instant
