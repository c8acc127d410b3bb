"""The days of a partition are those that Dagster's own definition has, listed once."""

from datetime import UTC, datetime

import dagster as dg
import pytest

from aha_pipeline.assets.partitions import daily
from aha_pipeline.settings import load

TIMES = [  # the day turns in Kolkata at 18:30 UTC
    datetime(2026, 11, 30, 18, 29, tzinfo=UTC),
    datetime(2026, 11, 30, 18, 30, tzinfo=UTC),
    datetime(2026, 11, 8, 5, 30, tzinfo=UTC),  # New York has left summer time that week
]


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "America/New_York", "Pacific/Auckland"])
def test_the_days_are_those_of_dagsters_own(zone, monkeypatch):
    monkeypatch.setenv("AHA_TIMEZONE", zone)
    monkeypatch.setenv("AHA_START_DATE", "2026-02-27")
    ours = daily(load())
    dagsters = dg.DailyPartitionsDefinition("2026-02-27", timezone=zone, end_offset=1)
    assert type(ours).__name__ == type(dagsters).__name__  # it is stored
    for time in TIMES:
        with dg.partition_loading_context(effective_dt=time):
            expected = dagsters.get_partition_keys()
            ours.get_partition_keys().append("not a day")  # each caller has a list of its own
            assert ours.get_partition_keys() == expected
        assert ours.get_partition_keys(time) == expected
    assert len({len(ours.get_partition_keys(time)) for time in TIMES}) > 1


def test_days_of_two_definitions_are_not_mistaken(monkeypatch):
    for start in ("2026-10-30", "2026-11-01", "2026-11-29"):
        monkeypatch.setenv("AHA_START_DATE", start)
        assert daily(load()).get_partition_keys(TIMES[0])[0] == start
