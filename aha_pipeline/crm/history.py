"""Zoho's own history of records: modules that track a picklist, and the timeline of a record.

Sources: Zoho CRM API, "Timeline of a record" (v8), "Modules", "Query API", and "Field trackers". A
tracker has a row for each stay of a record in one value, far cheaper than a call a record. It is
found by what the metadata say of it, because its name follows the customer's label.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from threading import Event

import msgspec

from aha_pipeline import records
from aha_pipeline.crm import budget
from aha_pipeline.crm.client import ZohoClient
from aha_pipeline.crm.errors import ModuleUnreadable, ZohoError, ZohoRefused
from aha_pipeline.crm.metadata import read_fields
from aha_pipeline.crm.reading.paging import iterate_pages
from aha_pipeline.crm.reading.range_scan import RangeScan
from aha_pipeline.crm.reading.timestamp_group import MembershipIndex
from aha_pipeline.crm.records_endpoint import FIELDS_PER_CALL, RecordsEndpoint, field_batches
from aha_pipeline.crm.responses import ApiResponse, check_page, has_more

VERSION = "v8"  # of timelines, and of queries on trackers
FIELD_TRACKER = "field_tracker"
QUERY_ROWS = 2000
NO_SUCH_RECORD = "INVALID_DATA"
ATTEMPTS = 4  # of one record's timeline: the others go on meanwhile


@dataclass(frozen=True)
class Tracker:
    """A module that tracks a picklist of another one."""

    name: str
    module: str


@dataclass(frozen=True)
class Timeline:
    """What Zoho says happened to a record, newest first, each entry as its JSON text.

    `problem` says why there is nothing to read, and that it is of no use to ask again.
    """

    entries: tuple[bytes, ...]
    problem: str | None = None


class _Entries(msgspec.Struct):
    rows: list[msgspec.Raw] | None = msgspec.field(name="__timeline", default=None)


class _Info(msgspec.Struct):
    next_page_token: str | None = None


class _PageInfo(msgspec.Struct):
    info: _Info | None = None


def find_trackers(client: ZohoClient) -> list[Tracker]:
    """Return the modules that track a picklist of another module. Raises ZohoError."""
    response = client.get("settings/modules", version=VERSION, credits=budget.METADATA)
    rows = (response.body.get("modules") or []) if response else []
    return [
        Tracker(str(row["api_name"]), str(parent["api_name"]))
        for row in rows
        if row.get("generated_type") == FIELD_TRACKER and row.get("api_supported", True)
        if isinstance(parent := row.get("parent_module"), dict) and parent.get("api_name")
    ]


def read_tracker(
    client: ZohoClient, tracker: Tracker, last_id: str | None, last_time: datetime | None
) -> Iterator[tuple[bytes, ...]]:
    """Yield all rows of a tracker as JSON texts, oldest first: by query, else by list.

    `last_id` and `last_time` are the greatest of an earlier read that was cut short: it goes on
    from there. Rows are added and never moved, so a key loses none. Raises ZohoError.
    """
    names = [row["api_name"] for row in read_fields(client, tracker.name)]
    columns = [name for name in dict.fromkeys(names) if name != "id"][: FIELDS_PER_CALL - 1]
    began = False
    if columns:
        try:
            for page in _queried(client, tracker, columns, last_id or "0"):
                began = True
                yield page
            return
        except (ModuleUnreadable, ZohoRefused):
            if began:
                raise
    endpoint = RecordsEndpoint(client, tracker.name, field_batches(names, client.version))
    for listed in iterate_pages(endpoint, RangeScan(last_time, None), MembershipIndex()):
        yield listed.records


def _queried(
    client: ZohoClient, tracker: Tracker, columns: list[str], last_id: str
) -> Iterator[tuple[bytes, ...]]:
    while True:
        query = (
            f"select {', '.join(columns)} from {tracker.name} where id > {last_id} "  # noqa: S608
            f"order by id asc limit {QUERY_ROWS}"
        )
        response = client.post(
            "coql",
            {"select_query": query},
            module=tracker.name,
            version=VERSION,
            credits=budget.LARGE_COQL,
            validate=check_page,
        )
        rows = records.split(response.text) if response else []
        if response is None or not rows:
            return
        yield tuple(rows)
        if not has_more(response):
            return
        last_id = str(response.body["data"][-1]["id"])


def read_timeline(client: ZohoClient, module: str, id_: str, abort: Event) -> Timeline:
    """Return the whole timeline of a record; setting `abort` cuts waits for Zoho short.

    Raises ModuleUnreadable or ZohoRefused where timelines are not to be had, and ZohoUnavailable.
    """
    entries: list[bytes] = []
    params: dict[str, object] = {"per_page": client.per_page}
    while True:
        try:
            response = client.get(
                f"{module}/{id_}/__timeline",
                params,
                module=module,
                version=VERSION,
                credits=budget.TIMELINE,
                attempts=ATTEMPTS,
                abort=abort,
                validate=_check_timeline,
            )
        except ZohoRefused as error:
            if error.code != NO_SUCH_RECORD:
                raise
            return Timeline(tuple(entries), "Zoho has the record no more.")
        if response is None:
            nothing = None if entries else "Zoho keeps no history of the record."
            return Timeline(tuple(entries), nothing)
        entries += _entries(response)
        info = response.decode_as(_PageInfo).info
        if not has_more(response) or info is None or info.next_page_token is None:
            return Timeline(tuple(entries))
        params = {"page_token": info.next_page_token}


def refusal(error: ZohoError) -> str:
    """Return why timelines are not read, in a sentence that says what to do."""
    return (
        f"Zoho does not show the history of records, so what was before the first sync stays "
        f"unknown ({error}): grant the scope ZohoCRM.modules.READ."
    )


def _check_timeline(response: ApiResponse) -> None:
    _entries(response)
    has_more(response)


def _entries(response: ApiResponse) -> list[bytes]:
    """Return the entries as they were sent. Raises ValueError if there is no list of them."""
    try:
        rows = msgspec.json.decode(response.text, type=_Entries).rows
        if rows is not None:
            texts = [bytes(row) for row in rows]
            for text in texts:
                records.check(text)
            return texts
    except records.INVALID:
        pass
    found = response.body.get("__timeline")
    if not isinstance(found, list):
        raise ValueError("it has no list of what happened")
    return [json.dumps(row).encode() for row in found]
