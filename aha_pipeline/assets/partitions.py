"""The business day as Dagster partitions."""

from datetime import date

import dagster as dg

from aha_pipeline.settings import Settings

RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"


def daily(settings: Settings) -> dg.DailyPartitionsDefinition:
    """Return one partition a business day, from AHA_START_DATE to today."""
    return dg.DailyPartitionsDefinition(
        start_date=settings.aha_start_date.isoformat(),
        timezone=settings.aha_timezone,
        end_offset=1,
    )


def range_tags(first: date, last: date) -> dict[str, str]:
    """Return the run tags that make one run cover the partitions `first` to `last`."""
    return {RANGE_START: first.isoformat(), RANGE_END: last.isoformat()}
