"""The embedded PostgreSQL as a child of `aha up` like the others: started again when it ends."""

import time
from collections.abc import Callable
from pathlib import Path

from aha_pipeline.warehouse import embedded
from aha_pipeline.warehouse.connection import DatabaseUnreachable

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0


class EmbeddedDatabase:
    """Keeps the server of a home up. `tell` is given each sentence for a person."""

    def __init__(self, home: Path, tell: Callable[[str], None]) -> None:
        self._home, self._tell = home, tell
        self._pause, self._due_at = FIRST_PAUSE, 0.0

    def tend(self) -> None:
        """Start the server again if it has ended."""
        if time.monotonic() < self._due_at or embedded.is_running(self._home):
            return
        self._tell("PostgreSQL ended by itself and is started again.")
        try:
            embedded.start(self._home)
            self._pause = FIRST_PAUSE
        except DatabaseUnreachable as error:
            self._tell(str(error))
            self._due_at = time.monotonic() + self._pause
            self._pause = min(self._pause * 2, LONGEST_PAUSE)
