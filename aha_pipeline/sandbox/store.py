"""The records of all modules, changed one at a time; safe to use from several threads."""

from __future__ import annotations

from collections import defaultdict
from threading import RLock

from aha_pipeline.sandbox.clock import Clock, real_time, stamp
from aha_pipeline.sandbox.records import Deletion, Record, Table


class Store:
    """All modules. Every change stamps `Modified_Time`, from `at` (UTC seconds) or the clock."""

    def __init__(self, now: Clock = real_time) -> None:
        self.now = now
        self.lock = RLock()
        self.tables: defaultdict[str, Table] = defaultdict(Table)
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
            self.tables[module].put(record)
            return id_

    def edit(
        self, module: str, id_: str, changes: dict, at: float | None = None, by: dict | None = None
    ) -> None:
        """Change some fields; `changes` may hold a `Modified_Time` of its own."""
        with self.lock:
            record = self.tables[module].records[id_]
            author = {"Modified_By": by} if by else {}
            record.update({"Modified_Time": self._stamp(at), **author, **changes})
            self.tables[module].put(record)

    def convert(
        self, lead: str, detail: dict[str, str], at: float | None = None, by: dict | None = None
    ) -> None:
        """Turn a lead into a converted one; `detail` names the ids of what was made of it."""
        moment = self._stamp(at)
        self.edit(
            "Leads",
            lead,
            {
                "$converted": True,
                "$converted_detail": detail | {"convert_date": moment[:10]},
                "Converted_Date_Time": moment,
            },
            at,
            by,
        )

    def delete(
        self, module: str, id_: str, at: float | None = None, by: dict | None = None
    ) -> None:
        """Move a record to the recycle bin."""
        with self.lock:
            record = self.tables[module].remove(id_)
            at = self.now().timestamp() if at is None else at
            self.tables[module].deletions[id_] = Deletion(record, int(at), by)

    def restore(self, module: str, id_: str) -> None:
        """Bring a record back from the recycle bin, its `Modified_Time` unmoved."""
        with self.lock:
            self.tables[module].put(self.tables[module].deletions.pop(id_).record)

    def _remember_id(self, id_: str) -> None:
        if id_.isdigit():
            self._last_id = max(self._last_id, int(id_))

    def _stamp(self, at: float | None) -> str:
        return stamp(self.now().timestamp() if at is None else at)
