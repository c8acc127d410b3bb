"""The list of deletions. Zoho remembers them 60 days in the recycle bin, 120 days in all."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from aha_pipeline.crm import budget
from aha_pipeline.crm.client import ZohoClient

# The list has no order that is promised and shifts while it is read: what one read misses at the
# edge of a page, the next one finds.
OVERLAP = timedelta(days=1)


@dataclass(frozen=True)
class Deletion:
    """A record's removal; `kind` is `recycle` or `permanent`, the time is Zoho's text."""

    id: str
    kind: str
    deleted_time: str | None


def read_deleted(
    client: ZohoClient, module: str, since: datetime | None, *, essential: bool = False
) -> list[Deletion]:
    """Return what was deleted since `since`, less an overlap of a day. Raises ZohoError."""
    found: dict[str, Deletion] = {}
    while True:
        before, rows = len(found), 0
        for row in _rows(client, module, since and since - OVERLAP, essential):
            found[row.id] = row
            rows += 1
        # More than a page can shift while it is read: read again until nothing new appears.
        if rows <= client.per_page or len(found) == before:
            return list(found.values())


def _rows(
    client: ZohoClient, module: str, since: datetime | None, essential: bool
) -> Iterator[Deletion]:
    number, more = 1, True
    while more:
        answer = client.get(
            f"{module}/deleted",
            {"type": "all", "page": number, "per_page": client.per_page},
            modified_since=since,
            module=module,
            credits=budget.DELETED,
            essential=essential,
        )
        if answer is None:
            return
        for row in answer.body.get("data", []):
            yield Deletion(str(row["id"]), row.get("type") or "recycle", row.get("deleted_time"))
        more = bool(answer.body.get("info", {}).get("more_records"))
        number += 1
