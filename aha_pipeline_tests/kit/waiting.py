"""Waiting for what another process or thread does, on a machine that may be busy."""

import time
from collections.abc import Callable
from typing import TypeVar

# Only a test that fails waits so long; a machine with other work takes minutes for seconds' work.
LONGEST = 180  # seconds
MILLISECONDS = LONGEST * 1000  # as a browser counts

Found = TypeVar("Found")


def wait_until(
    condition: Callable[[], Found],
    told: Callable[[], object] = str,
    seconds: float = LONGEST,
    step: float = 0.05,
) -> Found:
    """Return what the condition returns once that is true; fail with what is `told` if it stays.

    The condition is looked at every `step` seconds.
    """
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"It did not happen in {seconds} s. {told()}"
        time.sleep(step)
    return found
