"""What Zoho tells of one record at a time: read beside the syncs, within a share of the credits.

History and e-mails have in common which records they are of, who reads them, and what it may cost.
"""

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from threading import Event
from typing import TypeVar

import dagster as dg
from psycopg2.extensions import connection as Connection

from aha_pipeline.assets import picklist_meaning
from aha_pipeline.assets.modules import GROUP, module_key
from aha_pipeline.crm.client import ZohoClient
from aha_pipeline.crm.errors import ZohoError
from aha_pipeline.services import Services
from aha_pipeline.warehouse import record_emails, record_history

log = logging.getLogger(__name__)
Record = TypeVar("Record")
Read = TypeVar("Read")
Metadata = dict[str, str | int]

MODULES = ("Deals", "Leads")
POOL = "zoho_history"
RECORDS_PER_WORKER = 4  # between two commits
MAX_FAILURES = 5  # single records may fail; more mean that Zoho does


def asset(
    key: dg.AssetKey, modules: Sequence[str], priority: Mapping[str, str], description: str
) -> Callable[[Callable[..., dg.MaterializeResult]], dg.AssetsDefinition]:
    """Return the decorator of such an asset; `modules` are those that are read."""
    return dg.asset(
        key=key,
        description=description,
        deps=[
            *(module_key(module) for module in MODULES if module in modules),
            picklist_meaning.KEY,
        ],
        group_name=GROUP,
        kinds={"zoho", "postgresql"},
        owners=["team:data"],
        pool=POOL,
        op_tags=priority,
    )


def read_if_wanted(
    services: Services, name: str, told: str, logged: str, read: Callable[[], Metadata]
) -> Metadata:
    """Return what a read did, or why it did nothing, which never stops the day's figures.

    The reason follows `told` ("They are not read") in the metadata, under `name`, and `logged`
    ("E-mails are not read") in the log.
    """
    if not services.settings.zoho_history_share:
        return {name: f"{told}, because ZOHO_HISTORY_SHARE is 0."}
    try:
        return read()
    except ZohoError as error:
        log.warning("%s: %s", logged, error)
        return {name: f"{told}: {error}"}


def allowed_credits(services: Services) -> int:
    """Return the credits all of it may cost in 24 hours: a share, at most half of the limit."""
    settings, granted = services.settings, services.daily_credits
    limit = settings.zoho_daily_credits or granted
    return min(granted * settings.zoho_history_share // 100, limit // 2)


def spent_in_a_day(connection: Connection) -> int:
    """Return the credits that history and e-mails have cost in a day."""
    return record_history.spent(connection) + record_emails.spent(connection)


def read_each(
    client: ZohoClient,
    name: str,
    records: Iterable[Record],
    read: Callable[[Event, Record], Read],
    land: Callable[[Sequence[tuple[Record, "Future[Read]"]]], str | None],
    deadline: float | None,
) -> str | None:
    """Read records one by one, several at a time, until `time.monotonic()` is past the deadline.

    `land` is given a batch with what came of each, and returns why no more can be read, or None; so
    does this. `name` is that of the threads; the event that `read` is given cuts its waits short.
    """
    wanted, abort = iter(records), Event()
    workers = ThreadPoolExecutor(client.concurrency, name)
    size = client.concurrency * RECORDS_PER_WORKER
    try:
        while batch := list(islice(wanted, size)):
            if deadline is not None and time.monotonic() > deadline:
                return "The time of this read is over: the next sync goes on from here."
            stopped = land([(one, workers.submit(read, abort, one)) for one in batch])
            if stopped:
                return stopped
    finally:
        abort.set()
        workers.shutdown(wait=False, cancel_futures=True)
    return None
