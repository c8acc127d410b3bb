"""The cards on top of AI & System Health: read, checked, certified, delivered."""

from datetime import date, datetime

import streamlit as st

from aha_pipeline.figures import counted
from dashboard.source import Source
from dashboard.style import Row

Card = tuple[str, str, str, str]  # label, value, note below it, definition


def show(source: Source) -> None:
    """Show the cards."""
    [row] = source.rows("health")
    with st.grid(4, min_column_width=210):
        for card in (_read, _checked, _certified, _sent):
            label, value, note, help_ = card(row)
            with st.container(border=True, height="stretch"):
                st.markdown(label, help=help_)
                st.markdown(f"### {value}")
                st.caption(note)


def _read(row: Row) -> Card:
    return (
        "Last full sync",
        _short(row["last_complete"]),
        counted(row["modules"], "module"),
        "When the module furthest behind was last read completely.",
    )


def _checked(row: Row) -> Card:
    troubled = [
        counted(number, word)
        for number, word in ((row["errors"], "error"), (row["warnings"], "warning"))
        if number
    ]
    ran = row["checks"]
    return (
        "Checks",
        (", ".join(troubled) or "All passed") if ran else "–",
        f"of {ran}, last run {_short(row['checked_at'])}" if ran else "none has run yet",
        "The latest result of each check. An error stops the briefing.",
    )


def _certified(row: Row) -> Card:
    if not row["certificates"]:
        value, note = "Not yet", "Run `aha reconcile`, or wait for the weekly schedule"
    else:
        good = row["certificates"] - row["refused"]
        value = f"{good} of {counted(row['modules'], 'module')}"
        note = f"the oldest from {_short(row['oldest_certificate'])}"
    return (
        "Reconciled with Zoho",
        value,
        note,
        "Modules whose latest full comparison with Zoho found no difference, or put it right.",
    )


def _sent(row: Row) -> Card:
    value = (
        f"{row['reached']} of {counted(row['readers'], 'reader')}" if row["readers"] else "Not sent"
    )
    day = row["briefing_day"]
    return (
        "Latest briefing delivered",
        value,
        f"for {_day(day)}" if day else "none written yet",
        "Readers who received every part of the latest briefing.",
    )


def _short(moment: datetime | None) -> str:
    return "–" if moment is None else f"{_day(moment)}, {moment:%H:%M}"


def _day(day: date) -> str:
    return f"{day.day} {day:%b}"
