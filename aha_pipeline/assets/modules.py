"""One asset a CRM module: read the window's changes from Zoho, land them in PostgreSQL."""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime

import dagster as dg
import psycopg2

from aha_pipeline.assets import columns, freshness, partitions, side_by_side
from aha_pipeline.assets.kept import keep
from aha_pipeline.assets.land import Read
from aha_pipeline.assets.markdown import table
from aha_pipeline.assets.resources import ServicesResource
from aha_pipeline.crm.errors import (
    CreditsSpent,
    ModuleUnreadable,
    TokenRefused,
    ZohoRefused,
    ZohoUnavailable,
)
from aha_pipeline.settings import Settings
from aha_pipeline.warehouse.connection import DatabaseUnreachable
from aha_pipeline.warehouse.landing import Landed, Window
from aha_pipeline.warehouse.state import WrongOrganisation
from aha_pipeline.warehouse.tables import table_name

log = logging.getLogger(__name__)

GROUP = "crm"
ZOHO_POOL = "zoho_api"
DRIFT = "schema_drift"
DRIFT_IS = "Warns of a field that Zoho has newly, or has no more."
# Not the asset's own policy: Dagster would try an interrupted step again too, so that Ctrl-C would
# have to be pressed once for each attempt.
RETRY = dg.RetryPolicy(
    max_retries=3, delay=20, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS
)
PASSING = (ZohoUnavailable, psycopg2.OperationalError, psycopg2.InterfaceError)
FOR_A_PERSON = (
    CreditsSpent,  # for time, in truth: it is of no use to try again within the hour
    ModuleUnreadable,
    TokenRefused,
    ZohoRefused,
    WrongOrganisation,
    DatabaseUnreachable,
)


def module_key(module: str) -> dg.AssetKey:
    """Return the asset key of a module: schema and table."""
    return dg.AssetKey([GROUP, table_name(module)])


def module_asset(module: str, modules: Sequence[str], settings: Settings) -> dg.AssetsDefinition:
    """Return the asset of one module, partitioned by business day; `modules` are all there are."""

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
        freshness_policy=freshness.daily(settings),
        pool=ZOHO_POOL,
        check_specs=[dg.AssetCheckSpec(DRIFT, asset=module_key(module), description=DRIFT_IS)],
    )
    def changes(
        context: dg.AssetExecutionContext, services: ServicesResource
    ) -> dg.MaterializeResult:
        windows = {name: _window(context, name) for name in _in_run(context, modules)}
        try:
            read = side_by_side.read(services.get(), windows, module)
        except FOR_A_PERSON as error:
            raise dg.Failure(str(error), allow_retries=False) from None
        except PASSING as error:
            raise _another_attempt(context) from error
        if read.landed.stopped:
            raise dg.Failure(read.landed.stopped, allow_retries=False)
        _report_days(context, read.landed)
        with services.get().connect() as connection:
            described = columns.of_table(connection, f"{GROUP}.{table_name(module)}")
            drift = keep(connection, module_key(module), DRIFT, DRIFT_IS, _drift_check(read))
        return dg.MaterializeResult(
            metadata=_metadata(windows[module], read) | described,
            check_results=[drift],
        )

    return changes


def _another_attempt(context: dg.AssetExecutionContext) -> dg.RetryRequested:
    wait = RETRY.calculate_delay(context.retry_number + 1)
    log.warning("%s is tried again in %.0f s.", context.asset_key.path[-1], wait)
    return dg.RetryRequested(max_retries=RETRY.max_retries, seconds_to_wait=wait)


def _in_run(context: dg.AssetExecutionContext, modules: Sequence[str]) -> list[str]:
    """Return the modules whose steps are in this run.

    A run names its assets or its steps only where they are not all; one that the schedule has
    launched names neither.
    """
    assets, steps = context.run.asset_selection, context.run.step_keys_to_execute
    return [
        module
        for module in modules
        if (not assets or module_key(module) in assets)
        and (not steps or "__".join(module_key(module).path) in steps)
    ]


def _window(context: dg.AssetExecutionContext, module: str) -> Window:
    start, end = context.partition_time_window
    first = context.assets_def.partitions_def.get_first_partition_key()
    return Window(
        context.run.run_id,
        module,
        start,
        end,
        from_the_beginning=context.partition_key_range.start == first,
        is_open=end > datetime.now(UTC),
    )


def _report_days(context: dg.AssetExecutionContext, landed: Landed) -> None:
    """Give each partition its own row count; in a range run the rest of the metadata is shared."""
    days = {day.isoformat(): records for day, records in landed.by_day.items()}
    for key in context.partition_keys:
        context.add_asset_metadata(
            {"dagster/partition_row_count": days.get(key, 0)}, partition_key=key
        )


def _drift_check(read: Read) -> dg.AssetCheckResult:
    """Return whether the module still has the fields it had: a warning, never a failure."""
    drift = read.drift
    return dg.AssetCheckResult(
        check_name=DRIFT,
        passed=not drift and read.fields_unread is None,
        severity=dg.AssetCheckSeverity.WARN,
        description=read.fields_unread or drift.sentence,
        metadata={"new fields": ", ".join(drift.new), "vanished": ", ".join(drift.vanished)},
    )


def _metadata(window: Window, read: Read) -> dict[str, object]:
    landed = read.landed
    return {
        "records read": landed.records_read,
        "inserted": landed.inserted,
        "updated": landed.updated,
        "unchanged": landed.unchanged,
        "deleted": landed.deleted,
        "API calls": landed.api_calls,
        "window": f"{window.start:%Y-%m-%d %H:%M} to {window.end:%Y-%m-%d %H:%M %Z}",
        "seconds": round(read.seconds, 2),
        "schema drift": read.drift.sentence,
        "dagster/table_name": f"crm.{table_name(window.module)}",
        "preview": dg.MetadataValue.md(table(landed.preview, "No record changed in this window.")),
    }
