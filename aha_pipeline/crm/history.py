"""Zoho's own history of records: modules that track a picklist, and the timeline of a record.

Sources: Zoho CRM API, "Timeline of a record" (v8), "Modules", "Query API", and "Field trackers". A
tracker has a row for each stay of a record in one value, far cheaper than a call per record. It is
found by its type in the metadata, because its name follows the customer's label.
"""

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
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
from aha_pipeline.crm.records_endpoint import (
    FIELDS_PER_CALL,
    RecordsEndpoint,
    field_batches,
    to_time,
)
from aha_pipeline.crm.responses import NO_SUCH_RECORD, ApiResponse, check_page, has_more

VERSION = "v8"  # for timelines, and for queries on trackers
FIELD_TRACKER_TYPE = "field_tracker"
QUERY_ROWS = 2000
BEFORE_ALL = datetime(2000, 1, 1, tzinfo=UTC)  # Zoho CRM exists since 2005
ATTEMPTS = 4  # per timeline: one failing record must not hold up the others

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Tracker:
    """A module that tracks a picklist of another module."""

    name: str
    module: str


@dataclass(frozen=True)
class TrackerPage:
    """Rows of a tracker as JSON texts; all rows before `read_until` have been yielded by then.

    `read_until` None: not known yet.
    """

    rows: tuple[bytes, ...]
    read_until: datetime | None


@dataclass(frozen=True)
class Timeline:
    """What Zoho says happened to a record, newest first, each entry as its JSON text.

    `problem` says why there is nothing to read; asking again would not help.
    """

    entries: tuple[bytes, ...]
    problem: str | None = None


class _Entries(msgspec.Struct):
    rows: list[msgspec.Raw] | None = msgspec.field(name="__timeline", default=None)


def find_trackers(client: ZohoClient) -> list[Tracker]:
    """Return the modules that track a picklist of another module. Raises ZohoError."""
    response = client.get("settings/modules", version=VERSION, credits=budget.METADATA)
    rows = (response.body.get("modules") or []) if response else []
    return [
        Tracker(str(row["api_name"]), str(parent["api_name"]))
        for row in rows
        if row.get("generated_type") == FIELD_TRACKER_TYPE and row.get("api_supported", True)
        if isinstance(parent := row.get("parent_module"), dict) and parent.get("api_name")
    ]


def read_tracker(
    client: ZohoClient, tracker: Tracker, read_until: datetime | None
) -> Iterator[TrackerPage]:
    """Yield all rows of a tracker in order of Modified_Time: by query, and by list where refused.

    `read_until` is that of the last page landed by an earlier read that was cut short: either way
    goes on from a time, with all rows of its second. Raises ZohoError.
    """
    names = [row["api_name"] for row in read_fields(client, tracker.name)]
    try:
        for page in _queried(client, tracker, names, read_until):
            yield page
            read_until = page.read_until
        return
    except (ModuleUnreadable, ZohoRefused) as error:
        log.info("%s is read by list, not by query: %s", tracker.name, error)
    endpoint = RecordsEndpoint(client, tracker.name, field_batches(names, client.version))
    scan = RangeScan(read_until, None)
    for listed in iterate_pages(endpoint, scan, MembershipIndex()):
        yield TrackerPage(listed.records, scan.read_to)


def _queried(
    client: ZohoClient, tracker: Tracker, names: list[str], since: datetime | None
) -> Iterator[TrackerPage]:
    own = [name for name in names if name != "id"]
    columns = ", ".join(list(dict.fromkeys(("Modified_Time", *own)))[: FIELDS_PER_CALL - 1])
    condition = f"Modified_Time >= '{(since or BEFORE_ALL).isoformat(timespec='seconds')}'"
    while True:
        query = (
            f"select {columns} from {tracker.name} where {condition} "  # noqa: S608
            f"order by Modified_Time asc, id asc limit {QUERY_ROWS}"
        )
        response = client.post(
            "coql",
            {"select_query": query},
            module=tracker.name,
            version=VERSION,
            credits=budget.COQL_OF_2000_ROWS,
            validate=_check_rows,
        )
        rows = response.body["data"] if response else []
        if response is None or not rows:
            return
        last_time = to_time(rows[-1]["Modified_Time"])
        yield TrackerPage(tuple(records.split(response.text)), last_time)
        if not has_more(response) or last_time is None:
            return
        time = last_time.isoformat(timespec="seconds")
        condition = (
            f"((Modified_Time = '{time}' and id > {rows[-1]['id']}) or Modified_Time > '{time}')"
        )


def _check_rows(response: ApiResponse) -> None:
    """Raise ValueError if a response is not a page of rows from which to continue."""
    check_page(response)
    rows = response.body["data"]
    if rows and (to_time(rows[-1].get("Modified_Time")) is None or not rows[-1].get("id")):
        raise ValueError("its last row has no id or no Modified_Time")


def read_timeline(client: ZohoClient, module: str, id_: str, abort: Event) -> Timeline:
    """Return the whole timeline of a record; setting `abort` cuts waits for Zoho short.

    Raises ModuleUnreadable or ZohoRefused if timelines cannot be read, and ZohoUnavailable.
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
        if not has_more(response) or response.next_page_token is None:
            return Timeline(tuple(entries))
        params = {"page_token": response.next_page_token}


def refusal_sentence(error: ZohoError) -> str:
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
