"""The full comparison with Zoho from the terminal."""

import time
from uuid import uuid4

from rich.console import Console
from rich.table import Table
from rich.text import Text

from aha_pipeline.commands import run
from aha_pipeline.commands.sync import prepare
from aha_pipeline.services import Services
from aha_pipeline.warehouse.certificate import HEALED, REFUSED, Certificate, latest

STYLES = {"equal": "green", "healed": "yellow", "refused": "bold red"}


def reconcile(console: Console, modules: tuple[str, ...] | None = None) -> bool:
    """Run the job `reconcile` and return whether no module was refused.

    If something was healed, the figures are computed again. Raises a room's error when the run
    cannot begin.
    """
    from aha_pipeline.automation.jobs import reconcile_config

    began = time.monotonic()
    opened = prepare()
    compared = modules or opened.settings.zoho_modules
    run_id = str(uuid4())
    with console.status(f"Comparing {', '.join(compared)} with Zoho"):
        outcome = run.run_job("reconcile", run_id, config=reconcile_config(compared))
    certificates = _certificates(opened, compared, run_id)
    console.print(_table(certificates))
    for certificate in certificates:
        if certificate.verdict == REFUSED:
            console.print(certificate.sentence, style="red", soft_wrap=True)
    succeeded = outcome.success
    if any(c.verdict == HEALED or c.healed for c in certificates):
        succeeded = run.refresh_marts(str(uuid4())).success and succeeded
        console.print("The figures were computed anew.")
    console.print(f"Took {time.monotonic() - began:.1f} s.", style="dim")
    return succeeded


def _certificates(opened: Services, modules: tuple[str, ...], run_id: str) -> list[Certificate]:
    with opened.connect() as connection:
        found = (latest(connection, module) for module in modules)
        return [c for c in found if c is not None and c.run_id == run_id]


def _table(certificates: list[Certificate]) -> Table:
    """Return one line a module: what was compared, and the verdict."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("Module")
    for heading in ("In Zoho", "Here before", "Missing", "Stale", "Extra"):
        table.add_column(heading, justify="right")
    table.add_column("Verdict")
    for c in certificates:
        counts = (c.records_in_crm, c.records_here, c.missing, c.stale, c.extra)
        style = STYLES[c.verdict]
        table.add_row(c.module, *(f"{n:,}" for n in counts), Text(c.verdict, style))
    return table
