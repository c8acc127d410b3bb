"""The SQL files of the project, by name. SQL lives in `sql/`, never in Python strings."""

from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent / "sql"
MIGRATIONS = ROOT / "migrations"
MARTS = ROOT / "marts"
CHECKS = ROOT / "checks"


@cache
def read(name: str) -> str:
    """Return the text of `sql/<name>.sql`, for example `read("warehouse/stage")`."""
    return (ROOT / f"{name}.sql").read_text(encoding="utf-8")


def parts(path: Path) -> tuple[list[str], str]:
    """Return the comments at the head of a file, without their dashes, and the query below."""
    lines = path.read_text(encoding="utf-8").splitlines()
    end = next((i for i, line in enumerate(lines) if not line.startswith("--")), len(lines))
    comments = [line.removeprefix("--").rstrip() for line in lines[:end]]
    return comments, "\n".join(lines[end:]).strip()
