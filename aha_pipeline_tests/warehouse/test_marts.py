"""How mart files become views and tables that readers never lose."""

from dataclasses import replace
from datetime import date
from threading import Thread
from time import sleep

import psycopg2
import pytest

from aha_pipeline.warehouse.connection import connect, connect_reader
from aha_pipeline.warehouse.mart_builds import forget
from aha_pipeline.warehouse.mart_files import MartError, read_marts
from aha_pipeline.warehouse.marts import Refresh, refresh
from aha_pipeline_tests.warehouse.marts_company import build, company, deal, ist, lead, put, rows

MARTS = {mart.name: mart for mart in read_marts()}
FIRST, LAST = date(2025, 3, 1), date(2025, 3, 10)
CONTRACT = {
    "kpis": "day new_leads new_leads_avg_7d junk_pct open_deals open_pipeline_value "
    "weighted_pipeline_value won_deals won_value lost_deals",
    "lead_volume": "day source owner_id owner_name status leads",
    "funnel": "position entity step meaning records value",
    "source_quality": "source leads junk_leads junk_pct qualified_leads converted_leads "
    "won_deals won_value",
    "rep_matrix": "owner_id owner_name leads junk_leads open_deals open_value won_deals "
    "won_value lost_deals win_rate_by_count win_rate_by_value",
    "pipeline_by_stage": "position stage meaning deals value weighted_value",
}


@pytest.fixture
def small(database_url):
    """A connection to a company of two leads and one deal."""
    with company(database_url) as connection:
        put(connection, "Leads", lead(1, ist("2025-03-01 10:00:00")))
        put(connection, "Leads", lead(2, ist("2025-03-02 10:00:00"), "Junk Lead"))
        put(connection, "Deals", deal(1, ist("2025-03-03 10:00:00")))
        yield connection


def test_the_contracted_columns_come_first(small):
    build(small, FIRST, LAST)
    for name, wanted in CONTRACT.items():
        with small.cursor() as cursor:
            cursor.execute(f"select * from analytics.{name} limit 0")  # noqa: S608
            columns = [column.name for column in cursor.description]
        assert columns[: len(wanted.split())] == wanted.split(), name


def test_an_empty_company_gives_empty_marts_and_no_error(database_url):
    with connect(database_url) as connection:
        build(connection, FIRST, LAST)
        filled = {mart.name for mart in MARTS.values() if rows(connection, mart.name)}
        assert filled <= {"funnel_steps"}  # there before anyone takes them


def test_refreshing_twice_changes_nothing(small):
    build(small, FIRST, LAST)
    before = {name: rows(small, name) for name in MARTS}
    build(small, FIRST, LAST)
    assert {name: rows(small, name) for name in MARTS} == before


def test_refresh_returns_the_rows_written(small):
    build(small)
    put(small, "Leads", lead(3, ist("2025-03-02 10:00:00")))
    assert refresh(small, MARTS["owners"]) == Refresh(1, is_unchanged=False)
    assert refresh(small, MARTS["lead_history"]).rows == 1
    assert refresh(small, MARTS["leads"]).rows == 0
    assert refresh(small, MARTS["funnel"]).rows == 3
    assert refresh(small, MARTS["kpis"], FIRST, LAST).rows == 10


def test_a_refresh_is_noted(small):
    build(small)
    noted = {row["mart"]: (row["kind"], row["rows"]) for row in rows(small, "mart_refreshes")}
    assert noted["leads"] == ("view", None)
    assert noted["funnel"] == ("table", 3)


def test_a_daily_mart_wants_its_days(small):
    with pytest.raises(MartError, match=r"kpis.*first and last day"):
        refresh(small, MARTS["kpis"])


def test_other_days_are_left_alone(small):
    build(small, FIRST, LAST)
    put(small, "Leads", lead(3, ist("2025-03-02 11:00:00")))
    build(small, date(2025, 3, 5), date(2025, 3, 12))
    kpis = {row["day"].day: row for row in rows(small, "kpis")}
    assert sorted(kpis) == list(range(1, 13))
    assert (kpis[2]["leads"], kpis[5]["leads"]) == (2, 3)


def test_a_changed_daily_mart_is_rebuilt_with_all_its_days(small):
    build(small, FIRST, LAST)
    refresh(small, _wider("kpis", "1 as more"), LAST, LAST)
    assert [row["more"] for row in rows(small, "kpis")] == [1] * 10


def test_a_changed_table_is_rebuilt(small):
    build(small)
    other = "select 1 as position, 'x' as other"
    refresh(small, replace(MARTS["funnel"], select=other, figures=()))
    assert rows(small, "funnel") == [{"position": 1, "other": "x"}]


