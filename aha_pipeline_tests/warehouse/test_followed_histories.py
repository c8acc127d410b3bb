"""Histories and what follows them while others write: sessions beside each other, late commits.

And all that a history stands on beside its records, of which a change makes it anew.
"""

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from time import monotonic, sleep

import pytest
from psycopg2.errors import LockNotAvailable, SerializationFailure

from aha_pipeline.warehouse.connection import connect
from aha_pipeline.warehouse.mart_builds import forget
from aha_pipeline.warehouse.mart_files import read_marts
from aha_pipeline.warehouse.mart_shadows import compare_all
from aha_pipeline.warehouse.marts import refresh
from aha_pipeline.warehouse.meanings import derive_labels
from aha_pipeline.warehouse.record_history import note_covered
from aha_pipeline_tests.warehouse.marts_company import (
    ASHA,
    build,
    company,
    contact,
    deal,
    ist,
    lead,
    put,
    rows,
)

MARTS = {mart.name: mart for mart in read_marts()}
DEALS, KPIS = MARTS["deal_history"], MARTS["kpi_parts"]
CREATED, READ = ist("2025-03-01 10:00:00"), ist("2025-03-05 10:00:00")
# All but the deal D9 and the lead L9, which landed last, are too old to be looked at again.
LANDED_BEFORE = """
    update crm.crm_deals set synced_at = now() - interval '1 hour' where id <> 'D9';
    update crm.leads_raw set synced_at = now() - interval '1 hour' where id <> 'L9'
"""
LABELLED_BEFORE = "update crm.text_labels_until set landed_at = now() - interval '2 hours'"
AMOUNT = """
    update crm.crm_deals set raw_data = raw_data || '{"Amount": %s}', synced_at = clock_timestamp()
    where id = '%s'
"""
TOLD = """
    insert into crm.record_history (module, record_id, way, entry_id, audited_time, raw_data)
    values ('Deals', 'D1', 'timeline', 'e', %s, %s);
    insert into crm.record_history_reads
        (module, record_id, way, complete, reaches_back_to, read_at)
    values ('Deals', 'D1', 'timeline', true, %s, now() - interval '1 hour')
"""
# Of what a history is made beside its records.
OTHERS = {
    "what a currency is worth": "update crm.currency_worth set dollars = dollars * 90 "
    "where currency = 'EUR'",
    "a function": "create or replace function crm.label_or_none(value text) returns text "
    "language sql immutable as $$ select coalesce(crm.text_label(value), '(empty)') $$",
    "an owner known by name": None,
    "an option of two names": "insert into crm.crm_fields (module, api_name, picklist, raw_data) "
    "values ('Deals', 'Stage', "
    """'[{"display_value": "Qualified", "actual_value": "Qualification"}]', '{}')""",
}


@pytest.fixture
def opened(database_url):
    """A company with deals in two currencies, of one of which Zoho tells the past; all built."""
    with company(database_url) as connection:
        foreign = {"Currency": "EUR", "Exchange_Rate": 90, "Lead_Source": None}
        put(connection, "Deals", deal(1, CREATED, Modified_Time=READ), deal(2, CREATED, **foreign))
        put(connection, "Deals", deal(9, CREATED))
        put(connection, "Leads", lead(9, CREATED))
        fields = [
            {"api_name": "Owner", "_value": {"old": "Chitra", "new": ASHA["name"]}},
            {"api_name": "Stage", "_value": {"old": "Lead", "new": "Qualification"}},
        ]
        entry = json.dumps({"action": "updated", "field_history": fields})
        with connection.cursor() as cursor:
            cursor.execute(TOLD, [ist("2025-03-03 10:00:00"), entry, CREATED])
            cursor.execute("update crm.organisation set rate_reading = 'multiply'")
            cursor.execute(LANDED_BEFORE)
        build(connection, only=("kpi_parts",))
        connection.commit()
        yield connection


