"""Every link from one page to another, to a file or to a heading leads somewhere."""

import re
from pathlib import Path
from urllib.parse import unquote

from aha_pipeline_tests.kit.pages import ROOT, read_page, read_pages

EVERY = sorted(
    path
    for pattern in ("*.md", "*/*.md", "*/*/*.md")
    for path in ROOT.glob(pattern)
    if not path.relative_to(ROOT).parts[0].startswith(".")
)


def test_every_page_is_looked_at():
    assert {page.path for page in read_pages()} < set(EVERY)
    assert ROOT / "docs" / "decisions" / "no-orm.md" in EVERY


def test_every_relative_link_and_anchor_leads_somewhere():
    broken = [
        f"{path.relative_to(ROOT)}: {target}"
        for path in EVERY
        for target in read_page(path).targets()
        if not re.match(r"[a-z]+:", target) and not leads_somewhere(path, target)
    ]
    assert broken == []


def leads_somewhere(path: Path, target: str) -> bool:
    name, _, anchor = target.partition("#")
    there = path.parent / unquote(name) if name else path
    return there.exists() and (not anchor or anchor in read_page(there).anchors())


def test_the_readme_links_to_every_page():
    linked = {
        (ROOT / target.partition("#")[0]).resolve()
        for target in read_page(ROOT / "README.md").targets()
        if ":" not in target
    }
    assert {page.path for page in read_pages()} - linked <= {ROOT / "README.md"}
