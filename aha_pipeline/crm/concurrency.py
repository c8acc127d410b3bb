"""How many calls may run at the same time: each acquires a place first."""

from contextlib import AbstractContextManager
from threading import BoundedSemaphore
from typing import Protocol


class ConcurrencyLimiter(Protocol):
    """Limits simultaneous calls. Thread-safe."""

    def acquire(self) -> AbstractContextManager[object]:
        """Hold a place while the block runs; waits until one is free."""

    def release_unused(self) -> None:
        """Give up places reserved for later calls."""


class InProcessLimiter:
    """A limit on the calls of this process alone."""

    def __init__(self, limit: int) -> None:
        self._semaphore = BoundedSemaphore(limit)

    def acquire(self) -> AbstractContextManager[object]:
        """Hold a place while the block runs; waits until one is free."""
        return self._semaphore

    def release_unused(self) -> None:
        """Do nothing: no place is reserved ahead."""
