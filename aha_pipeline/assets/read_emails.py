"""Read the e-mails of the records on which a figure rests, within half of the share for history.

The ledger `crm.record_email_reads` says of which they were read and when, so that a read which ends
early, for whatever reason, is gone on with by the next one.
"""

import logging
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import groupby
from threading import Event

from aha_pipeline.assets.record_by_record import (
    MAX_FAILURES,
    allowed_credits,
    read_each,
    spent_in_a_day,
)
from aha_pipeline.crm import emails
from aha_pipeline.crm.budget import BudgetShare
from aha_pipeline.crm.client import ZohoClient
from aha_pipeline.crm.errors import CreditsSpent, ZohoError, ZohoRefused, ZohoUnavailable
from aha_pipeline.services import Services
from aha_pipeline.warehouse import record_emails as landed
from aha_pipeline.warehouse.record_emails import DueRecord, EmailProgress, ReadEmails

log = logging.getLogger(__name__)

# Of one record alone they may be refused, or for now; of all they are where it is said so again.
OF_ONE = (emails.NO_RIGHT, emails.NO_MAILBOX)
OVERLAP = timedelta(days=1)  # what is listed late, or became of an e-mail, is still seen


@dataclass(frozen=True)
class EmailRead:
    """What one read did: the records that were read, the credits, and why it ended.

    `left`: records that are still to be read. `stopped` None: it went to its end.
    """

    records: int
    credits: int
    left: int
    progress: EmailProgress
    stopped: str | None = None


@dataclass
class _Done:
    records: int = 0
    failures: int = 0


@dataclass(frozen=True)
class _One:
    """What came of one record; `refusal`: Zoho does not list its e-mails, perhaps not its alone."""

    read: ReadEmails
    refusal: ZohoError | None = None


def read_emails(services: Services, *, seconds: float | None = None) -> EmailRead:
    """Read the e-mails of the records that are due, for so many seconds at most.

    Where Zoho refuses them it is written down in the ledger. Raises ZohoError only where Zoho
    cannot be asked at all, and DatabaseUnreachable or psycopg2.Error.
    """
    deadline = None if seconds is None else time.monotonic() + seconds
    with services.connect() as connection:
        due, progress = landed.to_read(connection), landed.progress(connection)
    if not due:
        return EmailRead(0, 0, 0, progress)
    stopped, done, share = None, _Done(), _share(services)
    client = services.zoho().with_budget(share)
    read, land = partial(_read_one, client, share), partial(_land, services, done)
    # Where they were refused before, one record tells whether they still are.
    for part in (due[:1], due[1:]) if progress.problem else (due,):
        if not stopped:
            stopped = read_each(client, "emails", part, read, land, deadline)
    client.release_unused()
    with services.connect() as connection:
        left, progress = len(landed.to_read(connection)), landed.progress(connection)
    return EmailRead(done.records, share.spent, left, progress, stopped)


def _share(services: Services) -> BudgetShare:
    """Return what e-mails may cost: half of the share for history, and no more than is left."""
    allowed = allowed_credits(services)
    with services.connect() as connection:
        spent, in_all = landed.spent(connection), spent_in_a_day(connection)
    return BudgetShare(
        services.zoho().budget,
        max(min(allowed // 2 - spent, allowed - in_all), 0),
        f"The {allowed // 2:,} API credits of this day for e-mails are spent "
        "(ZOHO_HISTORY_SHARE): the next sync goes on from here.",
    )


def _land(
    services: Services, done: _Done, futures: Sequence[tuple[DueRecord, "Future[_One]"]]
) -> str | None:
    """Land what was read of a batch; return why no more can be read, or None."""
    stopped, read = None, list[tuple[str, ReadEmails]]()
    refusals = list[ZohoError]()
    is_refused, refused_calls = False, 0
    for record, future in futures:
        try:
            one = future.result()
        except CreditsSpent as spent:
            stopped = str(spent)
        except ZohoRefused as error:
            refusals.append(error)
            is_refused, refused_calls = True, refused_calls + 1
        else:
            read.append((record.module, one.read))
            refusals += [one.refusal] if one.refusal else []
            done.records += one.read.read_at is not None
            done.failures += one.read.read_at is None
    for module, of_module in groupby(sorted(read, key=lambda one: one[0]), lambda one: one[0]):
        with services.connect() as connection:
            landed.land(connection, module, [each for _, each in of_module])
    if refusals and (is_refused or not done.records):
        sentence = emails.refusal_sentence(refusals[-1])
        log.info("%s", sentence)
        with services.connect() as connection:
            landed.note_refusal(connection, futures[0][0].module, sentence, refused_calls)
        return sentence
    if done.records:
        with services.connect() as connection:
            landed.clear_refusal(connection)
    if stopped is None and done.failures > MAX_FAILURES:
        return "Zoho does not list the e-mails of one record after the other: try later."
    return stopped


def _read_one(client: ZohoClient, share: BudgetShare, abort: Event, record: DueRecord) -> _One:
    """Return the e-mails of one record, or that they were not read.

    Raises CreditsSpent, and ZohoRefused where those of no record can be read.
    """
    before, now = share.spent_here, datetime.now(UTC)
    since = record.read_at - OVERLAP if record.read_at else None
    refusal = None
    try:
        told = emails.read_emails(client, record.module, record.id, since, abort)
        read = ReadEmails(record.id, told.emails, now, problem=told.problem)
    except CreditsSpent:
        raise
    except ZohoUnavailable as error:
        read = ReadEmails(record.id, problem=str(error))
    except ZohoRefused as error:
        if error.code not in OF_ONE:
            raise
        read, refusal = ReadEmails(record.id, problem=str(error)), error
    return _One(replace(read, credits=share.spent_here - before), refusal)
