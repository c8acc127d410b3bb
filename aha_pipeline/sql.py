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
