"""The message that something is down, sent by `aha up` itself: it needs no daemon and no database.

Once an incident and reader, by a file in AHA_HOME that is written before each message, so that
neither a restart nor a crash sends one twice; a crash between the two loses one message instead.
Where the file cannot be written, as on a full disk, which is an incident itself, this process
remembers whom it has told.
"""

import json
import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

from aha_pipeline import refusals
from aha_pipeline.delivery.channel import TEMPLATE, TEXT, Part, Reader, configured, readers
from aha_pipeline.delivery.errors import DeliveryError
from aha_pipeline.delivery.outgoing import alert
from aha_pipeline.settings import Settings

log = logging.getLogger(__name__)

AFTER_SECONDS = 120  # what comes back sooner is no incident
QUIET_SECONDS = 600  # an incident ends when all has been well for so long
REMEDY = "Pass this on to whoever looks after the pipeline: `aha doctor` there says what to do."


@dataclass
class Alarm:
    """Tells the readers of an incident. `settings` returns those known by now."""

    home: Path
    settings: Callable[[], Settings]
    _wrong_since: float | None = field(default=None, init=False)
    _well_since: float | None = field(default=None, init=False)
    _unwritten: list[str] | None = field(default=None, init=False)

    def look(self, problems: list[str]) -> None:
        """Note the present problems, if any, and send a notice if one is due. Never raises."""
        now = time.monotonic()
        if not problems:
            self._wrong_since = None
            self._well_since = self._well_since or now
            if now - self._well_since >= QUIET_SECONDS:
                self._forget()
            return
        self._well_since = None
        self._wrong_since = self._wrong_since or now
        if now - self._wrong_since < AFTER_SECONDS:
            return
        settings = self.settings()
        for reader in readers(configured(settings), settings):
            self._tell(settings, reader, problems[0])

    def _tell(self, settings: Settings, reader: Reader, cause: str) -> None:
        """Tell a reader by the first channel that may have taken it."""
        told = self._told()
        who = sha256(reader.name.encode()).hexdigest()[:12]
        if who in told:
            return
        self._write([*told, who])
        day = datetime.now(settings.zone).date()
        content = alert(day, cause, REMEDY, is_sandbox=settings.is_sandbox)
        causes = []
        for channel, address in ((route.channel, route.address) for route in reader.routes):
            form = TEMPLATE if channel.has_template("alert") else TEXT
            text, values = channel.parts(content, form)[0]
            try:
                channel.send(address, Part(uuid4().hex, "alert", content.title, text, values))
                return
            except DeliveryError as error:
                log.warning("The alert was not sent. %s", error)
                causes.append(error.cause)
            if causes[-1] == "unknown":
                return
        if "retryable" in causes:
            self._write(told)

    @property
    def _file(self) -> Path:
        return self.home / "incident.json"

    def _told(self) -> list[str]:
        if self._unwritten is not None:
            return self._unwritten
        try:
            return list(json.loads(self._file.read_text(encoding="utf-8"))["told"])
        except (OSError, ValueError, KeyError, TypeError):
            return []

    def _write(self, told: list[str]) -> None:
        fresh = self._file.with_suffix(".new")
        try:
            with fresh.open("w", encoding="utf-8") as file:
                json.dump({"written": datetime.now(UTC).isoformat(), "told": told}, file)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._file)
            self._unwritten = None
        except OSError as error:
            self._unwritten = told
            log.warning("%s", refusals.sentence(error) or error)

    def _forget(self) -> None:
        try:
            self._file.unlink(missing_ok=True)
            self._unwritten = None
        except OSError:
            self._unwritten = []
