"""Scan ranges of time in parallel, and split what is left as it turns out to be dense.

Whoever has read a page and knows of more cuts the longest remainder into parts, as long as calls
are to spare and Zoho answers no sooner than a page is landed. A day's changes that fit on one page
cost no extra call.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from math import ceil
from queue import Empty, Full, Queue
from threading import Event, Lock, Thread

from aha_pipeline.crm.errors import CreditsSpent
from aha_pipeline.crm.reading.clock import ReadClock
from aha_pipeline.crm.reading.group_scan import scan_group
from aha_pipeline.crm.reading.paging import iterate_pages
from aha_pipeline.crm.reading.range_scan import RangeScan
from aha_pipeline.crm.reading.time_range import TimeRange
from aha_pipeline.crm.reading.timestamp_group import MembershipIndex, TimestampGroup
from aha_pipeline.crm.records_endpoint import Page, RecordsEndpoint

MIN_PAGES_PER_PART = 2.5  # fewer are not worth the call that finds where a part begins
SHORTEST_PART = timedelta(seconds=3)
QUEUE_PAGES = 10
# A page takes longer to be read and landed: more calls than bring one meanwhile have to wait.
LANDING_SECONDS = 0.008
MAX_PAGES_AFTER_READ_START = 20
POLL_SECONDS = 0.1


class RangeScheduler:
    """Runs a worker thread per range and yields the pages of all.

    `scans` are the ranges read; `tail_groups` are records at the end of the list that have no time.
    `stop_reason` says why the workers stopped early: credits were spent. `endpoint.abort` is set
    once the workers are to stop.
    """

    def __init__(
        self,
        endpoint: RecordsEndpoint,
        clock: ReadClock,
        index: MembershipIndex,
        cancelled: Event,
    ) -> None:
        self.scans: list[RangeScan] = []
        self.tail_groups: list[TimestampGroup] = []
        self.stop_reason: str | None = None
        self._endpoint, self._clock, self._index = endpoint, clock, index
        self._cancelled = cancelled
        self._is_closed = Event()
        self._list_end: datetime | None = None
        self._empty_from: datetime | None = None
        self._working = 0
        self._lock = Lock()
        self._queue: Queue[Page | BaseException] = Queue(QUEUE_PAGES)

    def pages(self, ranges: Iterable[TimeRange]) -> Iterator[Page]:
        """Yield pages until every range is read, or credits are spent.

        Raises what a worker raised, and KeyboardInterrupt once the read is cancelled.
        """
        try:
            for start, end in ranges:
                self._start_worker(RangeScan(start, end))
            yield from self._queued_pages()
        finally:
            self._endpoint.abort.set()
            self._is_closed.set()

    def _start_worker(self, scan: RangeScan) -> None:
        """Read a range in a daemon thread, which nobody has to wait for."""
        with self._lock:
            self.scans.append(scan)
            self._working += 1
        Thread(target=self._work, args=(scan,), daemon=True).start()

    def _work(self, scan: RangeScan) -> None:
        try:
            self._scan(scan)
        except CreditsSpent as spent:
            self.stop_reason = str(spent)
            self._endpoint.abort.set()
        except BaseException as error:
            self._enqueue(error)
            self._endpoint.abort.set()
        finally:
            with self._lock:
                self._working -= 1

    def _scan(self, scan: RangeScan) -> None:
        for page in iterate_pages(self._endpoint, scan, self._index):
            self._deliver(page)
            if scan.start is not None and scan.is_past_end(page.first_time):
                continue  # it holds nothing of this range
            if scan.pages == 0 and scan.start is None and page.has_more:
                self._read_list_end()
            with self._lock:
                scan.advance(page)
            limit_pages_after_read_start(scan, page, self._clock)
            if self._endpoint.abort.is_set():
                return
            self._split_longest()
        self._clock.start(self._endpoint.client.server_time)
        if scan.pages == 0 and scan.start:
            with self._lock:
                self._empty_from = min(self._empty_from or scan.start, scan.start)

    def _deliver(self, page: Page) -> None:
        self._clock.start(self._endpoint.client.server_time)
        self._clock.observe(page)
        self._enqueue(page)

    def _enqueue(self, item: Page | BaseException) -> None:
        """Queue a page for the reader, unless it has gone: a page read is a page delivered."""
        while not self._is_closed.is_set():
            try:
                self._queue.put(item, timeout=POLL_SECONDS)
                return
            except Full:
                continue

    def _read_list_end(self) -> None:
        """Read the end of the list: its newest time, and records without a time if listed last."""
        group = TimestampGroup(None, self._index, descending=True)
        for page in scan_group(self._endpoint, group):
            self._deliver(page)
        self._list_end = self._clock.newest
        if group.seen_ids:
            self.tail_groups.append(group)

    def _split_longest(self) -> None:
        """Cut the range with most left to read into parts, as many as there are calls to spare.

        Only a range with a page read is cut, so its density was seen rather than guessed; and into
        at most twice as many parts as pages were read, so that a few pages stay a few calls.
        """
        client = self._endpoint.client
        useful = min(client.concurrency, ceil((client.fastest_answer or 1) / LANDING_SECONDS))
        with self._lock:
            spare = useful - self._working
            parts = self._parts(spare) if spare > 0 and not self._endpoint.abort.is_set() else []
        for part in parts:
            self._start_worker(part)

    def _parts(self, most: int) -> list[RangeScan]:
        known_ends = (self._list_end, self._empty_from, self._clock.began_at)
        horizon = min((end for end in known_ends if end), default=None)
        scan = max(self.scans, key=lambda s: s.pages_left(horizon))
        count = min(
            int(scan.pages_left(horizon) / MIN_PAGES_PER_PART), most + 1, 2 * self._clock.pages
        )
        width = scan.time_left(horizon) / max(count, 1)
        if scan.position is None or count < 2 or width < SHORTEST_PART:
            return []
        borders = [(scan.position + width * n).replace(microsecond=0) for n in range(1, count)]
        parts = [RangeScan(start, end) for start, end in pairwise([*borders, scan.end])]
        scan.end = borders[0]
        return parts

    def _queued_pages(self) -> Iterator[Page]:
        """Yield what the workers read until none works; raise what one of them raised."""
        while True:
            if self._cancelled.is_set():
                raise KeyboardInterrupt
            with self._lock:
                all_done = self._working == 0
            try:
                item = self._queue.get(timeout=0.001 if all_done else POLL_SECONDS)
            except Empty:
                if all_done:
                    return
                continue
            if isinstance(item, BaseException):
                raise item
            self._index.mark_moved(item)
            yield item


def limit_pages_after_read_start(scan: RangeScan, page: Page, clock: ReadClock) -> None:
    """End a scan that only finds changes made during the read: they may outrun the reader."""
    if clock.is_after_read_start(page.first_time):
        scan.pages_after_read_start += 1
        if scan.pages_after_read_start >= MAX_PAGES_AFTER_READ_START:
            scan.end = page.first_time
