"""Connections: what a whole sync takes is counted, and a server without room says what is short."""

import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta

import psycopg2
import pytest

from aha_pipeline.doctor.database import connections
from aha_pipeline.warehouse import errors, free_connections
from aha_pipeline.warehouse.connection import DatabaseUnreachable, connect
from aha_pipeline.warehouse.connection_limits import LEAST_FOR_SYNC, MODULE, MOST_FOR_SYNC
from aha_pipeline.warehouse.free_connections import FreeConnections
from aha_pipeline_tests.kit.command import aha, assert_refused
from aha_pipeline_tests.kit.waiting import wait_until

# `make faults` tries each; a sync takes ten seconds.
LIMITS = range(LEAST_FOR_SYNC, MOST_FOR_SYNC + 1) if "AHA_ALL_LIMITS" in os.environ else [10]


def execute(url: str, *statements: str) -> None:
    with connect(url, autocommit=True) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@pytest.fixture
def owned(postgres, empty_database_url) -> Iterator[str]:
    """Address of an empty database as its owner, whom limits bind: he is no superuser."""
    database = empty_database_url.partition("test_")[2].partition("?")[0]
    name, database = f"owner_{database}", f"test_{database}"
    execute(
        postgres,
        f"create role {name} login createrole bypassrls",
        f"alter database {database} owner to {name}",
        # Each server here has one aha_reader, which another database's owner may have made.
        "do $$ begin if exists (select from pg_roles where rolname = 'aha_reader') then"
        f" grant aha_reader to {name} with admin option; end if; end $$",
    )
    try:
        yield empty_database_url.replace("postgres:@", f"{name}@").replace("postgres@", f"{name}@")
    finally:
        execute(postgres, f"alter database {database} owner to postgres")
        execute(
            empty_database_url, f"reassign owned by {name} to postgres", f"drop owned by {name}"
        )
        execute(postgres, f"drop role {name}")


def role(url: str) -> str:
    return psycopg2.extensions.parse_dsn(url)["user"]


@contextmanager
def watched(postgres: str, who: str) -> Iterator[list[int]]:
    """Yield what becomes the most sessions that a role had at a time, looked at all the time."""
    most, over = [0], threading.Event()

    def look() -> None:
        with connect(postgres, autocommit=True) as connection, connection.cursor() as cursor:
            while not over.wait(0.005):
                cursor.execute("select count(*) from pg_stat_activity where usename = %s", (who,))
                most[0] = max(most[0], cursor.fetchone()[0])

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield most
    finally:
        over.set()
        thread.join()


@pytest.mark.parametrize("limit", LIMITS)
def test_a_whole_sync_keeps_to_the_limit_of_its_role(
    connected, owned, postgres, monkeypatch, limit
):
    monkeypatch.setenv("DATABASE_URL", owned)
    monkeypatch.setenv("ZOHO_MODULES", "Leads,Deals,Contacts,Accounts")
    monkeypatch.setenv("AHA_START_DATE", f"{datetime.now(UTC) - timedelta(days=3):%Y-%m-%d}")
    for module in ("Contacts", "Accounts"):
        connected.store.create(module, {"id": "5"})
    connected.switches.latency = 0.1  # so that modules are read at the same time
    execute(postgres, f"alter role {role(owned)} connection limit {limit}")
    with watched(postgres, role(owned)) as most:
        finished = aha("sync")
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert 2 + MODULE < most[0] <= limit


def test_a_sync_without_room_says_how_many_it_needs_and_how_many_there_are(
    connected, owned, postgres, monkeypatch
):
    monkeypatch.setenv("DATABASE_URL", owned)
    execute(postgres, f"alter role {role(owned)} connection limit {LEAST_FOR_SYNC - 1}")
    words = (f"needs {LEAST_FOR_SYNC} connections", f"of its {LEAST_FOR_SYNC - 1}", "raise")
    assert_refused(aha("sync"), *words)
    with connect(owned) as connection:
        found = connections(free_connections.count(connection))
    assert (found.verdict, found.stops_sync) == ("problem", True)
    assert all(word in found.says for word in words)


@pytest.mark.parametrize("bound", ["role", "database"])
@pytest.mark.parametrize(("allowed", "taken"), [(12, 0), (12, 2), (12, 7), (40, 3)])
def test_the_room_is_what_can_really_be_opened(owned, postgres, bound, allowed, taken):
    parts = psycopg2.extensions.parse_dsn(owned)
    name = parts["user"] if bound == "role" else parts["dbname"]
    execute(postgres, f"alter {bound} {name} connection limit {allowed}")
    with ExitStack() as stack:
        for _ in range(taken):
            stack.enter_context(_of_another_program(owned))
        with connect(owned, autocommit=True) as connection:
            # A session that was closed is gone a moment later.
            expected = FreeConnections(allowed, taken)
            wait_until(lambda: free_connections.count(connection) == expected)
        for _ in range(expected.free):
            stack.enter_context(connect(owned))
        with pytest.raises(DatabaseUnreachable) as refused:
            stack.enter_context(connect(owned))
    assert str(refused.value) == errors.TOO_MANY


@contextmanager
def _of_another_program(url: str) -> Iterator[None]:
    connection = psycopg2.connect(url, application_name="a BI tool")
    try:
        yield
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("free", "modules", "verdict"),
    [(9, 1, "problem"), (10, 1, "warning"), (12, 2, "warning"), (15, 3, "warning"),
     (16, 4, "warning"), (41, 4, "warning"), (42, 4, "ok"), (900, 4, "ok"), (0, 1, "problem")],
)  # fmt: skip
def test_fewer_modules_at_a_time_where_there_is_less_room(free, modules, verdict):
    found = FreeConnections(free + 7, 7)
    assert found.free == free
    assert found.modules == modules
    assert connections(found).verdict == verdict


@pytest.mark.parametrize(
    "said",
    [
        'FATAL:  too many connections for role "aha"',
        "FATAL:  sorry, too many clients already",
        "FATAL:  MaxClientsInSessionMode: max clients reached - in Session mode max clients are "
        "limited to pool_size",
        "FATAL:  no more connections allowed (max_client_conn)",
        "FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute",
    ],
)
def test_every_server_and_pooler_that_is_full_is_told_alike(said):
    assert errors.sentence(psycopg2.OperationalError(said)) == errors.TOO_MANY
