"""A filled database that every test of the dashboard may read, and the page on top of it."""

import uuid
from collections.abc import Iterator

import pytest

from aha_pipeline_tests.dashboard import company
from aha_pipeline_tests.dashboard.page import page, run
from aha_pipeline_tests.kit.databases import address_of, administer
from aha_pipeline_tests.kit.ports import free_port
from aha_pipeline_tests.kit.serving import TABS, served

__all__ = ["page"]


@pytest.fixture(scope="session")
def filled_url(postgres: str, template_database: str) -> Iterator[str]:
    """Address of a database with the company of `company.py`; only to be read."""
    name = f"filled_{uuid.uuid4().hex[:12]}"
    administer(postgres, f"create database {name} template {template_database}")
    company.fill(address_of(postgres, name))
    yield address_of(postgres, name)
    administer(postgres, f"drop database {name} with (force)")


@pytest.fixture(scope="session")
def address(filled_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the page over it, served by a process that was started somewhere else."""
    folder = tmp_path_factory.mktemp("elsewhere")
    with served(folder, free_port(), {"DATABASE_URL": filled_url}) as address:
        yield address


@pytest.fixture(scope="session")
def charts_by_tab(filled_url: str) -> dict[str, int]:
    """How many charts each tab shows over the filled database, counted on the page itself."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        shown = {tab: run(monkeypatch, filled_url, tab) for tab in TABS}
    return {tab: len(page.get("plotly_chart")) for tab, page in shown.items()}
