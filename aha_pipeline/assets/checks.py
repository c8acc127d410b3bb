"""The files of `sql/checks` as asset checks: how many rows are wrong, which, and what to do."""

from collections.abc import Sequence

import dagster as dg
from psycopg2.extensions import connection as Connection

from aha_pipeline.assets.kept import kept_check
from aha_pipeline.assets.markdown import table
from aha_pipeline.assets.marts import PREFIX
from aha_pipeline.assets.modules import module_key
from aha_pipeline.services import Services
from aha_pipeline.warehouse.checks import (
    LIVE_RECORDS,
    Check,
    Wrong,
    find_wrong,
    keep_live_records,
    mart_checks,
    module_checks,
)

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
    @kept_check(
        key,
        check.name,
        f"Fails where this is so: {check.description}",
        blocking=check.is_blocking,
        additional_deps=_compared_with(check, key),
    )
    def checked(_: Services, connection: Connection) -> dg.AssetCheckResult:
        wrong = find_wrong(connection, check, module)
        if check.name == LIVE_RECORDS and not wrong.count:
            keep_live_records(connection, module)
        return _result(check, key, wrong)

    return checked


def _compared_with(check: Check, key: dg.AssetKey) -> list[dg.AssetKey]:
    """Return the other marts that a check reads, so that it waits for them."""
    read = (dg.AssetKey(source.split(".")) for source in check.sources)
    return [other for other in read if other.path[0] == PREFIX and other != key]


def _result(check: Check, key: dg.AssetKey, wrong: Wrong) -> dg.AssetCheckResult:
    if not wrong.count:
        return dg.AssetCheckResult(
            passed=True,
            severity=SEVERITY[check.severity],
            description="No row is wrong.",
            metadata={"wrong rows": 0},
        )
    return dg.AssetCheckResult(
        passed=False,
        severity=SEVERITY[check.severity],
        description=f"{key.to_user_string()}: {_rows(wrong.count)} wrong. {check.description}",
        metadata={
            "wrong rows": wrong.count,
            "the first of them": dg.MetadataValue.md(table(wrong.first, "")),
        },
    )


def _rows(count: int) -> str:
    return "1 row is" if count == 1 else f"{count:,} rows are"