def test_a_changed_view_is_replaced_under_those_that_read_it(small):
    build(small)
    fewer = replace(MARTS["leads"], select="select 'x' as id")
    refresh(small, fewer)
    assert rows(small, "leads") == [{"id": "x"}]
    refresh(small, MARTS["leads"])
    assert len(rows(small, "leads")) == 2


def test_a_changed_table_keeps_the_views_that_stand_on_it(small):
    build(small)
    refresh(small, _wider("owners", "1 as more"))
    assert rows(small, "owners") == [
        {"owner_id": "1", "owner_name": "Asha", "name": "Asha", "has_left": False, "more": 1}
    ]
    assert {row["owner_name"] for row in rows(small, "leads")} == {"Asha"}


def test_a_mart_may_change_its_kind(small):
    build(small)
    for kind in ("view", "table"):
        refresh(small, replace(MARTS["funnel"], kind=kind))
        assert len(rows(small, "funnel")) == 3
    refresh(small, replace(MARTS["owners"], kind="view"))
    assert {row["owner_name"] for row in rows(small, "leads")} == {"Asha"}


@pytest.mark.parametrize("read", ["owners", "deals"])
def test_a_view_of_an_older_version_does_not_hold_up_what_it_reads(small, read):
    build(small)
    with small.cursor() as cursor:
        cursor.execute("drop table analytics.lost_deals")
        cursor.execute("create view analytics.lost_deals as select id from analytics.deals")
    refresh(small, _wider(read, "1 as more"))
    refresh(small, MARTS["lost_deals"])
    with small.cursor() as cursor:
        cursor.execute("select relkind from pg_class where relname = 'lost_deals'")
        assert cursor.fetchall() == [("r",)]


def test_what_others_built_on_a_mart_is_not_dropped_silently(small):
    build(small)
    with small.cursor() as cursor:
        cursor.execute("create view crm.theirs as select records from analytics.funnel")
    with pytest.raises(psycopg2.errors.DependentObjectsStillExist, match=r"crm\.theirs"):
        refresh(small, replace(MARTS["funnel"], notes="Another word."))


HELD = [("a", 1), ("b", None), (None, 3)]


@pytest.fixture
def held(small):
    """A mart of what a table says, which says HELD."""
    with small.cursor() as cursor:
        cursor.execute("create table crm.said (part text, n numeric)")
        cursor.executemany("insert into crm.said values (%s, %s)", HELD)
    mart = replace(
        MARTS["funnel"],
        name="held",
        key=("part",),
        select="select part, n from crm.said",
        sources=("crm.said",),
        figures=(),
    )
    refresh(small, mart)
    return mart


def _say(connection, mart, now):
    with connection.cursor() as cursor:
        cursor.execute("truncate crm.said")
        cursor.executemany("insert into crm.said values (%s, %s)", now)
    return refresh(connection, mart)


PLACES = "select ctid::text as place, * from analytics.held"


@pytest.mark.parametrize(
    "now",
    [
        [("a", 1), ("b", 2), (None, 3)],
        [("a", 1)],
        [*HELD, ("c", 4)],
        [("a", 1), ("b", None), (None, None)],
        [("a", "1.0"), ("b", None), (None, 3)],
        [],
    ],
)
def test_only_rows_that_differ_are_written(small, held, now):
    before = {(row["part"], row["n"]): row["place"] for row in rows(small, PLACES)}
    table = rows(small, "select 'analytics.held'::regclass::oid as oid")
    assert _say(small, held, now) == Refresh(len(now), is_unchanged=False)
    assert rows(small, "select 'analytics.held'::regclass::oid as oid") == table
    after = rows(small, PLACES)
    said = "select part, n::text from {} order by part, n"
    assert rows(small, said.format("analytics.held")) == rows(small, said.format("crm.said"))
    # What has no key to be found by is written again.
    same = [row for row in after if (row["part"], row["n"]) in set(HELD) & set(now) - {(None, 3)}]
    assert all(before[row["part"], row["n"]] == row["place"] for row in same)


@pytest.mark.parametrize(
    "now", [[*HELD, ("a", 1)], [*HELD, ("a", 2)], [("c", 1), ("c", 2)]], ids=str
)
def test_two_rows_of_one_key_are_refused_beside_what_is_held(small, held, now):
    with pytest.raises(MartError, match="two of its rows would share the key part"):
        _say(small, held, now)


@pytest.mark.parametrize("key", ["entity", "value"])  # value: null on both steps of leads
def test_two_rows_of_one_key_are_refused(small, key):
    build(small)
    with pytest.raises(MartError, match=f"two of its rows would share the key {key}"):
        refresh(small, replace(MARTS["funnel"], key=(key,)))


