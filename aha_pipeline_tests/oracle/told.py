"""What Zoho's own history tells of a record before it was first read, in plain Python.

Written from the header of sql/measures/history.sql: each field by itself, from entry to entry.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from aha_pipeline_tests.oracle.text import key

UNREADABLE = object()  # beside None, which is empty
CUT_AT = 255
TIMELINE, TRACKER = "timeline", "stage_tracker"
TRACKED = ("Stage", "Lead_Status")
Value = object


@dataclass
class Entry:
    """An entry of the timeline, or a row of the stage tracker, as it was sent."""

    way: str
    id: str
    at: datetime
    raw: dict


@dataclass
class Told:
    """A record that was first read some time after its creation, and what Zoho tells of it.

    reach: since when the timeline tells all; None where it is not known, or was not read.
    """

    module: str
    id: str
    created: datetime
    read: datetime
    content: dict[str, Value]
    reach: datetime | None = None
    entries: list[Entry] = field(default_factory=list)

    @property
    def begin(self) -> datetime | None:
        """Since when the timeline tells what its entries do not."""
        return self.reach and max(self.reach, self.created)


@dataclass
class Names:
    """What is needed to read a history: of each name its owners, and names of one of two kinds."""

    owners: list[tuple[str, str]]
    two: set[tuple[str, str, str]]  # module, field, and the key of a name of two


@dataclass(frozen=True)
class Change:
    """An entry of one field: from what it came to what."""

    at: datetime
    place: tuple
    old: Value
    new: Value


@dataclass(frozen=True)
class Claim:
    """What a field said from one moment to another, and whether that is known."""

    since: datetime
    until: datetime
    value: Value
    is_known: bool


@dataclass(frozen=True)
class Content:
    """What a record said from one moment to another; assumed: the fields of which it is not known.

    assumed_until: when all is known again.
    """

    since: datetime
    until: datetime
    said: dict[str, Value]
    assumed: list[str] | None
    assumed_until: datetime | None


def contents_before(told: Told, names: Names) -> list[Content]:
    """Return what a record said before it was first read, oldest first."""
    if told.read <= told.created:
        return []
    claims = _claims(told, names)
    begins = {told.created} | {
        claim.since for of_field in claims.values() for claim in of_field if claim.since < told.read
    }
    contents: list[Content] = []
    next_known = dict(told.content)
    until = told.read
    for since in sorted(begins, reverse=True):
        at = {name: _at(claims[name], since) for name in told.content}
        next_known |= {name: claim.value for name, claim in at.items() if claim}
        said = next_known | ({} if at.get("Probability") else _no_probability(told))
        assumed = sorted(name for name in at if not at[name] and name != "Probability")
        later = contents[-1].assumed_until if contents else None
        contents.append(
            Content(since, until, said, assumed or None, (later or until) if assumed else None)
        )
        until = since
    is_read_soon = told.read < told.created + timedelta(days=1)
    is_in_part = any(content.assumed for content in contents)
    return [] if is_read_soon and is_in_part else contents[::-1]


def _no_probability(told: Told) -> dict[str, Value]:
    return {"Probability": None} if "Probability" in told.content else {}


def _at(claims: list[Claim], moment: datetime) -> Claim | None:
    """Return what is known at a moment."""
    known = [claim for claim in claims if claim.is_known and claim.since <= moment < claim.until]
    return known[0] if known else None


def _claims(told: Told, names: Names) -> dict[str, list[Claim]]:
    """Return what is claimed of each field."""
    changes = _changes(told, names)
    claims: dict[str, list[Claim]] = defaultdict(list)
    missing: list[Claim] = []  # times in which an entry of some field is missing
    for name, of_field in changes.items():
        for change, following in zip(of_field, [*of_field[1:], None], strict=True):
            # A field that a record does not have says nothing readable when it is first read.
            after = following.old if following else told.content.get(name, UNREADABLE)
            until = following.at if following else told.read
            claim = Claim(change.at, until, change.new, _is_same(change.new, after))
            claims[name].append(claim)
            if UNREADABLE not in (change.new, after) and not claim.is_known:
                missing.append(claim)
    for name, claim in _told_by_their_end(told, changes):
        gaps = [gap.until for gap in missing if gap.since < claim.until]
        since = max([claim.since, *gaps])
        is_known = claim.value is not UNREADABLE
        claims[name].append(Claim(since, claim.until, claim.value, is_known))
    return claims


def _told_by_their_end(told: Told, changes: dict[str, list[Change]]) -> Iterator[tuple[str, Claim]]:
    """Yield what fields said before their first entry; all along where they have none."""
    if told.begin is None:
        return
    for name, [first, *_] in changes.items():
        if told.begin < first.at:
            yield name, Claim(told.begin, first.at, first.old, True)
    for name in told.content.keys() - changes.keys():
        yield name, Claim(told.begin, told.read, told.content[name], True)


def _changes(told: Told, names: Names) -> dict[str, list[Change]]:
    """Return the entries of each field, one after another."""
    changes: dict[str, list[Change]] = defaultdict(list)
    for entry in told.entries:
        is_creation = entry.raw.get("action") == "added"
        at = told.created if is_creation else min(max(entry.at, told.created), told.read)
        place = (not is_creation, len(entry.id), entry.id)
        # What was first read may be stamped some seconds before its entry.
        if entry.at <= told.read + timedelta(seconds=5) and entry.way == TIMELINE:
            for name, old, new in _of_timeline(entry.raw, names):
                changes[name].append(Change(at, place, old, new))
    for name in TRACKED:
        for change in _of_tracker(told, name):
            changes[name].append(change)
    return {
        name: [
            Change(
                change.at,
                change.place,
                _of_one_name(told.module, name, change.old, names),
                _of_one_name(told.module, name, change.new, names),
            )
            for change in sorted(of_field, key=lambda it: (it.at, it.place))
        ]
        for name, of_field in changes.items()
        if of_field
    }


def _of_timeline(raw: dict, names: Names) -> Iterator[tuple[str, Value, Value]]:
    fields = raw.get("field_history") or []
    owner = (raw.get("automation_details") or {}).get("owner") or {}
    ids = [(owner.get(when) or {}).get("id") for when in ("old", "new")]
    for one in fields:
        name, values = one.get("api_name"), one.get("_value")
        if name == "Owner":
            if values is not None and ids == [None, None]:
                yield name, _whose(values.get("old"), names), _whose(values.get("new"), names)
        elif values is not None and values.keys() >= {"old", "new"}:
            yield name, readable(name, values["old"]), readable(name, values["new"])
    if ids != [None, None]:
        yield "Owner", *(UNREADABLE if one is None else one for one in ids)
    told = {one.get("api_name") for one in fields}
    if "Stage" in told and "Probability" not in told:
        yield "Probability", UNREADABLE, UNREADABLE


def _of_tracker(told: Told, name: str) -> Iterator[Change]:
    """Yield the stays in stages: the first one from the creation, if it began within a minute."""
    rows = [
        Change(min(max(entry.at, told.created), told.read), (True, len(entry.id), entry.id), None,
               readable(name, entry.raw[name]))
        for entry in told.entries
        if entry.way == TRACKER
        and name in entry.raw
        and entry.at <= told.read + timedelta(seconds=5)
        and (told.begin is None or entry.at < told.begin)
    ]  # fmt: skip
    before: Value = UNREADABLE
    for number, row in enumerate(sorted(rows, key=lambda it: (it.at, it.place))):
        is_made_so = number == 0 and row.at < told.created + timedelta(minutes=1)
        yield Change(told.created if is_made_so else row.at, row.place, before, row.new)
        before = row.new


def _whose(name: str | None, names: Names) -> Value:
    ids = [id_ for id_, of in names.owners if of == name]
    return ids[0] if len(ids) == 1 else UNREADABLE


def _of_one_name(module: str, name: str, value: Value, names: Names) -> Value:
    return UNREADABLE if (module, name, key(value)) in names.two else value


def readable(name: str, text: str | None) -> Value:
    """Return a value that a history tells as a text."""
    if key(text) is None:
        return None
    if len(text) >= CUT_AT:
        return UNREADABLE
    if name in ("Amount", "Probability"):
        is_plain = re.fullmatch(r"-?\d+(\.\d+)?", text)
        may_be_thousands = re.fullmatch(r"-?\d{1,3}\.\d{3}", text)
        return Decimal(text) if is_plain and not may_be_thousands else UNREADABLE
    if name == "Closing_Date":
        try:
            return date.fromisoformat(text[:10]).isoformat()
        except ValueError:
            return UNREADABLE
    return " ".join(text.split())


def _is_same(one: Value, other: Value) -> bool:
    """Return whether two values are one, in whatever spelling."""
    if UNREADABLE in (one, other):
        return False
    if isinstance(one, str) or isinstance(other, str):
        return key(str(one)) == key(str(other))
    return one == other
