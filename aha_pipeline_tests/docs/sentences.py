"""The sentences that the product prints, read from its source; an ellipsis is what varies."""

import ast
import re
from functools import cache
from pathlib import Path

from aha_pipeline_tests.kit.pages import ROOT

VARIES = "…"
FOLDERS = ("aha_pipeline", "dashboard")


@cache
def modules() -> list[tuple[Path, ast.Module]]:
    """Return the product's Python files, parsed."""
    paths = (path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py")))
    return [(path, ast.parse(path.read_text())) for path in paths]


def text_of(node: ast.AST) -> str | None:
    """Return the text that an expression makes; None where it makes none."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(text_of(part) or VARIES for part in node.values)
    return None


def printed() -> list[str]:
    """Return every text of the source but its docstrings, SQL and data included, a line each."""
    found = [
        text
        for _, tree in modules()
        for node in ast.walk(tree)
        if not isinstance(node, ast.Expr)
        for part in ast.iter_child_nodes(node)
        if (text := text_of(part))
    ]
    found += [path.read_text().replace("\n--", "\n") for path in (ROOT / "sql").rglob("*.sql")]
    found += [path.read_text() for path in (ROOT / "aha_pipeline/delivery").rglob("*.toml")]
    return [" ".join(text.split()) for text in found]


def raised(errors: frozenset[str]) -> list[tuple[str, str]]:
    """Return the file and the text of each error of these classes that the source makes."""
    found = []
    for path, tree in modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and node.args and _name(node.func) in errors:
                text = text_of(node.args[0])
                if text and re.search("[a-z]", text):
                    found.append((str(path.relative_to(ROOT)), text))
    return found


def is_in(quoted: str, text: str) -> bool:
    """Return whether a quoted sentence, with its ellipses, is part of a text of the source."""
    place = 0
    for piece in filter(None, map(str.strip, quoted.split(VARIES))):
        found = text.find(piece, place)
        if found < 0:
            return False
        place = found + len(piece)
    return True


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
