"""Changes that are made but not seen yet: Zoho shows a commit some time after its stamp."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush
from itertools import count

from zoho_sandbox.zoho.records import Record


class DelayedCommits:
    """The coming states of records, each to be shown at its time (UTC seconds)."""

    def __init__(self) -> None:
        self._queue: list[tuple[float, int, str, Record]] = []
        self._coming: dict[tuple[str, str], list[tuple[float, Record]]] = {}
        self._serial = count()

    def add(self, module: str, record: Record, shown_at: float) -> None:
        """Keep a state back; it never shows before an earlier one of the same record."""
        coming = self._coming.setdefault((module, record.id), [])
        if coming:
            shown_at = max(shown_at, coming[-1][0])
        coming.append((shown_at, record))
        heappush(self._queue, (shown_at, next(self._serial), module, record))

    def of(self, module: str, id_: str) -> list[Record]:
        """Return the coming states of a record, the newest last."""
        return [record for _, record in self._coming.get((module, id_), ())]

    def drop(self, module: str, id_: str) -> None:
        """Forget the coming states of a record."""
        self._coming.pop((module, id_), None)

    def due(self, now: float) -> Iterator[tuple[str, Record]]:
        """Hand out the states whose time has come, in order of it."""
        while self._queue and self._queue[0][0] <= now:
            _, _, module, record = heappop(self._queue)
            coming = self._coming.get((module, record.id))
            if coming and coming[0][1] is record:  # and was not dropped
                del coming[0]
                if not coming:
                    self.drop(module, record.id)
                yield module, record
