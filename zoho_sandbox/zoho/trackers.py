"""The rows of the modules that track a picklist, drawn from what happened to the records.

As met in real organisations: the row of a creation may have no value, the same value saved twice
makes two rows, and the rows of a record that is gone have no parent.
"""

from __future__ import annotations

from datetime import UTC, datetime

from zoho_sandbox.clock import ZONE, stamp
from zoho_sandbox.zoho.history import TRACKERS, Entry, Tracker
from zoho_sandbox.zoho.records import Record
from zoho_sandbox.zoho.store import Store

FIRST_ROW = 6_249_870_020_000_000_000
BORN_EMPTY = 7  # of so many records, one has a first row without a value


class Trackers:
    """Keeps the tables of the trackers up to date when they are asked for."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._modules = {tracker.name: tracker for tracker in TRACKERS.values()}
        self._ids: dict[tuple[str, str, int], str] = {}

    def refresh(self, name: str) -> None:
        """Bring the rows of a module up to date, if it is a tracker."""
        tracker = self._modules.get(name)
        if tracker is None:
            return
        # At once: who asks meanwhile would take the half that is there for the whole.
        with self._store.lock:
            table = self._store.tables[name]
            for id_ in self._store.history.untracked(tracker.module):
                for row in self._rows(tracker, id_):
                    table.put(Record(row))

    def of(self, name: str, parent: str) -> list[Record]:
        """Return the rows of one record, newest first."""
        self.refresh(name)
        rows = self._store.tables[name].records
        found, number = [], 0
        while (row := self._ids.get((name, parent, number))) is not None:
            found.append(rows[row])
            number += 1
        return found[::-1]

    def _rows(self, tracker: Tracker, id_: str) -> list[dict]:
        entries = [e for e in self._store.history.of(tracker.module, id_) if e.stay is not None]
        stays = [(entry, entry.stay or {}) for entry in entries]
        if stays and stays[0][0].action == "added" and int(id_) % BORN_EMPTY == 0:
            first = stays[0][0]
            stays.insert(0, (first, {**(first.stay or {}), tracker.field: None}))
        record = self._store.tables[tracker.module].records.get(id_)
        name = record and next(
            (record.data[n] for n in ("Full_Name", "Deal_Name", "Last_Name") if record.data.get(n)),
            None,
        )
        parent = {"name": name, "id": id_} if record else None
        return [
            self._row(tracker, id_, number, stays[number : number + 2]) | {tracker.parent: parent}
            for number in range(len(stays))
        ]

    def _row(
        self, tracker: Tracker, id_: str, number: int, stays: list[tuple[Entry, dict]]
    ) -> dict:
        (entry, values), *after = stays
        key = (tracker.name, id_, number)
        row_id = self._ids.setdefault(key, str(FIRST_ROW + len(self._ids)))
        return {
            "id": row_id,
            tracker.parent: None,
            **values,
            "Moved_To__s": after[0][1][tracker.field] if after else None,
            tracker.days: _days(entry.at, after[0][0].at) if after else None,
            "Modified_Time": stamp(entry.at),
            "Modified_By": entry.by,
            "Created_Time": stamp(entry.at),
        }


def _days(start: int, end: int) -> int:
    """Return the calendar days between two instants."""
    first, last = (datetime.fromtimestamp(at, UTC).astimezone(ZONE).date() for at in (start, end))
    return (last - first).days
