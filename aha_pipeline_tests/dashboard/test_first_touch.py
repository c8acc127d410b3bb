"""The wait for the first contact on the page: not read, or told with those who still wait."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from aha_pipeline.warehouse.state import save_configured_modules
from aha_pipeline_tests.warehouse.marts_company import (
    build,
    call,
    company,
    email,
    lead,
    put,
    put_emails,
    put_sync,
)
from dashboard.first_touch import duration
from dashboard.periods import CUSTOM

ZONE = ZoneInfo("Asia/Kolkata")


def ago(hours: float) -> str:
    return (datetime.now(ZONE) - timedelta(hours=hours)).isoformat(timespec="seconds")


def said(page) -> str:
    return "\n".join(str(one.value) for one in (*page.caption, *page.info))


@pytest.mark.parametrize("read", [False, True])
def test_who_does_not_read_calls_sees_not_read_and_no_waiting_lead(page, database_url, read):
    modules = ["Leads", "Deals", "Contacts", "Accounts", *(["Calls"] if read else [])]
    day = datetime.now(ZONE).date()
    with company(database_url) as connection:
        save_configured_modules(connection, modules)
        put(connection, "Leads", lead(1, ago(6)), lead(2, ago(5)), lead(3, ago(4)))
        if read:
            put(connection, "Calls", call(1, ago(6), "L1"), call(2, ago(4), "L2"))
            put(connection, "Leads", lead(4, ago(4)))
            put_emails(connection, "Leads", "L3")
            put_emails(connection, "Leads", "L4", email(1, ago(3)))
            put_sync(connection, "Calls", ago(1))
        for module in ("Leads", "Deals", "Contacts", "Accounts"):
            put_sync(connection, module, ago(1))
        build(connection, day - timedelta(2), day)
    # Not this month, which may have begun an hour ago.
    shown = page(database_url, "Lead Intelligence", period=CUSTOM, days=(day - timedelta(2), day))
    assert not shown.exception
    texts = said(shown)
    if read:
        assert "Half of 4 leads were contacted within 1 h" in texts
        assert "Counted around the clock" in texts
        assert "Still waiting: 1 lead." in texts
        assert "E-mails read of 2 of 4 leads of 90 days. Of the others" in texts
    else:
        assert "Not read. Calls are not among the modules that are read" in texts
        assert "Still waiting" not in texts


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (None, "–"),
        (0, "0 min"),
        (59.6, "1 h"),
        (316.2, "5 h 16 min"),
        (1440, "24 h"),
        (1500.4, "25 h"),
    ],
)
def test_durations(minutes, words):
    assert duration(minutes) == words
