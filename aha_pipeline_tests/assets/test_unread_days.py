"""Which days a sync reads: none is left out, and none is read to its end twice."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from aha_pipeline.assets.unread_days import days_to_fill, first_unread_day, unread_days
from aha_pipeline.calendar import today
from aha_pipeline.settings import load
from aha_pipeline.warehouse.connection import connect

IST = ZoneInfo("Asia/Kolkata")


@pytest.fixture
def settings(monkeypatch):
    monkeypatch.setenv("AHA_START_DATE", "2026-01-01")
    monkeypatch.setenv("ZOHO_MODULES", "Leads,Deals")
    return load()


def read(cursor, module, first, last, read_at):
    """Log a complete read of the days `first` to `last`, at `read_at` by the CRM's clock."""
    start = datetime.combine(first, datetime.min.time(), IST)
    end = datetime.combine(last + timedelta(days=1), datetime.min.time(), IST)
    cursor.execute(
        "insert into crm.sync_logs (run_id, module, window_start, window_end, status, read_until)"
        " values (gen_random_uuid()::text, %s, %s, %s, 'success', %s)",
        (module, start, end, read_at),
    )


def test_before_the_first_sync_the_first_unread_day_is_the_start(database_url, settings):
    with connect(database_url) as connection:
        assert first_unread_day(connection, settings) == date(2026, 1, 1)


def test_the_day_of_the_last_sync_is_unread_until_it_is_over(database_url, settings):
    now = datetime.now(IST)
    yesterday = today(settings) - timedelta(days=1)
    with connect(database_url) as connection, connection.cursor() as cursor:
        for module in ("Leads", "Deals"):
            read(cursor, module, settings.aha_start_date, yesterday, now - timedelta(days=1))
        assert first_unread_day(connection, settings) == (now - timedelta(days=1)).date()


def test_after_days_of_standstill_every_day_since_is_unread(database_url, settings):
    stopped = datetime.now(IST) - timedelta(days=6)
    with connect(database_url) as connection, connection.cursor() as cursor:
        for module in ("Leads", "Deals"):
            read(cursor, module, settings.aha_start_date, stopped.date(), stopped)
        assert first_unread_day(connection, settings) == stopped.date()


def test_one_module_behind_is_enough(database_url, settings):
    now = datetime.now(IST)
    behind = now - timedelta(days=3)
    with connect(database_url) as connection, connection.cursor() as cursor:
        read(cursor, "Leads", settings.aha_start_date, now.date(), now)
        read(cursor, "Deals", settings.aha_start_date, behind.date(), behind)
        assert first_unread_day(connection, settings) == behind.date()


def test_a_backfill_finds_the_holes_and_nothing_else(database_url, settings):
    later = datetime(2026, 3, 1, tzinfo=IST)
    with connect(database_url) as connection, connection.cursor() as cursor:
        for module in ("Leads", "Deals"):
            read(cursor, module, date(2026, 1, 1), date(2026, 1, 10), later)
            read(cursor, module, date(2026, 1, 13), date(2026, 1, 20), later)
        assert unread_days(connection, settings, date(2026, 1, 5), date(2026, 1, 22)) == [
            (date(2026, 1, 11), date(2026, 1, 12)),
            (date(2026, 1, 21), date(2026, 1, 22)),
        ]
        assert unread_days(connection, settings, date(2026, 1, 1), date(2026, 1, 9)) == []


def test_days_that_have_not_begun_are_not_unread(database_url, settings):
    tomorrow = today(settings) + timedelta(days=1)
    with connect(database_url) as connection:
        assert unread_days(connection, settings, tomorrow, tomorrow) == []


def test_a_daily_mart_is_to_fill_with_what_was_read_and_not_filled(database_url, settings):
    later = datetime(2026, 3, 1, tzinfo=IST)
    with connect(database_url) as connection, connection.cursor() as cursor:
        for module in ("Leads", "Deals"):
            read(cursor, module, date(2026, 1, 1), date(2026, 1, 4), later)
            read(cursor, module, date(2026, 1, 6), date(2026, 1, 9), later)
        filled = {date(2026, 1, 1), date(2026, 1, 2)}
        asked = date(2026, 1, 10)
        assert days_to_fill(connection, settings, filled, asked, asked) == [
            (date(2026, 1, 3), date(2026, 1, 4)),
            (date(2026, 1, 6), date(2026, 1, 10)),
        ]


@pytest.mark.parametrize("again", [False, True])
def test_a_module_no_mart_needs_and_that_cannot_be_read_holds_up_no_day(
    database_url, monkeypatch, again
):
    monkeypatch.setenv("AHA_START_DATE", "2026-01-01")
    monkeypatch.setenv("ZOHO_MODULES", "Leads,Deals,Tasks")
    settings, now = load(), datetime.now(IST)
    with connect(database_url) as connection, connection.cursor() as cursor:
        for module in ("Leads", "Deals"):
            read(cursor, module, settings.aha_start_date, now.date(), now)
        cursor.execute(
            "insert into crm.sync_logs (run_id, module, window_start, window_end, status,"
            " started_at) values"
            " ('failed', 'Tasks', now(), now(), 'failed', now() - interval '1 h')"
        )
        if again:
            read(cursor, "Tasks", now.date(), now.date(), now)
        first = settings.aha_start_date if again else now.date()
        assert first_unread_day(connection, settings) == first
        asked = date(2026, 1, 10)
        assert days_to_fill(connection, settings, set(), asked, asked) == [
            (settings.aha_start_date, asked)
        ]
