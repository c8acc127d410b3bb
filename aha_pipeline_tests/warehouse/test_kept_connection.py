"""One connection for many short uses: each of them finds it as if it were new."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import psycopg2
import pytest

from aha_pipeline.services import Services
from aha_pipeline.settings import load
from aha_pipeline.warehouse.connection import KeptConnection
from aha_pipeline_tests.kit.mart_contents import rows


@pytest.fixture
def kept(empty_database_url):
    """Return a kept connection, closed after the test."""
    kept = KeptConnection(empty_database_url)
    yield kept
    kept.close()


def ask(kept: KeptConnection, query: str) -> object:
    """Return what a query says, in a transaction of its own."""
    with kept.connect() as connection, connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchone()[0] if cursor.description else None


def test_many_uses_are_one_session(kept):
    assert len({ask(kept, "select pg_backend_pid()") for _ in range(5)}) == 1


@pytest.mark.parametrize(
    ("left", "found", "as_new"),
    [
        ("set search_path = crm", "show search_path", '"$user", public'),
        ("create temporary table here (n int)", "select to_regclass('here') is null", True),
        ("select pg_advisory_lock(7)", "select count(*) from pg_locks where objid = 7", 0),
        ("set session characteristics as transaction read only", "show transaction_read_only",
         "off"),
        ("prepare asked as select 1", "select count(*) from pg_prepared_statements", 0),
    ],
)  # fmt: skip
def test_nothing_of_one_use_is_left_for_the_next(kept, left, found, as_new):
    ask(kept, left)
    assert ask(kept, found) == as_new


def test_what_a_use_wrote_is_committed_and_on_an_error_undone(kept, empty_database_url):
    ask(kept, "create table public.kept (n int)")
    with pytest.raises(psycopg2.errors.DivisionByZero):
        ask(kept, "insert into public.kept select 1; select 1 / 0")
    ask(kept, "insert into public.kept select 2")
    assert rows(empty_database_url, "select n from public.kept") == [(2,)]


def test_a_session_that_the_server_ended_is_replaced(kept, empty_database_url):
    for _ in range(3):
        pid = ask(kept, "select pg_backend_pid()")
        rows(empty_database_url, f"select pg_terminate_backend({pid}, 5000)")
        assert ask(kept, "select pg_backend_pid()") != pid


def used_together(kept: KeptConnection, users: int) -> set[int]:
    """Return the sessions of some users at the same time, one each."""
    together = Barrier(users)

    def use(_: int) -> int:
        with kept.connect() as connection:
            together.wait(timeout=20)
            return connection.info.backend_pid

    with ThreadPoolExecutor(users) as threads:
        return set(threads.map(use, range(users)))


@pytest.mark.parametrize(("users", "stay"), [(1, 1), (2, 2), (3, 3), (5, 3)])
def test_who_finds_it_in_use_gets_another_and_some_stay(kept, users, stay):
    first = used_together(kept, users)
    assert len(first) == users
    second = used_together(kept, users)
    assert len(first & second) == stay
    # of the five, whichever three were put back first
    assert ask(kept, "select pg_backend_pid()") in first | second


def test_services_keep_one_while_a_run_lasts_and_none_afterwards(database_url, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", database_url)
    services = Services(load())
    with services.keep_connection():
        pids = set()
        for _ in range(3):
            with services.connect() as connection:
                pids.add(connection.info.backend_pid)
            with services.keep_connection(), services.connect() as connection:
                pids.add(connection.info.backend_pid)
    assert len(pids) == 1
    with services.connect() as connection:
        assert connection.info.backend_pid not in pids
