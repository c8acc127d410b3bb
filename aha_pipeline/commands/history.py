"""Zoho's own history from the terminal: what it will cost, and reading it."""

import time
from math import ceil

from rich.console import Console

from aha_pipeline.assets.back_fill import BackFill, back_fill
from aha_pipeline.assets.load_plan import duration_phrase, plan
from aha_pipeline.assets.record_by_record import allowed_credits
from aha_pipeline.commands.sync import prepare
from aha_pipeline.services import Services
from aha_pipeline.settings import SettingsError
from aha_pipeline.warehouse import history_known, record_history, state

NOT_COUNTED = "Zoho does not count its records: grant the scope ZohoSearch.securesearch.READ."


def history(console: Console, *, is_plan_only: bool) -> bool:
    """Read what is left of Zoho's history, or say what it will cost; return whether it succeeded.

    Raises a room's error where it cannot begin.
    """
    opened = prepare()
    if is_plan_only:
        show_plan(console, opened)
        return True
    if not opened.settings.zoho_history_share:
        raise SettingsError("ZOHO_HISTORY_SHARE is 0, so Zoho's history is not read: set it to 10.")
    with opened.connect() as connection:
        if not state.has_synced(connection):
            raise SettingsError(
                "No record is here yet, whose history could be read: run `aha sync`."
            )
    began = time.monotonic()
    with console.status("Reading Zoho's own history, open deals first"):
        done = back_fill(opened)
    for line in lines(done):
        console.print(line, soft_wrap=True)
    console.print("The next `aha sync` takes it into the figures.", style="dim")
    console.print(f"Took {time.monotonic() - began:.1f} s.", style="dim")
    return True


def show_plan(console: Console, opened: Services) -> None:
    """Print what is still to be read, and what it will cost."""
    with opened.connect() as connection:
        is_first = not state.has_synced(connection)
        left = len(record_history.to_read(connection))
        progress = record_history.progress(connection)
        known = history_known.read(connection)
    if is_first:
        planned = plan(opened, opened.settings.zoho_modules)
        console.print(planned.sentence if planned else NOT_COUNTED, soft_wrap=True)
        return
    a_day = allowed_credits(opened)
    opened.zoho().release_unused()
    over = duration_phrase(ceil(left / a_day) if a_day else 0)
    console.print(progress.sentence)
    if known:
        console.print(f"In the figures: {history_known.sentence(known)}", soft_wrap=True)
    console.print(
        f"The history of {left:,} records is to be read: about {left:,} API credits, {over}."
        if left
        else "The history of all records that are worth it has been read."
    )


def lines(done: BackFill) -> list[str]:
    """Return what a read did, a line each."""
    told = [
        f"Read: {done.timelines:,} timelines and {done.rows:,} rows of trackers, for "
        f"{done.credits:,} API credits.",
        done.progress.sentence,
    ]
    if done.left:
        told.append(f"{done.left:,} records are left.")
    return [*told, *filter(None, [done.stopped]), *done.problems]
