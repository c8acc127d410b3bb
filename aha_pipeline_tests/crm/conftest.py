"""A client of a running stand-in whose records and clock the test holds."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aha_pipeline.crm.client import ZohoClient
from aha_pipeline_tests.crm.connections import connect, start_empty
from aha_pipeline_tests.kit.fake_clock import FakeClock
from zoho_sandbox.server import Sandbox


@pytest.fixture
def fake_clock() -> FakeClock:
    return FakeClock(datetime(2026, 5, 4, 6, 0, tzinfo=UTC))


@pytest.fixture
def sandbox(tmp_path: Path, fake_clock: FakeClock) -> Iterator[Sandbox]:
    with start_empty(tmp_path, fake_clock) as running:
        yield running


@pytest.fixture
def client(sandbox: Sandbox) -> ZohoClient:
    return connect(sandbox.url)
