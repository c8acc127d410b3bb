"""The records of all modules, changed one at a time; safe to use from several threads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from threading import RLock

from zoho_sandbox.clock import Clock, instant_of, real_time, stamp
from zoho_sandbox.faults.delayed_commits import DelayedCommits
from zoho_sandbox.faults.switches import Switches
from zoho_sandbox.zoho.emails import Emails
from zoho_sandbox.zoho.history import History
from zoho_sandbox.zoho.records import Deletion, Record, Table


class Store:
    """All modules, as they are served.

    Every change stamps `Modified_Time`, from `at` (UTC seconds) or the clock, and is served from
    then on, or `commit_lag` seconds later. Deletions and restores show at once.
    """

    def __init__(self, now: Clock = real_time, switches: Switches | None = None) -> None:
        self.now = now
        self.switches = switches or Switches()
        self.lock = RLock()
        self.tables: defaultdict[str, Table] = defaultdict(Table)
        self.history = History()
        self.emails = Emails()
        self._commits = DelayedCommits()
        self._last_id = 0

    def load(self, module: str, records: list[Record]) -> None:
        """Take over records as they are given."""
        self.tables[module] = Table(records)
        for record in records:
            self._remember_id(record.id)

    def create(self, module: str, data: dict, at: float | None = None) -> str:
        """Add a record and return its id, which is a new one unless `data` holds it."""
        with self.lock:
            moment = self._stamp(at)
            id_ = data.get("id") or str(self._last_id + 1)
            record = Record({"id": id_, "Created_Time": moment, "Modified_Time": moment, **data})
            self._remember_id(id_)
            author = data.get("Created_By")
            self.history.add(module, record.data, "added", self._moment(at), author)
            self._commit(module, record, record.data, at)
            return id_

    def edit(
        self, module: str, id_: str, changes: dict, at: float | None = None, by: dict | None = None
    ) -> None:
        """Change some fields; `changes` may hold a `Modified_Time` of its own."""
        self._change(module, id_, {"Modified_Time": self._stamp(at), **changes}, at, by)

    def convert(
        self, lead: str, detail: dict[str, str], at: float | None = None, by: dict | None = None
    ) -> None:
        """Turn a lead into a converted one; `detail` names the ids of what was made of it."""
        moment = self._stamp(at)
        bump = {"Modified_Time": moment} if self.switches.conversion_bumps else {}
        converted = {
            "$converted": True,
            "$converted_detail": detail | {"convert_date": moment[:10]},
            "Converted_Date_Time": moment,
        }
        self._change("Leads", lead, bump | converted, at, by, "converted")

    def derive(self, module: str, id_: str, changes: dict) -> None:
        """Change values that follow from others, as formulas do: at once, no time moves."""
        with self.lock:
            table, coming = self.tables[module], self._commits.of(module, id_)
            if not self.holds(module, id_):
                raise KeyError(id_)
            for record in coming:
                record.update(changes)
            if id_ in table.records:
                table.put(table.records[id_].changed(changes))

    def merge(
        self,
        module: str,
        master: str,
        losers: Iterable[str],
        at: float | None = None,
        by: dict | None = None,
    ) -> None:
        """Give the master what it lacks and its losers have, and delete these."""
        with self.lock:
            data, filled = self._newest(module, master).data, {}
            for loser in losers:
                for name, value in self._newest(module, loser).data.items():
                    if data.get(name) is None and value is not None:
                        filled.setdefault(name, value)
                self.delete(module, loser, at, by)
            self.edit(module, master, filled, at, by)

    def delete(
        self, module: str, id_: str, at: float | None = None, by: dict | None = None
    ) -> None:
        """Move a record to the recycle bin, as it is served; a change not yet seen is dropped."""
        with self.lock:
            table, coming = self.tables[module], self._commits.of(module, id_)
            never_seen = coming and id_ not in table.records
            record = coming[0] if never_seen else table.remove(id_)
            self._commits.drop(module, id_)
            self.history.add(module, record.data, "deleted", self._moment(at), by)
            table.deletions[id_] = Deletion(record, int(self._moment(at)), by)

    def purge(self, module: str, id_: str, at: float | None = None, by: dict | None = None) -> None:
        """Delete a record for good, be it in the recycle bin or not."""
        with self.lock:
            deletions = self.tables[module].deletions
            if id_ not in deletions:
                self.delete(module, id_, at, by)
            deletions[id_] = replace(deletions[id_], purged=int(self._moment(at)))

    def restore(self, module: str, id_: str, at: float | None = None) -> None:
        """Bring a record back from the recycle bin. Raises KeyError if it is not there."""
        with self.lock:
            if not self.is_in_bin(module, id_):
                raise KeyError(id_)
            table = self.tables[module]
            record = table.deletions.pop(id_).record
            self.history.add(module, record.data, "restored", self._moment(at), None)
            bumps = self.switches.restore_bumps
            table.put(record.changed({"Modified_Time": self._stamp(at)}) if bumps else record)

    def holds(self, module: str, id_: str) -> bool:
        """Whether there is such a record, seen or not yet seen."""
        return id_ in self.tables[module].records or bool(self._commits.of(module, id_))

    def is_in_bin(self, module: str, id_: str) -> bool:
        """Whether such a record can be restored."""
        deletion = self.tables[module].deletions.get(id_)
        return deletion is not None and deletion.purged is None

    def settle(self) -> None:
        """Serve the changes whose time has come."""
        with self.lock:
            for module, record in self._commits.due(self.now().timestamp()):
                self.tables[module].put(record)

    def _change(
        self,
        module: str,
        id_: str,
        changes: dict,
        at: float | None,
        by: dict | None,
        action: str = "updated",
    ) -> None:
        with self.lock:
            author = {"Modified_By": by} if by else {}
            before = self._newest(module, id_).data
            record = Record({**before, **author, **changes})
            moment = instant_of(changes.get("Modified_Time")) or self._moment(at)
            self.history.add(module, record.data, action, moment, by, changes, before)
            self._commit(module, record, changes, at)

    def _commit(self, module: str, record: Record, changes: dict, at: float | None) -> None:
        """Serve a changed record, or keep it back until it is due."""
        if lag := self.switches.commit_lag:
            stamped = instant_of(changes.get("Modified_Time"))
            shown_at = (self._moment(at) if stamped is None else stamped) + lag
            if shown_at > self.now().timestamp():
                self._commits.add(module, record, shown_at)
                return
        self._commits.drop(module, record.id)  # this state holds their changes too
        self.tables[module].put(record)

    def _newest(self, module: str, id_: str) -> Record:
        """Return the last state of a record, seen or not. Raises KeyError if there is none."""
        coming = self._commits.of(module, id_)
        return coming[-1] if coming else self.tables[module].records[id_]

    def _remember_id(self, id_: str) -> None:
        if id_.isdigit():
            self._last_id = max(self._last_id, int(id_))

    def _moment(self, at: float | None) -> float:
        return self.now().timestamp() if at is None else at

    def _stamp(self, at: float | None) -> str:
        return stamp(self._moment(at))
