"""API credits: what a call costs, and who is asked before one is spent.

Costs are those of Zoho's table "API limits" for v2; whether an empty or refused answer is charged
is not documented, so every attempt is counted.
"""

from typing import Protocol

LIST, DELETED, METADATA, COQL, COUNT = 1, 2, 1, 1, 1


class Budget(Protocol):
    """Counts credits before they are spent. Safe for use by several threads."""

    def take(self, credits: int, *, essential: bool) -> str | None:
        """Spend credits and return None, or return one sentence that says when to go on.

        The reserve is for `essential` calls: those that bring a stopped read to a clean end.
        """

    def observe(self, remaining: int) -> None:
        """Take note of the credits that Zoho says the whole organisation has left."""

    def give_back(self) -> None:
        """Return what was set aside for calls that were not made."""

    @property
    def is_scarce(self) -> bool:
        """Whether so little is left that calls should go one at a time."""


class Unlimited:
    """Counts nothing and refuses nothing."""

    is_scarce = False

    def take(self, credits: int, *, essential: bool) -> None:
        """Let every call pass."""

    def observe(self, remaining: int) -> None:
        """Forget it."""

    def give_back(self) -> None:
        """Nothing was set aside."""
