"""Operation over the years: old logs go, a backup comes back, an older schema is brought up."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import psycopg2.extras
import pytest

from aha_pipeline import sql
from aha_pipeline.assets.unread_days import first_unread_day
from aha_pipeline.definitions import defs
from aha_pipeline.instance import home
from aha_pipeline.settings import load
from aha_pipeline.warehouse.connection import connect
from aha_pipeline.warehouse.migrate import migrate
from aha_pipeline_tests.kit.databases import fresh_database
from aha_pipeline_tests.kit.days import today
from aha_pipeline_tests.kit.graph import sync_days
from aha_pipeline_tests.kit.mart_contents import figures, rows
from aha_pipeline_tests.kit.programs import pg_tool
from zoho_sandbox.server import Sandbox

FIRST = today() - timedelta(days=2)
KEPT = ("crm", "analytics", "aha_migrations", "aha_private", "dagster")
LANDED = ("organisation", "modules", "leads_raw", "crm_deals", "record_versions", "sync_logs")


def days() -> tuple[str, str]:
    """Return the first and the last day that is read."""
    return FIRST.isoformat(), today().isoformat()


@pytest.fixture
def other_database_url(postgres, empty_database_url) -> str:
    return empty_database_url


@pytest.fixture(scope="module")
def changed(module_connected, module_instance, module_database_url) -> str:
    """Name of a database that is synced twice, with an edit between: it has former contents."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AHA_START_DATE", FIRST.isoformat())
        assert sync_days(module_instance, *days()).success
        module_connected.store.edit("Leads", "1", {"Lead_Status": "Contacted"})
        assert sync_days(module_instance, *days()).success
    return rows(module_database_url, "select current_database()")[0][0]


@pytest.fixture
def database_url(postgres, changed) -> Iterator[str]:
    with fresh_database(postgres, changed) as address:
        yield address


@pytest.fixture
def company(module_connected) -> Sandbox:
    return module_connected


@pytest.fixture
def instance(module_instance) -> dg.DagsterInstance:
    return module_instance


@pytest.fixture(autouse=True)
def few_days(connected, monkeypatch):
    monkeypatch.setenv("AHA_START_DATE", FIRST.isoformat())


def first_unread(url: str) -> date:
    with connect(url) as connection:
        return first_unread_day(connection, load())


def age(url: str) -> None:
    """Make all logs two years older, and add one of a read that failed and a contact's change."""
    rows(
        url,
        "insert into crm.sync_logs (run_id, module, window_start, window_end, status)"
        " select 'failed-' || run_id, module, window_start, window_end, 'failed'"
        " from crm.sync_logs",
    )
    rows(
        url,
        "insert into crm.record_versions (module, id, raw_data) values ('Contacts', '5', '{}')",
    )
    rows(url, "update crm.sync_logs set started_at = started_at - interval '2 years'")
    rows(url, "update crm.record_versions set replaced_at = replaced_at - interval '2 years'")
    rows(url, "update analytics.facts set day = day - 730")


def audit_marts(instance):
    job = defs().resolve_job_def("audit_marts")
    return job.execute_in_process(instance=instance, raise_on_error=False)


def test_old_logs_go_and_neither_a_figure_nor_a_day_that_is_read(
    database_url, run_days, instance, monkeypatch
):
    monkeypatch.setenv("AHA_KEEP_VERSIONS_DAYS", "35")
    age(database_url)
    assert run_days(*days()).success
    before = figures(database_url)
    reads = rows(database_url, "select count(*) from crm.sync_logs where status = 'success'")

    assert defs().resolve_job_def("housekeeping").execute_in_process(instance=instance).success

    versions = "select module from crm.record_versions order by 1"
    assert rows(database_url, versions) == [("Leads",)]
    assert rows(database_url, "select count(*) from crm.sync_logs") == reads
    assert rows(database_url, "select max(current_date - day) < 400 from analytics.facts") == [
        (True,)
    ]
    assert first_unread(database_url) >= today()
    assert run_days(*days()).success
    assert figures(database_url) == before

    # Nor does a figure by the audit of the marts, unless somebody wrote to one.
    found = "select asset, found from analytics.check_results where name = 'rebuild' and not passed"
    assert audit_marts(instance).success
    assert rows(database_url, found) == []
    rows(database_url, "update analytics.daily_flows set new_leads = new_leads + 1")
    assert not audit_marts(instance).success
    [(asset, sentence)] = rows(database_url, found)
    assert asset == "analytics/daily_flows"
    assert "it was built anew" in sentence
    assert audit_marts(instance).success
    assert rows(database_url, found) == []
    assert figures(database_url) == before


