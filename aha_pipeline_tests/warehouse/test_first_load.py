"""The first load of a module makes its indexes at the end; where it fails, the next one does."""

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from aha_pipeline.warehouse import landing
from aha_pipeline.warehouse.connection import connect
from aha_pipeline.warehouse.landing import Window, open_window
from aha_pipeline.warehouse.migrate import migrate
from aha_pipeline_tests.kit.waiting import wait_until

START = datetime(2026, 3, 1, tzinfo=UTC)
END = START + timedelta(days=1)
INDEXES = """
    select c.relname, pg_get_indexdef(c.oid), array(
        select a.attstattarget from pg_attribute a where a.attrelid = c.oid order by a.attnum
    )
    from pg_index i
    join pg_class c on c.oid = i.indexrelid
    where i.indrelid = %s::regclass and i.indisvalid
    order by 1
"""
SEARCH = "select crm.search('crm.leads_raw', crm.search_parts(%s, null))"
TABLES = {"Leads": "leads_raw", "Deals": "crm_deals", "Solar_Sites__c": "crm_solar_sites__c"}
KILLED = """
import os, signal, sys
sys.path.insert(0, {folder!r})
from aha_pipeline_tests.warehouse import test_first_load as first
with first.opened(sys.argv[1]) as open_landing:
    open_landing.stage(first.texts(3), api_calls=1)
    open_landing.stage(first.texts(3), api_calls=2)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch):
    monkeypatch.setattr(landing, "WAITING_RECORDS", 3)


def texts(count: int, company: str = "Lumen") -> list[bytes]:
    return [
        json.dumps({"id": str(n), "Modified_Time": START.isoformat(), "Company": company}).encode()
        for n in range(count)
    ]


def opened(url: str, module: str = "Leads"):
    return open_window(url, Window("run", module, START, END))


def load(url: str, module: str = "Leads", records: int = 3, **options: object) -> None:
    with opened(url, module) as open_landing:
        open_landing.stage(texts(records), api_calls=1)
        open_landing.finish(api_calls=1, read_until=END, timezone="UTC", **options)


def asked(url: str, query: str, *parameters: object) -> list[tuple]:
    with connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchall()


def indexes(url: str, module: str = "Leads") -> list[tuple]:
    return asked(url, INDEXES, f"crm.{TABLES[module]}")


def aside(url: str) -> list[tuple]:
    return asked(url, "select name from crm.indexes_aside")


@pytest.mark.parametrize("options", [{}, {"stop_reason": "credits spent"}])
@pytest.mark.parametrize("module", TABLES)
def test_a_first_load_ends_with_the_indexes_it_began_with(database_url, module, options):
    load(database_url, module, records=0)
    before = indexes(database_url, module)
    with opened(database_url, module) as open_landing:
        open_landing.stage(texts(3), api_calls=1)
        assert len(indexes(database_url, module)) == 1  # the key
        open_landing.finish(api_calls=1, read_until=END, timezone="UTC", **options)
    assert len(before) > 2
    assert indexes(database_url, module) == before
    assert aside(database_url) == []


def test_while_it_is_under_way_a_search_answers(database_url):
    with opened(database_url) as open_landing:
        open_landing.stage(texts(3), api_calls=1)
        assert asked(database_url, SEARCH, "lum") == [([],)]
        open_landing.finish(api_calls=1, read_until=END, timezone="UTC")
    ((found,),) = asked(database_url, SEARCH, "lum")
    assert sorted(found) == ["0", "1", "2"]


@pytest.mark.parametrize("again", [0, 1, 4])
@pytest.mark.parametrize("stopped_by", [KeyboardInterrupt, RuntimeError])
def test_what_is_committed_stays_where_the_index_of_the_search_is_not_made(
    database_url, monkeypatch, stopped_by, again
):
    before = indexes(database_url)

    def stop(*_arguments):
        assert asked(database_url, "select count(*) from crm.leads_raw") == [(3,)]
        raise stopped_by("The machine is to be turned off.")

    with monkeypatch.context() as patched:
        patched.setattr(landing, "_make_search_index", stop)
        with pytest.raises(stopped_by):
            load(database_url)
    assert asked(database_url, "select status from crm.sync_logs") == [("success",)]
    assert aside(database_url) == [("leads_search",)]
    ((found,),) = asked(database_url, SEARCH, "lum")  # without it
    assert sorted(found) == ["0", "1", "2"]
    load(database_url, records=again)
    assert indexes(database_url) == before
    assert aside(database_url) == []


def test_a_table_with_records_keeps_its_indexes(database_url):
    load(database_url, records=1)
    before = indexes(database_url)
    with opened(database_url) as open_landing:
        open_landing.stage(texts(4), api_calls=1)
        assert indexes(database_url) == before
        open_landing.finish(api_calls=1, read_until=END, timezone="UTC")
    assert indexes(database_url) == before


@pytest.mark.parametrize("records", [0, 1, 3])
def test_what_a_failed_load_left_aside_the_next_one_makes(database_url, records):
    before = indexes(database_url)

    def fail():
        with opened(database_url) as open_landing:
            open_landing.stage(texts(3), api_calls=1)
            raise RuntimeError("Zoho went away.")

    with pytest.raises(RuntimeError):
        fail()
    assert asked(database_url, "select count(*) from crm.leads_raw") == [(0,)]
    load(database_url, records=records)
    assert indexes(database_url) == before
    assert aside(database_url) == []


@pytest.fixture
def left_by_a_kill(database_url):
    """A database whose first load was killed in the middle."""
    before = indexes(database_url)
    code = KILLED.format(folder=os.getcwd())
    small = f"from aha_pipeline.warehouse import landing\nlanding.WAITING_RECORDS = 3\n{code}"
    killed = subprocess.run([sys.executable, "-c", small, database_url], check=False)
    assert killed.returncode == -signal.SIGKILL
    gone = "select count(*) = 1 from pg_stat_activity where datname = current_database()"
    wait_until(lambda: asked(database_url, gone) == [(True,)])
    assert len(indexes(database_url)) == 1
    assert asked(database_url, "select count(*) from crm.leads_raw") == [(0,)]
    return before


@pytest.mark.parametrize("records", [0, 1, 3])
def test_what_a_killed_load_left_aside_the_next_one_makes(database_url, left_by_a_kill, records):
    load(database_url, records=records)
    assert indexes(database_url) == left_by_a_kill
    assert aside(database_url) == []


def test_a_migration_finds_the_indexes_that_a_killed_load_left_aside(
    database_url, left_by_a_kill, monkeypatch
):
    last = "delete from aha_migrations._yoyo_migration where migration_id like '0931%%' returning 1"
    assert asked(database_url, last) == [(1,)]
    assert migrate(database_url) == ["0931.search_statistics"]  # which alters indexes
    assert indexes(database_url) == left_by_a_kill


def test_who_reads_for_long_is_not_waited_for(database_url):
    before = indexes(database_url)
    with connect(database_url) as reader, reader.cursor() as cursor:
        cursor.execute("select count(*) from crm.leads_raw")
        load(database_url)
    assert indexes(database_url) == before
    assert asked(database_url, "select count(*) from crm.leads_raw") == [(3,)]
