"""Once a week: delete the logs that are too old to be of use."""

import dagster as dg

from aha_pipeline.services import Services
from aha_pipeline.warehouse.retention import prune, prune_events


@dg.op
def delete_old_logs(context: dg.OpExecutionContext, services: dg.ResourceParam[Services]) -> None:
    """Delete what is older than the settings say; how much is in the metadata."""
    days = services.settings.aha_keep_logs_days
    with services.connect() as connection:
        deleted = prune(
            connection, logs_days=days, versions_days=services.settings.aha_keep_versions_days
        )
    with services.connect() as connection:
        deleted["events of Dagster"] = prune_events(connection, logs_days=days)
    context.add_output_metadata(deleted)


@dg.job(description="Deletes logs older than AHA_KEEP_LOGS_DAYS; no figure changes by it.")
def housekeeping() -> None:
    """Delete old logs."""
    delete_old_logs()
