"""The list of deletions. Zoho remembers them 60 days in the recycle bin, 120 days in all."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from aha_pipeline.crm import budget
from aha_pipeline.crm.client import ZohoClient
from aha_pipeline.crm.listing import to_time

# The list has no order that is promised and shifts while it is read: what one read misses at the
# edge of a page, the next one finds.
OVERLAP = timedelta(days=1)


@dataclass(frozen=True)
class Deletion:
    """A record's removal; `kind` is `recycle` or `permanent`, the time is Zoho's text."""

    id: str
    kind: str
    deleted_time: str | None

    def is_after(self, moment: datetime | None) -> bool:
        """Whether it is known to have happened after a moment."""
        time = to_time(self.deleted_time)
        return moment is not None and time is not None and time > moment


def read_deleted(
    client: ZohoClient, module: str, since: datetime | None, *, essential: bool = False
) -> list[Deletion]:
    """Return what was deleted since `since`, less an overlap of a day. Raises ZohoError."""
    began = client.server_time
    found: dict[str, Deletion] = {}
    while True:
        rows = list(_rows(client, module, since and since - OVERLAP, essential))
        news = [row for row in rows if row.id not in found and not row.is_after(began)]
        found |= {row.id: row for row in rows}
        # More than a page can shift while it is read: read again until nothing new appears, but
        # for what is deleted meanwhile, which may have no end and which the next read finds.
        if len(rows) <= client.per_page or not news:
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
