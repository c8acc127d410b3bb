"""Records that share one second and fill more than a page: the one place where pages are counted.

Inside such a second the order is not promised, may differ from call to call, and shifts when a
record leaves it (an edit moves it to the end of the list, a deletion takes it out). So it counts as
read only when it is proven: the list's own length, known from where the next second begins, equals
the number of records seen in it that have not left since.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from aha_pipeline.crm.listing import Page

ONE_SECOND = timedelta(seconds=1)
# Where proof cannot be had because records leave without pause, so many passes in a row without
# anything new are taken for it: of five pages in random order one pass misses a record in three.
FRUITLESS_PASSES = 10


class Owners(dict[str, list["Tie"]]):
    """The ties in which each record was seen."""

    def note(self, page: Page) -> None:
        """Take out of their ties the records that a page shows at another time."""
        if self:
            for id_, time in page.keys:
                for tie in self.get(id_, ()):
                    if not tie.holds(time):
                        tie.left.add(id_)

    def note_gone(self, id_: str) -> None:
        """Take a deleted record out of its ties."""
        for tie in self.get(id_, ()):
            tie.left.add(id_)


@dataclass(eq=False)
class Tie:
    """The records that a list shows up to the second `last`, which its `anchor` comes before.

    `anchor` None is the start of the whole list, and the tie then the records without a time.
    `seen` were on its pages, `left` are those of them that have another time now, or are deleted;
    `length` is how many the list held when it was measured, None where that could not be told.
    `is_certain` is set once its records were asked for by id, and none can be unseen.
    """

    anchor: datetime | None
    owners: Owners
    descending: bool = False
    seen: set[str] = field(default_factory=set)
    left: set[str] = field(default_factory=set)
    length: int | None = None
    is_measured_alone: bool = False
    fruitless: int = 0
    is_certain: bool = False

    @property
    def last(self) -> datetime | None:
        """The second that the records share."""
        return self.anchor and self.anchor + ONE_SECOND

    def take(self, page: Page) -> int:
        """Remember the page's records of this tie and return how many these are."""
        ids = [id_ for id_, time in page.keys if self.holds(time)]
        for id_ in set(ids) - self.seen:
            self.owners.setdefault(id_, []).append(self)
        self.seen.update(ids)
        return len(ids)

    def holds(self, time: datetime | None) -> bool:
        """Whether a record with this Modified_Time stands in the tie."""
        return time is None or (self.last is not None and time <= self.last)

    def is_left_by(self, page: Page) -> bool:
        """Whether the page reaches past the tie, or is the last of the list."""
        return not page.more or any(not self.holds(time) for _, time in page.keys)

    @property
    def is_settled(self) -> bool:
        """Whether nothing is left to do for it: proven by id, or passed in vain often enough."""
        return self.is_certain or self.fruitless >= FRUITLESS_PASSES

    @property
    def is_counted(self) -> bool:
        """Whether as many were seen that are still there as the list held.

        None can be unseen then, if `left` was brought up to date after `length` was measured.
        """
        return self.length is not None and len(self.seen - self.left) >= self.length
