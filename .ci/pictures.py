"""The README's pictures, taken anew: of the dashboard over a company with a year of history.

`make pictures` reads the sandbox's company into an empty folder, serves the dashboard, and takes
each picture in Chromium; `dashboard/screenshots/drawn_by` then holds the hash of the code that drew
them. It does nothing where that is the same as last time; --check only says whether it is.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from subprocess import run
from typing import Any
from urllib.parse import quote_plus

from aha_pipeline.warehouse import embedded
from aha_pipeline_tests.kit.browser import STILL, launched
from aha_pipeline_tests.kit.pages import ROOT
from aha_pipeline_tests.kit.ports import free_port
from aha_pipeline_tests.kit.serving import TABS, served

FOLDER = ROOT / "dashboard" / "screenshots"
STAMP = FOLDER / "drawn_by"
DRAWING = (".py", ".css", ".html", ".toml", ".sql")
MILLISECONDS = 240_000
# Whether nothing is still to come, of the page's parts or within them.
ALL_DRAWN = (
    "!document.querySelector('[data-testid=stSkeleton], .js-plotly-plot:not(:has(.main-svg))')"
)
DESK = {"viewport": {"width": 1366, "height": 1000}, "locale": "en-IN"}
DARK = {**DESK, "color_scheme": "dark"}
PHONE = {
    "viewport": {"width": 412, "height": 915},
    "locale": "en-IN",
    "user_agent": "Mozilla/5.0 (Linux; Android 14; Pixel 7) Chrome/126 Mobile Safari/537.36",
}
# name of the picture, its tab, how the browser is, and its height where it is not the window's
PICTURES = (
    ("overview", TABS[0], DESK, 2000),
    ("leads", TABS[1], DESK, 2000),
    ("deals", TABS[2], DARK, 1500),
    ("contacts", TABS[3], DESK, 1000),
    ("health", TABS[4], DESK, 1800),
    ("phone", TABS[0], PHONE, 915),
)


def main() -> str | None:
    """Take the pictures where the code changed; return why not, if not."""
    drawn_by = drawing_code()
    is_new = not STAMP.exists() or STAMP.read_text().strip() != drawn_by
    if "--check" in sys.argv:
        return "The pictures are older than what draws them: make pictures" if is_new else None
    if not is_new:
        print("The pictures are of this code.")
        return None
    with tempfile.TemporaryDirectory() as home:
        # Nothing of the one who takes them: the pictures are of the sandbox.
        settings = {"PATH": os.environ["PATH"], "HOME": home, "AHA_HOME": home}
        run([Path(sys.executable).with_name("aha"), "sync"], env=settings, cwd=home, check=True)
        address = embedded.start(Path(home))
        with served(Path(home), free_port(), {"DATABASE_URL": address}) as page, launched() as it:
            for name, tab, reader, height in PICTURES:
                with it.new_context(**reader) as context:
                    _take(context.new_page(), f"{page}/?tab={quote_plus(tab)}", name, height)
    STAMP.write_text(f"{drawn_by}\n")
    return None


def drawing_code() -> str:
    """Return the hash of all that draws the dashboard: its code, its look and its queries."""
    found = sha256()
    for file in sorted(_drawing()):
        found.update(f"{file.relative_to(ROOT)}\n".encode() + file.read_bytes())
    return found.hexdigest()


def _drawing() -> Iterator[Path]:
    for folder in ("dashboard", "sql/dashboard"):
        yield from (file for file in (ROOT / folder).rglob("*") if file.suffix in DRAWING)


def _take(page: Any, address: str, name: str, height: int) -> None:
    page.set_default_timeout(MILLISECONDS)
    page.goto(address)
    page.get_by_test_id("stTabPanel").locator("p").first.wait_for()
    page.wait_for_function(STILL)
    page.set_viewport_size({"width": page.viewport_size["width"], "height": height})
    page.wait_for_timeout(2000)  # charts take the width that the page now has
    page.wait_for_function(f"{STILL} && {ALL_DRAWN}")
    page.wait_for_timeout(2000)
    page.screenshot(path=FOLDER / f"{name}.png")
    print(f"dashboard/screenshots/{name}.png")


if __name__ == "__main__":
    sys.exit(main())
