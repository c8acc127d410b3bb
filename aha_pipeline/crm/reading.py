"""Read one module: time split among workers, ties proven, deletions read last.

Time is split as it turns out to be full: whoever has read a page and knows of more cuts what is
left into parts, as long as there are calls to spare. No page is read for nothing when a day's
changes fit on one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from queue import Empty, Full, Queue
from threading import Event, Lock, Thread

from aha_pipeline.crm.deleted import Deletion, read_deleted
from aha_pipeline.crm.errors import CreditsSpent
from aha_pipeline.crm.listing import Listing, Page
from aha_pipeline.crm.tie import ONE_SECOND, Owners, Tie
from aha_pipeline.crm.walk import Stretch, again, passes, walk

# Longer than Zoho has been seen to take to show a change, and than two clocks differ.
COMMIT_LAG = timedelta(minutes=5)
PAGES_A_PART = 2.5  # fewer are not worth the call that finds where a part begins
SHORTEST_PART = timedelta(seconds=3)
QUEUE_PAGES = 10
LATE_PAGES = 20
ROUNDS = 2  # a list that is not at rest by then changes faster than it is read
POLL_SECONDS = 0.1
Span = tuple[datetime | None, datetime | None]


@dataclass(eq=False)
class _Share:
    """A stretch that a worker reads: how far it is, and how much time its pages have held."""

    stretch: Stretch
    position: datetime | None = None
    seconds_a_page: float | None = None
    late_pages: int = 0
    pages: int = 0

    def advance(self, page: Page) -> None:
        """Take note of a page that was read; the newest page counts as much as all before it."""
        self.pages += 1
        before, self.position = self.position or page.first_time, page.last_time or self.position
        if before is None or self.position is None or self.position <= before:
            return
        seconds = (self.position - before).total_seconds()
        known = self.seconds_a_page
        self.seconds_a_page = seconds if known is None else (known + seconds) / 2

    def time_left(self, horizon: datetime | None) -> timedelta:
        """Return how much time is still to be read, as far as is known."""
        ends = [end for end in (self.stretch.end, horizon) if end is not None]
        if self.position is None or not ends or self.stretch.is_done:
            return timedelta()
        return max(min(ends) - self.position, timedelta())

    def pages_left(self, horizon: datetime | None) -> float:
        """Return how many pages that may be; none before the first has shown how full they are."""
        if self.seconds_a_page is None:
            return 0.0
        return self.time_left(horizon).total_seconds() / self.seconds_a_page


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
    _last: datetime | None = None
    _empty_from: datetime | None = None
    _is_blind: bool = False  # something may have left a tie for a time that was not caught up on
    _pages: int = 0
    _working: int = 0
    _lock: Lock = field(default_factory=Lock)
    _queue: Queue = field(default_factory=lambda: Queue(QUEUE_PAGES))

    def __post_init__(self) -> None:
        """Take a listing of its own, whose waiting ends with this reading."""
        self.listing = replace(self.listing, over=Event())
        # Of the last answer before the first page: one page may be many calls, minutes apart.
        self.read_until = self.listing.client.server_time

    def pages(self) -> Iterator[Page]:
        """Yield every record of the time asked for, and later ones; overlapping, in no order.

        Raises ZohoError, but for CreditsSpent, which ends the reading early; and KeyboardInterrupt
        once it is cancelled.
        """
        for page in self._read():
            if self.cancelled.is_set():
                raise KeyboardInterrupt
            yield page

    def _read(self) -> Iterator[Page]:
        try:
            for start, end in gaps((self.since, self.until), self.skip):
                self._begin(Stretch(start, end))
            yield from self._arriving()
        finally:
            self._over.set()
        listing = replace(self.listing, over=Event())
        if not self.stopped:
            try:
                yield from self._proven(listing)
            except CreditsSpent as spent:
                self.stopped = str(spent)
        if self.stopped:
            try:
                yield from self._caught_up(replace(listing, essential=True))
            except CreditsSpent:
                self._is_blind = True  # and the next read finds the deletions

    @property
    def _over(self) -> Event:
        return self.listing.over

    @property
    def covered(self) -> list[Span]:
        """The spans in which every record was seen, up to what Zoho had surely shown by then."""
        settled, unproven = self._settled_time(), set(map(id, self._unproven()))
        spans = []
        for stretch in (share.stretch for share in self._shares):
            if not stretch.is_done and stretch.read_to is None:
                continue  # not a page of it is behind the reader
            ties = [*stretch.ties, *(self._ends if stretch.start is None else ())]
            doubtful = [tie.anchor for tie in ties if id(tie) in unproven]
            end = stretch.end if stretch.is_done else stretch.read_to
            end = min((e for e in (end, settled, *doubtful) if e is not None), default=None)
            is_empty = end is None or (stretch.start is not None and stretch.start >= end)
            if not is_empty and None not in doubtful:
                spans.append((stretch.start, end))
        return spans

    def _begin(self, stretch: Stretch) -> None:
        """Read a stretch in a thread of its own, which nobody has to wait for."""
        share = _Share(stretch, stretch.start)
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
            if share.pages == 0 and share.stretch.start:
                with self._lock:
                    starts = filter(None, [self._empty_from, share.stretch.start])
                    self._empty_from = min(starts)
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
        """End a stretch that runs after late changes: one can be made faster than it is read."""
        if self._is_late(page.first_time):
            share.late_pages += 1
            if share.late_pages >= LATE_PAGES:
                share.stretch.end = page.first_time

    def _is_late(self, time: datetime | None) -> bool:
        """Whether a time is later than the reading began: what changed then is the next one's."""
        return None not in (time, self.read_until) and time > self.read_until

    def _note(self, page: Page | None) -> None:
        """Remember Zoho's clock at the first answer, and the newest time seen."""
        with self._lock:
            self.read_until = self.read_until or self.listing.client.server_time
            self._pages += page is not None
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
        self._last = self._newest
        if tie.seen:
            self._ends.append(tie)

    def _share_out(self) -> None:
        """Cut the stretch with most left to read into parts, as many as there are calls to spare.

        Only one that has read a page of its own is cut, so how full it is was seen and not guessed;
        and into no more parts than there were pages, twice, so that a few pages stay a few calls.
        """
        with self._lock:
            spare = self.listing.client.concurrency - self._working
            parts = self._parts(spare) if spare > 0 and not self._over.is_set() else []
        for part in parts:
            self._begin(part)

    def _parts(self, most: int) -> list[Stretch]:
        horizon = min(filter(None, [self._last, self._empty_from, self.read_until]), default=None)
        share = max(self._shares, key=lambda s: s.pages_left(horizon))
        count = min(int(share.pages_left(horizon) / PAGES_A_PART), most + 1, 2 * self._pages)
        width = share.time_left(horizon) / max(count, 1)
        if count < 2 or width < SHORTEST_PART:
            return []
        borders = [(share.position + width * n).replace(microsecond=0) for n in range(1, count)]
        parts = [Stretch(*span) for span in pairwise([*borders, share.stretch.end])]
        share.stretch.end = borders[0]
        return parts

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

    def _proven(self, listing: Listing) -> Iterator[Page]:
        """Read ties again until each older than the reading is proven, and the deletions.

        A tie is measured first and what has left it is read after that: only so is it a proof.
        """
        yield from self._caught_up(listing)
        for _ in range(ROUNDS):
            unproven = self._unproven()
            if not unproven:
                return
            for tie in unproven:
                yield from again(listing, tie)
            yield from self._caught_up(listing)
        for tie in self._unproven():
            if not self._is_late(tie.last):
                yield from self._proven_alone(listing, tie)

    def _proven_alone(self, listing: Listing, tie: Tie) -> Iterator[Page]:
        """Prove a tie by asking for each of its records, also where no list comes to rest."""
        while not tie.is_settled:
            yield from again(listing, tie)
            asked, shown = tie.seen - tie.left, set[str]()
            for page in listing.by_ids(sorted(asked)):
                self._owners.note(page)
                shown.update(id_ for id_, _ in page.keys)
                yield page
            for id_ in asked - shown:
                self._owners.note_gone(id_)
            tie.is_certain = tie.is_counted

    def _caught_up(self, listing: Listing) -> Iterator[Page]:
        """Yield what changed while this was read, and read the deletions."""
        yield from self._changed_since(listing)
        self.deletions = read_deleted(
            listing.client, listing.module, self.since, essential=listing.essential
        )
        for deletion in self.deletions:
            self._owners.note_gone(deletion.id)

    def _changed_since(self, listing: Listing) -> Iterator[Page]:
        """Yield what changed while this was read.

        Who has left a tie is there, and who has moved from a stretch before it was read to one that
        was read already.
        """
        ties = self._ties()
        if not ties and len(self._shares) < 2:
            return
        settled = self._settled_time()
        times = [tie.last + ONE_SECOND for tie in ties if tie.last]
        start = max([*times, *([settled] if settled else [])], default=None)
        if start is None:
            return
        tail = _Share(Stretch(start, None))
        for page in walk(listing, tail.stretch, self._owners):
            self._owners.note(page)
            self._bound(tail, page)
            yield page
        # What shows itself late may have left a tie for the time between `settled` and the start.
        starts_late = settled is not None and start > settled
        self._is_blind = starts_late or tail.late_pages >= LATE_PAGES
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
        sure; nor does any where not all changes were caught up on.
        """
        timed = sorted((t for t in self._ties() if t.last), key=lambda t: t.last, reverse=True)
        timeless = [t for t in self._ties() if not t.last]
        settled, unproven = self._settled_time(), []
        hidden = self._is_blind
        for tie in (*timed, *timeless):
            if not tie.is_settled and (hidden or not tie.is_counted):
                hidden = hidden or settled is None or (tie.last is not None and tie.last >= settled)
                unproven.append(tie)
        return unproven


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
