"""What the warehouse knows: whose data it holds, and what no complete read has covered."""

from datetime import UTC, datetime, timedelta

import pytest

from aha_pipeline.warehouse.connection import connect
from aha_pipeline.warehouse.state import (
    UnreadRange,
    WrongOrganisation,
    connect_organisation,
    unread_ranges,
)

DAY = timedelta(days=1)
START = datetime(2026, 3, 1, tzinfo=UTC)
LAG = timedelta(minutes=5)


def log(cursor, start, end, read_until, status="success", module="Leads", run_id="r"):
    cursor.execute(
        "insert into crm.sync_logs (run_id, module, window_start, window_end, status, read_until)"
        " values (%s, %s, %s, %s, %s, %s)",
        (run_id, module, start, end, status, read_until),
    )


def test_before_the_first_read_everything_is_unread(database_url):
    with connect(database_url) as connection:
        assert unread_ranges(connection, ["Leads"], START, START + DAY, lag=LAG) == [
            UnreadRange("Leads", START, START + DAY)
        ]


def test_a_window_read_while_it_was_open_is_covered_up_to_the_crms_clock(database_url):
    read_until = START + timedelta(hours=8)
    with connect(database_url) as connection, connection.cursor() as cursor:
        log(cursor, START - DAY, START + DAY, read_until)
        assert unread_ranges(connection, ["Leads"], START - DAY, START + DAY, lag=LAG) == [
            UnreadRange("Leads", read_until - LAG, START + DAY)
        ]


def test_failed_windows_and_other_modules_cover_nothing(database_url):
    with connect(database_url) as connection, connection.cursor() as cursor:
        log(cursor, START, START + DAY, START + 2 * DAY, status="failed")
        log(cursor, START, START + DAY, START + 2 * DAY, module="Deals")
        assert unread_ranges(connection, ["Deals", "Leads"], START, START + DAY, lag=LAG) == [
            UnreadRange("Leads", START, START + DAY)
        ]


def test_a_hole_between_two_reads_is_found(database_url):
    with connect(database_url) as connection, connection.cursor() as cursor:
        log(cursor, START, START + DAY, START + 9 * DAY)
        log(cursor, START + 3 * DAY, START + 4 * DAY, START + 9 * DAY)
        assert unread_ranges(connection, ["Leads"], START, START + 4 * DAY, lag=LAG) == [
            UnreadRange("Leads", START + DAY, START + 3 * DAY)
        ]


def connect_as(connection, org_id, is_sandbox=False, timezone="Asia/Kolkata"):
    connect_organisation(
        connection,
        org_id=org_id,
        name=f"Company {org_id}",
        is_sandbox=is_sandbox,
        timezone=timezone,
        currency="INR",
    )


def test_another_organisation_is_refused_and_named(database_url):
    with connect(database_url) as connection:
        connect_as(connection, "1")
        connect_as(connection, "1", timezone="Asia/Dubai")
        with pytest.raises(WrongOrganisation, match=r"Company 1.*Company 2"):
            connect_as(connection, "2")


def test_the_sandbox_is_refused_where_the_same_real_organisation_lives(database_url):
    with connect(database_url) as connection:
        connect_as(connection, "1")
        with pytest.raises(WrongOrganisation, match="sandbox"):
            connect_as(connection, "1", is_sandbox=True)
