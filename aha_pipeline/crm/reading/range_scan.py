"""The progress of one worker through one range of time."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from aha_pipeline.crm.reading.timestamp_group import TimestampGroup
from aha_pipeline.crm.records_endpoint import Page


@dataclass(eq=False)
class RangeScan:
    """A range of time that one worker reads, and how far it is.

    Every record modified before `read_to` was seen, except in the `groups` not verified yet. `end`
    (exclusive, None is unbounded) may move to an earlier time while the scan runs: the rest then
    belongs to another worker. `position` is the newest time on the last page and
    `span_seconds_per_page` how much Modified_Time a page spans. `pages_after_read_start` counts the
    pages of changes that were all made during the read.
    """

    start: datetime | None
    end: datetime | None
    read_to: datetime | None = None
    is_done: bool = False
    groups: list[TimestampGroup] = field(default_factory=list)
    position: datetime | None = None
    span_seconds_per_page: float | None = None
    pages: int = 0
    pages_after_read_start: int = 0

    def __post_init__(self) -> None:
        self.position = self.start

    def is_past_end(self, time: datetime | None) -> bool:
        """Whether a time is past the end."""
        return self.end is not None and time is not None and time >= self.end

    def advance(self, page: Page) -> None:
        """Update position and density; the newest page weighs as much as all before it."""
        self.pages += 1
        before, last = self.position or page.first_time, page.last_time
        self.position = max(before, last) if before and last else before or last
        if before is None or self.position is None or self.position == before:
            return
        seconds = (self.position - before).total_seconds()
        known = self.span_seconds_per_page
        self.span_seconds_per_page = seconds if known is None else (known + seconds) / 2

    def time_left(self, horizon: datetime | None) -> timedelta:
        """Return the time still to be read, up to the `horizon` beyond which nothing is known."""
        ends = [end for end in (self.end, horizon) if end is not None]
        if self.position is None or not ends or self.is_done:
            return timedelta()
        return max(min(ends) - self.position, timedelta())

    def pages_left(self, horizon: datetime | None) -> float:
        """Return an estimate of the pages left; 0 until the first page has shown the density."""
        if self.span_seconds_per_page is None:
            return 0.0
        return self.time_left(horizon).total_seconds() / self.span_seconds_per_page
