"""Records of one module in memory, read a page at a time.

A record is either given as text, which is then served byte for byte, or as a dict. Sorted
indexes are built when a sort order is first asked for and then kept up to date, so a page costs
a bisection and a slice, whatever the size of the module.
"""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import inf
from operator import itemgetter
from typing import NamedTuple

import msgspec

from zoho_sandbox.clock import instant_of

Key = tuple[int, float | str]
Arrange = Callable[[list], None]
KEPT_FILTERS = 16
SHORT_SHARES = (1.0, 0.6, 0.9, 0.3)  # of `per_page`, in turn, where pages are short
DISPLAY_FIELDS = ("Full_Name", "Deal_Name", "Account_Name", "Name", "Subject", "Last_Name")


def parse(text: bytes) -> dict:
    """Return a JSON text as a dict; lone surrogates, which msgspec refuses, are let through."""
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return json.loads(text, parse_constant=_refuse)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not a JSON value")


class Facts(NamedTuple):
    """What list calls filter by; `modified` in UTC seconds, None where it is no time."""

    modified: float | None
    converted: bool
    approved: bool

    @classmethod
    def of(cls, data: dict) -> Facts:
        """Return the facts of a record."""
        return cls(
            instant_of(data.get("Modified_Time")),
            data.get("$converted") is True,
            data.get("$approved") is not False,
        )


class Record:
    """One record, held as text while it is served and as a dict while it is edited."""

    __slots__ = ("_data", "_facts", "_text", "id")

    def __init__(self, data: dict, text: bytes | None = None) -> None:
        self.id: str = data["id"]
        self._text = text
        self._data = data if text is None else None
        self._facts = None if text is None else Facts.of(data)

    @property
    def facts(self) -> Facts:
        """What every list call filters by."""
        if self._facts is None:
            self._facts = Facts.of(self.data)
        return self._facts

    @property
    def text(self) -> bytes:
        """The JSON text that is served."""
        if self._text is None:
            self._text, self._data = msgspec.json.encode(self._data), None
        return self._text

    @property
    def data(self) -> dict:
        """The record as a dict, for reading."""
        return parse(self._text) if self._data is None else self._data

    def update(self, changes: dict) -> None:
        """Set some fields."""
        data = self.data
        data.update(changes)
        self._data, self._text, self._facts = data, None, None

    def changed(self, changes: dict) -> Record:
        """Return the record with some fields set, and leave this one as it is."""
        return Record({**self.data, **changes})


@dataclass(frozen=True)
class Deletion:
    """A record in the recycle bin, or out of it if `purged`; times in UTC seconds."""

    record: Record
    at: float
    by: dict | None
    purged: float | None = None

    @property
    def display_name(self) -> str | None:
        """The name under which Zoho lists it."""
        data = self.record.data
        return next((data[name] for name in DISPLAY_FIELDS if data.get(name)), None)


@dataclass(frozen=True)
class Query:
    """What a list call asks for. None for `converted` or `approved` means both."""

    sort_by: str = "id"
    descending: bool = True
    converted: bool | None = False
    approved: bool | None = True
    since: float | None = None
    ids: frozenset[str] | None = None
    page: int = 1
    per_page: int = 200
    short_pages: bool = False

    @property
    def window(self) -> tuple[int, int]:
        """Where the page begins, and how many rows it holds at most."""
        if not self.short_pages:
            return (self.page - 1) * self.per_page, self.per_page
        sizes = [max(1, int(self.per_page * share)) for share in SHORT_SHARES]
        rounds, rest = divmod(self.page - 1, len(sizes))
        return rounds * sum(sizes) + sum(sizes[:rest]), sizes[rest]

    def wants(self, record: Record) -> bool:
        """Whether the record passes the converted and approved filters."""
        facts = record.facts
        return self.converted in (None, facts.converted) and (
            self.approved in (None, facts.approved)
        )


def sort_key(field: str, record: Record) -> Key:
    """Return what a record is sorted by: empty first, then numbers and times, then text."""
    if field == "id":
        return (1, int(record.id)) if record.id.isdigit() else (2, record.id)
    if field == "Modified_Time":
        modified = record.facts.modified
        return (0, 0) if modified is None else (1, modified)
    value = record.data.get(field)
    if isinstance(value, dict):
        value = value.get("name")
    if field.endswith("_Time"):
        value = instant_of(value)
    if value is None:
        return (0, 0)
    return (1, value) if isinstance(value, (int, float)) else (2, str(value))


