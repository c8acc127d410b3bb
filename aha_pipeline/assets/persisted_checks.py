"""Asset checks whose latest result is also stored in the database, where the dashboard reads it."""

from collections.abc import Callable
from typing import Any

import dagster as dg
from psycopg2.extensions import connection as Connection

from aha_pipeline.services import Services
from aha_pipeline.warehouse.checks import save_result

Evaluate = Callable[[Services, Connection], dg.AssetCheckResult]


def persisted_check(
    asset: dg.AssetKey, name: str, description: str, **options: Any
) -> Callable[[Evaluate], dg.AssetChecksDefinition]:
    """Return a decorator like `dg.asset_check` for a function of services and a connection.

    The `description` of the result it returns must say what was found; the result is stored in the
    connection's transaction.
    """

    def decorate(evaluate: Evaluate) -> dg.AssetChecksDefinition:
        @dg.asset_check(asset=asset, name=name, description=description, **options)
        def check(services: dg.ResourceParam[Services]) -> dg.AssetCheckResult:
            with services.connect() as connection:
                result = evaluate(services, connection)
                return persist(connection, asset, name, description, result)

        return check

    return decorate


def persist(
    connection: Connection,
    asset: dg.AssetKey,
    name: str,
    description: str,
    result: dg.AssetCheckResult,
    inputs: str | None = None,
) -> dg.AssetCheckResult:
    """Store a result as the latest of its check, in the caller's transaction, and return it.

    inputs: a hash of what the check read, if the next run may compare it.
    """
    save_result(
        connection,
        asset=asset.to_user_string(),
        name=name,
        passed=result.passed,
        severity=result.severity.value.lower(),
        about=description,
        found=result.description,
        inputs=inputs,
    )
    return result
