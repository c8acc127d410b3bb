"""Clocks apart: each set-up of three clocks, judged by which day each would say it is."""

import itertools
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from aha_pipeline.calendar import due_before, start_of
from aha_pipeline.clocks import ClocksApart, check
from aha_pipeline.settings import Settings
from aha_pipeline.warehouse.connection import connect
from aha_pipeline_tests.doctor.findings import found
from aha_pipeline_tests.kit.command import aha, assert_refused
from aha_pipeline_tests.kit.graph import name_in_settings, serving

NOW = datetime(2026, 11, 28, 23, 30, tzinfo=UTC)
JUMPS = [timedelta(days=3), timedelta(hours=-2), timedelta(minutes=31), timedelta(days=-400)]
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize("jump", JUMPS, ids=str)
@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        (("machine",), "This machine's clock is"),
        (("database",), "The database's clock is"),
        (("machine", "database"), "The clocks of this machine and of the database are"),
    ],
    ids=str,
)
def test_the_clock_that_is_wrong_is_named_with_the_side_and_what_to_do(wrong, named, jump):
    clocks = {who: NOW + jump * (who in wrong) for who in ("machine", "database")}
    with pytest.raises(ClocksApart) as refused:
        check(**clocks, zoho=NOW)
    said = str(refused.value)
    assert said.startswith(named)
    assert ("ahead of" if jump > timedelta() else "behind") in said
    assert "timedatectl" in said


def test_clocks_a_few_minutes_apart_are_no_reason_to_stop():
    near = [NOW + timedelta(minutes=minutes) for minutes in (-4, 0, 4)]
    for three in itertools.product(near, near, [*near, None]):
        check(*three)


def test_without_zohos_time_the_other_two_are_compared():
    with pytest.raises(ClocksApart, match="3 days ahead of the database's"):
        check(NOW + timedelta(days=3), NOW, None)


@pytest.mark.parametrize(("hours", "words"), [(-72, "3 days ahead of"), (2, "2 hours behind")])
def test_a_sync_by_wrong_clocks_reads_nothing_and_says_why(
    tmp_path, database_url, monkeypatch, hours, words
):
    """Zoho's clock is moved here, which is the same as both of ours moved the other way."""
    with serving(tmp_path, timedelta(hours=hours)) as company:
        name_in_settings(monkeypatch, company, database_url)
        assert_refused(aha("sync"), words, "nothing is read or sent")
        findings = found()
    with connect(database_url) as connection, connection.cursor() as cursor:
        cursor.execute("select count(*) from crm.sync_logs")
        assert cursor.fetchone() == (0,)
    assert {one.what for one in findings if one.stops_sync} == {"Clock, Zoho"}


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"])
def test_a_day_of_23_or_25_hours_begins_and_is_due_once(day):
    """At each minute around a change of summer time, as a clock on the wall of Berlin shows it."""
    settings = Settings(aha_timezone="Europe/Berlin", aha_daily_at="02:30")
    before = datetime.fromisoformat(f"{day}T00:00").replace(tzinfo=BERLIN).astimezone(UTC)
    moments = [before + timedelta(minutes=minutes) for minutes in range(-120, 29 * 60)]
    due = [due_before(moment, settings) for moment in moments]
    assert all(one <= moment for one, moment in zip(due, moments, strict=True))
    assert due == sorted(due)
    assert (len({one.date() for one in due}), len(set(due))) == (3, 3)
    starts = {start_of(moment.astimezone(BERLIN).date(), settings) for moment in moments}
    assert sorted(starts) == [start.astimezone(UTC) for start in sorted(starts)]
