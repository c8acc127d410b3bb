"""Erase people from the records and all that was made of them. Each step can be repeated.

1. `begin`, one transaction: the records are suppressed, and what they said is sealed.
2. `finish`: marts, briefings, messages, Dagster's events and files lose what the sealed copies
   name; then the erasure counts as suppressed. Where it is due, the copies are deleted.

The next call continues one that was killed, because the sealed copies are deleted last.
"""

import logging
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import dagster as dg
from psycopg2.extensions import connection as Connection

from aha_pipeline import encoding
from aha_pipeline.briefing.names import Names, clean
from aha_pipeline.instance.home import SCHEMA as DAGSTER
from aha_pipeline.services import Services
from aha_pipeline.settings import is_listed
from aha_pipeline.warehouse import erasure, person
from aha_pipeline.warehouse.erasure import AGE, Certificate, Request, Sealed
from aha_pipeline.warehouse.mart_files import SCHEMA as ANALYTICS
from aha_pipeline.warehouse.mart_files import read_marts
from aha_pipeline.warehouse.marts import built_marts, refresh
from aha_pipeline.warehouse.person import Key
from aha_pipeline.warehouse.redaction import Redactor, redact_table, tables_of

log = logging.getLogger(__name__)

QUARANTINE = "quarantine"
# Tables that hold only this program's own words. A name that is one plain word is looked for in
# texts about customers alone: elsewhere it may be a word of the program.
OUR_WORDS = ("mart_builds", "mart_refreshes", "metric_dictionary", "sql_texts")
# Of AHA_HOME, the files that hold texts; the embedded database keeps its own.
LOGS = ("*.log", "*.log.*", "*.out", "*.err", "*.jsonl", "*.txt")
# A sentence so long is nobody else's: where a free text was quoted it is found.
FREE_TEXT = 30
# Lookups of persons; and what others may be called too, whose texts must stay.
PERSONS, COMPANIES = ("Contact_Name", "Who_Id", "Lead_Name"), ("Company",)
NUMBER, NUMBER_DIGITS = re.compile(r"\+?[\d\s().\-/]+"), 7


def begin(
    services: Services, basis: str, found: Iterable[Key], subject: str | None = None
) -> tuple[int, str | None]:
    """Suppress these records and seal what they said; return the erasure and its receipt.

    `subject` is the normal form of what was asked for; without one there is no receipt.
    """
    receipt, digest = erasure.receipt(subject) if subject else (None, None)
    with services.connect() as connection:
        erasure.save_personal_fields(connection, services.settings.home / erasure.FILE)
        return erasure.begin(connection, basis, found, digest), receipt


def has_requests(services: Services) -> bool:
    """Return whether somebody entitled to it has requested an erasure that is not begun yet."""
    with services.connect() as connection:
        return any(_may_ask(services, one) for one in erasure.requested(connection))


def begin_requested(services: Services) -> None:
    """Begin the erasures that somebody entitled to it requested in the dashboard."""
    with services.connect() as connection:
        requests = erasure.requested(connection)
    for one in requests:
        if not _may_ask(services, one):
            log.warning(
                "Erasure request %d is not carried out: who asked is not on AHA_DASHBOARD_ERASERS.",
                one.id,
            )
            continue
        with services.connect() as connection:
            erasure.save_personal_fields(connection, services.settings.home / erasure.FILE)
            begun = erasure.begin(connection, one.basis, one.found, one.subject_digest)
            erasure.mark_begun(connection, one, begun)


def finish(services: Services) -> list[Certificate]:
    """Begin what was asked for, finish what was begun, purge what is due; return certificates."""
    begin_requested(services)
    days = services.settings.aha_purge_after_days
    with services.connect() as connection:
        begun, due = erasure.unfinished(connection, days)
    if begun:
        _erase_traces(services, begun)
        with services.connect() as connection:
            erasure.mark_suppressed(connection, begun)
            _, due = erasure.unfinished(connection, days)
    if due:
        if late := [one for one in due if one not in begun]:
            _erase_traces(services, late)  # what has been written since
        with services.connect() as connection:
            erasure.purge(connection, due)
    with services.connect() as connection:
        changed = {*begun, *due}
        return [one for one in erasure.certificates(connection) if one.id in changed]


def forget_outdated(services: Services) -> int:
    """Begin to erase the leads that were lost too long ago; return how many."""
    days = services.settings.aha_keep_personal_days
    if days is None:
        return 0
    with services.connect() as connection:
        found = person.outdated(connection, days)
    if found:
        begin(services, AGE, found)
    return len(found)


