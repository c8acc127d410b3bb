"""The business day as Dagster partitions."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache

import dagster as dg
from dagster._core.instance import DynamicPartitionsStore

from aha_pipeline.settings import Settings

RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"


class DailyPartitionsDefinition(dg.DailyPartitionsDefinition):
    """Dagster's own, which lists its days once a day: Dagster asks for them at most steps of a run.

    Of the same name, which is stored with what is known of partitions.
    """

    def get_partition_keys(
        self,
        current_time: datetime | None = None,
        dynamic_partitions_store: DynamicPartitionsStore | None = None,
    ) -> Sequence[str]:
        """Return the days up to the last, which may be another at each call."""
        with dg.partition_loading_context(current_time, dynamic_partitions_store):
            return list(_listed(self, self.get_last_partition_key()))


@lru_cache(maxsize=4)
def _listed(days: DailyPartitionsDefinition, last: str | None) -> tuple[str, ...]:
    """Return the days up to `last`, which is the last one now."""
    return tuple(super(DailyPartitionsDefinition, days).get_partition_keys())


def daily(settings: Settings) -> DailyPartitionsDefinition:
    """Return one partition a business day, from AHA_START_DATE to today."""
    return DailyPartitionsDefinition(
        start_date=settings.aha_start_date.isoformat(),
        timezone=settings.aha_timezone,
        end_offset=1,
    )


def range_tags(first: date, last: date) -> dict[str, str]:
    """Return the run tags that make one run cover the partitions `first` to `last`."""
    return {RANGE_START: first.isoformat(), RANGE_END: last.isoformat()}
