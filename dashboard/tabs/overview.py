"""Overview: the last whole day in seven cards, and where leads and deals stand."""

import streamlit as st

from dashboard.cards import show_cards
from dashboard.charts import overview as charts
from dashboard.parts import chart
from dashboard.source import Source
from dashboard.style import Row


def show(source: Source) -> None:
    """Show the tab."""
    days = source.rows("kpi_days", today=source.today)
    show_cards(source, days)
    _over_time(source, days)
    _as_it_stands(source)


def _over_time(source: Source, days: list[Row]) -> None:
    left, right = st.columns([3, 2])
    with left:
        chart(
            source,
            charts.lead_volume,
            days,
            title="New leads a day",
            about="The last 30 whole days and today so far.",
            definition="Leads by the day they were created, converted ones included, deleted ones "
            "not. The line is the mean of the seven whole days before each day.",
            empty="No day is known yet. Run `aha sync`.",
        )
    with right:
        chart(
            source,
            charts.outcomes,
            source.rows("outcomes_by_month", today=source.today),
            title="Won against lost",
            about="Value of closed deals by month of closing, the last twelve months.",
            definition="Sum of Amount over won and over lost deals, by closing date. The win rate "
            "on hover is won / (won + lost) deals of that month.",
            empty="No deal was won or lost in the last twelve months.",
        )


def _as_it_stands(source: Source) -> None:
    left, right = st.columns(2)
    with left:
        chart(
            source,
            charts.funnel,
            source.rows("funnel"),
            title="Funnel: where every lead and deal stands now",
            about="Each record is on exactly one step, so the steps add up to all records.",
            definition="Leads by status, converted ones on Converted whatever their status; deals "
            "by stage, with the sum of Amount. Colours: open blue, qualified violet, converted and "
            "won green, lost red, junk orange.",
            empty="There is no lead and no deal yet.",
        )
    with right:
        chart(
            source,
            charts.leads_by_source,
            source.rows("source_quality"),
            title="Sources",
            about="All leads by source; in percent, how many of them converted.",
            definition="Lead_Source of all leads that are not deleted; empty ones are (none). "
            "Converted: converted leads / all leads of the source.",
            empty="There is no lead yet.",
        )
