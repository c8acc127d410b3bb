"""Records that share one Modified_Time and fill more than a page: the only place with page numbers.

Within such a second the list promises no order, may order differently on each call, and shifts when
a record leaves the second (an edit moves it to the end of the list, a deletion removes it). So a
group counts as read only once it is verified: the length of the list, known from where the next
second begins, equals the number of records seen in the group that have not left it since.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from aha_pipeline.crm.records_endpoint import Page

ONE_SECOND = timedelta(seconds=1)
# If constant edits make verification impossible, accept this many consecutive passes with no new
# record. With five pages in random order, one pass misses one record in three.
STABLE_PASSES = 10


class MembershipIndex(dict[str, list["TimestampGroup"]]):
    """The groups in which each record id was seen."""

    def mark_moved(self, page: Page) -> None:
        """Mark records that the page shows at another time as departed from their groups."""
        if self:
            for id_, time in page.keys:
                for group in self.get(id_, ()):
                    if not group.contains(time):
                        group.departed_ids.add(id_)

    def mark_deleted(self, id_: str) -> None:
        """Mark a deleted record as departed from its groups."""
        for group in self.get(id_, ()):
            group.departed_ids.add(id_)


@dataclass(eq=False)
class TimestampGroup:
    """The records that a list shows up to the second `second`, which follows its `cursor`.

    `cursor` None is the start of the whole list; the group then holds the records without a time.
    `seen_ids` were on its pages; `departed_ids` are those of them that have another time by now or
    are deleted. `listed_length` is how many records the list held when it was last measured, None
    if unknown. `verified_by_id` is set once its records were asked for by id, which leaves none
    unseen.
    """

    cursor: datetime | None
    index: MembershipIndex
    descending: bool = False
    seen_ids: set[str] = field(default_factory=set)
    departed_ids: set[str] = field(default_factory=set)
    listed_length: int | None = None
    is_just_measured: bool = False
    stable_passes: int = 0
    verified_by_id: bool = False

    @property
    def second(self) -> datetime | None:
        """The Modified_Time that the records share."""
        return self.cursor and self.cursor + ONE_SECOND

    def add(self, page: Page) -> int:
        """Record which of the page's records are in this group; return how many."""
        ids = [id_ for id_, time in page.keys if self.contains(time)]
        for id_ in set(ids) - self.seen_ids:
            self.index.setdefault(id_, []).append(self)
        self.seen_ids.update(ids)
        return len(ids)

    def contains(self, time: datetime | None) -> bool:
        """Whether a record with this Modified_Time belongs to the group."""
        return time is None or (self.second is not None and time <= self.second)

    def ends_on(self, page: Page) -> bool:
        """Whether the page reaches past the group, or is the last of the list."""
        return not page.has_more or any(not self.contains(time) for _, time in page.keys)

    @property
    def is_verified(self) -> bool:
        """Whether nothing is left to do: verified by id, or stable for enough passes."""
        return self.verified_by_id or self.stable_passes >= STABLE_PASSES

    @property
    def is_count_right(self) -> bool:
        """Whether as many records were seen and are still there as the list held.

        Then none is unseen, provided `departed_ids` was updated after `listed_length` was measured.
        """
        if self.listed_length is None:
            return False
        return len(self.seen_ids - self.departed_ids) >= self.listed_length
