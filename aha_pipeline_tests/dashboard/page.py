"""The dashboard's page over a database, without a browser."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial

import pytest
import streamlit as st
from streamlit import config
from streamlit.testing.v1 import AppTest

from aha_pipeline_tests.kit.serving import APP, TABS
from aha_pipeline_tests.kit.waiting import LONGEST


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., AppTest]]:
    """Return a function that runs the page over a database, at a tab, and returns what it shows."""
    yield partial(run, monkeypatch)
    st.cache_data.clear()


def run(
    monkeypatch: pytest.MonkeyPatch,
    database_url: str,
    tab: str = TABS[0],
    address: Mapping[str, list[str]] | None = None,
    **state: object,
) -> AppTest:
    """Return what the page shows at a tab, given its address and the state of its session."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setattr(config, "_main_script_path", str(APP))
    config.get_config_options(force_reparse=True)
    app = AppTest.from_file(str(APP), default_timeout=LONGEST)
    for key, value in {"tab": tab, **state}.items():
        app.session_state[key] = value
    for key, values in (address or {}).items():
        app.query_params[key] = values
    return app.run()
