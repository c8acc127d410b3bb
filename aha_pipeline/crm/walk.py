"""Read a module's changes in order of Modified_Time, by key and not by page number.

Page numbers lose records: an edit or delete behind the reader pulls every later record one place
forward, past the border it is about to cross. So each request asks for page 1 of what changed since
the last time seen, less one second (right whether Zoho's filter is strict or inclusive: it does not
say). Pages are counted only inside a second that more than a page shares, and such a second is read
again until a pass brings nothing new, because the order of ties is not promised either.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import orjson

from aha_pipeline.crm.client import ZohoClient

PER_PAGE = 200
ONE_SECOND = timedelta(seconds=1)
Key = tuple[str, datetime | None]


@dataclass(frozen=True)
class Page:
    """One answer of a list call, with the text as Zoho sent it."""

    text: str
    keys: tuple[Key, ...]
    more: bool

    @property
    def last_time(self) -> datetime | None:
        """The greatest Modified_Time on the page, in UTC."""
        return max((time for _, time in self.keys if time), default=None)


@dataclass(frozen=True)
class Deletion:
    """A record's removal; `kind` is `recycle` or `permanent`."""

    id: str
    kind: str
    deleted_time: str


def walk(
    client: ZohoClient,
    module: str,
    since: datetime | None,
    until: datetime,
    *,
    per_page: int = PER_PAGE,
) -> Iterator[Page]:
    """Yield pages until each record modified in [since, until) was on one of them.

    `since` None reads from the beginning, records without a Modified_Time included. Pages overlap,
    and the last ones reach past `until`. Converted and unapproved records are included. Raises
    ZohoError.
    """
    anchor, number = since and since - ONE_SECOND, 1
    seen: set[Key] = set()
    pass_is_new = False
    while True:
        page = _list(client, module, anchor, number, per_page)
        last = page and page.last_time
        if page and not seen.issuperset(page.keys):
            pass_is_new = True
            seen.update(page.keys)
            yield page
        ended = page is None or not page.more
        advanced = last is not None and (anchor is None or last - ONE_SECOND > anchor)
        if not (ended or advanced):
            number += 1
        elif number > 1 and pass_is_new:
            number, pass_is_new = 1, False
        elif ended or last >= until:
            return
        else:
            anchor, number, pass_is_new = last - ONE_SECOND, 1, False
            seen = {key for key in seen if key[1] and key[1] >= anchor}


def walk_deleted(client: ZohoClient, module: str, since: datetime | None) -> list[Deletion]:
    """Return what was deleted since `since`; Zoho remembers 60 to 120 days. Raises ZohoError."""
    found: dict[str, Deletion] = {}
    while True:
        before, pages = len(found), 0
        for row in _deleted_rows(client, module, since):
            found[row.id] = row
            pages += 1
        # More than a page can shift while it is read: read again until nothing new appears.
        if pages <= PER_PAGE or len(found) == before:
            return list(found.values())


def _list(
    client: ZohoClient, module: str, since: datetime | None, number: int, per_page: int
) -> Page | None:
    response = client.get(
        module,
        {
            "page": number,
            "per_page": per_page,
            "sort_by": "Modified_Time",
            "sort_order": "asc",
            "converted": "both",
            "approved": "both",
        },
        modified_since=since,
        module=module,
    )
    if response is None:
        return None
    body = _parsed(response.content)
    return Page(
        text=response.content.decode("utf-8"),
        keys=tuple((record["id"], _time(record.get("Modified_Time"))) for record in body["data"]),
        more=bool(body.get("info", {}).get("more_records")),
    )


def _deleted_rows(client: ZohoClient, module: str, since: datetime | None) -> Iterator[Deletion]:
    number, more = 1, True
    while more:
        response = client.get(
            f"{module}/deleted",
            {"type": "all", "page": number, "per_page": PER_PAGE},
            modified_since=since and since - ONE_SECOND,
            module=module,
        )
        if response is None:
            return
        body = orjson.loads(response.content)
        for row in body["data"]:
            yield Deletion(row["id"], row.get("type") or "recycle", row["deleted_time"])
        more = bool(body.get("info", {}).get("more_records"))
        number += 1


def _parsed(body: bytes) -> dict:
    """Return the answer as Python has it; orjson is quick, and refuses half a surrogate pair."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return json.loads(body)


def _time(value: object) -> datetime | None:
    """Return Zoho's text as a time in UTC, or None where it is none."""
    try:
        return datetime.fromisoformat(value).astimezone(UTC)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
