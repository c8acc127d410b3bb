"""Calls under way at a time: who is asked for a place before a call is made."""

from contextlib import AbstractContextManager
from threading import BoundedSemaphore
from typing import Protocol


class Slots(Protocol):
    """Places for calls, as many as may be under way at a time. Safe for use by several threads."""

    def taken(self) -> AbstractContextManager[None]:
        """Hold a place while the block runs; waits until there is one."""

    def give_back(self) -> None:
        """Return what was set aside for calls to come."""


class OwnSlots:
    """The places of this process alone."""

    def __init__(self, limit: int) -> None:
        self._semaphore = BoundedSemaphore(limit)

    def taken(self) -> AbstractContextManager[None]:
        """Hold a place while the block runs; waits until there is one."""
        return self._semaphore

    def give_back(self) -> None:
        """Nothing is set aside."""
