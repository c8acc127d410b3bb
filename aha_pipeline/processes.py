"""Child processes: their output in files of bounded size, and their end with their parent."""

import ctypes
import logging
import signal
import sys
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path
from threading import Thread
from typing import IO

MEGABYTES, KEPT = 5, 3  # size of a log, and how many older ones are kept
PR_SET_PDEATHSIG = 1


def follow(stream: IO[bytes], path: Path) -> Thread:
    """Write the lines of a process's output to a file, in a thread that ends with the output.

    A disk without room loses lines and stops nothing: the process never waits for its log.
    """
    handler = RotatingFileHandler(
        path, maxBytes=MEGABYTES * 2**20, backupCount=KEPT, encoding="utf-8", errors="replace"
    )
    handler.handleError = lambda record: None  # type: ignore[method-assign]
    thread = Thread(target=_copy, args=(stream, handler), daemon=True)
    thread.start()
    return thread


def last_line(path: Path) -> str:
    """Return the last line of a log that says something, or nothing where there is none."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def dies_with_parent(number: signal.Signals) -> Callable[[], None] | None:
    """Return what makes a child, before it runs, be sent a signal when its parent's thread ends.

    For `preexec_fn`. Linux only (prctl, PR_SET_PDEATHSIG); None elsewhere, where orphans are found
    at the next start.
    """
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0)


def _copy(stream: IO[bytes], handler: RotatingFileHandler) -> None:
    for line in stream:
        text = line.decode("utf-8", "replace").rstrip("\n")
        handler.handle(logging.LogRecord("", logging.INFO, "", 0, text, None, None))
    handler.close()
