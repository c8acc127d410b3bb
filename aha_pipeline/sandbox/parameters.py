"""What a CRM call asks for, read from its parameters and headers, or refused as Zoho does."""

from __future__ import annotations

from math import inf, nextafter

from starlette.requests import Request

from aha_pipeline.sandbox.clock import instant_of
from aha_pipeline.sandbox.modules import Module
from aha_pipeline.sandbox.records import Query
from aha_pipeline.sandbox.switches import Switches

MAX_PER_PAGE = 200
THREE_WAY = {"true": True, "false": False, "both": None}


class Refusal(Exception):
    """An error answer in Zoho's envelope."""

    def __init__(self, status: int, code: str, message: str, **details: object) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"code": code, "details": details, "message": message, "status": "error"}


def query(request: Request, module: Module, switches: Switches) -> Query:
    """Read the parameters of a list call; an unknown sort field falls back to the id, as in v2."""
    params = request.query_params
    page, per_page = paging(request)
    _check_reach(page * per_page, switches.page_cap)
    sort_by = params.get("sort_by", "id")
    ids = params.get("ids")
    order = _one_of(request, "sort_order", {"asc": False, "desc": True}, "desc")
    return Query(
        sort_by=sort_by if sort_by in module.sortable else "id",
        descending=order,
        converted=_one_of(request, "converted", THREE_WAY, "false"),
        approved=_one_of(request, "approved", THREE_WAY, "true"),
        since=since(request, switches),
        ids=None if ids is None else frozenset(ids.split(",")),
        page=page,
        per_page=per_page,
    )


def _one_of(request: Request, name: str, choices: dict[str, bool | None], default: str) -> object:
    value = request.query_params.get(name, default)
    if value not in choices:
        raise mismatch(name)
    return choices[value]


def paging(request: Request) -> tuple[int, int]:
    """Return the page and how many rows it holds at most."""
    page = _positive(request, "page", 1)
    return page, min(_positive(request, "per_page", MAX_PER_PAGE), MAX_PER_PAGE)


def _check_reach(last_row: int, cap: int | None) -> None:
    if cap is not None and last_row > cap:
        message = f"You can only get the first {cap} records without using page_token param"
        raise Refusal(400, "DISCRETE_PAGINATION_LIMIT_EXCEEDED", message, limit=cap)


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
        raise Refusal(400, "INVALID_DATA", message, header_name="If-Modified-Since")
    return nextafter(instant, inf) if switches.strict_since else instant


def mismatch(name: str) -> Refusal:
    """Return the refusal of a parameter's value."""
    message = "Please check whether the input values are correct"
    return Refusal(400, "PATTERN_NOT_MATCHED", message, param_name=name)
