"""Records in the stand-in, made and looked up by tests."""

from zoho_sandbox.server import Sandbox


def create(sandbox: Sandbox, count: int, every_seconds: float = 0, **values: object) -> None:
    """Create leads, so many seconds apart."""
    for _ in range(count):
        sandbox.store.create("Leads", {"Last_Name": "x", **values})
        sandbox.store.now.forward(seconds=every_seconds)


def held_by(sandbox: Sandbox) -> dict[str, float | None]:
    """Return the id of each lead and its Modified_Time (seconds since the epoch)."""
    records = sandbox.store.tables["Leads"].records
    return {id_: record.facts.modified for id_, record in records.items()}
