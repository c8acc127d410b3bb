"""One partitioned asset per CRM module."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import dagster as dg
import psycopg2

from aha_pipeline.assets import columns, concurrent_reads, freshness, partitions, step_order
from aha_pipeline.assets.extract_load import WindowResult
from aha_pipeline.assets.markdown import table
from aha_pipeline.assets.persisted_checks import persist
from aha_pipeline.clocks import ClocksApart
from aha_pipeline.crm.errors import ZohoError
from aha_pipeline.services import Services
from aha_pipeline.settings import Settings
from aha_pipeline.warehouse import errors
from aha_pipeline.warehouse.connection import DatabaseUnreachable
from aha_pipeline.warehouse.landing import LoadResult, Window
from aha_pipeline.warehouse.mart_files import core_modules
from aha_pipeline.warehouse.migrate import SchemaIsNewer
from aha_pipeline.warehouse.state import WrongOrganisation
from aha_pipeline.warehouse.tables import table_name

log = logging.getLogger(__name__)

GROUP = "crm"
ZOHO_POOL = "zoho_api"
DRIFT = "schema_drift"
DRIFT_DESCRIPTION = "Warns of a field that is new in Zoho, or that Zoho no longer has or serves."
READABLE = "readable"
READABLE_DESCRIPTION = "Warns of a module that cannot be read; no figure needs it."
# Requested in code instead of set as the asset's retry_policy: with a policy Dagster also retries
# an interrupted step, and stopping a run would take one Ctrl-C per attempt.
RETRY = dg.RetryPolicy(
    max_retries=3, delay=20, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS
)
# What a step is tried again for: of calls to Zoho the client alone decides, and counts them.
TRANSIENT = (psycopg2.OperationalError, psycopg2.InterfaceError)
PERMANENT = (WrongOrganisation, ClocksApart, DatabaseUnreachable, SchemaIsNewer)


def module_key(module: str) -> dg.AssetKey:
    """Return the asset key of a module: schema and table."""
    return dg.AssetKey([GROUP, table_name(module)])


def module_asset(module: str, modules: Sequence[str], settings: Settings) -> dg.AssetsDefinition:
    """Return the asset of one module, partitioned by business day; `modules` are all configured.

    If a module that no mart needs cannot be read, that is a warning and the run goes on.
    """
    is_core = module in core_modules(modules)
    checks = {DRIFT: DRIFT_DESCRIPTION} | ({} if is_core else {READABLE: READABLE_DESCRIPTION})

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
        op_tags=step_order.CORE if is_core else step_order.OPTIONAL,
        check_specs=[
            dg.AssetCheckSpec(name, asset=module_key(module), description=description)
            for name, description in checks.items()
        ],
        output_required=is_core,
    )
    def sync_module(
        context: dg.AssetExecutionContext, services: dg.ResourceParam[Services]
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        windows = {name: _window(context, name) for name in _in_run(context, modules)}
        read = _read(context, services, windows, module)
        if not isinstance(read, str):
            _report_partitions(context, read.load)
            yield _materialized(services, windows[module], read, checks)
        elif is_core or not core_modules(tuple(windows)):
            raise dg.Failure(read, allow_retries=False)
        else:
            log.warning("%s The others go on without %s.", read, module)
            yield from _unreadable(services, module, read)

    return sync_module


def _read(
    context: dg.AssetExecutionContext,
    services: Services,
    windows: Mapping[str, Window],
    module: str,
) -> WindowResult | str:
    """Return what was read of a module, or why Zoho does not let it be read."""
    try:
        result = concurrent_reads.read_module(services, windows, module)
    except ZohoError as error:
        return str(error)
    except PERMANENT as error:
        raise dg.Failure(str(error), allow_retries=False) from error
    except TRANSIENT as error:
        raise _retry(context, error) from error
    return result.load.stop_reason or result


def _materialized(
    services: Services, window: Window, result: WindowResult, checks: Mapping[str, str]
) -> dg.MaterializeResult:
    """Return what a read landed, with its checks, which are kept too."""
    module = window.module
    found = {DRIFT: _drift_check(module, result)}
    if READABLE in checks:
        found[READABLE] = _warning(READABLE, None, f"{module} can be read.")
    with services.connect() as connection:
        described = columns.schema_metadata(connection, f"{GROUP}.{table_name(module)}")
        results = [
            persist(connection, module_key(module), name, checks[name], each)
            for name, each in found.items()
        ]
    return dg.MaterializeResult(
        metadata=_metadata(window, result) | described, check_results=results
    )


def _unreadable(services: Services, module: str, why: str) -> Iterator[dg.AssetCheckResult]:
    """Yield the warning that a module cannot be read; its fields are those of the last read."""
    about = {READABLE: READABLE_DESCRIPTION, DRIFT: DRIFT_DESCRIPTION}
    with services.connect() as connection:
        for name, description in about.items():
            result = _warning(name, why, why)
            yield persist(connection, module_key(module), name, description, result)


def _warning(name: str, fault: str | None, description: str) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        check_name=name,
        passed=fault is None,
        severity=dg.AssetCheckSeverity.WARN,
        description=description,
    )


def _retry(context: dg.AssetExecutionContext, error: Exception) -> dg.RetryRequested:
    wait = RETRY.calculate_delay(context.retry_number + 1)
    why = errors.meaning(error, alone=True) or error
    log.warning("%s is tried again in %.0f s. %s", context.asset_key.path[-1], wait, why)
    return dg.RetryRequested(max_retries=RETRY.max_retries, seconds_to_wait=wait)


def _in_run(context: dg.AssetExecutionContext, modules: Sequence[str]) -> list[str]:
    """Return the modules whose steps are part of this run.

    Dagster names the assets or the steps of a run only where they are a subset; a scheduled run of
    the whole job names neither.
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


def _report_partitions(context: dg.AssetExecutionContext, load: LoadResult) -> None:
    """Give each partition its own row count; a run over a range shares the other metadata."""
    days = {day.isoformat(): records for day, records in load.by_day.items()}
    for key in context.partition_keys:
        context.add_asset_metadata(
            {"dagster/partition_row_count": days.get(key, 0)}, partition_key=key
        )


def _drift_check(module: str, result: WindowResult) -> dg.AssetCheckResult:
    """Warn if the module's fields changed since the last read, are lost, or could not be read."""
    drift, lost = result.drift, [field.api_name for field in result.load.unserved]
    if lost:
        description = (
            f"Zoho serves {', '.join(lost)} of {module} no more: the values that are here are "
            "kept. Give its user the right to see them again."
        )
    else:
        description = result.fields_error or drift.summary
    return dg.AssetCheckResult(
        check_name=DRIFT,
        passed=not (drift or lost or result.fields_error),
        severity=dg.AssetCheckSeverity.WARN,
        description=description,
        metadata={
            "new fields": ", ".join(drift.new),
            "vanished": ", ".join(drift.vanished),
            "not served": ", ".join(lost),
        },
    )


def _metadata(window: Window, result: WindowResult) -> dict[str, Any]:
    load = result.load
    return {
        "records read": load.records_read,
        "inserted": load.inserted,
        "updated": load.updated,
        "unchanged": load.unchanged,
        "deleted": load.deleted,
        "API calls": load.api_calls,
        "window": f"{window.start:%Y-%m-%d %H:%M} to {window.end:%Y-%m-%d %H:%M %Z}",
        "seconds": round(result.seconds, 2),
        "schema drift": result.drift.summary,
        "dagster/table_name": f"crm.{table_name(window.module)}",
        "preview": dg.MetadataValue.md(table(load.preview, "No record changed in this window.")),
    }
