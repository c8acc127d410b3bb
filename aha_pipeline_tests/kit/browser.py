"""A real browser: of this machine, started for the tests of a process and for what is measured."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# A name from outside that leads to this machine.
HOSTILE = "--host-resolver-rules=MAP hostile.test 127.0.0.1"
# As a reader may ask for.
CALM = "--force-prefers-reduced-motion"
# Streamlit pulses where something is to come, whatever the reader asks for. Without a graphics card
# each frame is drawn by the processor: at two thirds of all that a page costs.
WITHOUT_ANIMATIONS = """
    const style = new CSSStyleSheet();
    style.replaceSync("*, ::before, ::after { animation: none !important }");
    document.adoptedStyleSheets.push(style);
"""
PHONE = {
    "viewport": {"width": 412, "height": 915},
    "has_touch": True,
    "user_agent": "Mozilla/5.0 (Linux; Android 14; Pixel 7) Chrome/126 Mobile Safari/537.36",
}
# Whether a page of Streamlit stands still.
STILL = (
    "document.querySelector('[data-test-script-state]')"
    "?.getAttribute('data-test-script-state') === 'notRunning'"
)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A real browser, in whose contexts nothing is animated."""
    if _path() is None and not os.environ.get("CI"):
        pytest.skip("no Chromium on this machine; install one to test the page in a browser")
    with launched(HOSTILE, CALM) as opened:
        make_context = opened.new_context

        def calm_context(**options: Any) -> Any:
            context = make_context(**options)
            context.add_init_script(WITHOUT_ANIMATIONS)
            return context

        opened.new_context = calm_context
        yield opened


@contextmanager
def launched(*options: str) -> Iterator[Any]:
    """Yield the Chromium of this machine, without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=_path(), args=["--no-sandbox", *options]
        )
        yield opened
        opened.close()


def _path() -> str | None:
    return next(filter(None, map(shutil.which, BROWSERS)), None)
