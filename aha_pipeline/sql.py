"""The SQL files of the project, by name. SQL lives in `sql/`, never in Python strings."""

import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent / "sql"
MIGRATIONS = ROOT / "migrations"
MEASURES = ROOT / "measures"
MARTS = ROOT / "marts"
CHECKS = ROOT / "checks"
NAMED = re.compile(r"^-- name: *(\w+(?:, *\w+)*) *$", re.MULTILINE)


@cache
def read(name: str) -> str:
    """Return the text of `sql/<name>.sql`, for example `read("warehouse/preview")`."""
    return (ROOT / f"{name}.sql").read_text(encoding="utf-8")


@cache
def statements(name: str) -> dict[str, str]:
    """Return the statements of `sql/<name>.sql` by name: each is below a line `-- name: ...`.

    Several names for one statement are separated by commas. What is above the first is the file's
    own comment. Raises ValueError if a file names no statement, or one twice.
    """
    _, *named = NAMED.split(read(name))
    pairs = [
        (one.strip(), text.strip())
        for names, text in zip(named[::2], named[1::2], strict=True)
        for one in names.split(",")
    ]
    if not pairs or len(dict(pairs)) < len(pairs):
        raise ValueError(
            f"sql/{name}.sql must give each of its statements a '-- name:' of its own."
        )
    return dict(pairs)


def statement(file: str, name: str) -> str:
    """Return one statement, for example `statement("warehouse/marts", "watermark")`.

    Raises KeyError if the file has none of that name.
    """
    return statements(file)[name]


def parts(path: Path) -> tuple[list[str], str]:
    """Return the comments at the head of a file, without their dashes, and the query below."""
    lines = path.read_text(encoding="utf-8").splitlines()
    end = next((i for i, line in enumerate(lines) if not line.startswith("--")), len(lines))
    comments = [line.removeprefix("--").rstrip() for line in lines[:end]]
    return comments, "\n".join(lines[end:]).strip()
