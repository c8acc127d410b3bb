"""Read and verify a group of records that share one second, in passes over its pages."""

from collections.abc import Generator, Iterator
from datetime import UTC, datetime

from aha_pipeline.crm import coql
from aha_pipeline.crm.errors import ListLimitReached, ZohoRefused
from aha_pipeline.crm.reading.timestamp_group import ONE_SECOND, TimestampGroup
from aha_pipeline.crm.records_endpoint import Page, RecordsEndpoint

BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)


def scan_group(
    endpoint: RecordsEndpoint, group: TimestampGroup, first_page: Page | None = None
) -> Iterator[Page]:
    """Yield the pages of one pass over a group, up to the one that ends it, and measure it.

    Where the list goes no further, the rest is fetched by id. Raises ZohoError.
    """
    known, rows, all_full, number = len(group.seen_ids), 0, True, 1
    page = first_page or endpoint.fetch_page(group.cursor, descending=group.descending)
    while page is not None:
        rows += group.add(page)
        yield page
        if group.ends_on(page):
            break
        all_full = all_full and len(page.keys) == endpoint.client.per_page
        number += 1
        token = page.next_token if endpoint.uses_page_tokens else None
        try:
            page = endpoint.fetch_page(
                group.cursor, number, token=token, descending=group.descending
            )
        except ListLimitReached:
            yield from _fetch_unlisted(endpoint, group)
            return
    # After a page that was not full, a page number no longer tells a position in the list.
    group.listed_length = rows if all_full else None
    group.stable_passes = group.stable_passes + 1 if len(group.seen_ids) == known else 0


def verify_once(endpoint: RecordsEndpoint, group: TimestampGroup) -> Iterator[Page]:
    """Take the next step to verify a group: measure its length, or pass over it again.

    Raises ZohoError.
    """
    if group.listed_length is not None and not group.is_just_measured:
        yield from measure_group_length(endpoint, group)
        group.is_just_measured = True
    else:
        yield from scan_group(endpoint, group)
        group.is_just_measured = False


def measure_group_length(endpoint: RecordsEndpoint, group: TimestampGroup) -> Iterator[Page]:
    """Set the group's current length, by finding the page on which the next second begins.

    Takes a call or two, whose pages it yields. The length is never too low, because records leave a
    second and none join it. Raises ZohoError.
    """
    per_page = endpoint.client.per_page
    number = max(-(-len(group.seen_ids) // per_page), 1)
    group.listed_length, asked = None, set[int]()
    while number not in asked:
        asked.add(number)
        try:
            page = endpoint.fetch_page(group.cursor, number, descending=group.descending)
        except ListLimitReached:
            return
        if page is not None:
            yield page
        rows = sum(group.contains(time) for _, time in page.keys) if page else 0
        length = (number - 1) * per_page + rows
        if page and rows and not group.ends_on(page):
            number += 1
        elif rows == 0 and number > 1:
            number -= 1
        else:
            break
    group.listed_length = length


def cursor_after(
    endpoint: RecordsEndpoint, group: TimestampGroup
) -> Generator[Page, None, datetime]:
    """Return the cursor from which the list shows everything after a group, and not the group.

    Yields the page that it asks for to find out.

    An inclusive filter would show the group again; a strict one, asked a second later, would skip
    the next second. Once the filter was seen to be inclusive, that is known for the whole read.
    """
    if group.second is None:
        return BEFORE_ALL
    if not endpoint.is_since_inclusive.is_set():
        page = endpoint.fetch_page(group.second)
        if page is not None:
            yield page
        if page is None or all(time != group.second for _, time in page.keys):
            return group.second
        endpoint.is_since_inclusive.set()
    return group.second + ONE_SECOND


def _fetch_unlisted(endpoint: RecordsEndpoint, group: TimestampGroup) -> Iterator[Page]:
    """Yield the records of a group that the list does not reach, found by key. Raises ZohoError."""
    listed = set(group.seen_ids)
    two_seconds = 2 * ONE_SECOND  # the cursor's own second, and the group's
    found = set(
        coql.ids_modified_within(endpoint.client, endpoint.module, group.cursor, two_seconds)
    )
    yield from endpoint.fetch_by_ids(sorted(found - listed))
    for page in endpoint.fetch_by_ids(sorted(listed - found)):
        yield page
        if any(group.contains(time) for _, time in page.keys):
            raise ZohoRefused(
                f"{endpoint.module} has more records in one second ({group.second}) than Zoho "
                "lists, and a query by id leaves some of them out: read this module with "
                "ZOHO_API_VERSION=v8, whose lists go further."
            )
    group.verified_by_id = True
