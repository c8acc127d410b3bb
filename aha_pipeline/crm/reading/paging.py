"""Keyset pagination: read a list in order of Modified_Time, by key instead of by page number.

Page numbers lose records: an edit or delete before the reader's position moves every later record
one place forward, across the page border it is about to cross. So each request asks for page 1 of
what changed since the last time seen, less one second (correct whether Zoho's filter is strict or
inclusive, which it does not document). Only a second that fills more than a page needs page
numbers: see `timestamp_group`.
"""

from collections.abc import Iterator
from datetime import datetime

from aha_pipeline.crm.errors import ModuleUnreadable
from aha_pipeline.crm.reading.group_scan import cursor_after, scan_group
from aha_pipeline.crm.reading.range_scan import RangeScan
from aha_pipeline.crm.reading.timestamp_group import ONE_SECOND, MembershipIndex, TimestampGroup
from aha_pipeline.crm.records_endpoint import Page, RecordKey, RecordsEndpoint


def iterate_pages(
    endpoint: RecordsEndpoint, scan: RangeScan, index: MembershipIndex
) -> Iterator[Page]:
    """Yield pages until every record modified in the scan's range was on one of them.

    Pages overlap, and the last one reaches past the end. Without a start, records that have no
    Modified_Time and are listed first are included. Seconds that fill more than a page are added to
    `scan.groups`, to be verified later. Raises ZohoError.
    """
    cursor, seen = scan.start and scan.start - ONE_SECOND, set[RecordKey]()
    scan.read_to = scan.start
    while not scan.is_done:
        page = endpoint.fetch_page(cursor)
        if page is None:
            break
        last = page.last_time
        if scan.is_past_end(page.first_time):
            # What was read is delivered, wherever it belongs: it may be deleted before the read
            # that it belongs to. Without a start, it may hold records without a time.
            yield page
            break
        if page.has_more and not endpoint.uses_page_tokens and _is_one_second(page) and last:
            # Nothing comes before it, so the page is the first of a group. (A page token, if the
            # version has one, would not fit the new cursor.)
            cursor = max(cursor, last - ONE_SECOND) if cursor else last - ONE_SECOND
        if page.has_more and not _advances(page, cursor):
            if last is None:
                yield from _require_times(endpoint)
            group = TimestampGroup(cursor, index)
            scan.groups.append(group)
            yield from scan_group(endpoint, group, page)
            # Do not resume from the page that ended the group: records may have shifted past it.
            cursor = yield from cursor_after(endpoint, group)
            scan.read_to = group.second and group.second + ONE_SECOND
            scan.is_done = scan.is_past_end(scan.read_to)
            continue
        if not seen.issuperset(page.keys):
            yield page
        scan.is_done = not page.has_more or scan.is_past_end(last)
        if last and not scan.is_done:
            cursor, scan.read_to = last - ONE_SECOND, last
            seen = {(id_, time) for id_, time in page.keys if time and time >= cursor}
    scan.is_done = True


def _require_times(endpoint: RecordsEndpoint) -> Iterator[Page]:
    """Yield the first page from the end of a list that begins without times.

    Raises ModuleUnreadable if that has none either. A list without times cannot be read by what
    changed, and its pages prove nothing: reading it would spend the day's credits, every day.
    """
    page = endpoint.fetch_page(None, descending=True)
    if page is None or page.last_time is not None:
        yield from [page] if page else []
        return
    raise ModuleUnreadable(
        f"{endpoint.module} cannot be read: its records have no Modified_Time, so that changes "
        f"cannot be told, and they fill more than a page. Take {endpoint.module} out of "
        "ZOHO_MODULES."
    )


def _is_one_second(page: Page) -> bool:
    return len({time for _, time in page.keys}) == 1


def _advances(page: Page, cursor: datetime | None) -> bool:
    """Whether the page moves the cursor to a later time."""
    last = page.last_time
    return last is not None and (cursor is None or last - ONE_SECOND > cursor)
