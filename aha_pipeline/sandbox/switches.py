"""How the stand-in behaves where Zoho may behave in more than one way.

One field a switch, read at every call, so that a test or a rehearsal can throw it meanwhile.
Those of the wire (slow, busy) are read in `gate.py`, those of meaning in `zoho.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Switches:
    """`latency` is in seconds a call; `max_calls` is how many may be under way at a time."""

    latency: float = 0.0
    max_calls: int | None = None
    unreadable: set[str] = field(default_factory=set)
