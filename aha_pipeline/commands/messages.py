"""The messages after a sync from the terminal, for where no daemon sends them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from uuid import uuid4

from psycopg2.errors import LockNotAvailable
from rich.console import Console

from aha_pipeline.commands import run
from aha_pipeline.delivery.routing import Progress
from aha_pipeline.services import Services

ALONE, LONGEST_WAIT = "messages of a command", "2min"


def send(console: Console, opened: Services) -> bool:
    """Send what the sensor would; the ledger knows both.

    Returns whether every reader has been reached, as far as is known by now; who has not is named
    by the last digits, with the reason and what to do.
    """
    from aha_pipeline.automation import jobs

    if not opened.readers:
        console.print(f"Messages: {jobs.NOT_CONFIGURED}", soft_wrap=True)
        return True
    with _alone(console, opened):
        return _send(console, opened)


@contextmanager
def _alone(console: Console, opened: Services) -> Iterator[None]:
    """Let no other command look at what is to be sent: the later of two would say that it sends.

    One that stands still is not waited for longer than two minutes; the ledger knows what it sent.
    """
    with opened.connect() as guard, guard.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(hashtext(%s))", (ALONE,))
        if cursor.fetchone() == (False,):
            console.print("Messages: another command is sending, and this one waits for it.")
            with suppress(LockNotAvailable):
                cursor.execute("set local lock_timeout = %s", (LONGEST_WAIT,))
                cursor.execute("select pg_advisory_xact_lock(hashtext(%s))", (ALONE,))
        yield


def _send(console: Console, opened: Services) -> bool:
    from aha_pipeline.automation import jobs

    subjects = jobs.pending(jobs.survey(opened))
    has_sent_all = True
    for subject in subjects:
        outcome = run.run_job("send_whatsapp", str(uuid4()), config=jobs.message_config(subject))
        for _, why in outcome.failures:
            console.print(f"Messages: {why}", style="red", soft_wrap=True)
        if outcome.success:
            console.print(f"Messages: {_named(subject)} was handed to {_where(opened)}.")
        has_sent_all &= outcome.success
    progress = jobs.survey(opened)
    missed = jobs.unreached(one for one in progress if one.subject not in subjects)
    for sentence in missed:
        console.print(f"Messages: {_named(sentence)}", style="red", soft_wrap=True)
    if not subjects and not missed:
        _tell_sent_before(console, opened, progress)
    return has_sent_all and not missed


def _tell_sent_before(console: Console, opened: Services, progress: Sequence[Progress]) -> None:
    """Say when the newest message went out, in case somebody expects it to be sent again."""
    sent = [row for one in progress for row in one.rows if row.is_taken]
    if not sent:
        console.print("Messages: there is none to send.")
        return
    newest = max(sent, key=lambda row: row.created_at)
    first = min(row.created_at for row in sent if row.subject == newest.subject)
    when = first.astimezone(opened.settings.zone)
    console.print(
        f"Messages: {_named(newest.subject)} was sent on {when:%-d %b at %H:%M} already; "
        "it goes out once.",
        soft_wrap=True,
    )


def _named(text: str) -> str:
    return text.replace("briefing ", "the briefing of ", 1)


def _where(opened: Services) -> str:
    if opened.settings.twilio_api_url:
        return "the sandbox outbox"
    names = dict.fromkeys(reader.routes[0].channel.name for reader in opened.readers)
    return " and ".join(names)
