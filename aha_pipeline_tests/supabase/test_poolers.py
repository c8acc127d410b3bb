"""The pipeline behind a pooler: the figures in every mode, Dagster where sessions hold."""

from contextlib import ExitStack
from datetime import timedelta

import psycopg2
import pytest

from aha_pipeline import services
from aha_pipeline.database_address import for_sessions, with_tls
from aha_pipeline.settings import load
from aha_pipeline.warehouse import pooler
from aha_pipeline.warehouse.connection import DatabaseUnreachable, connect, connect_reader
from aha_pipeline.warehouse.migrate import migrate
from aha_pipeline_tests.kit.command import aha, assert_refused
from aha_pipeline_tests.kit.days import today
from aha_pipeline_tests.kit.servers import pgbouncer

START = (today() - timedelta(days=2)).isoformat()
SESSION_STATE = (
    "select current_user::text, current_setting('search_path'),"
    " current_setting('statement_timeout'), current_setting('default_transaction_read_only'),"
    " current_setting('work_mem'),"
    " (select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid())"
)


def one(url: str, query: str) -> tuple:
    with connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchone()


def test_a_pooler_is_known_by_what_it_does(database_url, session_url, transaction_url):
    assert pooler.mode(database_url) == "direct"
    assert pooler.mode(session_url) == "session"
    assert pooler.mode(transaction_url) == "transaction"


def test_a_transaction_pooler_is_known_while_others_are_busy(transaction_url):
    with ExitStack() as stack:
        for _ in range(3):
            busy = stack.enter_context(connect(transaction_url))
            busy.cursor().execute("select 1")
        assert pooler.mode(transaction_url) == "transaction"


@pytest.mark.parametrize("mode", ["session", "transaction"])
def test_the_daily_job_and_the_dashboard_work_behind_a_pooler(
    connected, run_days, database_url, request, monkeypatch, page, mode
):
    pooled = request.getfixturevalue(f"{mode}_url")
    untouched = one(database_url, SESSION_STATE)
    monkeypatch.setenv("DATABASE_URL", pooled)
    monkeypatch.setenv("DATABASE_SESSION_URL", database_url if mode == "transaction" else pooled)
    monkeypatch.setenv("AHA_START_DATE", START)
    result = run_days(START, today().isoformat())
    failed = [e.message for e in result.all_events if e.is_step_failure]
    assert result.success, failed
    assert one(database_url, "select count(*) from crm.leads_raw") == (3,)
    assert one(database_url, "select count(*) from analytics.ai_briefings_log") == (1,)
    shown = page(pooled)
    assert not shown.exception
    assert [error.value for error in shown.error] == []
    with connect_reader(pooled) as reader, reader.cursor() as cursor:
        cursor.execute("select sum(records) from analytics.funnel")
        assert cursor.fetchone() == (4,)
    for state in session_states(pooled):
        assert state == untouched


def session_states(pooled: str) -> list[tuple]:
    """What every session of the pool is left with, read by clients that each hold one."""
    with ExitStack() as stack:
        states = []
        for _ in range(6):
            cursor = stack.enter_context(connect(pooled)).cursor()
            cursor.execute(SESSION_STATE)
            states.append(cursor.fetchone())
        return states


def test_an_abandoned_read_leaves_a_pooled_session_as_it_was(transaction_url):
    with connect_reader(transaction_url) as reader, reader.cursor() as cursor:
        with pytest.raises(psycopg2.errors.UndefinedTable):
            cursor.execute("select * from analytics.no_such_mart")
        cursor.execute("select current_user::text")
        assert cursor.fetchone() == ("aha_reader",)
    for state in session_states(transaction_url):
        assert state[0] == "postgres"


def test_a_new_database_is_migrated_and_synced_through_a_session_pooler(
    connected, pooler_folder, empty_database_url
):
    with pgbouncer(pooler_folder, empty_database_url, "session") as pooled:
        finished = aha("sync", DATABASE_URL=pooled, AHA_START_DATE=START)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    succeeded = "select count(*) from dagster.runs where status = 'SUCCESS'"
    assert one(empty_database_url, succeeded) == (1,)
    in_public = "select count(*) from pg_class where relnamespace = 'public'::regnamespace"
    assert one(empty_database_url, in_public) == (0,)


def test_a_transaction_pooler_alone_is_refused_with_what_to_set(connected, transaction_url):
    assert_refused(
        aha("sync", DATABASE_URL=transaction_url), "DATABASE_SESSION_URL", "transaction mode"
    )


def test_migrations_are_not_tried_in_transaction_mode(pooler_folder, empty_database_url):
    with (
        pgbouncer(pooler_folder, empty_database_url, "transaction") as pooled,
        pytest.raises(DatabaseUnreachable, match="DATABASE_SESSION_URL"),
    ):
        migrate(pooled)


def test_what_is_up_to_date_starts_behind_a_transaction_pooler(
    connected, transaction_url, database_url, monkeypatch
):
    monkeypatch.setenv("DATABASE_URL", transaction_url)
    monkeypatch.setenv("DATABASE_SESSION_URL", database_url)
    assert services.Services(load()).zoho() is not None


POOLER = "aws-0-ap-south-1.pooler.supabase.com"


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (f"postgresql://postgres.ref:p%40@{POOLER}:6543/postgres?sslmode=require",
         f"postgresql://postgres.ref:p%40@{POOLER}:5432/postgres?sslmode=require"),
        (f"postgresql://u:p@{POOLER}:5432/postgres", f"postgresql://u:p@{POOLER}:5432/postgres"),
        ("postgresql://u:p@db.ref.supabase.co:5432/postgres",
         "postgresql://u:p@db.ref.supabase.co:5432/postgres"),
        ("postgresql://u:p@10.0.0.4:6543/postgres", "postgresql://u:p@10.0.0.4:6543/postgres"),
    ],
)  # fmt: skip
def test_sessions_of_supabase_are_at_the_poolers_other_port(given, wanted):
    assert for_sessions(given) == wanted


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("postgresql://u:p@db.example.com/n", "postgresql://u:p@db.example.com/n?sslmode=require"),
        ("postgresql://u:p@10.0.0.4/n?a=b", "postgresql://u:p@10.0.0.4/n?a=b&sslmode=require"),
        ("postgresql://u@/n?host=db.example.com",
         "postgresql://u@/n?host=db.example.com&sslmode=require"),
        ("postgresql://u:p@db/n?sslmode=verify-full", "postgresql://u:p@db/n?sslmode=verify-full"),
        ("postgresql://u:p@db/n?sslmode=disable", "postgresql://u:p@db/n?sslmode=disable"),
        ("postgresql://u:p@localhost:5432/n", "postgresql://u:p@localhost:5432/n"),
        ("postgresql://u:p@[::1]/n", "postgresql://u:p@[::1]/n"),
        ("postgresql://postgres:@/postgres?host=/run/pg", "postgresql://postgres:@/postgres?host=/run/pg"),
    ],
)  # fmt: skip
def test_off_this_machine_the_connection_is_encrypted(given, wanted):
    assert with_tls(given) == wanted


def test_settings_ask_for_encryption(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:p@db.example.com/n")
    assert load().database_url.get_secret_value().endswith("?sslmode=require")


def test_a_server_without_encryption_is_refused_in_a_sentence(transaction_url):
    with (
        pytest.raises(DatabaseUnreachable, match="takes no encrypted connection"),
        connect(f"{transaction_url}?sslmode=require"),
    ):
        pass