@dg.op
def erase(context: dg.OpExecutionContext, services: dg.ResourceParam[Services]) -> None:
    """Suppress what is outdated, finish what was begun, purge what is due."""
    with services.connect() as connection:
        erasure.save_personal_fields(connection, services.settings.home / erasure.FILE)
        erasure.suppress_records(connection)
    outdated = forget_outdated(services)
    finished = finish(services)
    context.add_output_metadata(
        {
            "outdated leads": outdated,
            "erasures finished": len(finished),
            "erasures purged": sum(one.purged_at is not None for one in finished),
        }
    )


@dg.job(
    name="erase_personal_data",
    description="Erases leads lost longer ago than AHA_KEEP_PERSONAL_DAYS, goes on with `aha "
    "forget` where it was cut off, and purges what was suppressed AHA_PURGE_AFTER_DAYS ago.",
)
def erase_personal_data() -> None:
    """Erase what is due."""
    erase()


def _may_ask(services: Services, request: Request) -> bool:
    """Return whether who asked may; the dashboard's own role could write any name."""
    return is_listed(services.settings.aha_dashboard_erasers, request.asked_by)


def _erase_traces(services: Services, erasures: Sequence[int]) -> None:
    with services.connect() as connection:
        contents = erasure.sealed(connection, erasures)
        _refresh_marts(connection)
    strings = set(_strings(contents))
    everywhere, elsewhere = Redactor(strings), Redactor(s for s in strings if not s.isalpha())
    counts: Counter[str] = Counter()
    for schema, table in _tables(services):
        redactor = elsewhere if schema == DAGSTER else everywhere
        with services.connect() as connection:
            counts[f"{schema}.{table}"] += redact_table(connection, schema, table, redactor)
    for path in _files(services.settings.home):
        kind = "messages of the sandbox" if path.suffix == ".jsonl" else "logs"
        counts[f"{kind} in AHA_HOME"] += elsewhere.file(path)
    with services.connect() as connection:
        erasure.add_counts(connection, erasures[-1], counts)


def _refresh_marts(connection: Connection) -> None:
    """Bring the marts that hold names up to date; those by day hold figures alone."""
    for mart in built_marts(connection):
        if mart.kind in ("table", "incremental"):
            refresh(connection, mart)
            connection.commit()


def _tables(services: Services) -> Iterator[tuple[str, str]]:
    """Return the tables that hold texts made of records: all but records and marts themselves."""
    marts = {mart.name for mart in read_marts()}
    with services.connect() as connection:
        yield "crm", QUARANTINE
        for table in tables_of(connection, ANALYTICS):
            if table not in marts and table not in OUR_WORDS:
                yield ANALYTICS, table
        for table in tables_of(connection, DAGSTER):
            yield DAGSTER, table


def _files(home: Path) -> list[Path]:
    found = (path for pattern in LOGS for path in home.rglob(pattern))
    return sorted({path for path in found if path.is_file() and not path.is_symlink()})


def _strings(contents: Iterable[Sealed]) -> Iterator[str]:
    """Return the strings of these contents that other texts may hold, in each spelling."""
    for one in contents:
        if one.erased is None:
            yield one.content
            continue
        for text in (*_identifying(one.erased), *_printed_deal(one.id or "", one.erased)):
            yield from (text, clean(text), encoding.markdown(text), encoding.html(text))
            yield encoding.markdown(clean(text))


def _identifying(erased: dict[str, Any]) -> Iterator[str]:
    """Return names, addresses, numbers and free texts."""
    yield person.name_of(erased)
    for field, value in erased.items():
        if field in PERSONS and isinstance(value, dict):
            yield str(value.get("name") or "")
        if not isinstance(value, str) or field in COMPANIES:
            continue
        is_number = NUMBER.fullmatch(value) and sum(c.isdigit() for c in value) >= NUMBER_DIGITS
        if field == "Full_Name" or len(value) >= FREE_TEXT or is_number or "@" in value:
            yield value


def _printed_deal(deal_id: str, erased: dict[str, Any]) -> Iterator[str]:
    """Return a deal's name as messages print it, with its person's initials."""
    contact, name = erased.get("Contact_Name"), erased.get("Deal_Name")
    if isinstance(name, str) and isinstance(contact, dict):
        people = {deal_id: str(contact.get("name") or "")}
        yield Names("initials", people).deal(name, deal_id, "")
