"""Extract one window of a module from Zoho and load it into PostgreSQL."""

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
from aha_pipeline.crm.metadata import read_fields
from aha_pipeline.crm.reading.module_reader import ModuleReader
from aha_pipeline.crm.records_endpoint import WHOLE_RECORDS_VERSION, RecordsEndpoint, field_batches
from aha_pipeline.services import Services
from aha_pipeline.warehouse.landing import (
    Landing,
    LoadResult,
    SchemaDrift,
    Window,
    open_window,
)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class WindowResult:
    """The outcome of one window.

    `fields_error` says why Zoho refused the module's field metadata; None if it did not.
    """

    load: LoadResult
    drift: SchemaDrift
    seconds: float
    fields_error: str | None = None


@dataclass(frozen=True)
class FieldMetadata:
    """The fields of a module as Zoho describes them, or why it refused to."""

    rows: list[dict[str, Any]]
    error: str | None = None


@dataclass(frozen=True)
class StagedWindow:
    """A window whose pages and deletions are staged in a transaction that is still open.

    `now` is Zoho's clock when the reading began.
    """

    landing: Landing
    endpoint: RecordsEndpoint
    reader: ModuleReader
    fields: FieldMetadata
    drift: SchemaDrift
    now: datetime
    api_calls: Callable[[], int]

    def finish(self, services: Services, existing: set[str], **options: Any) -> LoadResult:
        """Load what is staged; `existing` and `options` are those of `Landing.finish`."""
        known = {"read_until": self.reader.bookmark, "existing": list(existing)}
        return self.landing.finish(
            api_calls=self.api_calls(),
            timezone=services.settings.aha_timezone,
            **(known | options),
        )

    def stage_by_id(self, ids: Sequence[str]) -> set[str]:
        """Fetch records by id, stage those that Zoho returns, and return their ids.

        Zoho's lists can disagree: a record may be both in the list of deletions and in use. Only
        the record itself settles it.
        """
        existing: set[str] = set()
        for page in self.endpoint.fetch_by_ids(ids):
            self.landing.stage(page.records, self.api_calls(), page.damaged)
            existing.update(id_ for id_, _ in page.keys)
        return existing.intersection(ids)


def sync_window(services: Services, window: Window, cancelled: Event | None = None) -> WindowResult:
    """Extract one window of one module, load it in one transaction, and return the outcome.

    If the API credits run out, what was read by then is loaded and the result says why the reading
    stopped. Setting `cancelled` ends it with KeyboardInterrupt and leaves the tables unchanged.
    Raises ZohoError, DatabaseUnreachable or psycopg2.Error.
    """
    started = time.monotonic()
    with extract(services, window, cancelled, resume=True) as extracted:
        stopped = extracted.reader.stop_reason
        if stopped:
            # The check by id costs credits too, and the next read of the window repeats it.
            existing, read_ranges = set[str](), extracted.reader.verified_ranges
        else:
            landing = extracted.landing
            # Where nothing was changed, a record as it was shows whether lost fields are back.
            again = {*landing.uncertain_deletions(extracted.now), *landing.witnesses()}
            existing, read_ranges = extracted.stage_by_id(sorted(again)), []
            existing |= extracted.stage_by_id(landing.read_without_returned())
        load = extracted.finish(services, existing, stop_reason=stopped, read_ranges=read_ranges)
    seconds = time.monotonic() - started
    return WindowResult(load, extracted.drift, seconds, extracted.fields.error)


@contextmanager
def extract(
    services: Services, window: Window, cancelled: Event | None = None, *, resume: bool
) -> Iterator[StagedWindow]:
    """Stage the pages and deletions of a window and yield it; commit when the block ends.

    With `resume`, skip the time ranges that an interrupted read of this window has loaded.
    """
    client, module = services.zoho(), window.module
    before = client.calls_for(module)

    def api_calls() -> int:
        return client.calls_for(module) - before

    with open_window(services.database_url, window) as landing:
        fields = _field_metadata(client, module)
        drift = landing.update_fields(fields.rows) if fields.rows else SchemaDrift()
        names = [row["api_name"] for row in fields.rows]
        endpoint = RecordsEndpoint(client, module, field_batches(names, client.version))
        already_read = landing.ranges_already_read() if resume else ()
        reader = ModuleReader(endpoint, window.since, window.until, already_read, cancelled)
        for page in reader.pages():
            landing.stage(page.records, api_calls(), page.damaged)
        now = reader.bookmark or datetime.now(UTC)
        # Deletions are read after the changes: a record in both lists was deleted last.
        landing.stage_deletions((d.id, d.kind, d.deleted_time or now) for d in reader.deletions)
        yield StagedWindow(landing, endpoint, reader, fields, drift, now, api_calls)
    client.release_unused()


def _field_metadata(client: ZohoClient, module: str) -> FieldMetadata:
    """Return the module's fields. Raises ZohoRefused where a version cannot do without them.

    API v2 returns whole records; later versions return only the fields that a request names.
    """
    try:
        rows = read_fields(client, module)
    except ZohoRefused as error:
        if client.version != WHOLE_RECORDS_VERSION:
            raise
        log.warning("%s", error)
        return FieldMetadata([], str(error))
    if not rows and client.version != WHOLE_RECORDS_VERSION:
        raise ZohoRefused(f"Zoho names no field of {module}: set ZOHO_API_VERSION=v2 to read it.")
    return FieldMetadata(rows)
