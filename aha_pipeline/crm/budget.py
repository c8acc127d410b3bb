"""API credits: what a call costs, and who is asked before one is spent.

Costs are those of Zoho's table "API limits" for v2. Whether an empty or refused answer is charged
is not documented, so every attempt is counted.
"""

from typing import Protocol

LIST, DELETED, METADATA, COQL, COUNT = 1, 2, 1, 1, 1


class Budget(Protocol):
    """Counts credits before they are spent. Safe for use by several threads."""

    def consume(self, credits: int, *, essential: bool) -> str | None:
        """Spend credits and return None, or return one sentence that says when to go on.

        `essential` calls may use the reserve: they bring a stopped read to a clean end.
        """

    def update(self, remaining: int) -> None:
        """Record the credits that Zoho says the whole organisation has left."""

    def release_unused(self) -> None:
        """Return credits that were booked for calls that were not made."""

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
        """Ignore it."""

    def release_unused(self) -> None:
        """Do nothing: nothing was booked."""
