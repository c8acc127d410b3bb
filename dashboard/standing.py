"""How the open deals of a rep stand against those of the team."""

import streamlit as st

from aha_pipeline.figures import count, counted, money, percent
from dashboard.parts import frame, is_read
from dashboard.source import Source
from dashboard.style import Row


def show_standing(source: Source) -> None:
    """Show what slips, is overdue and is old, beside the share of the team."""
    [row] = source.rows("standing")
    with frame(
        "Open deals compared with all reps",
        "As of now, whatever the period. Slipping: closing date pushed, moved back a stage, amount "
        "cut, old for its stage, or overdue. Old for its stage: there longer than 80% of won "
        "deals were. Shares are of the open value; for old deals, of their number.",
    ) as is_open:
        if not is_open or not is_read(source, "Deals"):
            return
        if not row["open_deals"]:
            st.info("No open deals for these filters.", icon=":material/info:")
            return
        deals = counted(row["open_deals"], "open deal", source.currency)
        st.caption(f"{deals}, {_together(row, source.currency)}.")
        st.table(_lines(row, source.currency), hide_index=True)


def _together(row: Row, currency: str) -> str:
    if row["open_value"] is None:
        return "of unknown value"
    return f"{money(row['open_value'], currency)} together"


def _lines(row: Row, currency: str) -> list[dict[str, str]]:
    rows = [
        {
            "Deals": name,
            "Number": count(row[f"{part}_deals"], currency),
            "Share": percent(row[f"{part}_pct"]),
            "All reps": percent(row[f"team_{part}_pct"]),
        }
        for name, part in (
            ("Slipping", "slipping"),
            ("Overdue", "overdue"),
            ("Old for their stage", "older"),
        )
    ]
    days, team = (row[name] for name in ("days_in_stage", "team_days_in_stage"))
    in_stage = {"Deals": "Median days in stage", "Number": "", "Share": count(days, currency)}
    return [*rows, {**in_stage, "All reps": count(team, currency)}]
