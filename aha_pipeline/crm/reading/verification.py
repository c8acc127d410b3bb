"""Verify that every group of records with one timestamp was read whole.

A group is measured first, and what has left it is read after that: only in this order does a
matching count prove that no record is unseen.
"""

from collections.abc import Iterator
from datetime import datetime

from aha_pipeline.crm.deletions import Deletion, read_deletions
from aha_pipeline.crm.reading.clock import ReadClock
from aha_pipeline.crm.reading.group_scan import verify_once
from aha_pipeline.crm.reading.paging import iterate_pages
from aha_pipeline.crm.reading.range_scan import RangeScan
from aha_pipeline.crm.reading.scheduler import (
    MAX_PAGES_AFTER_READ_START,
    limit_pages_after_read_start,
)
from aha_pipeline.crm.reading.time_range import TimeRange
from aha_pipeline.crm.reading.timestamp_group import ONE_SECOND, MembershipIndex, TimestampGroup
from aha_pipeline.crm.records_endpoint import Page, RecordsEndpoint

ROUNDS = 2  # a list that has not settled by then changes faster than it is read


class GroupVerifier:
    """Catches up on what changed during a read, and verifies the groups of its `scans`.

    `tail_groups` are records without a time at the end of the list. `deletions` are those since
    `since`. `has_unread_tail` says that changes made during the read were not all read: then no
    group may be verified by counting.
    """

    def __init__(
        self,
        clock: ReadClock,
        index: MembershipIndex,
        scans: list[RangeScan],
        tail_groups: list[TimestampGroup],
        since: datetime | None,
    ) -> None:
        self.deletions: list[Deletion] = []
        self.has_unread_tail = False
        self._clock, self._index = clock, index
        self._scans, self._tail_groups = scans, tail_groups
        self._since = since

    def verify(self, endpoint: RecordsEndpoint) -> Iterator[Page]:
        """Re-read groups until each older than the read is verified; read the deletions too.

        Raises ZohoError.
        """
        yield from self.read_since_start(endpoint)
        for _ in range(ROUNDS):
            unverified = self._unverified()
            if not unverified:
                return
            for group in unverified:
                yield from verify_once(endpoint, group)
            yield from self.read_since_start(endpoint)
        for group in self._unverified():
            if not self._clock.is_after_read_start(group.second):
                yield from self._verify_by_id(endpoint, group)

    def read_since_start(self, endpoint: RecordsEndpoint) -> Iterator[Page]:
        """Yield what changed during the read, and read the deletions. Raises ZohoError."""
        yield from self._changes_since_start(endpoint)
        self.deletions = read_deletions(
            endpoint.client, endpoint.module, self._since, essential=endpoint.essential
        )
        for deletion in self.deletions:
            self._index.mark_deleted(deletion.id)

    def verified_ranges(self) -> list[TimeRange]:
        """Return the ranges in which every record was seen, up to what Zoho had settled by then."""
        unverified = set(map(id, self._unverified()))
        ranges = (self._verified_part(scan, unverified) for scan in self._scans)
        return [time_range for time_range in ranges if time_range]

    def _verified_part(self, scan: RangeScan, unverified: set[int]) -> TimeRange | None:
        if not scan.is_done and scan.read_to is None:
            return None  # not even its first page was read
        groups = [*scan.groups, *(self._tail_groups if scan.start is None else ())]
        open_cursors = [group.cursor for group in groups if id(group) in unverified]
        end = scan.end if scan.is_done else scan.read_to
        limits = (end, self._clock.settled_time, *open_cursors)
        end = min((limit for limit in limits if limit is not None), default=None)
        is_empty = end is None or (scan.start is not None and scan.start >= end)
        return None if is_empty or None in open_cursors else TimeRange(scan.start, end)

    def _verify_by_id(self, endpoint: RecordsEndpoint, group: TimestampGroup) -> Iterator[Page]:
        """Verify a group by asking for each of its records: works even if no list ever settles."""
        while not group.is_verified:
            yield from verify_once(endpoint, group)
            asked, shown = group.seen_ids - group.departed_ids, set[str]()
            for page in endpoint.fetch_by_ids(sorted(asked)):
                self._index.mark_moved(page)
                shown.update(id_ for id_, _ in page.keys)
                yield page
            for id_ in asked - shown:
                self._index.mark_deleted(id_)
            group.verified_by_id = group.is_count_right

    def _changes_since_start(self, endpoint: RecordsEndpoint) -> Iterator[Page]:
        """Yield what changed during the read.

        A record that has left a group shows up there; so does one that moved from a range not yet
        read into one that was read already.
        """
        groups = self._groups()
        if not groups and len(self._scans) < 2:
            return
        settled = self._clock.settled_time
        times = [group.second + ONE_SECOND for group in groups if group.second]
        start = max([*times, *([settled] if settled else [])], default=None)
        if start is None:
            return
        scan = RangeScan(start, None)
        for page in iterate_pages(endpoint, scan, self._index):
            self._index.mark_moved(page)
            limit_pages_after_read_start(scan, page, self._clock)
            yield page
        # A change that Zoho shows late may have left a group between `settled` and `start`.
        starts_late = settled is not None and start > settled
        self.has_unread_tail = (
            starts_late or scan.pages_after_read_start >= MAX_PAGES_AFTER_READ_START
        )
        if scan.groups:
            self._scans.append(scan)

    def _groups(self) -> list[TimestampGroup]:
        return [group for scan in self._scans for group in scan.groups] + self._tail_groups

    def _unverified(self) -> list[TimestampGroup]:
        """Return the groups that are neither verified nor known by count to be whole, newest first.

        An unverified recent group can hide records that left an older one, so nothing older may be
        treated as verified by its count; nor may any group if not all changes were read.
        """
        settled, unverified = self._clock.settled_time, list[TimestampGroup]()
        is_hidden = self.has_unread_tail
        for group in _newest_first(self._groups()):
            if not group.is_verified and (is_hidden or not group.is_count_right):
                second = group.second
                is_recent = settled is None or (second is not None and second >= settled)
                is_hidden = is_hidden or is_recent
                unverified.append(group)
        return unverified


def _newest_first(groups: list[TimestampGroup]) -> list[TimestampGroup]:
    """Return the groups from newest to oldest, those without a time last."""
    return sorted(groups, key=lambda g: g.second.timestamp() if g.second else 0.0, reverse=True)
