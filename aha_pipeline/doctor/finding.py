"""What was found of one dependency: whether it is well, what is wrong, what to do."""

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["ok", "warning", "problem"]


@dataclass(frozen=True)
class Finding:
    """One line of the report. `stops_sync`: the daily job cannot run with it."""

    what: str
    verdict: Verdict
    says: str
    stops_sync: bool = False


def ok(what: str, says: str) -> Finding:
    """Return that something is well."""
    return Finding(what, "ok", says)


def warning(what: str, says: str) -> Finding:
    """Return that something is not as it might be, and the daily job does without."""
    return Finding(what, "warning", says)


def problem(what: str, says: object, *, stops_sync: bool = True) -> Finding:
    """Return that something has to be put right."""
    return Finding(what, "problem", str(says), stops_sync)
