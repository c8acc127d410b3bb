"""One line a dependency, and whether the daily job could run."""

from rich.console import Console
from rich.text import Text

from aha_pipeline.doctor.examine import examine

STYLES = {"ok": "green", "warning": "yellow", "problem": "bold red"}


def doctor(console: Console, *, measure_model: bool = False) -> bool:
    """Print what is found, as it is found; return whether the daily job could run."""
    can_run = True
    for finding in examine(measure_model=measure_model):
        mark = Text(f"{finding.verdict:<8}", style=STYLES[finding.verdict])
        line = Text.assemble(mark, f" {finding.what:<22} ", finding.says)
        console.print(line, soft_wrap=True)
        can_run = can_run and not finding.stops_sync
    if not can_run:
        console.print("The daily job could not run.", style="bold red")
    return can_run
