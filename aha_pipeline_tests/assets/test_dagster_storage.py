"""Dagster's storage in our database: its version, its pools, and the words of its errors."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import dagster as dg
import pytest
from dagster._core.storage.sql import run_alembic_downgrade
from dagster_postgres.run_storage import run_storage
from dagster_postgres.utils import pg_alembic_config
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from aha_pipeline.instance import event_storage, home
from aha_pipeline.settings import load
from aha_pipeline_tests.kit.mart_contents import rows
from aha_pipeline_tests.kit.waiting import LONGEST, wait_until


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


@dg.asset
def first(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    context.log.info("said meanwhile")
    return dg.MaterializeResult(metadata={"rows": 1})


@dg.asset(deps=[first])
def second() -> dg.MaterializeResult:
    return dg.MaterializeResult(metadata={"rows": 2})


@dg.asset(deps=[first])
def broken() -> None:
    raise ValueError("on purpose")


@dg.asset_check(asset=first)
def holds() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True)


@dg.asset_check(asset=first, blocking=True)
def fails() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=False)


@pytest.mark.parametrize(
    ("graph", "passed"),
    [([first, second], {}), ([first, holds], {"holds": True}),
     ([first, broken], {}), ([first, fails, second], {"fails": False})],
)  # fmt: skip
def test_a_run_is_stored_whole_and_in_order(url, graph, passed):
    with home.open_instance() as instance:
        result = dg.materialize(graph, instance=instance, raise_on_error=False)
        told = [e for e in instance.all_logs(result.run_id) if e.is_dagster_event]
        happened = [e.event_type_value for e in result.all_events]
        stored = [e.dagster_event.event_type_value for e in told]
        assert [kind for kind in stored if kind in happened] == happened
        for key in (e.asset_key for e in result.get_asset_materialization_events()):
            [newest] = instance.fetch_materializations(key, limit=1).records
            assert newest.run_id == result.run_id
            [record] = instance.get_asset_records([key])
            assert record.asset_entry.last_materialization_storage_id == newest.storage_id
        for name, is_passed in passed.items():
            check = dg.AssetCheckKey(first.key, name)
            [record] = instance.event_log_storage.get_asset_check_execution_history(check, limit=1)
            assert (record.status.value == "SUCCEEDED") is is_passed


def test_what_a_step_told_is_stored_before_the_next_step_runs(url):
    seen = []

    @dg.asset(deps=[first])
    def look(context: dg.AssetExecutionContext) -> None:
        events = context.instance.all_logs(context.run.run_id)
        seen.extend(e.dagster_event.event_type_value for e in events if e.step_key == "first"
                    and e.is_dagster_event)  # fmt: skip

    with home.open_instance() as instance:
        dg.materialize([first, look], instance=instance)
    assert seen[-1] == "STEP_SUCCESS"
    assert "ASSET_MATERIALIZATION" in seen


def test_a_run_knows_of_its_assets_what_the_database_says(url):
    same = []

    @dg.asset(deps=[first])
    def compare(context: dg.AssetExecutionContext) -> None:
        for _ in range(2):
            with dg.DagsterInstance.get() as other:
                keys = [first.key, second.key, compare.key]
                told = _known(other, keys)
            assert _known(context.instance, keys) == told
            same.append(told[first.key])
            context.log_event(dg.AssetMaterialization(first.key))
            context.log.info("stores what waits")

    with home.open_instance() as instance:
        for graph in ([first, compare], [first, second, compare], [compare, second, first]):
            assert dg.materialize(graph, instance=instance).success
    assert len(same) == 6
    assert len(set(same)) == 6  # each saw another one of `first`


def _known(instance, keys):
    entries = [record.asset_entry for record in instance.get_asset_records(keys)]
    return {e.asset_key: (e.last_materialization_storage_id, e.last_run_id) for e in entries}


def test_between_two_runs_an_instance_sees_what_another_has_stored(url):
    with home.open_instance() as instance, dg.DagsterInstance.get() as other:
        for graph in ([first], [first, second], [second]):
            dg.materialize(graph, instance=instance)
            run_id = dg.materialize([first], instance=other).run_id
            [record] = instance.get_asset_records([first.key])
            assert record.asset_entry.last_materialization_record.run_id == run_id
            again = dg.materialize([second], instance=instance)
            [event] = again.get_asset_materialization_events()
            pointer = event.materialization.tags["dagster/input_event_pointer/first"]
            assert int(pointer) == record.asset_entry.last_materialization_storage_id


def test_an_event_that_could_not_be_stored_is_stored_with_the_next(url, monkeypatch):
    with home.open_instance() as instance:
        storage = instance.event_log_storage
        logs = _logs("STEP_OUTPUT", "STEP_SUCCESS", "PIPELINE_SUCCESS")
        assert len(logs) == 3
        with monkeypatch.context() as patched:
            patched.setattr(storage, "_connect", lambda: (_ for _ in ()).throw(OSError("gone")))
            for entry in logs[:-1]:
                storage.store_event(entry)
            with pytest.raises(OSError, match="gone"):
                storage.store_event(logs[-1])
        storage.store_event(logs[-1])
        found = [e.dagster_event.event_type_value for e in storage.get_logs_for_run(logs[0].run_id)]
        assert found == [e.dagster_event.event_type_value for e in logs]


def test_assets_and_checks_of_a_batch_are_noted_together_or_not_at_all(url, monkeypatch):
    logs = _logs("ASSET_MATERIALIZATION", "ASSET_CHECK_EVALUATION", graph=[first, holds])
    check = dg.AssetCheckKey(first.key, "holds")

    def known(instance) -> tuple[int, int]:
        history = instance.event_log_storage.get_asset_check_execution_history(check, limit=5)
        return len(instance.get_asset_records([first.key])), len(history)

    with home.open_instance() as instance, dg.DagsterInstance.get() as other:
        storage = instance.event_log_storage
        for entry in logs:
            storage.store_event(entry)
        with monkeypatch.context() as patched:
            patched.setattr(storage, "store_asset_check_event", lambda *_: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                storage.get_logs_for_run(logs[0].run_id)
            assert known(other) == (0, 0)
        assert known(instance) == known(other) == (1, 1)


def _logs(*kinds: str, graph=None) -> list[dg.EventLogEntry]:
    result = dg.materialize(graph or [first], instance=dg.DagsterInstance.ephemeral())
    return [_entry(e, result.run_id) for e in result.all_events if e.event_type_value in kinds]


def test_columns_are_stored_with_the_materialization_alone(url):
    schema = dg.TableSchema([dg.TableColumn("amount", type="numeric")])

    @dg.asset
    def table() -> dg.MaterializeResult:
        return dg.MaterializeResult(metadata={"dagster/column_schema": schema, "rows": 3})

    with home.open_instance() as instance:
        run = dg.materialize([table], instance=instance)
        [output] = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.STEP_OUTPUT)
        [record] = instance.fetch_materializations(table.key, limit=1).records
    assert list(output.dagster_event.step_output_data.metadata) == ["rows"]
    metadata = record.asset_materialization.metadata
    assert metadata["dagster/column_schema"].value == schema
    assert metadata["rows"].value == 3


def test_what_still_waits_is_stored_when_the_instance_closes(url):
    logs = _logs("STEP_OUTPUT", "ASSET_MATERIALIZATION", "STEP_SUCCESS")
    with home.open_instance() as instance:
        for entry in logs:
            instance.event_log_storage.store_event(entry)
    with home.open_instance() as instance:
        found = instance.event_log_storage.get_logs_for_run(logs[0].run_id)
    assert [e.dagster_event.event_type_value for e in found] == [
        e.dagster_event.event_type_value for e in logs
    ]


def test_what_a_step_told_is_shown_to_others_though_nothing_follows(url):
    logs = _logs("STEP_START", "STEP_OUTPUT")
    with home.open_instance() as instance, dg.DagsterInstance.get() as other:
        for entry in logs:
            instance.event_log_storage.store_event(entry)
        found = wait_until(lambda: other.event_log_storage.get_logs_for_run(logs[0].run_id))
    kinds = [e.dagster_event.event_type_value for e in found]
    assert kinds == ["STEP_START", "STEP_OUTPUT"]


def test_steps_that_need_nothing_of_each_other_are_stored_together(url, monkeypatch):
    monkeypatch.setattr(event_storage, "LONGEST_WAIT_SECONDS", LONGEST)
    graph = [_of(name) for name in "abcdefgh"]
    inserts = []
    with home.open_instance() as instance:
        storage = instance.event_log_storage
        dg.materialize(graph, instance=instance)  # asks what is asked once
        store = storage._inserted
        storage._inserted = lambda events: inserts.append(len(events)) or store(events)
        run = dg.materialize(graph, instance=instance)
        told = Counter(e.step_key for e in instance.all_logs(run.run_id) if e.step_key)
    assert len(inserts) < len(graph)
    assert {told[name] for name in "abcdefgh"} == {told["a"]}


def _of(name: str) -> dg.AssetsDefinition:
    @dg.asset(name=name)
    def made() -> dg.MaterializeResult:
        return dg.MaterializeResult(metadata={"rows": 1})

    return made


def test_threads_store_each_event_once(url):
    start, output = _logs("STEP_START", "STEP_OUTPUT")
    with home.open_instance() as instance, ThreadPoolExecutor(4) as threads:
        storage = instance.event_log_storage
        list(threads.map(storage.store_event, [output, start] * 40))
        storage.dispose()
        found = storage.get_logs_for_run(output.run_id)
    kinds = Counter(e.dagster_event.event_type_value for e in found)
    assert kinds == {"STEP_OUTPUT": 40, "STEP_START": 40}


def _entry(event: dg.DagsterEvent, run_id: str) -> dg.EventLogEntry:
    return dg.EventLogEntry(
        error_info=None,
        level=20,
        user_message="",
        run_id=run_id,
        timestamp=1.0,
        step_key=event.step_key,
        job_name="one",
        dagster_event=event,
    )
