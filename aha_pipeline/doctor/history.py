"""Zoho's own history, and e-mails: how much of them is here, and what cannot be had."""

from collections.abc import Iterator

from aha_pipeline.doctor.finding import Finding, ok, warning
from aha_pipeline.settings import Settings
from aha_pipeline.warehouse import record_emails, record_history, state
from aha_pipeline.warehouse.connection import connect
from aha_pipeline.warehouse.migrate import pending

WHAT, EMAILS = "Zoho's history", "Zoho's e-mails"


def examine(settings: Settings) -> Iterator[Finding]:
    """Yield what is known from before the first sync; nothing where there was none yet."""
    if pending(settings.database_address):
        return
    with connect(settings.database_address) as opened:
        if not state.has_synced(opened):
            return
        problems = record_history.problems(opened)
        progress = record_history.progress(opened)
        left = len(record_history.to_read(opened))
        emails = record_emails.progress(opened)
    if not settings.zoho_history_share:
        yield ok(WHAT, "It is not read, because ZOHO_HISTORY_SHARE is 0.")
        return
    for problem in problems:
        yield warning(WHAT, problem)
    to_come = f" {left:,} records are left: the next syncs go on." if left else ""
    yield ok(WHAT, f"{progress.sentence}{to_come}")
    if emails.problem:
        yield warning(EMAILS, emails.sentence)
    elif emails.leads or emails.deals:
        yield ok(EMAILS, emails.sentence)
