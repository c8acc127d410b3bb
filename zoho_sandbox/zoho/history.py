"""What happened to each record, as Zoho's audit keeps it: the source of timelines and trackers."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import NamedTuple

# Moved by other changes, and told of by none.
UNTOLD = frozenset({"id", "Created_Time", "Modified_Time", "Modified_By", "Last_Activity_Time"})
FIRST_ENTRY = 7_249_870_000_000_000_000

Change = tuple[str, object, object]


@dataclass(frozen=True)
class Tracker:
    """A module with a row for each stay of a record of another one in one value of a picklist.

    `parent` names the lookup to the record, `days` the length of the stay, `followed` the fields
    whose values at its beginning stand in the row.
    """

    name: str
    module: str
    field: str
    parent: str
    days: str
    followed: tuple[str, ...]


TRACKERS = {
    tracker.module: tracker
    for tracker in (
        Tracker(
            "DealHistory",
            "Deals",
            "Stage",
            "Potential_Name",
            "Stage_Duration_Calendar_Days",
            ("Amount", "Probability", "Expected_Revenue", "Closing_Date"),
        ),
        Tracker(
            "Lead_Status_History", "Leads", "Lead_Status", "Full_Name", "Duration_Days", ("Owner",)
        ),
    )
}


class Entry(NamedTuple):
    """One thing that happened, at UTC seconds.

    `stay`: the values of a tracker's row that begins here; None where none does.
    """

    id: str
    at: int
    action: str
    by: dict | None
    changes: tuple[Change, ...] = ()
    stay: dict | None = None


class History:
    """The entries of each record, oldest first, and which records trackers have yet to look at."""

    def __init__(self) -> None:
        self._entries: defaultdict[tuple[str, str], list[Entry]] = defaultdict(list)
        self._last_id = FIRST_ENTRY
        self._untracked: dict[str, dict[str, None]] = {module: {} for module in TRACKERS}

    def of(self, module: str, id_: str) -> list[Entry]:
        """Return what happened to a record, oldest first."""
        return self._entries.get((module, id_), [])

    def add(
        self,
        module: str,
        after: dict,
        action: str,
        at: float,
        by: dict | None,
        changes: dict | None = None,
        before: dict | None = None,
    ) -> None:
        """Write down what was done to a record, which is `after` now.

        `changes` are the fields that were set. A change of the owner is an entry of its own.
        """
        changes = changes or {}
        found = [
            (name, (before or {}).get(name), value)
            for name, value in changes.items()
            if name not in UNTOLD and not name.startswith("$") and (before or {}).get(name) != value
        ]
        owners = [change for change in found if change[0] == "Owner"]
        others = tuple(change for change in found if change[0] != "Owner")
        tracker = TRACKERS.get(module)
        stay = None
        if tracker and (action == "added" or (before is not None and tracker.field in changes)):
            stay = {name: after.get(name) for name in (tracker.field, *tracker.followed)}
        if before is None or others or stay or action != "updated":
            told = () if before is None else others
            self._append(module, after["id"], Entry(self._next(), int(at), action, by, told, stay))
        if before is not None and owners:
            self._append(
                module,
                after["id"],
                Entry(self._next(), int(at), "owner_reassigned", by, tuple(owners)),
            )

    def untracked(self, module: str) -> list[str]:
        """Return the records of which something happened since the last call."""
        ids = list(self._untracked[module])
        self._untracked[module].clear()
        return ids

    def _append(self, module: str, id_: str, entry: Entry) -> None:
        self._entries[module, id_].append(entry)
        if module in self._untracked:
            self._untracked[module][id_] = None

    def _next(self) -> str:
        self._last_id += 1
        return str(self._last_id)
