"""Read one module completely: schedule the scans, verify their groups, read deletions last.

The algorithm, and why it loses nothing: docs/reading-algorithm.md.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from threading import Event

from aha_pipeline.crm.deletions import Deletion
from aha_pipeline.crm.errors import CreditsSpent
from aha_pipeline.crm.reading.clock import ReadClock
from aha_pipeline.crm.reading.scheduler import RangeScheduler
from aha_pipeline.crm.reading.time_range import TimeRange, subtract
from aha_pipeline.crm.reading.timestamp_group import MembershipIndex
from aha_pipeline.crm.reading.verification import GroupVerifier
from aha_pipeline.crm.records_endpoint import Page, RecordsEndpoint


class ModuleReader:
    """One read of everything modified in [since, until); `since` None is from the beginning.

    `done` are ranges that an earlier read has finished; setting `cancelled` ends this one. Read
    the other properties once `pages` has ended.
    """

    def __init__(
        self,
        endpoint: RecordsEndpoint,
        since: datetime | None,
        until: datetime | None,
        done: Sequence[tuple[datetime | None, datetime | None]] = (),
        cancelled: Event | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._ranges = subtract(TimeRange(since, until), done)
        self._cancelled = cancelled or Event()
        # As of the last answer before the first page: a page may be many calls, minutes apart.
        self._clock = ReadClock(endpoint.client.server_time)
        index = MembershipIndex()
        self._scheduler = RangeScheduler(
            replace(endpoint, abort=Event()), self._clock, index, self._cancelled
        )
        self._verifier = GroupVerifier(
            self._clock, index, self._scheduler.scans, self._scheduler.tail_groups, since
        )
        self._stop_reason: str | None = None

    @property
    def deletions(self) -> list[Deletion]:
        """The deletions since `since`."""
        return self._verifier.deletions

    @property
    def bookmark(self) -> datetime | None:
        """Zoho's clock when the read began: the next read continues from there."""
        return self._clock.began_at

    @property
    def stop_reason(self) -> str | None:
        """Why the read ended early; None if it is complete."""
        return self._stop_reason

    @property
    def verified_ranges(self) -> list[TimeRange]:
        """The ranges in which every record was seen: what a read that ended early has finished."""
        return self._verifier.verified_ranges()

    def pages(self) -> Iterator[Page]:
        """Yield pages with every record of the range, and later ones; overlapping, in no order.

        Raises ZohoError, except CreditsSpent, which ends the read early; and KeyboardInterrupt once
        it is cancelled.
        """
        for page in self._all_pages():
            if self._cancelled.is_set():
                raise KeyboardInterrupt
            yield page

    def _all_pages(self) -> Iterator[Page]:
        yield from self._scheduler.pages(self._ranges)
        self._stop_reason = self._scheduler.stop_reason
        endpoint = replace(self._endpoint, abort=Event())
        if not self._stop_reason:
            try:
                yield from self._verifier.verify(endpoint)
            except CreditsSpent as spent:
                self._stop_reason = str(spent)
        if self._stop_reason:
            try:
                yield from self._verifier.read_since_start(replace(endpoint, essential=True))
            except CreditsSpent:
                self._verifier.has_unread_tail = True  # and the next read finds the deletions
