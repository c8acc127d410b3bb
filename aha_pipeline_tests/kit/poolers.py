"""Fixtures: a database behind a real PgBouncer, in each of its modes, as Supabase offers it."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from aha_pipeline_tests.kit.servers import PGBOUNCER, pgbouncer


@pytest.fixture
def pooler_folder() -> Iterator[Path]:
    if PGBOUNCER is None:
        pytest.skip("pgbouncer is not installed; on Debian: apt-get install pgbouncer")
    made = Path(tempfile.mkdtemp(prefix="aha-pgbouncer-"))
    yield made
    shutil.rmtree(made)


@pytest.fixture
def transaction_url(pooler_folder: Path, database_url: str) -> Iterator[str]:
    with pgbouncer(pooler_folder, database_url, "transaction") as address:
        yield address


@pytest.fixture
def session_url(pooler_folder: Path, database_url: str) -> Iterator[str]:
    with pgbouncer(pooler_folder, database_url, "session") as address:
        yield address
