"""The Markdown of the repository: its pages, their blocks of code, their headings and links."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parents[2]
FILE = re.compile(r"[\w.]+(/[\w.]+)+\.\w+")
MARKDOWN = MarkdownIt("commonmark").enable("table")


@dataclass(frozen=True)
class Block:
    """A fenced block of code, and the file that the paragraph before it names last, if it does."""

    language: str
    text: str
    file: str | None


@dataclass(frozen=True)
class Page:
    """One Markdown file."""

    path: Path
    text: str

    @cached_property
    def tokens(self) -> list[Token]:
        """The parsed text."""
        return MARKDOWN.parse(self.text)

    def blocks(self, language: str | None = None) -> list[Block]:
        """Return the blocks of code, of a language or of all, in order."""
        found = []
        for place, token in enumerate(self.tokens):
            if token.type == "fence" and language in (token.info, None):
                found.append(Block(token.info, token.content, _file_named(self.tokens[:place])))
        return found

    def section(self, heading: str) -> "Page":
        """Return the part of the page below a heading of the second level."""
        _, _, below = self.text.partition(f"\n## {heading}\n")
        assert below, f"{self.path} has no heading {heading!r}"
        return Page(self.path, below.partition("\n## ")[0])

    def spans(self) -> list[str]:
        """Return the pieces of code in the lines of text."""
        children = (child for token in self.tokens for child in token.children or ())
        return [child.content for child in children if child.type == "code_inline"]

    def rows(self) -> list[list[str]]:
        """Return the cells of the tables' rows, as Markdown, without the heads."""
        lines = [line for line in self.text.splitlines() if line.startswith("| ")]
        return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]

    def anchors(self) -> set[str]:
        """Return the names of the headings, as GitHub links to them."""
        return {slug(_plain(inline)) for inline in self._headings()}

    def targets(self) -> Iterator[str]:
        """Yield where links and images lead."""
        for token in self.tokens:
            for child in token.children or ():
                target = child.attrGet("href") or child.attrGet("src")
                if target is not None:
                    yield str(target)

    def _headings(self) -> Iterator[Token]:
        for before, token in zip(self.tokens, self.tokens[1:], strict=False):
            if before.type == "heading_open":
                yield token


def read_page(path: Path) -> Page:
    """Return the page of a file."""
    return Page(path, path.read_text())


def read_pages(root: Path = ROOT) -> list[Page]:
    """Return the pages for those who install and run the product."""
    paths = [root / "README.md", *sorted((root / "docs").glob("*.md")), root / "deploy/README.md"]
    return [read_page(path) for path in paths]


def slug(heading: str) -> str:
    """Return the anchor that GitHub makes of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _file_named(before: list[Token]) -> str | None:
    text = next((token for token in reversed(before) if token.type == "inline"), None)
    spans = [one.content for one in (text.children if text else ()) if one.type == "code_inline"]
    paths = [span for span in spans if FILE.fullmatch(span)]
    return paths[-1] if paths else None


def _plain(inline: Token) -> str:
    return "".join(child.content for child in inline.children or ())
