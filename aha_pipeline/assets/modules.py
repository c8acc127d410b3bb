"""One asset a CRM module: read the window's changes from Zoho, land them in PostgreSQL."""

import logging
import time
from collections.abc import Sequence

import dagster as dg
import psycopg2

from aha_pipeline.assets import partitions
from aha_pipeline.assets.resources import ServicesResource
from aha_pipeline.crm.errors import ModuleUnreadable, TokenRefused, ZohoRefused, ZohoUnavailable
from aha_pipeline.crm.walk import walk, walk_deleted
from aha_pipeline.services import Services
from aha_pipeline.settings import Settings
from aha_pipeline.warehouse.connection import DatabaseUnreachable
from aha_pipeline.warehouse.landing import Landed, Window, open_window
from aha_pipeline.warehouse.state import WrongOrganisation
from aha_pipeline.warehouse.tables import table_name

log = logging.getLogger(__name__)

GROUP = "crm"
ZOHO_POOL = "zoho_api"
# Not the asset's own policy: Dagster would try an interrupted step again too, so that Ctrl-C would
# have to be pressed once for each attempt.
RETRY = dg.RetryPolicy(
    max_retries=3, delay=20, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS
)
PASSING = (ZohoUnavailable, psycopg2.OperationalError, psycopg2.InterfaceError)
FOR_A_PERSON = (ModuleUnreadable, TokenRefused, ZohoRefused, WrongOrganisation, DatabaseUnreachable)


def module_key(module: str) -> dg.AssetKey:
    """Return the asset key of a module: schema and table."""
    return dg.AssetKey([GROUP, table_name(module)])


def module_asset(module: str, settings: Settings) -> dg.AssetsDefinition:
    """Return the asset of one module, partitioned by business day."""

    @dg.asset(
        key=module_key(module),
        description=f"One row per record of the Zoho module {module}, whole, as Zoho sent it. "
        "Partition D holds the records last modified on D; the first one everything older too. "
        "Deleted records keep their last values and have `deleted_at`.",
        group_name=GROUP,
        kinds={"zoho", "postgresql"},
        owners=["team:data"],
        partitions_def=partitions.daily(settings),
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=ZOHO_POOL,
    )
    def changes(
        context: dg.AssetExecutionContext, services: ServicesResource
    ) -> dg.MaterializeResult:
        started = time.monotonic()
        window = _window(context, module)
        try:
            landed = land(services.get(), window, from_the_beginning=_holds_first_day(context))
        except FOR_A_PERSON as error:
            raise dg.Failure(str(error), allow_retries=False) from None
        except PASSING as error:
            raise _another_attempt(context) from error
        _report_days(context, landed)
        return dg.MaterializeResult(metadata=_metadata(window, landed, time.monotonic() - started))

    return changes


def land(services: Services, window: Window, *, from_the_beginning: bool) -> Landed:
    """Read one window of one module and land it; return what it did.

    Deletions are read after the changes, so that what is in both lists is known to be gone.
    """
    timezone = services.settings.aha_timezone
    client = services.zoho()
    before = client.calls
    since = None if from_the_beginning else window.start
    read_until = client.server_time
    with open_window(services.database_url, window) as landing:
        for page in walk(client, window.module, since, window.end):
            landing.stage_page(page.text, len(page.keys), client.calls - before)
        deletions = walk_deleted(client, window.module, since)
        landing.stage_deletions((d.id, d.kind, d.deleted_time) for d in deletions)
        return landing.finish(
            api_calls=client.calls - before,
            read_until=read_until,
            timezone=timezone,
        )


def _another_attempt(context: dg.AssetExecutionContext) -> dg.RetryRequested:
    wait = RETRY.calculate_delay(context.retry_number + 1)
    log.warning("%s is tried again in %.0f s.", context.asset_key.path[-1], wait)
    return dg.RetryRequested(max_retries=RETRY.max_retries, seconds_to_wait=wait)


def _window(context: dg.AssetExecutionContext, module: str) -> Window:
    start, end = context.partition_time_window
    return Window(context.run.run_id, module, start, end)


def _holds_first_day(context: dg.AssetExecutionContext) -> bool:
    first = context.assets_def.partitions_def.get_first_partition_key()
    return context.partition_key_range.start == first


def _report_days(context: dg.AssetExecutionContext, landed: Landed) -> None:
    """Give each partition its own row count; in a range run the rest of the metadata is shared."""
    days = {day.isoformat(): records for day, records in landed.by_day.items()}
    for key in context.partition_keys:
        context.add_asset_metadata(
            {"dagster/partition_row_count": days.get(key, 0)}, partition_key=key
        )


def _metadata(window: Window, landed: Landed, seconds: float) -> dict[str, object]:
    return {
        "records read": landed.records_read,
        "inserted": landed.inserted,
        "updated": landed.updated,
        "unchanged": landed.unchanged,
        "deleted": landed.deleted,
        "API calls": landed.api_calls,
        "window": f"{window.start:%Y-%m-%d %H:%M} to {window.end:%Y-%m-%d %H:%M %Z}",
        "seconds": round(seconds, 2),
        "dagster/table_name": f"crm.{table_name(window.module)}",
        "preview": dg.MetadataValue.md(_table(landed.preview)),
    }


def _table(rows: Sequence[dict[str, object]]) -> str:
    """Return rows as a Markdown table."""
    if not rows:
        return "No record changed in this window."
    lines = [" | ".join(rows[0]), " | ".join("---" for _ in rows[0])]
    lines += [
        " | ".join(str(v if v is not None else "").replace("|", "/") for v in row.values())
        for row in rows
    ]
    return "\n".join(f"| {line} |" for line in lines)
