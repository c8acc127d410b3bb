"""What one read knows of time: Zoho's clock when it began, and how far Zoho's list is complete."""

from datetime import datetime, timedelta
from threading import Lock

from aha_pipeline.crm.records_endpoint import Page

# Longer than Zoho has been seen to take to show a change, and than two clocks differ.
COMMIT_LAG = timedelta(minutes=5)


class ReadClock:
    """Zoho's clock as one read saw it. Thread-safe.

    `began_at` is Zoho's time before the first page, `newest` the newest Modified_Time seen.
    """

    def __init__(self, began_at: datetime | None) -> None:
        self.began_at = began_at
        self.newest: datetime | None = None
        self.pages = 0
        self._lock = Lock()

    def start(self, server_time: datetime | None) -> None:
        """Set when the read began, unless it is known."""
        with self._lock:
            self.began_at = self.began_at or server_time

    def observe(self, page: Page) -> None:
        """Count a page and remember the newest time seen."""
        with self._lock:
            self.pages += 1
            if page.last_time:
                self.newest = max(self.newest or page.last_time, page.last_time)

    @property
    def settled_time(self) -> datetime | None:
        """The time up to which Zoho showed every change when the read began."""
        began_at = self.began_at or self.newest
        return began_at and began_at - COMMIT_LAG

    def is_after_read_start(self, time: datetime | None) -> bool:
        """Whether a time is after the read began: what changed then belongs to the next read."""
        return time is not None and self.began_at is not None and time > self.began_at