def test_old_events_of_dagster_go_and_no_partition_turns_missing(
    connected, database_url, monkeypatch
):
    monkeypatch.setenv("DAGSTER_POSTGRES_URL", "")
    home.prepare(load())
    key = dg.AssetKey(["crm", "leads_raw"])
    with home.open_instance() as kept:
        job = defs().resolve_job_def("daily_sync")
        tags = {
            "dagster/asset_partition_range_start": days()[0],
            "dagster/asset_partition_range_end": days()[1],
        }
        assert job.execute_in_process(
            instance=kept, tags=tags, asset_selection=[key], raise_on_error=False
        ).success
        before = rows(database_url, "select count(*) from dagster.event_logs")[0][0]
        old = datetime.now(UTC).replace(tzinfo=None) - timedelta(days=500)
        rows(database_url, 'update dagster.event_logs set "timestamp" = %s', old)
        assert defs().resolve_job_def("housekeeping").execute_in_process(instance=kept).success
        since = rows(
            database_url, 'select count(*) from dagster.event_logs where "timestamp" <= %s', old
        )
        assert since[0][0] < before / 2
        assert len(kept.get_materialized_partitions(key)) == 3


def test_a_backup_in_an_empty_database_gives_the_same_figures_after_a_sync(
    database_url, other_database_url, tmp_path, monkeypatch, run_days
):
    home.create_schema(database_url)
    file = str(tmp_path / "backup")
    schemas = [f"--schema={schema}" for schema in KEPT]
    pg_tool("pg_dump", database_url, "--format=custom", *schemas, f"--file={file}", database_url)
    pg_tool("pg_restore", database_url, "--no-owner", f"--dbname={other_database_url}", file)
    assert figures(other_database_url) == figures(database_url)
    monkeypatch.setenv("DATABASE_URL", other_database_url)
    assert run_days(*days()).success
    assert figures(other_database_url) == figures(database_url)
    assert migrate(other_database_url) == []


def older(url: str, until: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a schema as it was after the migration `until`."""
    folder.mkdir()
    for path in sorted(sql.MIGRATIONS.glob("*.sql")):
        if path.stem <= until:
            (folder / path.name).write_text(path.read_text())
    # A schema as old as that has no walls yet, which is said after its migrations are applied.
    with monkeypatch.context() as patched, suppress(psycopg2.errors.UndefinedFunction):
        patched.setattr(sql, "MIGRATIONS", folder)
        migrate(url)


def copy(source: str, target: str, table: str) -> None:
    """Copy the rows of a table, in the columns that both have and that are not computed."""
    columns = (
        "select column_name from information_schema.columns where table_schema = 'crm' "
        "and table_name = %s and is_generated = 'NEVER'"
    )
    here, there = ({row[0] for row in rows(url, columns, table)} for url in (source, target))
    names = ", ".join(sorted(here & there))
    (records,) = rows(source, f"select coalesce(jsonb_agg(t), '[]') from crm.{table} t")  # noqa: S608
    rows(
        target,
        f"insert into crm.{table} ({names}) overriding system value select {names} "  # noqa: S608
        f"from jsonb_populate_recordset(null::crm.{table}, %s) on conflict do nothing",
        psycopg2.extras.Json(records[0]),
    )


@pytest.mark.parametrize("until", ["0003.roles", "0009.to_time"])
def test_an_older_schema_with_data_is_brought_up_and_gives_the_same_figures(
    database_url, other_database_url, tmp_path, monkeypatch, run_days, until
):
    older(other_database_url, until, tmp_path / "migrations", monkeypatch)
    for table in LANDED:
        copy(database_url, other_database_url, table)
    # What came with a later migration was no module then.
    rows(
        other_database_url,
        "delete from crm.modules where to_regclass('crm.' || table_name) is null",
    )
    assert migrate(other_database_url)
    monkeypatch.setenv("DATABASE_URL", other_database_url)
    assert run_days(*days()).success
    assert figures(other_database_url) == figures(database_url)
