"""A filled database that every test of the dashboard may read, and the page on top of it."""

import uuid
from collections.abc import Callable, Iterator
from functools import partial

import pytest
import streamlit as st
from streamlit import config
from streamlit.testing.v1 import AppTest

from aha_pipeline_tests.conftest import _address, _administer
from aha_pipeline_tests.dashboard import company
from aha_pipeline_tests.kit.serving import APP, TABS

SECONDS = 30


@pytest.fixture(scope="session")
def filled_url(postgres: str, template_database: str) -> Iterator[str]:
    """Address of a database with the company of `company.py`; only to be read."""
    name = f"filled_{uuid.uuid4().hex[:12]}"
    _administer(postgres, f"create database {name} template {template_database}")
    company.fill(_address(postgres, name))
    yield _address(postgres, name)
    _administer(postgres, f"drop database {name} with (force)")


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., AppTest]]:
    """Return a function that runs the page over a database, at a tab, and returns what it shows."""
    yield partial(_run, monkeypatch)
    st.cache_data.clear()


@pytest.fixture(scope="session")
def charts_by_tab(filled_url: str) -> dict[str, int]:
    """How many charts each tab shows over the filled database, counted on the page itself."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        shown = {tab: _run(monkeypatch, filled_url, tab) for tab in TABS}
    return {tab: len(page.get("plotly_chart")) for tab, page in shown.items()}


def _run(
    monkeypatch: pytest.MonkeyPatch, database_url: str, tab: str = TABS[0], **state: object
) -> AppTest:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setattr(config, "_main_script_path", str(APP))
    config.get_config_options(force_reparse=True)
    app = AppTest.from_file(str(APP), default_timeout=SECONDS)
    for key, value in {"tab": tab, **state}.items():
        app.session_state[key] = value
    return app.run()
