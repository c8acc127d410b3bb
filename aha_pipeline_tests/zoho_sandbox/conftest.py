"""A running stand-in with a clock that the test moves, and a client with a token."""

import gzip
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from aha_pipeline_tests.kit.fake_clock import FakeClock
from aha_pipeline_tests.zoho_sandbox.api_client import Client, WriteModule, lead
from zoho_sandbox.server import Sandbox, start


@pytest.fixture
def fake_clock() -> FakeClock:
    return FakeClock(datetime(2026, 5, 4, 6, 0, tzinfo=UTC))


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "dataset"
    folder.mkdir()
    return folder


@pytest.fixture
def write_module(data_dir: Path) -> WriteModule:
    """Write the records of a module, dicts or raw lines, where `--data` reads them."""

    def write(module: str, records: list[dict | bytes]) -> Path:
        lines = (r if isinstance(r, bytes) else msgspec.json.encode(r) for r in records)
        path = data_dir / f"{module}.jsonl.gz"
        path.write_bytes(gzip.compress(b"\n".join(lines) + b"\n"))
        return path

    return write


@pytest.fixture
def serve(data_dir: Path, write_module: WriteModule, fake_clock: FakeClock) -> Iterator[Callable]:
    """Serve leads, and nothing else."""
    running: list[Sandbox] = []

    def serve(leads: list[dict | bytes], **options: object) -> Sandbox:
        write_module("Leads", leads)
        running.append(start(data_dir=data_dir, now=fake_clock, **options))
        return running[-1]

    yield serve
    for sandbox in running:
        sandbox.stop()


@pytest.fixture
def sandbox(serve: Callable) -> Sandbox:
    """Three leads, one of them converted, one of them unapproved."""
    return serve(
        [
            lead(1, "2026-01-01T10:00:00+05:30", Last_Name="Asha", Amount=5),
            lead(
                2, "2026-01-02T10:00:00+05:30", Last_Name="Zara", Amount=30, **{"$converted": True}
            ),
            lead(
                3, "2026-01-03T10:00:00+05:30", Last_Name="Meera", Amount=20, **{"$approved": False}
            ),
            lead(4, "2026-01-03T10:00:00+05:30", Last_Name="Bala", Amount=None),
        ]
    )


@pytest.fixture
def client(sandbox: Sandbox) -> Client:
    return Client(sandbox.url).sign_in()
