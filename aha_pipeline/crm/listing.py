"""One page of a module's records, in whichever version of the API.

v2 gives whole records. From v3 on a list call must name its fields, at most 50, so a wider module
is read in slices: the same page once for each, put together by id. Slices are read one after the
other, so a record whose slices differ in Modified_Time was changed in between and is read again by
its id. Pages beyond 2,000 rows take a token there, bound to its slice.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from threading import Event
from typing import Any

import msgspec

from aha_pipeline import records
from aha_pipeline.crm import budget
from aha_pipeline.crm.client import Answer, ZohoClient, picked

IDS_A_CALL = 50  # `ids` may be 1,024 characters long
FIELDS_A_CALL = 50
BY_NUMBER = ("v2", "v2.1")
ATTEMPTS_AT_A_RECORD = 3
# Asked for by name from v3 on: no field metadata lists them.
SYSTEM_KEYS = (
    "$converted", "$converted_detail", "$approved", "$approval", "$currency_symbol", "$editable",
    "$process_flow", "$review", "$review_process", "$orchestration", "$followed", "$state",
)  # fmt: skip
Key = tuple[str, datetime | None]
Slices = tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Page:
    """Records, each as its own text, and their `keys`: id and Modified_Time in UTC; as listed.

    `token` leads to the next page from v3 on.
    """

    records: tuple[bytes, ...]
    keys: tuple[Key, ...]
    more: bool
    token: str | None = None

    @property
    def last_time(self) -> datetime | None:
        """The greatest Modified_Time on the page."""
        return max((time for _, time in self.keys if time), default=None)

    @property
    def first_time(self) -> datetime | None:
        """The smallest Modified_Time on the page."""
        return min((time for _, time in self.keys if time), default=None)


@dataclass(frozen=True)
class Listing:
    """The list call of one module.

    `essential` calls may spend the reserve of the budget; `over` ends waiting for Zoho;
    `is_since_inclusive` is set once If-Modified-Since was seen to show its own second.
    """

    client: ZohoClient
    module: str
    slices: Slices = ((),)
    essential: bool = False
    over: Event = field(default_factory=Event)
    is_since_inclusive: Event = field(default_factory=Event)

    def page(
        self,
        since: datetime | None,
        number: int = 1,
        *,
        token: str | None = None,
        descending: bool = False,
    ) -> Page | None:
        """Return a page in order of Modified_Time, or None where there is none. Raises ZohoError.

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
        answer = self._call(params, self.slices[0], since)
        if answer is None:
            return None
        page = _page(answer)
        if len(self.slices) == 1:
            return page
        # A token is bound to the fields it was made for, so other slices come by id behind one.
        others = {} if token else params
        return replace(page, **self._widened(page, others, since))

    def by_ids(self, ids: Sequence[str]) -> Iterator[Page]:
        """Yield pages of the records among `ids` that exist."""
        for chunk in batched_ids(ids):
            if len(self.slices) == 1:
                answer = self._call(_ids_params(chunk), self.slices[0], None)
                if answer is not None:
                    yield _page(answer)
            else:
                found = self._whole(chunk)
                keys = tuple((id_, time) for id_, (time, _) in found.items())
                yield Page(tuple(text for _, text in found.values()), keys, more=False)

    @property
    def uses_tokens(self) -> bool:
        """Whether pages beyond 2,000 rows are reached by token."""
        return self.client.version not in BY_NUMBER

    def _widened(
        self, page: Page, params: dict[str, object], since: datetime | None
    ) -> dict[str, Any]:
        """Return records and keys of `page` with the other slices of its records added."""
        whole = {key[0]: (key[1], text) for key, text in zip(page.keys, page.records, strict=True)}
        for fields in self.slices[1:]:
            answers = [self._call(params, fields, since)] if params else ()
            found = _by_id(filter(None, answers))
            whole = {
                id_: (time, _merged(text, found[id_][1]))
                for id_, (time, text) in whole.items()
                if id_ in found and found[id_][0] == time
            }
        listed = dict(page.keys)
        for chunk in batched_ids([id_ for id_ in listed if id_ not in whole]):
            again = self._whole(chunk)
            # One that has another time by now would pretend that the list was read up to there.
            whole |= {id_: found for id_, found in again.items() if found[0] == listed[id_]}
        kept = [id_ for id_, _ in page.keys if id_ in whole]
        return {
            "records": tuple(whole[id_][1] for id_ in kept),
            "keys": tuple((id_, whole[id_][0]) for id_ in kept),
        }

    def _whole(self, ids: Sequence[str]) -> dict[str, tuple[datetime | None, bytes]]:
        """Return the records of `ids` with all slices of one moment; one that is gone is left out.

        One that changes at each attempt is left out too: it comes again at its new place.
        """
        wanted, whole = list(ids), {}
        for _ in range(ATTEMPTS_AT_A_RECORD):
            if not wanted:
                break
            parts = []
            for fields in self.slices:
                answer = self._call(_ids_params(wanted), fields, None)
                parts.append(_by_id([answer] if answer else []))
            present = [id_ for id_ in wanted if all(id_ in part for part in parts)]
            for id_ in present:
                if len({part[id_][0] for part in parts}) == 1:
                    text = parts[0][id_][1]
                    for part in parts[1:]:
                        text = _merged(text, part[id_][1])
                    whole[id_] = (parts[0][id_][0], text)
            wanted = [id_ for id_ in present if id_ not in whole]
        return whole

    def _call(
        self, params: dict[str, object], fields: tuple[str, ...], since: datetime | None
    ) -> Answer | None:
        named = {"fields": ",".join(fields)} if fields else {}
        return self.client.get(
            self.module,
            params | named,
            modified_since=since,
            module=self.module,
            credits=budget.LIST,
            essential=self.essential,
            over=self.over,
        )


