"""The page of a source: how many leads it brings, how good they are, what becomes of them."""

from dataclasses import replace

import streamlit as st

from dashboard.cards import show_cards
from dashboard.charts import months as charts
from dashboard.first_touch import show_first_touch
from dashboard.parts import chart, show_left_out
from dashboard.source import Source
from dashboard.tabs import deals, leads, overview


def _cards(source: Source) -> None:
    show_cards(source, "All sources", sources=None)


def _months(source: Source) -> None:
    rows = source.rows("months", team_owners=source.filters.owners)
    left, right = st.columns(2)
    with left:
        chart(
            source,
            charts.junk,
            [row for row in rows if row["new_leads"]],
            of=("Leads",),
            title="Leads and junk over time",
            about="Leads created in each month, and their junk share above that of all sources.",
            definition="By month of creation and current status, the last twelve months up to the "
            "end of the period. Junk share: junk leads / all leads of the month.",
            empty=leads.NO_LEADS,
        )
    with right:
        leads.cohorts(source)


def _leads(source: Source) -> None:
    left, right = st.columns(2)
    with left:
        leads.status(source)
    with right:
        # Of all sources: a response is judged by that of the others.
        leads.response(replace(source, filters=replace(source.filters, sources=None)))


def _first_touch(source: Source) -> None:
    show_first_touch(source, "owner", "weekday")


# Each shows one block, over what the filters and the page are narrowed to.
BLOCKS = (_cards, show_left_out, _months, _first_touch, _leads, overview.outcomes, deals.stages)
