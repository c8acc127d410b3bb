"""A client of a running stand-in whose records and clock the test holds."""

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aha_pipeline.crm.client import ZohoClient
from aha_pipeline_tests.crm.connections import connect
from aha_pipeline_tests.kit.fake_clock import FakeClock
from zoho_sandbox.server import Sandbox, start


@pytest.fixture
def fake_clock() -> FakeClock:
    return FakeClock(datetime(2026, 5, 4, 6, 0, tzinfo=UTC))


@pytest.fixture
def sandbox(tmp_path: Path, fake_clock: FakeClock) -> Iterator[Sandbox]:
    """An organisation without records."""
    folder = tmp_path / "empty"
    folder.mkdir()
    (folder / "Leads.jsonl.gz").write_bytes(gzip.compress(b""))
    with start(data_dir=folder, now=fake_clock) as running:
        yield running


@pytest.fixture
def client(sandbox: Sandbox) -> ZohoClient:
    return connect(sandbox.url)