def slices_of(names: Sequence[str], version: str) -> Slices:
    """Return the fields to ask for in each call: of v2 none, which gives whole records.

    Each slice bears Modified_Time, by which slices are known to be of one moment.
    """
    if version in BY_NUMBER:
        return ((),)
    own = [name for name in dict.fromkeys(names) if name not in ("id", "Modified_Time")]
    wanted = [*own, *(name for name in SYSTEM_KEYS if name not in own)]
    chunks = (wanted[n : n + FIELDS_A_CALL - 1] for n in range(0, len(wanted), FIELDS_A_CALL - 1))
    return tuple(("Modified_Time", *chunk) for chunk in chunks)


def to_time(value: object) -> datetime | None:
    """Return Zoho's text as a time in UTC, or None where it is none."""
    try:
        return datetime.fromisoformat(value).astimezone(UTC)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None


def batched_ids(ids: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield `ids` in the portions that one call may name."""
    return (tuple(ids[n : n + IDS_A_CALL]) for n in range(0, len(ids), IDS_A_CALL))


def _ids_params(ids: Sequence[str]) -> dict[str, object]:
    named = {"ids": ",".join(ids), "per_page": len(ids)}
    return named | {"converted": "both", "approved": "both"}


class _Row(msgspec.Struct):
    id: Any = None
    Modified_Time: Any = None


class _Info(msgspec.Struct):
    more_records: bool | None = False
    next_page_token: str | None = None


class _Rest(msgspec.Struct):
    info: _Info = msgspec.field(default_factory=_Info)


def _page(answer: Answer) -> Page:
    texts = records.split(answer.text)
    info = answer.picked(_Rest).info
    return Page(
        records=tuple(texts),
        keys=tuple(map(_key, texts)),
        more=bool(info.more_records),
        token=info.next_page_token,
    )


def _key(record: bytes) -> Key:
    row = picked(record, _Row)
    return str(row.id), to_time(row.Modified_Time)


def _by_id(answers: Iterable[Answer]) -> dict[str, tuple[datetime | None, bytes]]:
    texts = (text for answer in answers for text in records.split(answer.text))
    return {id_: (time, text) for text in texts for id_, time in [_key(text)]}


def _merged(text: bytes, other: bytes) -> bytes:
    """Return one object with the members of both; a member in both is the same in both."""
    inner = other[1:].lstrip()
    return text if inner == b"}" else text.rstrip()[:-1] + b"," + inner
