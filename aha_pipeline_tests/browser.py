"""Fixture: a real browser, one for all tests of a process."""

import os
import shutil
from collections.abc import Iterator

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# A name from outside that leads to this machine.
HOSTILE = "--host-resolver-rules=MAP hostile.test 127.0.0.1"


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
