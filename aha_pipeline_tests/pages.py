"""The Markdown of the repository: its pages, their blocks of code, their headings and links."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parent.parent
MARKDOWN = MarkdownIt("commonmark").enable("table")


@dataclass(frozen=True)
class Block:
    """A fenced block of code: its language, text, and the number of its line in the page."""

    language: str
    text: str
    line: int


@dataclass(frozen=True)
class Page:
    """One Markdown file."""

    path: Path
    text: str

    @cached_property
    def tokens(self) -> list[Token]:
        """The parsed text."""
        return MARKDOWN.parse(self.text)

    def blocks(self, language: str) -> list[Block]:
        """Return the blocks of code in a language, in order."""
        return [
            Block(token.info, token.content, token.map[0] + 1)
            for token in self.tokens
            if token.type == "fence" and token.info == language
        ]

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


def _plain(inline: Token) -> str:
    return "".join(child.content for child in inline.children or ())