@pytest.mark.parametrize("what", OTHERS)
def test_a_history_follows_all_that_it_is_made_of(opened, what):
    before = _rows(opened, "deal_history")
    if change := OTHERS[what]:
        opened.cursor().execute(change)
    else:
        put(opened, "Contacts", contact(1, {"id": "3", "name": "Chitra"}))
    refresh(opened, MARTS["owners"])
    refresh(opened, DEALS)
    after = _rows(opened, "deal_history")
    assert after != before
    assert after == _made_anew(opened, "deal_history")


def test_a_text_that_was_shown_before_it_had_a_label_is_shown_by_it_afterwards(opened):
    put(opened, "Leads", lead(1, CREATED, Lead_Source="web SITE"))
    refresh(opened, MARTS["lead_history"])
    opened.cursor().execute(LANDED_BEFORE)
    opened.cursor().execute(LABELLED_BEFORE)
    put(opened, "Leads", *(lead(n, CREATED, Lead_Source="Web Site") for n in (2, 3)))
    derive_labels(opened)
    refresh(opened, MARTS["lead_history"])
    sources = rows(opened, "select distinct source from analytics.lead_history where id <> 'L9'")
    assert sources == [{"source": "Web Site"}]


def test_a_history_that_another_session_refreshes_is_taken_in_once(opened, database_url):
    opened.cursor().execute(AMOUNT % (5000, "D1"))
    refresh(opened, DEALS)
    opened.commit()
    with (
        connect(database_url) as taking,
        ThreadPoolExecutor(1) as beside,
        connect(database_url) as holding,
    ):
        holding.cursor().execute("lock table analytics.kpi_parts in share mode")
        taken = beside.submit(refresh, taking, KPIS)
        _wait_for_a_lock(opened)
        opened.cursor().execute(AMOUNT % (7000, "D2"))
        opened.commit()
        opened.cursor().execute("set local lock_timeout = '100ms'")
        with suppress(LockNotAvailable):
            refresh(opened, DEALS)
            opened.commit()
        opened.rollback()
        holding.commit()
        taken.result()
        taking.commit()
    refresh(opened, DEALS)
    refresh(opened, KPIS)
    assert _rows(opened, "kpi_parts") == _made_anew(opened, "kpi_parts")


def test_a_history_that_is_made_anew_meanwhile_is_compared_afterwards(opened, database_url):
    opened.commit()
    with ThreadPoolExecutor(1) as beside, connect(database_url) as other:
        forget(other.cursor(), [DEALS])
        refresh(other, DEALS)
        found = beside.submit(lambda: [each for each in compare_all(opened) if not each.is_equal])
        _wait_for_a_lock(other)
        other.commit()
        assert found.result() == []


@pytest.mark.parametrize("changed", ["deal_history", "lead_volume"])
def test_no_mart_is_made_of_one_moment_from_one_of_another(opened, database_url, changed):
    opened.cursor().execute("set transaction isolation level repeatable read")
    assert rows(opened, "select from crm.organisation")  # that moment; no lock on a history
    with connect(database_url) as other:
        forget(other.cursor(), [MARTS[changed]])
        refresh(other, MARTS[changed])
    forget(opened.cursor(), [KPIS])
    with pytest.raises(SerializationFailure):
        refresh(opened, KPIS)
    opened.rollback()


def test_what_is_read_of_the_past_waits_for_records_that_are_landing(opened, database_url):
    with connect(database_url) as landing:
        landing.cursor().execute("select pg_advisory_xact_lock(hashtext('crm.Deals'))")
        opened.cursor().execute("set local lock_timeout = '100ms'")
        with pytest.raises(LockNotAvailable):
            note_covered(opened, "Deals")
        opened.rollback()


def _wait_for_a_lock(connection) -> None:
    """Wait until another session waits for one."""
    deadline = monotonic() + 60
    here = "select oid from pg_database where datname = current_database()"
    while not rows(connection, f"select from pg_locks where not granted and database = ({here})"):
        assert monotonic() < deadline
        sleep(0.02)


def _rows(connection, mart: str) -> list[str]:
    return sorted(map(str, rows(connection, mart)))


def _made_anew(connection, mart: str) -> list[str]:
    forget(connection.cursor(), [MARTS[mart]])
    refresh(connection, MARTS[mart])
    return _rows(connection, mart)