def test_the_grain_stands_in_the_database(small):
    build(small, FIRST, LAST)
    query = "select obj_description('analytics.{}'::regclass) as comment"
    assert rows(small, query.format("kpis"))[0]["comment"].startswith("One row per day")
    assert rows(small, query.format("leads"))[0]["comment"] == "One row per live lead."


def test_the_reader_sees_every_mart_after_each_swap(small, database_url):
    for _ in range(2):
        build(small, FIRST, LAST)
        small.commit()
        with connect_reader(database_url) as reader:
            assert all(rows(reader, name) is not None for name in MARTS)
            assert len(rows(reader, "leads")) == 2


def test_a_reader_sees_the_old_rows_while_the_new_ones_are_computed(small, database_url):
    build(small)
    small.commit()
    slow = _wider("funnel", "pg_sleep(0.2)::text as slept")
    thread = Thread(target=_refresh_elsewhere, args=(database_url, slow))
    thread.start()
    with connect_reader(database_url) as reader, connect(database_url, autocommit=True) as watch:
        with reader.cursor() as cursor:
            cursor.execute("set lock_timeout = '100ms'")
        while not rows(watch, "select from pg_stat_activity where wait_event = 'PgSleep'"):
            assert thread.is_alive()
            sleep(0.01)
        assert "slept" not in rows(reader, "funnel")[0]
    thread.join()
    assert "slept" in rows(small, "funnel")[0]


def test_two_refreshes_of_one_mart_take_turns(small, database_url):
    build(small)
    small.commit()
    threads = [
        Thread(target=_refresh_elsewhere, args=(database_url, MARTS[name]))
        for name in ("funnel", "owners")
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(rows(small, "funnel")) == 3
    assert len(rows(small, "owners")) == 1


def _wider(name, expression):
    """Return the mart with one more column."""
    mart = MARTS[name]
    return replace(mart, select=f"select m.*, {expression} from ({mart.select}) m")  # noqa: S608


def _refresh_elsewhere(database_url, mart):
    with connect(database_url) as connection:
        refresh(connection, mart)


def test_a_history_follows_the_records_that_changed(small):
    build(small)
    age = "synced_at = now() - case id when 'L1' then interval '2 hours' else interval '1 hour' end"
    small.cursor().execute(f"update crm.leads_raw set {age}")  # noqa: S608
    forget(small.cursor(), [MARTS["lead_history"]])
    refresh(small, MARTS["lead_history"])
    small.commit()
    place = "select id, xmin::text as written_by from analytics.lead_history"
    before = {row["id"]: row["written_by"] for row in rows(small, place)}
    put(small, "Leads", lead(3, ist("2025-03-02 11:00:00")))
    assert refresh(small, MARTS["lead_history"]).rows == 1
    after = {row["id"]: row["written_by"] for row in rows(small, place)}
    assert {id_ for id_ in after if after[id_] == before.get(id_)} == {"L1", "L2"}


def test_a_record_that_landed_while_a_clock_was_set_back_is_taken_in(small):
    build(small)
    small.cursor().execute(
        "update crm.leads_raw set synced_at = synced_at - interval '4 minutes', "
        """raw_data = raw_data || '{"Lead_Source": "Web Site"}' where id = 'L1' """
    )
    assert refresh(small, MARTS["lead_history"]).rows == 1
    sources = rows(small, "select source from analytics.lead_history where id = 'L1'")
    assert sources == [{"source": "Web Site"}]


@pytest.mark.parametrize(
    "change",
    [
        "update crm.organisation set timezone = 'America/New_York'",
        "update crm.picklist_meaning set meaning = 'junk' where value = 'Not Contacted'",
    ],
)
def test_a_history_is_built_anew_where_zone_or_meanings_changed(small, change):
    build(small)
    small.cursor().execute("update crm.leads_raw set synced_at = now() - interval '1 hour'")
    small.cursor().execute("update analytics.lead_history set source = 'as built before'")
    small.cursor().execute(change)
    assert refresh(small, MARTS["lead_history"]).rows == len(rows(small, "lead_history"))
    assert {row["source"] for row in rows(small, "lead_history")} == {"Facebook"}


@pytest.mark.parametrize("table", ["crm.leads_raw", "analytics.lead_history"])
def test_a_history_from_which_a_row_is_missing_is_built_anew(small, table):
    build(small)
    small.cursor().execute("update crm.leads_raw set synced_at = now() - interval '1 hour'")
    small.cursor().execute(f"delete from {table} where id = 'L1'")  # noqa: S608
    refresh(small, MARTS["lead_history"])
    left = [row["id"] for row in rows(small, "select id from crm.leads_raw order by id")]
    assert [row["id"] for row in rows(small, "lead_history")] == left
