"""Asset checks whose newest result is kept in the database too, where the dashboard reads it."""

from collections.abc import Callable
from typing import Any

import dagster as dg
from psycopg2.extensions import connection as Connection

from aha_pipeline.assets.resources import ServicesResource
from aha_pipeline.services import Services
from aha_pipeline.warehouse.checks import keep_result

Find = Callable[[Services, Connection], dg.AssetCheckResult]


def kept_check(
    asset: dg.AssetKey, name: str, description: str, **options: Any
) -> Callable[[Find], dg.AssetChecksDefinition]:
    """Return a decorator like `dg.asset_check`: the function is given services and a connection.

    What it returns says in `description` what was found, and is kept in the connection's
    transaction.
    """

    def decorate(find: Find) -> dg.AssetChecksDefinition:
        @dg.asset_check(asset=asset, name=name, description=description, **options)
        def checked(services: ServicesResource) -> dg.AssetCheckResult:
            opened = services.get()
            with opened.connect() as connection:
                result = find(opened, connection)
                return keep(connection, asset, name, description, result)

        return checked

    return decorate


def keep(
    connection: Connection,
    asset: dg.AssetKey,
    name: str,
    description: str,
    result: dg.AssetCheckResult,
) -> dg.AssetCheckResult:
    """Keep the result of a check as its newest, in the caller's transaction, and return it."""
    keep_result(
        connection,
        asset=asset.to_user_string(),
        name=name,
        passed=result.passed,
        severity=result.severity.value.lower(),
        about=description,
        found=result.description,
    )
    return result
