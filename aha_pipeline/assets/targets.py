"""The asset `analytics/targets`: what is to be won, as the user's file says."""

from pathlib import Path

import dagster as dg

from aha_pipeline.assets import columns, picklist_meaning
from aha_pipeline.assets.marts import mart_key
from aha_pipeline.sandbox import TARGETS as SANDBOX_FILE
from aha_pipeline.services import Services
from aha_pipeline.settings import Settings
from aha_pipeline.warehouse.targets import save_targets
from aha_pipeline.warehouse.user_file import UserFileError

TABLE = "analytics.targets"
FILE = "targets.csv"


@dg.asset(
    key=mart_key("targets"),
    description="What is to be won in a month, fiscal quarter or fiscal year, by the company, a "
    f"rep or a source: from the file {FILE} in AHA_HOME, or written into the table by others. "
    "Former targets are kept.",
    deps=[picklist_meaning.KEY],  # with it comes the fiscal year
    group_name="figures",
    kinds={"postgresql"},
    owners=["team:sales_operations"],
)
def targets_asset(services: dg.ResourceParam[Services]) -> dg.MaterializeResult:
    """Bring the targets up to date with the file."""
    try:
        with services.connect() as connection:
            rows = save_targets(connection, _file(services.settings))
            described = columns.schema_metadata(connection, TABLE)
    except UserFileError as error:
        raise dg.Failure(
            f"{error} Until then the targets stay as they are.", allow_retries=False
        ) from None
    return dg.MaterializeResult(
        metadata={"dagster/row_count": rows, "dagster/table_name": TABLE, **described}
    )


def _file(settings: Settings) -> Path:
    """Return the user's file, or the sandbox's own if it is read and the user has none."""
    own = settings.home / FILE
    return settings.home / SANDBOX_FILE if settings.is_sandbox and not own.exists() else own
