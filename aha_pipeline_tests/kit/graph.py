"""Fixtures: a small organisation behind real HTTP, a real warehouse, Dagster to run the graph."""

import gzip
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import dagster as dg
import msgspec
import pytest

from aha_pipeline.assets.partitions import RANGE_END, RANGE_START
from aha_pipeline.definitions import defs
from aha_pipeline_tests.kit.environment import clean
from aha_pipeline_tests.kit.fake_clock import FakeClock
from zoho_sandbox.server import Sandbox, start

NONE = timedelta()
REP = {"id": "77", "name": "Asha Rao", "email": "asha@example.com"}
RECORDS = {
    "Leads": [
        {"id": "1", "Last_Name": "One", "Owner": REP, "Lead_Status": "Junk Lead",
         "Lead_Source": "Facebook", "Created_Time": "2026-01-02T10:00:00+05:30",
         "Modified_Time": "2026-01-02T10:00:00+05:30"},
        {"id": "2", "Last_Name": "Two", "Owner": REP, "Lead_Status": "Contacted",
         "Lead_Source": None, "Created_Time": "2025-12-30T10:00:00+05:30",
         "Modified_Time": "2026-01-03T23:59:59+05:30"},
        {"id": "3", "Last_Name": "Older", "Owner": REP, "$converted": True,
         "Created_Time": "2025-06-01T10:00:00+05:30",
         "Modified_Time": "2025-06-01T10:00:00+05:30"},
    ],
    "Deals": [
        {"id": "9", "Deal_Name": "Villa", "Owner": REP, "Stage": "Closed Won", "Amount": 450000.5,
         "Closing_Date": "2026-01-03", "Created_Time": "2026-01-01T10:00:00+05:30",
         "Modified_Time": "2026-01-03T12:00:00+05:30"},
    ],
}  # fmt: skip


@contextmanager
def serving(folder: Path, ahead: timedelta = NONE) -> Iterator[Sandbox]:
    """Serve three leads and a deal, `ahead` of the present time, by a clock that stands still."""
    records = folder / "records"
    records.mkdir()
    for module, served in RECORDS.items():
        lines = b"\n".join(msgspec.json.encode(record) for record in served)
        (records / f"{module}.jsonl.gz").write_bytes(gzip.compress(lines))
    clock = FakeClock(datetime.now(UTC) + ahead)
    with start(data_dir=records, outbox_path=folder / "outbox.jsonl", now=clock) as running:
        yield running


def name_in_settings(patch: pytest.MonkeyPatch, company: Sandbox, database_url: str) -> None:
    """Let this process's settings lead to an organisation and to a warehouse."""
    settings = {
        "DATABASE_URL": database_url,
        "ZOHO_API_URL": company.url,
        "ZOHO_ACCOUNTS_URL": company.url,
        "ZOHO_CLIENT_ID": "id-of-client",
        "ZOHO_CLIENT_SECRET": "secret-of-client",
        "ZOHO_REFRESH_TOKEN": "secret-of-refresh",
        "OLLAMA_BASE_URL": "http://127.0.0.1:9",
        "AHA_START_DATE": "2026-01-01",
    }
    for name, value in settings.items():
        patch.setenv(name, value)


def sync_days(
    instance: dg.DagsterInstance, first: str, last: str, **options: object
) -> dg.ExecuteInProcessResult:
    """Run `daily_sync` over a range of days."""
    return (
        defs()
        .resolve_job_def("daily_sync")
        .execute_in_process(
            instance=instance,
            tags={RANGE_START: first, RANGE_END: last},
            raise_on_error=False,
            **options,
        )
    )


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Sandbox]:
    """Three leads and a deal, served to one test."""
    with serving(tmp_path) as running:
        yield running


@pytest.fixture
def connected(company: Sandbox, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """The sandbox as this process's settings name it, with an empty warehouse."""
    name_in_settings(monkeypatch, company, database_url)
    return company


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as opened:
        yield opened


@pytest.fixture
def run_days(instance: dg.DagsterInstance) -> Callable[..., dg.ExecuteInProcessResult]:
    """Run `daily_sync` over a range of days."""
    return partial(sync_days, instance)


@pytest.fixture(scope="module")
def module_connected(
    tmp_path_factory: pytest.TempPathFactory, module_database_url: str
) -> Iterator[Sandbox]:
    """The same for the tests of a module: what a sync costs is paid once.

    The settings hold while the fixtures of the module are made; a test that needs them too asks
    for `connected`.
    """
    folder = tmp_path_factory.mktemp("organisation")
    with serving(folder) as running, pytest.MonkeyPatch.context() as patch:
        clean(patch, folder)
        name_in_settings(patch, running, module_database_url)
        yield running


@pytest.fixture(scope="module")
def module_instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as opened:
        yield opened
