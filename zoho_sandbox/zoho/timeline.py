"""The timeline of one record: what happened to it, newest first, a page at a time.

What the reference leaves open is decided here so, unless a switch says otherwise: values are
written as plain text, an owner's change stands in `automation_details`, and a record that is gone
has none.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from zoho_sandbox.clock import instant_of, stamp
from zoho_sandbox.faults.switches import Switches
from zoho_sandbox.ids import metadata_id
from zoho_sandbox.zoho import list_response
from zoho_sandbox.zoho.api_error import ApiError
from zoho_sandbox.zoho.history import Change, Entry
from zoho_sandbox.zoho.modules import Module
from zoho_sandbox.zoho.parameters import MAX_PER_PAGE, paging

LONGEST_TEXT, MOST_CHANGES = 255, 100
DAY = 86_400
SYSTEM = {"name": "CRM Administrator", "id": metadata_id("user CRM Administrator")}
SOURCES = {"Web Forms": "webform"}


def answer(
    request: Request,
    module: Module,
    name: str,
    entries: list[Entry],
    switches: Switches,
    now: float,
) -> Response:
    """Return a page of the timeline of a record, given what happened to it, oldest first."""
    first = None if switches.history_days is None else now - switches.history_days * DAY
    wanted = _filter(request.query_params.get("filters"))
    id_ = request.path_params["id"]
    rows = [
        row
        for entry in reversed(entries)
        if first is None or entry.at >= first
        if wanted(row := _row(entry, module, id_, name, switches))
    ]
    start, size = _window(request)
    chosen, more = rows[start : start + size], start + size < len(rows)
    info = {
        "per_page": size,
        "count": len(chosen),
        "page": start // size + 1,
        "more_records": more,
        "next_page_token": _token(id_, start + size, size) if more else None,
        "previous_page_token": _token(id_, max(start - size, 0), size) if start else None,
    }
    return list_response.listing([msgspec.json.encode(row) for row in chosen], info, "__timeline")


def _row(entry: Entry, module: Module, id_: str, name: str, switches: Switches) -> dict:
    by = entry.by or SYSTEM
    is_owner = entry.action == "owner_reassigned"
    in_details = is_owner and switches.owner_history == "automation_details"
    changes = [] if in_details else entry.changes[:MOST_CHANGES]
    return {
        "id": entry.id,
        "audited_time": stamp(entry.at),
        "action": entry.action,
        "source": SOURCES.get(by.get("name", ""), "crm_ui"),
        "done_by": {
            "name": by.get("name"),
            "id": by.get("id"),
            "type__s": "Regular User",
            "profile": {"name": "Standard", "id": metadata_id("profile Standard")},
        },
        "record": {
            "name": name,
            "id": id_,
            "module": {"api_name": module.name, "id": metadata_id(module.name)},
        },
        "related_record": None,
        "automation_details": {"owner": _owners(entry.changes[0])} if in_details else None,
        "field_history": [_field(module, change) for change in changes] or None,
    }


def _owners(change: Change) -> dict:
    _, old, new = change
    return {"old": _person(old), "new": _person(new)}


def _person(owner: object) -> dict | None:
    return {"name": owner.get("name"), "id": owner.get("id")} if isinstance(owner, dict) else None


def _field(module: Module, change: Change) -> dict:
    name, old, new = change
    field = next((field for field in module.fields if field.name == name), None)
    return {
        "id": metadata_id(f"{module.name}.{name}"),
        "api_name": name,
        "data_type": field.type if field else "text",
        "field_label": name.replace("_", " "),
        "enable_colour_code": False,
        "_value": {"old": "blank" if old is None else _text(old), "new": _text(new)},
        "pick_list_values": [],
    }


def _text(value: object) -> str | None:
    """Return a value as the timeline writes it: text of 255 characters at most, or null."""
    match value:
        case None:
            return None
        case bool():
            text = str(value).lower()
        case float() if value.is_integer():
            text = str(int(value))
        case dict():
            text = str(value.get("name") or value.get("id"))
        case list():
            text = "; ".join(filter(None, map(_text, value)))
        case _:
            text = str(value)
    return text[:LONGEST_TEXT]


def _window(request: Request) -> tuple[int, int]:
    """Return where the page begins and its size: of the token, or of `per_page`."""
    token = request.query_params.get("page_token")
    if token is None:
        return 0, paging(request)[1]
    if "per_page" in request.query_params:
        both = [{"param_name": "per_page"}, {"param_name": "page_token"}]
        message = "per_page and page_token cannot be used together"
        raise ApiError(400, "AMBIGUITY_DURING_PROCESSING", message, ambiguity_due_to=both)
    try:
        id_, start, size = msgspec.json.decode(urlsafe_b64decode(token))
    except ValueError:
        raise _invalid("page_token") from None
    if id_ != request.path_params["id"]:
        raise _invalid("page_token")
    return start, min(size, MAX_PER_PAGE)


def _token(id_: str, start: int, size: int) -> str:
    return urlsafe_b64encode(msgspec.json.encode([id_, start, size])).decode()


def _filter(text: str | None) -> Callable[[dict], bool]:
    """Return whether an entry is wanted: by `audited_time` between, or by `source`."""
    if text is None:
        return lambda row: True
    try:
        asked = msgspec.json.decode(text)
        rules = [_rule(rule) for rule in asked.get("group", [asked])]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise _invalid("filters") from None
    return lambda row: all(rule(row) for rule in rules)


def _rule(asked: dict) -> Callable[[dict], bool]:
    name, comparator, value = asked["field"]["api_name"], asked["comparator"], asked["value"]
    match name, comparator, value:
        case "audited_time", "between", [str(low), str(high)]:
            first, last = instant_of(low), instant_of(high)
            if first is None or last is None:
                raise ValueError(value)
            return lambda row: first <= (instant_of(row["audited_time"]) or 0) <= last
        case "source", "equal", str():
            return lambda row: row["source"] == value
        case "source", "in", list():
            return lambda row: row["source"] in value
    raise ValueError(comparator)


def _invalid(name: str) -> ApiError:
    return ApiError(400, "INVALID_DATA", "invalid data", param_name=name)
