"""Read the history that Zoho kept: trackers first, then timelines, within a share of the credits.

The ledger `crm.record_history_reads` says what has been read, so that the next read continues one
that ended early.
"""

import logging
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from threading import Event

from aha_pipeline.assets.record_by_record import (
    MAX_FAILURES,
    MODULES,
    allowed_credits,
    read_each,
    spent_in_a_day,
)
from aha_pipeline.crm import history
from aha_pipeline.crm.budget import BudgetShare
from aha_pipeline.crm.client import ZohoClient
from aha_pipeline.crm.errors import CreditsSpent, ModuleUnreadable, ZohoRefused, ZohoUnavailable
from aha_pipeline.services import Services
from aha_pipeline.warehouse import record_history as landed
from aha_pipeline.warehouse.record_history import Key, Progress, ReadTimeline

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class BackFill:
    """What one read did: timelines and tracker rows landed, credits spent, and why it ended.

    `left`: records still to be read. `stopped` None: it read everything.
    """

    timelines: int
    rows: int
    credits: int
    left: int
    progress: Progress
    stopped: str | None = None
    problems: tuple[str, ...] = ()


@dataclass
class _Done:
    timelines: int = 0
    rows: int = 0
    failures: int = 0


def back_fill(services: Services, *, seconds: float | None = None) -> BackFill:
    """Read what is still unread of Zoho's history of deals and leads, for at most `seconds`.

    What Zoho refuses, trackers or timelines, is noted in the ledger and the rest is read. Raises
    ZohoError only if Zoho cannot be asked at all, and DatabaseUnreachable or psycopg2.Error.
    """
    deadline = None if seconds is None else time.monotonic() + seconds
    share, done = _share(services), _Done()
    client = services.zoho().with_budget(share)
    stopped = None
    try:
        _read_trackers(services, client, share, done)
        stopped = _read_timelines(services, client, share, done, deadline)
    except ZohoUnavailable as error:
        stopped = str(error)
    client.release_unused()
    with services.connect() as connection:
        return BackFill(
            done.timelines,
            done.rows,
            share.spent,
            len(landed.to_read(connection)),
            landed.progress(connection),
            stopped,
            tuple(landed.problems(connection)),
        )


def _share(services: Services) -> BudgetShare:
    allowed = allowed_credits(services)
    with services.connect() as connection:
        spent = spent_in_a_day(connection)
    return BudgetShare(
        services.zoho().budget,
        max(allowed - spent, 0),
        f"The {allowed:,} API credits of this day for Zoho's history are spent "
        "(ZOHO_HISTORY_SHARE): the next sync goes on from here.",
    )


def _read_trackers(services: Services, client: ZohoClient, share: BudgetShare, done: _Done) -> None:
    """Read each tracker of deals and leads that has not been read to its end."""
    with services.connect() as connection:
        unread = [m for m in _read_modules(services) if not landed.is_tracker_read(connection, m)]
    if not unread:
        return
    try:
        trackers = history.find_trackers(client)
    except (ModuleUnreadable, ZohoRefused) as error:
        log.info("The modules that track a picklist are not known: %s", error)
        return
    for tracker in trackers:
        if tracker.module in unread:
            _read_tracker(services, client, tracker, share, done)


def _read_tracker(
    services: Services,
    client: ZohoClient,
    tracker: history.Tracker,
    share: BudgetShare,
    done: _Done,
) -> None:
    before, module = share.spent_here, tracker.module
    note = partial(landed.note_way, module=module, way=landed.TRACKER)
    with services.connect() as connection:
        read_until = landed.tracker_read_until(connection, module)
    try:
        for page in history.read_tracker(client, tracker, read_until):
            with services.connect() as connection:
                done.rows += landed.land_rows(connection, module, page.rows)
                spent = share.spent_here - before
                note(connection, is_complete=False, credits=spent, read_until=page.read_until)
            before = share.spent_here
    except (ModuleUnreadable, ZohoRefused) as error:
        log.info("%s is not read: %s", tracker.name, error)
        with services.connect() as connection:
            spent = share.spent_here - before
            note(connection, is_complete=False, credits=spent, problem=str(error))
        return
    with services.connect() as connection:
        landed.note_covered(connection, module)
        note(connection, is_complete=True, credits=share.spent_here - before)


def _read_timelines(
    services: Services, client: ZohoClient, share: BudgetShare, done: _Done, deadline: float | None
) -> str | None:
    """Read the timelines of what is unread; return why it ended early, or None."""
    with services.connect() as connection:
        wanted = landed.to_read(connection)
    refused: set[str] = set()
    return read_each(
        client,
        "history",
        (key for key in wanted if key[0] not in refused),
        partial(_read_one, client, share),
        partial(_land, services, refused, done),
        deadline,
    )


def _land(
    services: Services,
    refused: set[str],
    done: _Done,
    futures: Sequence[tuple[Key, "Future[ReadTimeline]"]],
) -> str | None:
    """Land what was read of a batch; return why nothing more can be read, or None."""
    stopped, read = None, list[tuple[str, ReadTimeline]]()
    for (module, _), future in futures:
        try:
            read.append((module, future.result()))
        except CreditsSpent as spent:
            stopped = str(spent)
        except (ModuleUnreadable, ZohoRefused) as error:
            if module not in refused:
                refused.add(module)
                _note_refusal(services, module, history.refusal_sentence(error))
    done.failures += sum(not one.is_complete for _, one in read)
    done.timelines += sum(one.is_complete for _, one in read)
    for module, of_module in groupby(sorted(read, key=lambda one: one[0]), lambda one: one[0]):
        with services.connect() as connection:
            landed.land_timelines(connection, module, [one for _, one in of_module])
            if module not in refused:
                landed.note_way(connection, module, landed.TIMELINE, is_complete=True, credits=0)
    if stopped is None and done.failures > MAX_FAILURES:
        return "Zoho does not show the history of one record after the other: try later."
    return stopped


def _note_refusal(services: Services, module: str, problem: str) -> None:
    log.info("%s", problem)
    with services.connect() as connection:
        landed.note_way(
            connection, module, landed.TIMELINE, is_complete=False, credits=1, problem=problem
        )


def _read_one(client: ZohoClient, share: BudgetShare, abort: Event, key: Key) -> ReadTimeline:
    """Return the timeline of one record, or that it failed.

    Raises CreditsSpent, and ModuleUnreadable or ZohoRefused where no record can be read.
    """
    module, id_ = key
    before = share.spent_here
    try:
        told = history.read_timeline(client, module, id_, abort)
        read = ReadTimeline(id_, told.entries, 0, problem=told.problem)
    except CreditsSpent:
        raise
    except ZohoUnavailable as error:
        read = ReadTimeline(id_, (), 0, is_complete=False, problem=str(error))
    return replace(read, credits=share.spent_here - before)


def _read_modules(services: Services) -> Iterator[str]:
    return (module for module in MODULES if module in services.settings.zoho_modules)
