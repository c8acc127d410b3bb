"""Walk a module's list in order of Modified_Time, by key and not by page number.

Page numbers lose records: an edit or delete behind the reader pulls every later record one place
forward, past the border it is about to cross. So each request asks for page 1 of what changed since
the last time seen, less one second (right whether Zoho's filter is strict or inclusive: it does not
say). Pages are counted only inside a second that more than a page shares, see `tie`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from aha_pipeline.crm import coql
from aha_pipeline.crm.errors import CapReached, ZohoRefused
from aha_pipeline.crm.listing import Key, Listing, Page
from aha_pipeline.crm.tie import ONE_SECOND, Owners, Tie

BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(eq=False)
class Stretch:
    """Time from `start` to `end` (exclusive; None is without limit) that one walk reads.

    Each record modified before `read_to` was seen, but for the `ties` that are not proven yet.
    `end` may be set to an earlier time while the walk goes on.
    """

    start: datetime | None
    end: datetime | None
    read_to: datetime | None = None
    is_done: bool = False
    ties: list[Tie] = field(default_factory=list)

    def is_past(self, time: datetime | None) -> bool:
        """Whether a time lies behind the end."""
        return self.end is not None and time is not None and time >= self.end


def walk(listing: Listing, stretch: Stretch, owners: Owners) -> Iterator[Page]:
    """Yield pages until each record modified in the stretch was on one of them.

    Pages overlap, and the last one reaches past the end. Without a start, records that have no
    Modified_Time and are listed first are included. Which records share a second that a page does
    not hold is kept in `stretch.ties`, to be proven. Raises ZohoError.
    """
    anchor, seen = stretch.start and stretch.start - ONE_SECOND, set[Key]()
    stretch.read_to = stretch.start
    while not stretch.is_done:
        page = listing.page(anchor)
        if page is None:
            break
        if stretch.is_past(page.first_time):
            if stretch.start is None:
                yield page  # it may hold records without a time
            break
        is_one_second = len({time for _, time in page.keys}) == 1 and page.last_time is not None
        if page.more and is_one_second and not listing.uses_tokens:
            # Nothing lies before it: the page is the first of a tie. (A token would not fit.)
            anchor = max(filter(None, [anchor, page.last_time - ONE_SECOND]))
        if page.more and not _advances(page, anchor):
            tie = Tie(anchor, owners)
            stretch.ties.append(tie)
            yield from passes(listing, tie, page)
            # Not from the page that left the tie: it may have slipped over what follows the tie.
            anchor, stretch.read_to = _behind(listing, tie), tie.last and tie.last + ONE_SECOND
            stretch.is_done = stretch.is_past(stretch.read_to)
            continue
        if not seen.issuperset(page.keys):
            yield page
        last = page.last_time
        stretch.is_done = not page.more or stretch.is_past(last)
        if not stretch.is_done:
            anchor, stretch.read_to = last - ONE_SECOND, last
            seen = {key for key in page.keys if key[1] and key[1] >= anchor}
    stretch.is_done = True


def passes(listing: Listing, tie: Tie, first: Page | None = None) -> Iterator[Page]:
    """Yield the pages of one pass over a tie, up to the one that leaves it, and measure it.

    Where the list goes no further, the rest is asked for by id. Raises ZohoError.
    """
    known, rows, is_full, number = len(tie.seen), 0, True, 1
    page = first or listing.page(tie.anchor, descending=tie.descending)
    while page is not None:
        rows += tie.take(page)
        yield page
        if tie.is_left_by(page):
            break
        is_full = is_full and len(page.keys) == listing.client.per_page
        number += 1
        token = page.token if listing.uses_tokens else None
        try:
            page = listing.page(tie.anchor, number, token=token, descending=tie.descending)
        except CapReached:
            yield from _by_id(listing, tie)
            return
    # Behind a page that was not full, a place in the list cannot be told from a page's number.
    tie.length = rows if is_full else None
    tie.fruitless = tie.fruitless + 1 if len(tie.seen) == known else 0


def again(listing: Listing, tie: Tie) -> Iterator[Page]:
    """Do what is due to prove a tie: measure it alone, or pass over it. Raises ZohoError."""
    if tie.length is not None and not tie.is_measured_alone:
        _measure(listing, tie)
        tie.is_measured_alone = True
    else:
        yield from passes(listing, tie)
        tie.is_measured_alone = False


def _measure(listing: Listing, tie: Tie) -> None:
    """Set the length of a tie as it is now, by the page on which the next second begins.

    Takes a call or two. The length is never set too low: records leave a second, none join it.
    Raises ZohoError.
    """
    number = max(-(-len(tie.seen) // listing.client.per_page), 1)
    tie.length, asked = None, set[int]()
    while number not in asked:
        asked.add(number)
        try:
            page = listing.page(tie.anchor, number, descending=tie.descending)
        except CapReached:
            return
        rows = sum(tie.holds(time) for _, time in page.keys) if page else 0
        length = (number - 1) * listing.client.per_page + rows
        if page and rows and not tie.is_left_by(page):
            number += 1
        elif rows == 0 and number > 1:
            number -= 1
        else:
            break
    tie.length = length


def _by_id(listing: Listing, tie: Tie) -> Iterator[Page]:
    """Yield the records of a tie that the list does not reach, found by key. Raises ZohoError."""
    listed = set(tie.seen)
    both = 2 * ONE_SECOND  # the anchor's own second, and the one after it
    found = set(coql.ids_between(listing.client, listing.module, tie.anchor, both))
    yield from listing.by_ids(sorted(found - listed))
    for page in listing.by_ids(sorted(listed - found)):
        yield page
        if any(tie.holds(time) for _, time in page.keys):
            raise ZohoRefused(
                f"{listing.module} has more records in one second ({tie.last}) than Zoho lists, "
                "and a query by id leaves some of them out: read this module with "
                "ZOHO_API_VERSION=v8, whose lists go further."
            )
    tie.is_certain = True


def _behind(listing: Listing, tie: Tie) -> datetime:
    """Return the anchor from which the list shows all that comes after a tie, and not the tie.

    A filter that shows the records of its own second would show the tie again; one that does not
    would pass over the next second. Once it was seen to show them, it is known for the reading.
    """
    if tie.last is None:
        return BEFORE_ALL
    if not listing.is_since_inclusive.is_set():
        page = listing.page(tie.last)
        if page is None or all(time != tie.last for _, time in page.keys):
            return tie.last
        listing.is_since_inclusive.set()
    return tie.last + ONE_SECOND


def _advances(page: Page, anchor: datetime | None) -> bool:
    """Whether the next anchor is a later one."""
    last = page.last_time
    return last is not None and (anchor is None or last - ONE_SECOND > anchor)
