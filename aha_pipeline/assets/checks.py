"""Asset checks from the files of `sql/checks`: how many rows fail, which, and what to do.

A check of a mart that passed is not made again while nothing is written to what it reads, by
whomever: it would read the same rows. It reports in each run all the same, since when it passes.
"""

from collections.abc import Sequence
from datetime import datetime

import dagster as dg
from psycopg2.extensions import connection as Connection

from aha_pipeline.assets import step_order
from aha_pipeline.assets.markdown import table
from aha_pipeline.assets.marts import PREFIX
from aha_pipeline.assets.modules import module_key
from aha_pipeline.assets.persisted_checks import persist
from aha_pipeline.services import Services
from aha_pipeline.warehouse.checks import (
    LIVE_RECORDS,
    Check,
    FailingRows,
    find_failing_rows,
    inputs_of,
    mart_checks,
    module_checks,
    passes_since,
    save_live_record_count,
)
from aha_pipeline.warehouse.mart_files import core_modules
from aha_pipeline.warehouse.marts import rebuild

SEVERITY = {"error": dg.AssetCheckSeverity.ERROR, "warn": dg.AssetCheckSeverity.WARN}


def all_checks(modules: Sequence[str]) -> list[dg.AssetChecksDefinition]:
    """Return the checks of all marts, and of the modules that are read."""
    return [
        *(_asset_check(check, dg.AssetKey(check.asset.split("/"))) for check in mart_checks()),
        *(
            _asset_check(check, module_key(module), module)
            for module in modules
            for check in module_checks(module)
        ),
    ]


def _asset_check(
    check: Check, key: dg.AssetKey, module: str | None = None
) -> dg.AssetChecksDefinition:
    description = f"Fails where this is so: {check.description}"

    @dg.asset_check(
        asset=key,
        name=check.name,
        description=description,
        blocking=check.is_blocking,
        additional_deps=_compared_with(check, key),
        op_tags=_order(check, module),
    )
    def checked(services: dg.ResourceParam[Services]) -> dg.AssetCheckResult:
        with services.connect() as connection:
            inputs = inputs_of(connection, check) if check.sources else None
            since = passes_since(connection, check, inputs) if inputs else None
            failing = FailingRows(0, ()) if since else _failing_rows(connection, check, module)
            result = _result(check, key, failing, since)
            return persist(connection, key, check.name, description, result, inputs)

    return checked


def _failing_rows(connection: Connection, check: Check, module: str | None) -> FailingRows:
    failing = find_failing_rows(connection, check, module)
    if failing.count and check.is_blocking and not module:
        # What the records say decides: a figure that they bear out after all blocks nothing.
        rebuild(connection, {*check.sources, check.asset.replace("/", ".")})
        failing = find_failing_rows(connection, check, module)
    # A wrong count must not become what tomorrow's count is compared with.
    if check.name == LIVE_RECORDS and not failing.count and module:
        save_live_record_count(connection, module)
    return failing


def _order(check: Check, module: str | None) -> dict[str, str] | None:
    """Return the order of a check: that of the marts which wait for it."""
    if module:
        return step_order.CORE if core_modules([module]) else None
    if not check.is_blocking:
        return None
    relations = {*check.sources, check.asset.replace("/", ".")}
    return step_order.of_marts({name for name in relations if name.startswith(f"{PREFIX}.")})


def _compared_with(check: Check, key: dg.AssetKey) -> list[dg.AssetKey]:
    """Return the other marts that a check reads: it must run after they are refreshed."""
    read = (dg.AssetKey(source.split(".")) for source in check.sources)
    return [other for other in read if other.path[0] == PREFIX and other != key]


def _result(
    check: Check, key: dg.AssetKey, failing: FailingRows, since: datetime | None
) -> dg.AssetCheckResult:
    if not failing.count:
        metadata: dict[str, int | str] = {"wrong rows": 0}
        if since:
            metadata["nothing it reads has changed since"] = since.isoformat()
        return dg.AssetCheckResult(
            passed=True,
            severity=SEVERITY[check.severity],
            description="No row is wrong.",
            metadata=metadata,
        )
    return dg.AssetCheckResult(
        passed=False,
        severity=SEVERITY[check.severity],
        description=f"{key.to_user_string()}: {_rows(failing.count)} wrong. {check.description}",
        metadata={
            "wrong rows": failing.count,
            "the first of them": dg.MetadataValue.md(table(failing.first, "")),
        },
    )


def _rows(count: int) -> str:
    return "1 row is" if count == 1 else f"{count:,} rows are"
