"""A client of a running stand-in whose records and clock the test holds."""

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aha_pipeline.crm.client import ZohoClient
from aha_pipeline.crm.token import Store, TokenSource
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


def connect(
    url: str,
    store: Store | None = None,
    version: str = "v2",
    concurrency: int = 1,
    per_page: int = 200,
    **credentials: str,
) -> ZohoClient:
    chosen = {"client_id": "id", "client_secret": "se-cret", "refresh_token": "re-fresh"}
    tokens = TokenSource(url, **(chosen | credentials), store=store)
    return ZohoClient(
        tokens,
        api_url=url,
        version=version,
        concurrency=concurrency,
        per_page=per_page,
        backoff_seconds=0.01,
    )


@pytest.fixture
def client(sandbox: Sandbox) -> ZohoClient:
    return connect(sandbox.url)
