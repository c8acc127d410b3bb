"""Dagster's storage in our database: its version, its pools, and the words of its errors."""

from concurrent.futures import ThreadPoolExecutor

import dagster as dg
import pytest
from dagster._core.storage.sql import run_alembic_downgrade
from dagster_postgres.run_storage import run_storage
from dagster_postgres.utils import pg_alembic_config
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from aha_pipeline.instance import home
from aha_pipeline.settings import load
from aha_pipeline_tests.kit.mart_contents import rows


@pytest.fixture
def url(empty_database_url, monkeypatch, tmp_path) -> str:
    """Address of a database with Dagster's tables alone."""
    monkeypatch.setenv("AHA_HOME", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", empty_database_url)
    for name in ("DAGSTER_HOME", "DAGSTER_POSTGRES_URL"):
        monkeypatch.setenv(name, "")  # they are set by what follows
    home.prepare(load())
    home.make_tables(empty_database_url)
    return empty_database_url


def test_tables_of_an_older_dagster_are_brought_up(url):
    with dg.DagsterInstance.get() as instance, instance.run_storage.connect() as connection:
        before, head = instance.run_storage.alembic_version()
        run_alembic_downgrade(pg_alembic_config(run_storage.__file__), connection, rev="-1")
        connection.commit()
        assert before == head != instance.run_storage.alembic_version()[0]
    rows(url, "comment on schema dagster is 'dagster 1.0.0'")
    home.make_tables(url)
    with home.open_instance() as instance:
        assert instance.run_storage.alembic_version() == (head, head)
        assert instance.get_runs() == []


def test_two_runs_that_meet_a_new_pool_at_once_both_go_on(url):
    with dg.DagsterInstance.get() as instance:
        storage = instance.event_log_storage
        with ThreadPoolExecutor(3) as runs:
            for pool in ("one", "two", "three"):
                given = runs.map(storage.initialize_concurrency_limit_to_default, [pool] * 3)
                assert list(given) == [True] * 3
                assert storage.get_concurrency_info(pool).slot_count == 1


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("select 1 / 0 where :name <> ''", "refused a statement (22012)"),
        ("select pg_terminate_backend(pg_backend_pid()) where :name <> ''", "was lost"),
        ("select :name from dagster.no_such_table", "aha migrate"),
    ],
)
def test_an_error_of_dagsters_storage_is_told_without_statement_and_values(url, statement, said):
    with (
        dg.DagsterInstance.get() as instance,
        instance.run_storage.connect() as connection,
        pytest.raises(DBAPIError) as caught,
    ):
        connection.execute(text(statement), {"name": "Asha Rao"})
    assert said in str(caught.value)
    assert "\n" not in str(caught.value).strip()
    assert not {"Asha", "select"} & set(str(caught.value).split())
