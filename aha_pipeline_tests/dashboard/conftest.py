"""A filled database that every test of the dashboard may read, and the page on top of it."""

import os
import shutil
import uuid
from collections.abc import Callable, Iterator

import pytest
import streamlit as st
from streamlit import config
from streamlit.testing.v1 import AppTest

from aha_pipeline_tests.conftest import _address, _administer
from aha_pipeline_tests.dashboard import company
from aha_pipeline_tests.dashboard.serving import APP

SECONDS = 30
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# A name from outside that leads to this machine.
HOSTILE = "--host-resolver-rules=MAP hostile.test 127.0.0.1"


@pytest.fixture(scope="session")
def filled_url(postgres: str, template_database: str) -> Iterator[str]:
    """Address of a database with the company of `company.py`; only to be read."""
    name = f"filled_{uuid.uuid4().hex[:12]}"
    _administer(postgres, f"create database {name} template {template_database}")
    company.fill(_address(postgres, name))
    yield _address(postgres, name)
    _administer(postgres, f"drop database {name} with (force)")


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """Return a function that runs the page over a database, at a tab, and returns what it shows."""

    def run(database_url: str, tab: str = "Overview", **state: object) -> AppTest:
        monkeypatch.setenv("DATABASE_URL", database_url)
        monkeypatch.setattr(config, "_main_script_path", str(APP))
        config.get_config_options(force_reparse=True)
        app = AppTest.from_file(str(APP), default_timeout=SECONDS)
        for key, value in {"tab": tab, **state}.items():
            app.session_state[key] = value
        return app.run()

    yield run
    st.cache_data.clear()


@pytest.fixture(scope="session")
def chromium() -> Iterator[object]:
    """A real browser."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None and not os.environ.get("CI"):
        pytest.skip("no Chromium on this machine; install one to test the page in a browser")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", HOSTILE])
        yield opened
        opened.close()
