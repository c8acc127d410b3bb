"""The list call of a module: one page of whole records, whichever the API version.

v2 returns whole records. In v8 a list call must name its fields, at most 50, so a wider module
is read in batches of fields: the same page once per batch, joined by id. Batches are read one after
the other, so a record whose batches differ in Modified_Time was changed in between and is read
again by its id. Pages beyond 2,000 rows take a page token there, bound to its batch of fields.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property, reduce
from threading import Event
from typing import Any

import msgspec

from aha_pipeline import records
from aha_pipeline.crm import budget
from aha_pipeline.crm.client import ZohoClient
from aha_pipeline.crm.responses import (
    ApiResponse,
    check_page,
    check_rows,
    decode_as,
    has_more,
)

WHOLE_RECORDS_VERSION = "v2"  # the version that returns them, and pages by number alone
IDS_PER_CALL = 50  # `ids` may be 1,024 characters long
FIELDS_PER_CALL = 50
ATTEMPTS_PER_RECORD = 3
# Named explicitly in v8: no field metadata lists them.
SYSTEM_KEYS = (
    "$converted", "$converted_detail", "$approved", "$approval", "$currency_symbol", "$editable",
    "$process_flow", "$review", "$review_process", "$orchestration", "$followed", "$state",
)  # fmt: skip
RecordKey = tuple[str, datetime | None]
FieldBatches = tuple[tuple[str, ...], ...]
_KeyedText = tuple[datetime | None, bytes]  # Modified_Time and the record's JSON


@dataclass(frozen=True)
class Page:
    """Records as JSON texts, and the `keys` (id, Modified_Time in UTC) of those in the list.

    `next_token` fetches the next page in v8. `damaged` are the original texts of records that
    were not valid JSON: `records` holds them repaired, if they could be.
    """

    records: tuple[bytes, ...]
    keys: tuple[RecordKey, ...]
    has_more: bool
    next_token: str | None = None
    damaged: tuple[bytes, ...] = ()

    @cached_property
    def last_time(self) -> datetime | None:
        """The greatest Modified_Time on the page."""
        return max((time for _, time in self.keys if time), default=None)

    @cached_property
    def first_time(self) -> datetime | None:
        """The smallest Modified_Time on the page."""
        return min((time for _, time in self.keys if time), default=None)


@dataclass(frozen=True)
class RecordsEndpoint:
    """The list call of one module.

    `essential` calls may use the budget's reserve. `abort` cuts waits for Zoho short.
    `is_since_inclusive` is set once we have observed that If-Modified-Since is inclusive.
    """

    client: ZohoClient
    module: str
    field_batches: FieldBatches = ((),)
    essential: bool = False
    abort: Event = field(default_factory=Event)
    is_since_inclusive: Event = field(default_factory=Event)

    def fetch_page(
        self,
        since: datetime | None,
        number: int = 1,
        *,
        token: str | None = None,
        descending: bool = False,
    ) -> Page | None:
        """Return a page in order of Modified_Time, or None if there is none. Raises ZohoError.

        Converted and unapproved records are included. `since` None sends no If-Modified-Since.
        """
        params: dict[str, object] = {
            "per_page": self.client.per_page,
            "sort_by": "Modified_Time",
            "sort_order": "desc" if descending else "asc",
            "converted": "both",
            "approved": "both",
        }
        params |= {"page_token": token} if token else {"page": number}
        first_batch, *other_batches = self.field_batches
        response = self._call(params, first_batch, since, check_page)
        if response is None:
            return None
        page = _page(response, has_more(response))
        if not other_batches:
            return page
        # A token is bound to the fields it was issued for, so behind one the others come by id.
        return self._with_all_fields(page, None if token else params, since)

    def fetch_by_ids(self, ids: Sequence[str]) -> Iterator[Page]:
        """Yield pages of the records among `ids` that exist. Raises ZohoError."""
        for chunk in batched_ids(ids):
            if len(self.field_batches) == 1:
                response = self._call(_ids_params(chunk), self.field_batches[0], None)
                if response is not None:
                    yield _page(response, False)
            else:
                found = self._whole_records(chunk)
                keys = tuple((id_, time) for id_, (time, _) in found.items())
                yield Page(tuple(text for _, text in found.values()), keys, has_more=False)

    @property
    def uses_page_tokens(self) -> bool:
        """Whether pages beyond 2,000 rows are reached by token."""
        return self.client.version != WHOLE_RECORDS_VERSION

    def _with_all_fields(
        self, page: Page, params: dict[str, object] | None, since: datetime | None
    ) -> Page:
        """Return the page with the other batches of fields added to its records.

        `params` None fetches them by id.
        """
        whole = {key[0]: (key[1], text) for key, text in zip(page.keys, page.records, strict=False)}
        for fields in self.field_batches[1:]:
            response = self._call(params, fields, since) if params is not None else None
            found = _by_id(response)
            whole = {
                id_: (time, _merged(text, found[id_][1]))
                for id_, (time, text) in whole.items()
                if id_ in found and found[id_][0] == time
            }
        listed = dict(page.keys)
        for chunk in batched_ids([id_ for id_ in listed if id_ not in whole]):
            whole |= self._whole_records(chunk)
        # Of one with a later time by now the record is kept and the key is not: the key would
        # suggest that the list was read up to that time.
        keys = [(id_, time) for id_, time in page.keys if id_ in whole and whole[id_][0] == time]
        return replace(
            page,
            records=tuple(whole[id_][1] for id_, _ in page.keys if id_ in whole),
            keys=tuple(keys),
        )

    def _whole_records(self, ids: Sequence[str]) -> dict[str, _KeyedText]:
        """Return the records of `ids` with all their fields as of one moment; missing ones not.

        One that changes at every attempt is left out too: the list shows it again at its new time.
        """
        wanted, whole = list(ids), dict[str, _KeyedText]()
        for _ in range(ATTEMPTS_PER_RECORD):
            if not wanted:
                break
            parts = []
            for fields in self.field_batches:
                parts.append(_by_id(self._call(_ids_params(wanted), fields, None)))
            present = [id_ for id_ in wanted if all(id_ in part for part in parts)]
            for id_ in present:
                times = {part[id_][0] for part in parts}
                if len(times) == 1:
                    whole[id_] = (times.pop(), reduce(_merged, (part[id_][1] for part in parts)))
            wanted = [id_ for id_ in present if id_ not in whole]
        return whole

    def _call(
        self,
        params: dict[str, object],
        fields: tuple[str, ...],
        since: datetime | None,
        validate: Callable[[ApiResponse], None] = check_rows,
    ) -> ApiResponse | None:
        named = {"fields": ",".join(fields)} if fields else {}
        return self.client.get(
            self.module,
            params | named,
            modified_since=since,
            module=self.module,
            credits=budget.LIST,
            essential=self.essential,
            abort=self.abort,
            validate=validate,
        )


def field_batches(names: Sequence[str], version: str) -> FieldBatches:
    """Return the fields to ask for in each call: none for v2, which returns whole records.

    Each batch has Modified_Time, which tells whether two batches are of the same moment.
    """
    if version == WHOLE_RECORDS_VERSION:
        return ((),)
    own = [name for name in dict.fromkeys(names) if name not in ("id", "Modified_Time")]
    wanted = [*own, *(name for name in SYSTEM_KEYS if name not in own)]
    size = FIELDS_PER_CALL - 1  # Modified_Time is one of them
    chunks = (wanted[n : n + size] for n in range(0, len(wanted), size))
    return tuple(("Modified_Time", *chunk) for chunk in chunks)


def to_time(value: object) -> datetime | None:
    """Return Zoho's text as a time in UTC, or None if it is not one."""
    try:
        return datetime.fromisoformat(value).astimezone(UTC) if isinstance(value, str) else None
    except (ValueError, OverflowError):
        return None


