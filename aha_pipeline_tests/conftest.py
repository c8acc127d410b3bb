"""Fixtures every test may use: a clean environment and a real PostgreSQL."""

import gc
import os
import shutil
import signal
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import hypothesis
import pytest

from aha_pipeline.warehouse import embedded
from aha_pipeline.warehouse.migrate import migrate
from aha_pipeline_tests.kit.databases import address_of, administer, fresh_database
from aha_pipeline_tests.kit.environment import clean
from aha_pipeline_tests.kit.servers import installed_postgres, server_folder

# The same examples each time; `make explore` draws new ones.
hypothesis.settings.register_profile("fixed", derandomize=True)
hypothesis.settings.register_profile("random", print_blob=True)
hypothesis.settings.load_profile("fixed")

pytest_plugins = [
    "aha_pipeline_tests.kit.browser",
    "aha_pipeline_tests.kit.graph",
    "aha_pipeline_tests.kit.poolers",
]


def pytest_configure() -> None:
    """Let children hear Ctrl-C and a closed terminal also where these tests run under nohup."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the tests that wait for minutes: at the end they would leave a core idle."""
    items.sort(key=lambda item: item.get_closest_marker("waits") is None)


def pytest_collection_finish() -> None:
    """Look for garbage seldom, and never again in what is imported: an eighth of all CPU here."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test sees the developer's settings, and no `.env` is picked up."""
    clean(monkeypatch, tmp_path)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Address of a running PostgreSQL: TEST_DATABASE_URL, or one that is started here.

    That is the embedded one, or that whose programs are in the folder AHA_TEST_POSTGRES.
    """
    if address := os.environ.get("TEST_DATABASE_URL"):
        yield address
        return
    # Not below pytest's own folder: another pytest run would close that to the server's user.
    folder = server_folder("aha-tests-")
    programs = os.environ.get("AHA_TEST_POSTGRES")
    started = installed_postgres(Path(programs), folder) if programs else _embedded(folder)
    try:
        with started as address:
            # A machine that loses its power loses these tests too: nothing need reach the disk.
            administer(address, "alter system set fsync = off")
            administer(address, "alter system set synchronous_commit = off")
            administer(address, "alter system set full_page_writes = off")
            administer(address, "select pg_reload_conf()")
            yield address
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _embedded(folder: Path) -> Iterator[str]:
    try:
        yield embedded.start(folder)
    finally:
        embedded.stop(folder)


@pytest.fixture(scope="session")
def template_database(postgres: str) -> str:
    """Name of a migrated database, copied for each test: 50 ms instead of a migration."""
    name = f"template_{uuid.uuid4().hex[:12]}"
    administer(postgres, f"create database {name}")
    migrate(address_of(postgres, name))
    return name


@pytest.fixture
def database_url(postgres: str, template_database: str) -> Iterator[str]:
    """Address of a fresh, migrated database."""
    with fresh_database(postgres, template_database) as address:
        yield address


@pytest.fixture(scope="module")
def module_database_url(postgres: str, template_database: str) -> Iterator[str]:
    """Address of a migrated database that the tests of a module only read."""
    with fresh_database(postgres, template_database) as address:
        yield address


@pytest.fixture
def empty_database_url(postgres: str) -> Iterator[str]:
    """Address of a fresh database with nothing in it."""
    with fresh_database(postgres) as address:
        yield address


@pytest.fixture(scope="module")
def module_empty_database_url(postgres: str) -> Iterator[str]:
    """Address of a database with nothing in it, for the tests of a module."""
    with fresh_database(postgres) as address:
        yield address