class Index:
    """The ids of the records that a query wants, in the order of one field; ties by id."""

    def __init__(self, query: Query, records: Iterable[Record]) -> None:
        self._query = query
        self._keys = {r.id: sort_key(query.sort_by, r) for r in records if query.wants(r)}
        self.entries = sorted((key, id_) for id_, key in self._keys.items())

    def put(self, record: Record) -> None:
        """Place a new or changed record."""
        self.discard(record.id)
        if self._query.wants(record):
            key = self._keys[record.id] = sort_key(self._query.sort_by, record)
            insort(self.entries, (key, record.id))

    def discard(self, id_: str) -> None:
        """Take a record out, if it is there."""
        key = self._keys.pop(id_, None)
        if key is not None:
            del self.entries[bisect_left(self.entries, (key, id_))]


class Table:
    """The records of one module, and its recycle bin."""

    def __init__(self, records: Iterable[Record] = ()) -> None:
        self.records = {record.id: record for record in records}
        self.deletions: dict[str, Deletion] = {}
        self._indexes: dict[tuple, Index] = {}
        self._filtered: dict[tuple, list] = {}

    def put(self, record: Record) -> None:
        """Keep a new or changed record."""
        self.records[record.id] = record
        self._filtered.clear()
        for index in self._indexes.values():
            index.put(record)

    def remove(self, id_: str) -> Record:
        """Take a record out and return it. Raises KeyError if there is none."""
        record = self.records.pop(id_)
        self._filtered.clear()
        for index in self._indexes.values():
            index.discard(id_)
        return record

    def page(self, query: Query, arrange: Arrange | None = None) -> tuple[list[Record], int]:
        """Return the records of one page, and how many match in all.

        `arrange` puts each group of equal sort values, given in order of id, in another order.
        """
        entries, first = self._matching(query)
        total = len(entries) - first
        start, size = query.window
        count = max(0, min(size, total - start))
        low = len(entries) - start - count if query.descending else first + start
        if count and arrange:
            chosen = _arranged(entries, low, low + count, arrange)
        else:
            chosen = entries[low : low + count] if count else []
        if query.descending:
            chosen.reverse()
        return [self.records[id_] for _, id_ in chosen], total

    def between(self, query: Query, low: float, high: float) -> tuple[list, int, int]:
        """Return sorted entries, and from and to which position they are within the bounds."""
        _, entries = self._sorted(query)
        if (low, high) == (-inf, inf):
            return entries, 0, len(entries)
        stop = bisect_right(entries, (1, high), key=itemgetter(0))
        return entries, bisect_left(entries, ((1, low),)), stop

    def _sorted(self, query: Query) -> tuple[tuple, list]:
        """Return the entries of all records a query wants, and under which key they are kept."""
        key = (query.sort_by, query.converted, query.approved)
        if key not in self._indexes:
            self._indexes[key] = Index(query, self.records.values())
        return key, self._indexes[key].entries

    def _matching(self, query: Query) -> tuple[list, int]:
        """Return sorted entries, and the position from which they match."""
        if query.ids is not None:
            wanted = (self.records[i] for i in query.ids if i in self.records)
            return Index(query, (r for r in wanted if _is_since(r, query.since))).entries, 0
        key, entries = self._sorted(query)
        if query.since is None:
            return entries, 0
        if query.sort_by == "Modified_Time":
            return entries, bisect_left(entries, ((1, query.since),))
        return self._filter(key, entries, query.since), 0

    def _filter(self, key: tuple, entries: list, since: float) -> list:
        """Return the entries since a time in another order; kept until the next change."""
        if (*key, since) not in self._filtered:
            if len(self._filtered) >= KEPT_FILTERS:
                self._filtered.clear()
            self._filtered[*key, since] = [
                entry for entry in entries if _is_since(self.records[entry[1]], since)
            ]
        return self._filtered[*key, since]


def _arranged(entries: list, start: int, stop: int, arrange: Arrange) -> list:
    """Return `entries[start:stop]` as they stand once every group of ties is arranged."""
    found = []
    while start < stop:
        key = entries[start][0]
        low = bisect_left(entries, (key,))
        high = bisect_right(entries, key, key=itemgetter(0))
        group = entries[low:high]
        arrange(group)
        found += group[start - low : stop - low]
        start = high
    return found


def _is_since(record: Record, since: float | None) -> bool:
    modified = record.facts.modified
    return since is None or (modified is not None and modified >= since)
