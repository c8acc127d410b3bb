"""Waiting for what other processes do, in this machine's time."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
STEP_SECONDS = 0.5


class TooLate(RuntimeError):
    """Something did not happen in time; the text names it."""


def wait_until(
    condition: Callable[[], T],
    seconds: float,
    what: str,
    between: Callable[[], object] | None = None,
) -> T:
    """Return what a condition gives as soon as it is true.

    `between`: done after each look that was in vain. Raises TooLate after so many seconds.
    """
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise TooLate(f"{what}: not within {seconds:.0f} s")
        if between:
            between()
        time.sleep(STEP_SECONDS)
    return found
