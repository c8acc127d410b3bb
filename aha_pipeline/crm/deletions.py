"""The list of deletions. Zoho keeps them 60 days in the recycle bin, 120 days in all."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from aha_pipeline.crm import budget
from aha_pipeline.crm.client import ZohoClient
from aha_pipeline.crm.records_endpoint import to_time
from aha_pipeline.crm.responses import check_page, has_more

# The list has no documented order and shifts while it is read: what one read misses at a page
# border, the next one finds.
OVERLAP = timedelta(days=1)


@dataclass(frozen=True)
class Deletion:
    """The deletion of one record; `kind` is `recycle` or `permanent`, the time is Zoho's text."""

    id: str
    kind: str
    deleted_time: str | None

    def is_after(self, moment: datetime | None) -> bool:
        """Whether it is known to have happened after `moment`."""
        time = to_time(self.deleted_time)
        return moment is not None and time is not None and time > moment


def read_deletions(
    client: ZohoClient, module: str, since: datetime | None, *, essential: bool = False
) -> list[Deletion]:
    """Return the deletions since `since`, less an overlap of a day. Raises ZohoError."""
    began_at = client.server_time
    found: dict[str, Deletion] = {}
    while True:
        rows = list(_rows(client, module, since and since - OVERLAP, essential))
        new = [row for row in rows if row.id not in found and not row.is_after(began_at)]
        found |= {row.id: row for row in rows}
        # A list longer than a page can shift under the reader, so read it until nothing new
        # appears. Deletions made meanwhile do not count: they may never stop, and the next read
        # finds them.
        if len(rows) <= client.per_page or not new:
            return list(found.values())


def _rows(
    client: ZohoClient, module: str, since: datetime | None, essential: bool
) -> Iterator[Deletion]:
    number, is_last = 1, False
    while not is_last:
        response = client.get(
            f"{module}/deleted",
            {"type": "all", "page": number, "per_page": client.per_page},
            modified_since=since,
            module=module,
            credits=budget.DELETED,
            essential=essential,
            validate=check_page,
        )
        if response is None:
            return
        for row in response.body["data"]:
            yield Deletion(str(row["id"]), row.get("type") or "recycle", row.get("deleted_time"))
        is_last = not has_more(response)
        number += 1
