"""The cards on top of AI & System Health: read, checked, certified, delivered."""

from datetime import date, datetime

import streamlit as st

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
        f"{row['modules']} modules",
        "The oldest of the modules' newest complete reads.",
    )


def _checked(row: Row) -> Card:
    troubled = [
        f"{number} {word if number == 1 else word + 's'}"
        for number, word in ((row["errors"], "error"), (row["warnings"], "warning"))
        if number
    ]
    ran = row["checks"]
    return (
        "Checks",
        (", ".join(troubled) or "All passed") if ran else "–",
        f"of {ran}, last run {_short(row['checked_at'])}" if ran else "none has run yet",
        "The newest result of each asset check. An error stops the briefing.",
    )


def _certified(row: Row) -> Card:
    if not row["certificates"]:
        value, note = "Not yet", "Run `aha reconcile`, or wait for the weekly schedule"
    else:
        good = row["certificates"] - row["refused"]
        value = f"{good} of {row['modules']} modules"
        note = f"the oldest {_short(row['oldest_certificate'])}"
    return (
        "Reconciled with Zoho",
        value,
        note,
        "Modules whose newest full comparison with the CRM ended equal or healed.",
    )


def _sent(row: Row) -> Card:
    value = f"{row['reached']} of {row['readers']} readers" if row["readers"] else "Not sent"
    day = row["briefing_day"]
    return (
        "Newest briefing delivered",
        value,
        f"of {_day(day)}" if day else "none written yet",
        "Readers to whose phone every part of the newest briefing was delivered.",
    )


def _short(moment: datetime | None) -> str:
    return "–" if moment is None else f"{_day(moment)}, {moment:%H:%M}"


def _day(day: date) -> str:
    return f"{day.day} {day:%b}"
