"""What a person reads in the terminal about a sync: while it runs, and at its end."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from aha_pipeline.commands.run import Outcome
from aha_pipeline.warehouse.mart_files import read_marts

MARKS = {
    "running": Text("reading", style="cyan"),
    "success": Text("done", style="green"),
    "paused": Text("paused", style="yellow"),
    "failed": Text("failed", style="bold red"),
    "interrupted": Text("stopped", style="yellow"),
    "waiting": Text("waiting", style="dim"),
}
COLUMNS = ("records_read", "inserted", "updated", "unchanged", "deleted", "api_calls")
HEADINGS = ("Read", "New", "Changed", "Same", "Deleted", "API calls")


def modules_table(modules: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> Table:
    """Return one line a module: what its window read and did; `rows` are of crm.sync_logs."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("Module")
    for heading in HEADINGS:
        table.add_column(heading, justify="right")
    table.add_column("Seconds", justify="right")
    table.add_column("")
    by_module = {row["module"]: row for row in rows}
    for module in modules:
        row = by_module.get(module, {})
        counts = (f"{row[name]:,}" if row else "" for name in COLUMNS)
        status = row.get("status", "waiting")
        table.add_row(module, *counts, _seconds(row), MARKS[status])
    return table


def progress(modules: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> RenderableType:
    """Return the table with a line that says what is being done now."""
    open_modules = [row["module"] for row in rows if row["status"] == "running"]
    if open_modules:
        doing = f"Reading {', '.join(open_modules)} from Zoho"
    elif len(rows) < len(modules):
        doing = "Starting Dagster and planning the days"
    else:
        doing = "Computing the figures and writing the briefing"
    return Group(modules_table(modules, rows), Spinner("dots", text=f" {doing}"))


def conclusion(rows: Sequence[Mapping[str, Any]], outcome: Outcome) -> list[Text]:
    """Return what a person wants to know of a finished run, a line each, worst first."""
    lines = [
        Text(f"Failed: {step.rpartition('__')[2]}: {why}", style="red")
        for step, why in outcome.failures
    ]
    if outcome.success:
        lines += [
            Text(f"Not read, and no figure needs it: {row['module']}: {row['error']}", "yellow")
            for row in rows
            if row["status"] in ("failed", "paused")
        ]
        lines.append(Text(verdict(rows), style="green"))
    marts = {mart.name for mart in read_marts()}
    refreshed = marts & outcome.metadata.keys()
    if refreshed:
        lines.append(Text(f"Figures: {len(refreshed)} of {len(marts)} marts refreshed."))
    history = outcome.metadata.get("record_history", {})
    if "records left" in history:
        left = f" {history['records left']:,} records are left." if history["records left"] else ""
        lines.append(Text(f"{history['history']}{left}"))
    emails = outcome.metadata.get("record_emails", {})
    if "records left" in emails:
        lines.append(Text(str(emails["e-mails"])))
    briefing = outcome.metadata.get("ai_briefing")
    if briefing:
        lines.append(Text(f"Briefing of {briefing['day']}: {_author(briefing)}."))
    return lines


def _author(briefing: Mapping[str, Any]) -> str:
    why = briefing["why plain"]
    if why:
        return f"chosen by ranking, because {why[0].lower()}{why[1:].rstrip('.')}"
    return f"chosen by {briefing['written by']}, every statement checked twice"


def verdict(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return one sentence on what the sync changed."""
    changed = sum(row["inserted"] + row["updated"] + row["deleted"] for row in rows)
    if not changed:
        return "Nothing changed: every record was already here as Zoho has it."
    return f"{changed:,} {'record' if changed == 1 else 'records'} new, changed or deleted."


def _seconds(row: Mapping[str, Any]) -> str:
    if not row:
        return ""
    started: datetime = row["started_at"]
    ended = row["finished_at"] or datetime.now(started.tzinfo)
    return f"{max((ended - started).total_seconds(), 0):.1f}"
