"""The schema: applied once, private, and readable by the reader only."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import psycopg2
import pytest

from aha_pipeline.warehouse.connection import DatabaseUnreachable, connect, connect_reader
from aha_pipeline.warehouse.migrate import migrate, pending


def test_migrating_twice_applies_each_file_once(empty_database_url):
    assert migrate(empty_database_url)
    assert migrate(empty_database_url) == []


def test_two_that_start_together_on_a_new_database_both_succeed(empty_database_url):
    with ThreadPoolExecutor() as pool:
        applied = list(pool.map(migrate, [empty_database_url] * 2))
    first, second = sorted(applied, key=len)
    assert second
    assert not set(first) & set(second)
    assert migrate(empty_database_url) == []


LOCK_TABLE = """
    create schema aha_migrations;
    create table aha_migrations.yoyo_lock (
        locked int default 1, ctime timestamp, pid int not null, primary key (locked)
    )
"""
LOCKED = "insert into aha_migrations.yoyo_lock (pid) values (1)"
NOT_APPLIED = "delete from aha_migrations._yoyo_migration where migration_id like '0020%'"
# Dies as by kill -9 when it is about to note its nth migration, which is applied by then.
DIE = """
import os, sys
from yoyo.backends.base import DatabaseBackend
from aha_pipeline.warehouse.migrate import migrate
left, note = [int(sys.argv[2])], DatabaseBackend.mark_one
def mark_one(*arguments, **named):
    left[0] -= 1
    return note(*arguments, **named) if left[0] else os._exit(9)
DatabaseBackend.mark_one = mark_one
migrate(sys.argv[1])
"""


@pytest.mark.parametrize(
    ("is_new", "left"),
    [(True, (LOCK_TABLE, LOCKED)), (False, (LOCKED, NOT_APPLIED)), (False, (LOCKED,))],
    ids=["as it began", "between two", "at its end"],
)
def test_a_lock_that_a_killed_one_left_holds_up_none(
    empty_database_url, database_url, is_new, left
):
    address = empty_database_url if is_new else database_url
    with connect(address) as connection, connection.cursor() as cursor:
        for statement in left:
            cursor.execute(statement)
    migrate(address)
    assert pending(address) == []


@pytest.mark.parametrize("nth", [1, 7, 40])
def test_after_one_was_killed_the_next_goes_on(empty_database_url, nth):
    killed = subprocess.run([sys.executable, "-c", DIE, empty_database_url, str(nth)], check=False)
    assert killed.returncode == 9
    assert migrate(empty_database_url)
    assert pending(empty_database_url) == []


OLD_MARTS = """
    delete from aha_migrations._yoyo_migration
    where migration_id in ('0020.drop_unread_marts', '0880.drop_first_touch_times');
    create table analytics.first_touch_times (leads bigint);
    create view analytics.kpi_comparison as select current_date as day, 'leads' as kpi;
    create table analytics.stage_transitions (id text, move integer);
    insert into analytics.mart_refreshes (mart, kind) values ('kpi_comparison', 'table'),
        ('stage_transitions', 'table'), ('first_touch_times', 'table'), ('kpis', 'daily');
"""
USERS_VIEW = """
    create view analytics.of_mine as
    select id, leads from analytics.stage_transitions, analytics.first_touch_times;
"""


@pytest.mark.parametrize(
    ("more", "left"),
    [("", []), (USERS_VIEW, ["first_touch_times", "stage_transitions"])],
    ids=["as it was", "with a view of the user's on two"],
)
def test_an_older_database_loses_the_marts_that_nobody_reads(database_url, more, left):
    with connect(database_url) as connection, connection.cursor() as cursor:
        cursor.execute(OLD_MARTS + more)
    assert migrate(database_url) == [
        "0020.drop_unread_marts",
        "0880.drop_first_touch_times",
    ]
    with connect(database_url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "select relname from pg_class where relnamespace = 'analytics'::regnamespace "
            "and relname in ('kpi_comparison', 'stage_transitions', 'first_touch_times') order by 1"
        )
        assert [name for (name,) in cursor] == left
        cursor.execute("select mart from analytics.mart_refreshes")
        assert cursor.fetchall() == [("kpis",)]


def test_nothing_is_left_in_the_public_schema(database_url):
    with connect(database_url) as connection, connection.cursor() as cursor:
        cursor.execute("select count(*) from pg_class where relnamespace = 'public'::regnamespace")
        assert cursor.fetchone() == (0,)


def test_the_reader_reads_and_cannot_write(database_url):
    with connect_reader(database_url) as connection, connection.cursor() as cursor:
        cursor.execute("select count(*) from crm.leads_raw")
        assert cursor.fetchone() == (0,)
        insert = "insert into crm.leads_raw (id, raw_data) values ('1', '{}')"
        with pytest.raises(psycopg2.errors.ReadOnlySqlTransaction):
            cursor.execute(insert)
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute(f"set transaction read write; {insert}")


def test_the_reader_may_write_into_two_tables_alone(database_url):
    with connect(database_url) as owner, owner.cursor() as cursor:
        cursor.execute(
            "select oid::regclass::text from pg_class where relkind in ('r', 'p') and "
            "(has_table_privilege('aha_reader', oid, 'delete, truncate') or "
            "has_any_column_privilege('aha_reader', oid, 'insert, update')) order by 1"
        )
        tables = [name for (name,) in cursor]
        assert tables == ["analytics.work_list_marks", "crm.erasure_requests"]


def test_what_the_reader_sets_ends_with_each_query(database_url):
    with connect_reader(database_url) as connection:
        with connection.cursor() as cursor:
            cursor.execute("select current_user, current_setting('statement_timeout')")
            assert cursor.fetchone() == ("aha_reader", "30s")
        with connect(database_url) as owner, owner.cursor() as cursor:
            cursor.execute("select current_user")
            (name,) = cursor.fetchone()
        # Past the reader's cursor: what the session itself is.
        with psycopg2.extensions.cursor(connection) as plain:
            plain.execute("select current_user, current_setting('statement_timeout')")
            assert plain.fetchone() == (name, "0")


def test_an_unreachable_database_is_one_sentence_without_the_password():
    with (
        pytest.raises(DatabaseUnreachable) as caught,
        connect("postgresql://someone:s3cret-word@127.0.0.1:1/none"),
    ):
        pass
    assert "s3cret-word" not in str(caught.value)
    assert "DATABASE_URL" in str(caught.value)
    assert "\n" not in str(caught.value)
