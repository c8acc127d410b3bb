"""Read one module: time split among workers, ties proven, deletions read last.

Time is split as it turns out to be full: whoever has read a page and knows of more cuts the largest
stretch that is left in half, as long as there is a call to spare. No page is read for nothing when
a day's changes fit on one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from queue import Empty, Full, Queue
from threading import Event, Lock, Thread

from aha_pipeline.crm.deleted import Deletion, read_deleted
from aha_pipeline.crm.errors import CreditsSpent
from aha_pipeline.crm.listing import Listing, Page
from aha_pipeline.crm.tie import Owners, Tie
from aha_pipeline.crm.walk import Stretch, measure, passes, walk

# Longer than Zoho has been seen to take to show a change, and than two clocks differ.
COMMIT_LAG = timedelta(minutes=5)
WORTH_SPLITTING_PAGES = 2.0
QUEUE_PAGES = 10
LATE_PAGES = 20
POLL_SECONDS = 0.1
Span = tuple[datetime | None, datetime | None]


@dataclass(eq=False)
class _Share:
    """A stretch that a worker reads, and how full it has turned out to be."""

    stretch: Stretch
    pages_a_second: float = 0.0
    pages: int = 0
    began: datetime | None = None
    position: datetime | None = None
    late_pages: int = 0

    def advance(self, page: Page) -> None:
        """Take note of a page that was read."""
        self.pages += 1
        self.began = self.began or self.stretch.start or page.first_time
        self.position = page.last_time or self.position
        if self.began and self.position and self.position > self.began:
            self.pages_a_second = self.pages / (self.position - self.began).total_seconds()

    def left(self, horizon: datetime | None) -> timedelta:
        """Return how much time is still to be read, as far as is known."""
        ends = [end for end in (self.stretch.end, horizon) if end is not None]
        if self.position is None or not ends or self.stretch.is_done:
            return timedelta()
        return max(min(ends) - self.position, timedelta())


@dataclass(eq=False)
class Reading:
    """One read of what was modified in [since, until); `since` None is from the beginning.

    `skip` are spans that an earlier read has done; `cancelled` ends it. After `pages` has ended:
    `deletions` are those since `since`; `read_until` is Zoho's clock when the reading began;
    `stopped` says why it ended early, if it did, and `covered` what it had read by then.
    """

    listing: Listing
    since: datetime | None
    until: datetime | None
    skip: Sequence[Span] = ()
    cancelled: Event = field(default_factory=Event)
    deletions: list[Deletion] = field(default_factory=list)
    read_until: datetime | None = None
    stopped: str | None = None
    _owners: Owners = field(default_factory=Owners)
    _shares: list[_Share] = field(default_factory=list)
    _ends: list[Tie] = field(default_factory=list)
    _newest: datetime | None = None
    _working: int = 0
    _lock: Lock = field(default_factory=Lock)
    _queue: Queue = field(default_factory=lambda: Queue(QUEUE_PAGES))

    def __post_init__(self) -> None:
        """Take a listing of its own, whose waiting ends with this reading."""
        self.listing = replace(self.listing, over=Event())

    def pages(self) -> Iterator[Page]:
        """Yield every record of the time asked for, and later ones; overlapping, in no order.

        Raises ZohoError, but for CreditsSpent, which ends the reading early; and KeyboardInterrupt
        once it is cancelled.
        """
        try:
            for start, end in gaps((self.since, self.until), self.skip):
                self._begin(Stretch(start, end))
            yield from self._arriving()
        finally:
            self._over.set()
        yield from self._proven()

    @property
    def _over(self) -> Event:
        return self.listing.over

    @property
    def covered(self) -> list[Span]:
        """The spans in which every record was seen, up to what Zoho had surely shown by then."""
        settled, unproven = self._settled_time(), set(map(id, self._unproven()))
        spans = []
        for share in self._shares:
            stretch = share.stretch
            doubtful = [tie.anchor for tie in stretch.ties if id(tie) in unproven]
            end = stretch.end if stretch.is_done else stretch.read_to
            end = min((e for e in (end, settled, *doubtful) if e is not None), default=None)
            is_empty = end is None or (stretch.start is not None and stretch.start >= end)
            if not is_empty and None not in doubtful:
                spans.append((stretch.start, end))
        return spans

    def _begin(self, stretch: Stretch, pages_a_second: float = 0.0) -> None:
        """Read a stretch in a thread of its own, which nobody has to wait for."""
        share = _Share(stretch, pages_a_second, position=stretch.start)
        with self._lock:
            self._shares.append(share)
            self._working += 1
        Thread(target=self._work, args=(share,), daemon=True).start()

    def _work(self, share: _Share) -> None:
        try:
            for page in walk(self.listing, share.stretch, self._owners):
                self._note(page)
                self._hand_over(page)
                if share.pages == 0 and share.stretch.start is None and page.more:
                    self._read_the_other_end()
                with self._lock:
                    share.advance(page)
                self._bound(share, page)
                if self._over.is_set():
                    return
                self._share_out()
            self._note(None)
        except CreditsSpent as spent:
            self.stopped = str(spent)
            self._over.set()
        except BaseException as error:
            self._hand_over(error)
            self._over.set()
        finally:
            with self._lock:
                self._working -= 1

    def _bound(self, share: _Share, page: Page) -> None:
        """End a stretch that runs after changes made since the reading began.

        They are the next reading's; a CRM that changes faster than it is read has no end.
        """
        if self.read_until and page.first_time and page.first_time > self.read_until:
            share.late_pages += 1
            if share.late_pages >= LATE_PAGES:
                share.stretch.end = page.first_time

    def _note(self, page: Page | None) -> None:
        """Remember Zoho's clock at the first answer, and the newest time seen."""
        with self._lock:
            self.read_until = self.read_until or self.listing.client.server_time
            if page is not None and page.last_time:
                self._newest = max(self._newest or page.last_time, page.last_time)

    def _hand_over(self, item: Page | BaseException) -> None:
        """Give the reader a page; once the reading is over, nobody may be there to take it."""
        while not (self._over.is_set() and isinstance(item, Page)):
            try:
                self._queue.put(item, timeout=POLL_SECONDS)
                return
            except Full:
                if self._over.is_set():
                    return

    def _read_the_other_end(self) -> None:
        """Read the end of the list: its newest time, and records without a time, if last."""
        tie = Tie(None, self._owners, descending=True)
        for page in passes(self.listing, tie):
            self._note(page)
            self._hand_over(page)
        if tie.seen:
            self._ends.append(tie)

    def _share_out(self) -> None:
        """Cut what is left in halves, the largest first, while there are calls to spare."""
        while not self._over.is_set():
            with self._lock:
                half = self._halved() if self._working < self.listing.client.concurrency else None
            if half is None:
                return
            self._begin(*half)

    def _halved(self) -> tuple[Stretch, float] | None:
        horizon = max(filter(None, [self._newest, self.read_until]), default=None)
        share = max(self._shares, key=lambda s: s.left(horizon).total_seconds() * s.pages_a_second)
        left = share.left(horizon)
        if left.total_seconds() * share.pages_a_second < WORTH_SPLITTING_PAGES:
            return None
        middle = (share.position + left / 2).replace(microsecond=0)
        half = Stretch(middle, share.stretch.end)
        share.stretch.end = middle
        return half, share.pages_a_second

    def _arriving(self) -> Iterator[Page]:
        """Yield what the workers read until none works; raise what one of them met."""
        while True:
            if self.cancelled.is_set():
                raise KeyboardInterrupt
            with self._lock:
                is_last = self._working == 0
            try:
                item = self._queue.get(timeout=POLL_SECONDS if not is_last else 0.001)
            except Empty:
                if is_last:
                    return
                continue
            if isinstance(item, BaseException):
                raise item
            self._owners.note(item)
            yield item

    def _proven(self) -> Iterator[Page]:
        """Read ties again until each is proven, and the deletions.

        A tie is measured first and what has left it is read after that: only so is it a proof.
        """
        listing = replace(self.listing, essential=bool(self.stopped), over=Event())
        while True:
            yield from self._changed_since(listing)
            self.deletions = read_deleted(
                listing.client, listing.module, self.since, essential=listing.essential
            )
            for deletion in self.deletions:
                self._owners.note_gone(deletion.id)
            unproven = self._unproven()
            if not unproven or self.stopped:
                return
            for tie in unproven:
                if tie.length is not None and not tie.is_measured_alone:
                    measure(listing, tie)
                    tie.is_measured_alone = True
                else:
                    yield from passes(listing, tie)
                    tie.is_measured_alone = False

    def _changed_since(self, listing: Listing) -> Iterator[Page]:
        """Yield what changed while this was read.

        Who has left a tie is there, and who has moved from a stretch before it was read to one that
        was read already.
        """
        ties = self._ties()
        if not ties and len(self._shares) < 2:
            return
        settled = self._settled_time()
        times = [tie.last + timedelta(seconds=1) for tie in ties if tie.last]
        start = max([*times, *([settled] if settled else [])], default=None)
        if start is None:
            return
        tail = _Share(Stretch(start, None))
        for page in walk(listing, tail.stretch, self._owners):
            self._owners.note(page)
            self._bound(tail, page)
            yield page
        if tail.stretch.ties:
            self._shares.append(tail)

    def _settled_time(self) -> datetime | None:
        """Return until when Zoho had surely shown every change when the reading began."""
        began = self.read_until or self._newest
        return began and began - COMMIT_LAG

    def _ties(self) -> list[Tie]:
        return [tie for share in self._shares for tie in share.stretch.ties] + self._ends

    def _unproven(self) -> list[Tie]:
        """Return the ties that are neither settled nor counted for sure, newest first.

        A recent tie that is not may hide what has left an older one, and then none older counts as
        sure. Ties of later than the reading began are the next reading's.
        """
        timed = sorted((t for t in self._ties() if t.last), key=lambda t: t.last, reverse=True)
        timeless = [t for t in self._ties() if not t.last]
        settled, unproven = self._settled_time(), []
        hidden = False
        for tie in (*timed, *timeless):
            if not tie.is_settled and (hidden or not tie.is_counted):
                hidden = hidden or settled is None or (tie.last is not None and tie.last >= settled)
                unproven.append(tie)
        return [
            t for t in unproven if not (t.last and self.read_until and t.last > self.read_until)
        ]


def gaps(span: Span, done: Sequence[Span]) -> list[Span]:
    """Return what is left of a span without those that are done; None is without limit."""
    (start, end), left = span, []
    for first, last in sorted(done, key=lambda s: s[0].timestamp() if s[0] else float("-inf")):
        if last is None or (start is not None and last <= start):
            continue
        if end is not None and first is not None and first >= end:
            break
        if first is not None and (start is None or first > start):
            left.append((start, first))
        start = last
    if start is None or end is None or start < end:
        left.append((start, end))
    return left
