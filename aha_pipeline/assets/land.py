"""Read a window of a module from Zoho and land it in PostgreSQL: where the two rooms meet."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Event
from typing import Any

from aha_pipeline.crm.client import ZohoClient
from aha_pipeline.crm.errors import ZohoRefused
from aha_pipeline.crm.listing import BY_NUMBER, Listing, slices_of
from aha_pipeline.crm.metadata import read_fields
from aha_pipeline.crm.reading import Reading
from aha_pipeline.services import Services
from aha_pipeline.warehouse.landing import Drift, Landed, Landing, Window, open_window

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Read:
    """What became of a window; `fields_unread` says why the module's fields could not be read."""

    landed: Landed
    drift: Drift
    seconds: float
    fields_unread: str | None = None


@dataclass(frozen=True)
class Fields:
    """A module's fields as Zoho describes them, or why it does not."""

    rows: list[dict[str, Any]]
    error: str | None = None


@dataclass(frozen=True)
class Staged:
    """A window whose pages and deletions have been read, and that is still open."""

    landing: Landing
    listing: Listing
    reading: Reading
    fields: Fields
    drift: Drift
    now: datetime
    api_calls: Callable[[], int]

    def finish(self, services: Services, alive: set[str], **options: Any) -> Landed:
        """Close the window; `options` are those of `Landing.finish`."""
        known = {"read_until": self.reading.read_until, "alive": list(alive)}
        return self.landing.finish(
            api_calls=self.api_calls(),
            timezone=services.settings.aha_timezone,
            **(known | options),
        )

    def ask(self, ids: Sequence[str]) -> set[str]:
        """Ask the CRM itself about records that lists leave in doubt; land those it shows."""
        alive: set[str] = set()
        for page in self.listing.by_ids(ids):
            self.landing.stage(page.records, self.api_calls())
            alive.update(id_ for id_, _ in page.keys)
        return alive.intersection(ids)


def land(services: Services, window: Window, cancelled: Event | None = None) -> Read:
    """Read one window of one module and land it; return what it did.

    Where API credits run out, what was read by then is landed, and the result says so. `cancelled`
    ends it with KeyboardInterrupt, and leaves everything as it was.
    """
    started = time.monotonic()
    with staged(services, window, cancelled, resume=True) as read:
        stopped = read.reading.stopped
        alive = set() if stopped else read.ask(read.landing.doubtful(read.now))
        covered = read.reading.covered if stopped else ()
        landed = read.finish(services, alive, stopped=stopped, covered=covered)
    return Read(landed, read.drift, time.monotonic() - started, read.fields.error)


@contextmanager
def staged(
    services: Services, window: Window, cancelled: Event | None = None, *, resume: bool
) -> Iterator[Staged]:
    """Open a window, read it and yield it; commit what the caller finishes.

    Deletions are read after the changes, so that what is in both lists is known to be gone.
    `resume` leaves out what a read that stopped early has landed.
    """
    client, module = services.zoho(), window.module
    before = client.calls_for(module)

    def api_calls() -> int:
        return client.calls_for(module) - before

    with open_window(services.database_url, window) as landing:
        fields = _fields(client, module)
        drift = landing.keep_fields(fields.rows) if fields.rows else Drift()
        names = [row["api_name"] for row in fields.rows]
        listing = Listing(client, module, slices_of(names, client.version))
        done = landing.done_before() if resume else ()
        reading = Reading(listing, window.since, window.until, done, cancelled or Event())
        for page in reading.pages():
            landing.stage(page.records, api_calls())
        now = reading.read_until or datetime.now(UTC)
        landing.stage_deletions((d.id, d.kind, d.deleted_time or now) for d in reading.deletions)
        yield Staged(landing, listing, reading, fields, drift, now, api_calls)
    client.give_back()


def _fields(client: ZohoClient, module: str) -> Fields:
    """Return the module's fields; v2 gives whole records without them, later versions do not."""
    try:
        rows = read_fields(client, module)
    except ZohoRefused as error:
        if client.version not in BY_NUMBER:
            raise
        log.warning("%s", error)
        return Fields([], str(error))
    if not rows and client.version not in BY_NUMBER:
        raise ZohoRefused(f"Zoho names no field of {module}: set ZOHO_API_VERSION=v2 to read it.")
    return Fields(rows)
