"""Starts the stand-in for Zoho and Twilio: the one place of the product that knows it.

What serves is imported when it is needed: 0.4 s that a configured CRM does not pay.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from zoho_sandbox.errors import SandboxError

TARGETS = "sandbox_targets.csv"

__all__ = ["TARGETS", "SandboxError", "fault_rows", "serve", "start"]


def start(home: Path) -> str:
    """Serve the demo company from a thread of this process; return the address.

    Messages sent to it go to a file in `home`, its targets to another. Raises
    SandboxError.
    """
    from zoho_sandbox import server
    from zoho_sandbox.clock import ZONE
    from zoho_sandbox.company.targets import targets

    text = targets(datetime.now(ZONE).date())
    (home / TARGETS).write_text(text, encoding="utf-8")
    return server.start(outbox_path=_outbox(home)).url


def serve(home: Path, port: int, data: Path | None, faults: Sequence[str]) -> None:
    """Serve the demo company, or the records in the folder `data`, until SIGINT or SIGTERM.

    A fault is written as NAME or NAME=VALUE. Raises SandboxError where the port is taken, or the
    records or a fault cannot be understood.
    """
    from zoho_sandbox import server
    from zoho_sandbox.faults import rehearsal

    switches = rehearsal.switches(faults)
    server.serve(port, data_dir=data, outbox_path=_outbox(home), switches=switches)


def fault_rows() -> list[tuple[str, str]]:
    """Return what can be rehearsed: the name of each fault, with its value, and what it does."""
    from zoho_sandbox.faults import rehearsal

    return rehearsal.rows()


def _outbox(home: Path) -> Path:
    return home / "outbox.jsonl"
