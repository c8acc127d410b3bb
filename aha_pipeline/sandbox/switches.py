"""How the stand-in behaves where Zoho may behave in more than one way.

One field a switch, read at every call, so that a test or a rehearsal can throw it meanwhile.
The defaults are the friendliest Zoho there may be.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

FAULTS = (
    "429",
    "429_retry_after",
    "500",
    "502_html",
    "503",
    "timeout_reset",
    "truncated",
    "truncated_length",
    "html",
    "denied",
    "401",
    "200_error",
)


@dataclass
class Churn:
    """Random changes made to a module after each list call on it; `done` counts them by kind."""

    creates: int = 0
    edits: int = 0
    deletes: int = 0
    converts: int = 0
    done: Counter[str] = field(default_factory=Counter, compare=False)


@dataclass
class Switches:
    """All switches; times in seconds.

    Wire: `latency` of a call; `max_calls` under way at a time; `fault_rate`, the share of calls
    that fail in one of the ways `faults` names, drawn from `seed`.

    Tokens: `token_life_calls` after which one dies.

    Lists: `strict_since` for a since that excludes its own second; `empty_status`, 304 or 204, of
    an empty answer to one; `page_cap`, the rows that `page` reaches; `tie_order`, "id", "id_desc"
    or "random", of equal sort values, against a sort by "id"; `unreadable` modules.

    Changes: `commit_lag`, after which one shows; `conversion_bumps` and `restore_bumps` of
    `Modified_Time`; `churn` while the lists are read.
    """

    latency: float = 0.0
    max_calls: int | None = None
    unreadable: set[str] = field(default_factory=set)
    seed: int = 0
    fault_rate: float = 0.0
    faults: tuple[str, ...] = FAULTS
    token_life_calls: int | None = None
    strict_since: bool = False
    empty_status: int = 304
    page_cap: int | None = None
    tie_order: str = "id"
    commit_lag: float = 0.0
    conversion_bumps: bool = True
    restore_bumps: bool = False
    churn: Churn | None = None
