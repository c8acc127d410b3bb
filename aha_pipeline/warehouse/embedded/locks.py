"""Locks that end with the process that holds them, however it ends.

`flock` and not the lock of a library: one is handed to a child, and one waits for all the others.
"""

import fcntl
import os
from pathlib import Path


def share(path: Path) -> int:
    """Return a descriptor that holds a lock together with others; wait for one who is alone."""
    return _lock(path, fcntl.LOCK_SH)


def alone(path: Path) -> int:
    """Return a descriptor that holds a lock alone; wait until no other has it."""
    return _lock(path, fcntl.LOCK_EX)


def try_share(path: Path) -> int | None:
    """Return a shared lock's descriptor, or None where another holds it alone."""
    return _try(path, fcntl.LOCK_SH)


def try_alone(path: Path) -> int | None:
    """Return the descriptor of a lock held alone, or None where any other holds it."""
    return _try(path, fcntl.LOCK_EX)


def _try(path: Path, kind: int) -> int | None:
    try:
        return _lock(path, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return None


def _lock(path: Path, kind: int) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, kind)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor
