"""The daily job from the terminal: check what it needs, run it, tell what happened."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from threading import Event, Thread
from uuid import uuid4

import psycopg2
from rich.console import Console
from rich.live import Live

from aha_pipeline import services
from aha_pipeline.assets import load_plan
from aha_pipeline.assets.unread_days import first_unread_day, unread_days
from aha_pipeline.calendar import DayRange, today
from aha_pipeline.commands import messages, report, run
from aha_pipeline.encoding import terminal
from aha_pipeline.instance import home
from aha_pipeline.services import Services
from aha_pipeline.settings import Settings, SettingsError
from aha_pipeline.warehouse import connection, free_connections, state

REFRESH_SECONDS = 0.3


def sync(
    console: Console,
    first: date | None = None,
    last: date | None = None,
    modules: tuple[str, ...] | None = None,
) -> bool:
    """Run `daily_sync` over the days `first` to `last` and return whether all of it succeeded.

    By default from the first day that is not read to its end, to today; and all modules. Raises a
    room's error when the run cannot begin: nothing is written then.
    """
    began = time.monotonic()
    services.configured_modules()
    opened = services.current()
    with opened.keep_connection():
        _prepare(opened)
        span = _span(opened, first, last)
        _announce_first_load(console, opened)
        read = modules or opened.settings.zoho_modules
        succeeded = _run_days(console, opened, span, read)
        if succeeded:
            succeeded = messages.send(console, opened)
        else:
            console.print("Messages: nothing is sent, because the sync did not succeed.")
    console.print(f"Took {time.monotonic() - began:.1f} s.", style="dim")
    return succeeded


def backfill(console: Console, first: date, last: date) -> bool:
    """Read what is unread of the days `first` to `last`; return whether all of it succeeded.

    One run per contiguous range of unread days. Called again after an interruption, it resumes:
    what was read to its end is not unread any more.
    """
    opened = prepare()
    first, last = _span(opened, first, last)
    with opened.connect() as warehouse:
        ranges = unread_days(warehouse, opened.settings, first, last)
    if not ranges:
        console.print(f"Nothing to do: {_days(first, last)} is read to the end.")
    read = opened.settings.zoho_modules
    return all(_run_days(console, opened, days, read, with_briefing=False) for days in ranges)


def prepare() -> Services:
    """Return the services, having connected to Zoho: a refusal is reported before Dagster loads."""
    services.configured_modules()
    opened = services.current()
    _prepare(opened)
    return opened


def _prepare(opened: Services) -> None:
    free_connections.check(opened.settings.session_url)
    opened.zoho()
    home.prepare(opened.settings)
    home.make_tables(opened.settings.session_url)


def _announce_first_load(console: Console, opened: Services) -> None:
    """Say what a first load will cost, where Zoho counts its records."""
    with opened.connect() as warehouse:
        if state.has_synced(warehouse):
            return
    planned = load_plan.plan(opened, opened.settings.zoho_modules)
    if planned:
        console.print(f"First load: {planned.sentence}", soft_wrap=True)


def _span(opened: Services, first: date | None, last: date | None) -> DayRange:
    settings = opened.settings
    last = last or today(settings)
    if first is None:
        with opened.connect() as warehouse:
            first = first_unread_day(warehouse, settings)
        first = min(first, last)
    _check_span(settings, first, last)
    return first, last


def _check_span(settings: Settings, first: date, last: date) -> None:
    if first > today(settings):
        raise SettingsError(f"--from {first} is in the future: today is {today(settings)}.")
    if last > today(settings):
        raise SettingsError(f"--to {last} is in the future: today is {today(settings)}.")
    if first > last:
        raise SettingsError(f"--from {first} is after --to {last}.")
    if first < settings.aha_start_date:
        raise SettingsError(
            f"--from {first} is before the first partition {settings.aha_start_date}, which holds "
            "everything older: start there, or set AHA_START_DATE to an earlier day."
        )


def _run_days(
    console: Console,
    opened: Services,
    span: DayRange,
    modules: tuple[str, ...],
    *,
    with_briefing: bool = True,
) -> bool:
    console.print(f"{_company(opened)} · {_days(*span)}", style="bold")
    run_id = str(uuid4())
    with _shown(console, opened, run_id, modules):
        outcome = run.sync_days(run_id, *span, modules, with_briefing=with_briefing)
    _conclude(console, opened, outcome, modules)
    return outcome.success


def _company(opened: Services) -> str:
    with opened.connect() as warehouse:
        row = state.read_organisation(warehouse)
    if row is None:
        raise LookupError("crm.organisation is empty, although `prepare` has asked Zoho who it is")
    name = terminal(row["name"])
    return f"{name} (sandbox data)" if row["is_sandbox"] else name


def _days(first: date, last: date) -> str:
    count = (last - first).days + 1
    if count == 1:
        return f"{first:%-d %b %Y}"
    return f"{first:%-d %b %Y} to {last:%-d %b %Y} ({count} days)"


@contextmanager
def _shown(
    console: Console, opened: Services, run_id: str, modules: tuple[str, ...]
) -> Iterator[None]:
    """Show the run's rows of the log while the block runs; on no terminal, show nothing."""
    if not console.is_terminal:
        yield
        return
    over = Event()
    with Live(console=console, transient=True, refresh_per_second=8) as live:
        watcher = Thread(target=_watch, args=(live, opened, run_id, modules, over), daemon=True)
        watcher.start()
        try:
            yield
        finally:
            over.set()
            watcher.join(timeout=5)


def _watch(
    live: Live, opened: Services, run_id: str, modules: tuple[str, ...], over: Event
) -> None:
    try:
        with connection.connect(opened.database_url, autocommit=True) as warehouse:
            while not over.wait(REFRESH_SECONDS):
                live.update(report.progress(modules, state.run_log(warehouse, run_id)))
    except (psycopg2.Error, connection.DatabaseUnreachable):
        return  # the run itself tells what is wrong with the database


def _conclude(
    console: Console, opened: Services, outcome: run.Outcome, modules: tuple[str, ...]
) -> None:
    with opened.connect() as warehouse:
        rows = state.run_log(warehouse, outcome.run_id)
    console.print(report.modules_table(modules, rows))
    for line in report.conclusion(rows, outcome):
        console.print(line, soft_wrap=True)
