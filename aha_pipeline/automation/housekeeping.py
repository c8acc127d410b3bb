"""Once a week: delete the logs that are too old to be of use."""

import dagster as dg

from aha_pipeline.assets.resources import ServicesResource
from aha_pipeline.warehouse.retention import prune, prune_events


@dg.op
def delete_old_logs(context: dg.OpExecutionContext, services: ServicesResource) -> None:
    """Delete what is older than the settings say; how much is in the metadata."""
    opened = services.get()
    days = opened.settings.aha_keep_logs_days
    with opened.connect() as connection:
        deleted = prune(
            connection, logs_days=days, versions_days=opened.settings.aha_keep_versions_days
        )
    with opened.connect() as connection:
        deleted["events of Dagster"] = prune_events(connection, logs_days=days)
    context.add_output_metadata(deleted)


@dg.job(description="Deletes logs older than AHA_KEEP_LOGS_DAYS; no figure changes by it.")
def housekeeping() -> None:
    """Delete old logs."""
    delete_old_logs()
