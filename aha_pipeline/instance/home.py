"""The Dagster instance of this installation: its home under AHA_HOME, its storage in our database.

Dagster keeps runs, events and schedules in a schema of its own in our database, so that one backup
holds everything.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psutil

from aha_pipeline import sql
from aha_pipeline.database_address import with_parameter
from aha_pipeline.settings import Settings
from aha_pipeline.warehouse.connection import connect
from aha_pipeline.warehouse.connection_limits import RUN_OVERFLOW
from aha_pipeline.warehouse.pooler import check_session

if TYPE_CHECKING:
    from dagster import DagsterInstance, DagsterRun

SCHEMA = "dagster"
PLUGIN = "aha_schema"  # see schema.py
PROCESS_TAG = "aha/process"
LAST_TABLE = "jobs"  # of the schedules, which Dagster makes after those of runs and events
CONFIGURATION = Path(__file__).with_name("dagster.yaml")
EVENTS_A_BATCH = "100"


def prepare(settings: Settings) -> Path:
    """Make the Dagster home ready and name it in this process's environment; return it."""
    home = settings.home / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    _write(home / "dagster.yaml", CONFIGURATION.read_text(encoding="utf-8"))
    check_session(settings.session_url)
    create_schema(settings.session_url)
    os.environ["DAGSTER_HOME"] = str(home)
    os.environ["DAGSTER_POSTGRES_URL"] = storage_address(settings)
    # A range of many days writes two events a day and asset: one statement each costs minutes.
    os.environ.setdefault("DAGSTER_EVENT_BATCH_SIZE", EVENTS_A_BATCH)
    return home


def create_schema(database_url: str) -> None:
    """Create Dagster's schema where there is none. Raises DatabaseUnreachable."""
    with connect(database_url) as connection, connection.cursor() as cursor:
        # "if not exists" alone lets two processes that start together both create it.
        cursor.execute("select pg_advisory_xact_lock(hashtext(%s))", (SCHEMA,))
        cursor.execute(f"create schema if not exists {SCHEMA}")
        cursor.execute(f"revoke all on schema {SCHEMA} from public")
        cursor.execute(
            sql.statement("warehouse/rights", "protect_all")
        )  # tables that Dagster made since


def make_tables(database_url: str) -> None:
    """Create Dagster's tables where there are none, and bring up those of another version of it.

    In the home that `prepare` named. Dagster creates them when a process first opens its instance:
    two that start together on a new database fail each other. It brings none up by itself.
    Raises DatabaseUnreachable.
    """
    made_by = f"dagster {version('dagster')}"
    with connect(database_url) as connection, connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext(%s))", (SCHEMA,))
        cursor.execute(
            "select to_regclass(%s) is null, obj_description(%s::regnamespace, 'pg_namespace')",
            (f"{SCHEMA}.{LAST_TABLE}", SCHEMA),
        )
        [(is_new, known)] = cursor
        if known != made_by:
            from dagster import DagsterInstance

            with DagsterInstance.get() as instance:
                if not is_new:
                    instance.upgrade()
            cursor.execute(f"comment on schema {SCHEMA} is %s", (made_by,))
    if known != made_by:
        with connect(database_url) as connection, connection.cursor() as cursor:
            cursor.execute(sql.statement("warehouse/rights", "protect_all"))


@contextmanager
def open_instance() -> Iterator["DagsterInstance"]:
    """Yield the instance that `prepare` named, with the runs of dead processes ended."""
    from dagster import DagsterInstance

    with DagsterInstance.get() as instance:
        # Despite its name the way to keep a connection open instead of one a statement: a run of
        # twenty assets takes 3 s instead of 5.
        instance.optimize_for_webserver(
            statement_timeout=0, pool_recycle=-1, max_overflow=RUN_OVERFLOW
        )
        _end_dead_runs(instance)
        yield instance


def process_tag() -> dict[str, str]:
    """Return a run tag by which a later process can tell that this one is gone."""
    process = psutil.Process()
    return {PROCESS_TAG: f"{_node()}/{process.pid}/{process.create_time():.2f}"}


def _write(path: Path, text: str) -> None:
    """Write a file that other processes may be reading: they see the old or the new one."""
    fresh = path.with_suffix(f".{os.getpid()}")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)


def _end_dead_runs(instance: "DagsterInstance") -> None:
    """Fail the runs whose process was killed: they would hold their pool slots for ever."""
    for run in _unfinished(instance):
        owner = run.tags.get(PROCESS_TAG)
        if owner and not _is_alive(owner):
            _end(instance, run, "The process of this run ended before the run did.")


def end_runs(instance: "DagsterInstance", run_ids: list[str]) -> None:
    """Fail these runs, whose heartbeat has stopped, and free what they hold."""
    if not run_ids:
        return
    for run in _unfinished(instance, run_ids):
        _end(instance, run, "The machine of this run has not told of it for 90 seconds.")
    for run_id in run_ids:
        instance.event_log_storage.free_concurrency_slots_for_run(run_id)


def is_over(instance: "DagsterInstance", run_id: str) -> bool:
    """Return whether a run has ended, or is not known any more."""
    run = instance.get_run_by_id(run_id)
    return run is None or run.is_finished


def _unfinished(
    instance: "DagsterInstance", run_ids: list[str] | None = None
) -> "Sequence[DagsterRun]":
    from dagster import RunsFilter
    from dagster._core.storage.dagster_run import NOT_FINISHED_STATUSES

    return instance.get_runs(RunsFilter(run_ids=run_ids, statuses=NOT_FINISHED_STATUSES))


def _end(instance: "DagsterInstance", run: "DagsterRun", why: str) -> None:
    instance.report_run_failed(run, why)
    instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)


def _node() -> str:
    """Return which machine this is, to tell a process number by: a container is one of its own."""
    try:
        booted = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
        return f"{os.uname().nodename} {booted} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:  # no Linux
        return os.uname().nodename


def _is_alive(owner: str) -> bool:
    node, pid, created = owner.rsplit("/", 2)
    if node != _node():
        return True  # or not: its heartbeat tells
    try:
        return abs(psutil.Process(int(pid)).create_time() - float(created)) < 1
    except psutil.NoSuchProcess:
        return False


def storage_address(settings: Settings) -> str:
    """Return the address of Dagster's storage: tables in a schema of their own."""
    parts = urlsplit(with_parameter(settings.session_url, f"plugin={PLUGIN}"))
    return parts._replace(scheme="postgresql").geturl()
