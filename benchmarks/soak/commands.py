"""The command lines of every process that a soak starts: what `ps` shows to everybody."""

import threading
from collections.abc import Sequence
from contextlib import suppress

import psutil

LOOK_SECONDS = 0.5


class Commands:
    """What was seen of all that some processes have started, looked at all the time."""

    def __init__(self, roots: Sequence[psutil.Process]) -> None:
        self.seen: set[str] = set()
        self._roots = roots
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def look(self) -> None:
        """Look once."""
        for root in self._roots:
            for process in root.children(recursive=True):
                with suppress(psutil.Error):
                    self.seen.add(" ".join(process.cmdline()))

    def stop(self) -> None:
        """Look no more."""
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(LOOK_SECONDS):
            self.look()
