"""A company whose marts are built, an Ollama on loopback, and facts made by hand."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta

import pytest

from aha_pipeline.briefing.compose import Briefing, Style, store, write_briefing
from aha_pipeline_tests.briefing import ollama_stand_in
from aha_pipeline_tests.briefing.by_hand import DAY, NOBODY
from aha_pipeline_tests.warehouse.marts_company import build, company


@pytest.fixture
def ollama() -> Iterator[ollama_stand_in.Ollama]:
    with ollama_stand_in.running() as server:
        yield server


@pytest.fixture
def connection(database_url: str) -> Iterator:
    """A connection to a company that a test fills; its marts are built by `built`."""
    with company(database_url) as opened:
        yield opened


@pytest.fixture
def built(connection) -> Callable[..., None]:
    """Return a function that builds all marts around DAY, from before the year on."""

    def build_now(day: date = DAY) -> None:
        build(connection, day - timedelta(days=80), day)

    return build_now


@pytest.fixture
def compose(connection) -> Callable[..., Briefing]:
    """Return a function that writes the briefing of a day and does not keep it."""

    def composed(
        day: date = DAY,
        *,
        base_url: str = NOBODY,
        model: str = "mistral",
        seconds: float = 20.0,
        **style,
    ) -> Briefing:
        return write_briefing(
            connection,
            day=day,
            company="Aha Homes",
            is_sandbox=False,
            base_url=base_url,
            model=model,
            style=Style(currency="INR", **style),
            deadline_seconds=seconds,
        )

    return composed


@pytest.fixture
def write(connection, compose) -> Callable[..., Briefing]:
    """Return a function that writes and keeps the briefing of a day."""

    def written(*day: date, **style) -> Briefing:
        briefing = compose(*day, **style)
        store(connection, briefing)
        return briefing

    return written
