"""The page of a rep: what came of the work, how the pipeline stands, all against the team."""

import streamlit as st

from dashboard import course
from dashboard.cards import show_cards
from dashboard.charts import months as charts
from dashboard.first_touch import show_first_touch
from dashboard.parts import chart, show_left_out
from dashboard.source import Source
from dashboard.standing import show_standing
from dashboard.tabs import deals, leads


def _cards(source: Source) -> None:
    show_cards(source, "All reps", owners=None)


def _months(source: Source) -> None:
    rows = source.rows("months", team_sources=source.filters.sources)
    left, right = st.columns(2)
    with left:
        chart(
            source,
            charts.win_rate,
            [row for row in rows if row["closed_deals"]],
            of=("Deals",),
            title="Win rate over time",
            about="By month, with its 95% interval. Hollow: fewer than ten closed deals. "
            "Dotted: all reps.",
            definition="Won / (won + lost) deals of the month, the last twelve months up to the "
            "end of the period. Wilson interval. Where the dotted line lies within it, the "
            "difference from the team may be chance.",
            empty="No deals won or lost in these twelve months for these filters.",
        )
    with right:
        show_standing(source)


def _leads(source: Source) -> None:
    left, right = st.columns(2)
    with left:
        leads.status(source)
    with right:
        leads.cohorts(source)


def _first_touch(source: Source) -> None:
    show_first_touch(source, "source", "weekday")


# Each shows one block, over what the filters and the page are narrowed to.
BLOCKS = (
    _cards,
    course.show,
    show_left_out,
    _months,
    _first_touch,
    deals.stages,
    deals.slipping,
    deals.closing,
    _leads,
)
