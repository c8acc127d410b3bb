"""Settings whose meaning depends on where and when they are read."""

from datetime import UTC, date, datetime

import pytest
import time_machine

from aha_pipeline.settings import SettingsError, load

# In India it is the next day since half past six in the evening.
LATE = datetime(2026, 3, 14, 19, 0, tzinfo=UTC)


@pytest.mark.parametrize(("zone", "today"), [("Asia/Kolkata", 15), ("America/New_York", 14)])
def test_the_first_day_may_be_today_where_the_business_is(monkeypatch, zone, today):
    monkeypatch.setenv("AHA_TIMEZONE", zone)
    with time_machine.travel(LATE, tick=False):
        monkeypatch.setenv("AHA_START_DATE", f"2026-03-{today}")
        assert load().aha_start_date == date(2026, 3, today)
        monkeypatch.setenv("AHA_START_DATE", f"2026-03-{today + 1}")
        with pytest.raises(SettingsError, match=r"AHA_START_DATE .*must not be in the future"):
            load()


def test_a_wrong_zone_is_told_once(monkeypatch):
    monkeypatch.setenv("AHA_TIMEZONE", "Asia/Nowhere")
    monkeypatch.setenv("AHA_START_DATE", "2026-03-15")
    with pytest.raises(SettingsError) as raised:
        load()
    assert str(raised.value).count("AHA_") == 1
