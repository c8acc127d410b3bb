"""Many who open the page at once: each gets it, and nobody's wait makes more work."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore, Timer

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import source
from dashboard.source import Busy

REFUSAL = str(Busy())


def is_drawn(shown: AppTest) -> bool:
    said = [error.value for error in shown.error]
    return bool(shown.title) and not shown.exception and REFUSAL not in said


@contextmanager
def taken(semaphore: BoundedSemaphore, places: int) -> Iterator[None]:
    for _ in range(places):
        assert semaphore.acquire(timeout=10)
    try:
        yield
    finally:
        for _ in range(places):
            semaphore.release()


class Freed:
    """Turns that all others hold, until some time after this one asks for the nth time."""

    def __init__(self, turns: BoundedSemaphore, *, ask: int, seconds: float) -> None:
        self.turns, self.asks_left, self.seconds = turns, ask, seconds
        for _ in range(source.TURNS):
            assert turns.acquire(timeout=10)

    def acquire(self, timeout: float) -> bool:
        self.asks_left -= 1
        if self.asks_left == 0:
            Timer(self.seconds, lambda: [self.release() for _ in range(source.TURNS)]).start()
        return self.turns.acquire(timeout=timeout)

    def release(self) -> None:
        self.turns.release()


@pytest.mark.parametrize(
    ("unnoticed", "ask", "seconds", "told"),
    [(60, 1, 0.1, []), (0.1, 2, 0, [True]), (0.1, 2, 2, [True])],
)
def test_a_page_waits_for_its_turn_and_is_drawn(
    page, filled_url, monkeypatch, unnoticed, ask, seconds, told
):
    monkeypatch.setattr(source, "UNNOTICED_SECONDS", unnoticed)
    monkeypatch.setattr(source, "_turns", Freed(source._turns, ask=ask, seconds=seconds))
    shown = page(filled_url)
    assert is_drawn(shown)
    assert ["Yours follows soon" in toast.value for toast in shown.toast] == told


@pytest.mark.parametrize(
    ("name", "places"),
    [("_turns", source.TURNS), ("_free", source.PAGES - source.WRITING)],
)
def test_a_page_that_waited_too_long_says_so_in_one_sentence(
    page, filled_url, monkeypatch, name, places
):
    for setting in ("UNNOTICED_SECONDS", "TURN_SECONDS", "CONNECTION_SECONDS"):
        monkeypatch.setattr(source, setting, 0.1)
    with taken(getattr(source, name), places):
        shown = page(filled_url)
    assert [error.value for error in shown.error] == [REFUSAL]
    assert not shown.title
    # Who was refused holds no place.
    assert is_drawn(page(filled_url))


def test_a_page_that_cannot_ask_for_news_stands_as_it_is(page, filled_url, monkeypatch):
    asked = []

    def version(settings):
        asked.append(settings)
        raise Busy

    monkeypatch.setattr(source, "version", version)
    shown = page(filled_url)
    assert is_drawn(shown)
    assert len(asked) == 1, "the page was drawn again, which is more work for who is busy"
