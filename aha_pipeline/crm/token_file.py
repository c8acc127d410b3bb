"""The access tokens that the processes of one machine share.

Zoho makes ten tokens in ten minutes, and the sixteenth live one kills the first: processes that
each fetch their own stop one another. The file is readable by its owner only.
"""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fasteners import InterProcessLock

KEPT_SECONDS = 86_400


class TokenFile:
    """What is kept of each connection: its token, and when tokens were made.

    Read and written with `locked` held.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes out, so that one fetches and the others find what it got."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with InterProcessLock(self._path.with_suffix(".lock")):
            yield

    def read(self, key: str) -> dict[str, Any] | None:
        """Return what was kept for a connection, or None."""
        return self._all().get(key)

    def write(self, key: str, kept: dict[str, Any]) -> None:
        """Keep something for a connection, and drop what other ones have not used for a day."""
        now = time.time()
        recent = {
            k: entry for k, entry in self._all().items() if now - entry["kept_at"] < KEPT_SECONDS
        }
        fresh = self._path.with_suffix(".new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump({**recent, key: {**kept, "kept_at": now}}, file)
        fresh.replace(self._path)

    def _all(self) -> dict[str, dict[str, Any]]:
        try:
            entries = json.loads(self._path.read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return {}
        return {k: entry for k, entry in entries.items() if "kept_at" in entry}
