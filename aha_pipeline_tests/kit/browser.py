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
# As a reader may ask for: what pulses and slides is drawn without a graphics card here, frame by
# frame, at two thirds of all that a page costs.
CALM = "--force-prefers-reduced-motion"
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
    """A real browser."""
    if _path() is None and not os.environ.get("CI"):
        pytest.skip("no Chromium on this machine; install one to test the page in a browser")
    with launched(HOSTILE, CALM) as opened:
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