def batched_ids(ids: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield `ids` in the chunks that one call may name."""
    return (tuple(ids[n : n + IDS_PER_CALL]) for n in range(0, len(ids), IDS_PER_CALL))


def _ids_params(ids: Sequence[str]) -> dict[str, object]:
    named = {"ids": ",".join(ids), "per_page": len(ids)}
    return named | {"converted": "both", "approved": "both"}


class _Row(msgspec.Struct, gc=False):
    id: Any = None
    Modified_Time: Any = None


@dataclass(frozen=True)
class _ReadRecord:
    """A record as valid JSON and its key, where it has them; `damaged` is its text if it has not.

    A repaired record has all three.
    """

    key: RecordKey | None
    text: bytes | None
    damaged: bytes | None = None


def _page(response: ApiResponse, has_more: bool) -> Page:
    texts = records.split(response.text)
    try:
        rows = records.read(response.text, _Row)
    except records.INVALID:
        rows = []
    if len(rows) < len(texts) or any(row.id is None for row in rows):
        return _repaired_page(response, texts, has_more)
    keys = tuple((str(row.id), to_time(row.Modified_Time)) for row in rows)
    return Page(tuple(texts), keys, has_more, response.next_page_token)


def _repaired_page(response: ApiResponse, texts: Iterable[bytes], has_more: bool) -> Page:
    rows = [_read_record(text) for text in texts]
    readable = [row for row in rows if row.text is not None]
    unreadable = [row for row in rows if row.text is None]
    return Page(
        records=tuple(row.text for row in readable if row.text is not None),
        # Those of the records first, so that both have the same order.
        keys=tuple(row.key for row in (*readable, *unreadable) if row.key is not None),
        has_more=has_more,
        next_token=response.next_page_token,
        damaged=tuple(row.damaged for row in rows if row.damaged is not None),
    )


def _read_record(text: bytes) -> _ReadRecord:
    valid: bytes | None = text
    try:
        records.check(text)
        row = msgspec.json.decode(text, type=_Row)
    except records.INVALID:
        valid = records.repair(text)
        try:
            row = decode_as(valid or records.shallow(text), _Row)
        except ValueError:
            row = _Row()
    if row.id is None:
        return _ReadRecord(None, None, text)
    key = (str(row.id), to_time(row.Modified_Time))
    return _ReadRecord(key, valid, None if valid == text else text)


def _by_id(response: ApiResponse | None) -> dict[str, _KeyedText]:
    rows = map(_read_record, records.split(response.text)) if response else ()
    return {row.key[0]: (row.key[1], row.text) for row in rows if row.key and row.text}


def _merged(text: bytes, other: bytes) -> bytes:
    """Return one JSON object with the members of both; common members are equal."""
    inner = other[1:].lstrip()
    return text if inner == b"}" else text.rstrip()[:-1] + b"," + inner
