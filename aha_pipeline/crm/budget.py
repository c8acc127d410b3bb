"""API credits: what a call costs, and who is asked before one is spent.

Costs are those of Zoho's table "API limits" for v2; a query of later versions costs by its limit.
Whether an empty or refused answer is charged is not documented, so every attempt is counted.
"""

from threading import Lock, local
from typing import Protocol

LIST, DELETED, METADATA, COQL, COUNT, TIMELINE, EMAILS = 1, 2, 1, 1, 1, 1, 1
COQL_OF_2000_ROWS = 3


class Budget(Protocol):
    """Counts credits before they are spent. Thread-safe."""

    def consume(self, credits: int, *, essential: bool) -> str | None:
        """Spend credits and return None, or return one sentence that says when to try again.

        `essential` calls may use the reserve: they let a stopped read end cleanly.
        """

    def update(self, remaining: int) -> None:
        """Record the credits that Zoho says the whole organisation has left."""

    def release_unused(self) -> None:
        """Give back credits booked for calls that were not made."""

    @property
    def is_scarce(self) -> bool:
        """Whether so few credits are left that calls should go one at a time."""


class Unlimited:
    """Counts nothing and refuses nothing."""

    is_scarce = False

    def consume(self, credits: int, *, essential: bool) -> str | None:
        """Allow every call."""
        return None

    def update(self, remaining: int) -> None:
        """Do nothing."""

    def release_unused(self) -> None:
        """Do nothing: nothing was booked."""


class BudgetShare:
    """At most `allowed` credits of another budget.

    `spent` counts those of all threads, `spent_here` those of the calling thread.
    """

    def __init__(self, whole: Budget, allowed: int, refusal: str) -> None:
        self._whole, self._allowed, self._refusal = whole, allowed, refusal
        self.spent = 0
        self._here = local()
        self._lock = Lock()

    @property
    def spent_here(self) -> int:
        """The credits that this thread has spent."""
        return int(getattr(self._here, "spent", 0))

    @property
    def is_scarce(self) -> bool:
        """Whether the other budget is scarce."""
        return self._whole.is_scarce

    def consume(self, credits: int, *, essential: bool) -> str | None:
        """Spend credits and return None, or return why not; the share has no reserve."""
        with self._lock:
            if self.spent + credits > self._allowed:
                return self._refusal
            refusal = self._whole.consume(credits, essential=essential)
            if refusal is None:
                self.spent += credits
                self._here.spent = self.spent_here + credits
            return refusal

    def update(self, remaining: int) -> None:
        """Pass on what Zoho says is left."""
        self._whole.update(remaining)

    def release_unused(self) -> None:
        """Give back what the other budget has booked and not spent."""
        self._whole.release_unused()
