"""Deal Pipeline: what is open, what it is worth, who wins, and what closes next."""

import streamlit as st

from dashboard.charts import deals as charts
from dashboard.parts import chart, table
from dashboard.source import Source

NO_OPEN = "No deal is open."


def show(source: Source) -> None:
    """Show the tab."""
    _stages(source)
    _closing(source)
    _reps(source)


def _stages(source: Source) -> None:
    stages = source.rows("open_stages")
    left, middle, right = st.columns(3)
    with left:
        chart(
            source,
            charts.stage_count,
            stages,
            title="Open deals by stage",
            about="How many deals are on each stage now.",
            definition="Deals neither won nor lost, in the order of the pipeline.",
            empty=NO_OPEN,
        )
    with middle:
        chart(
            source,
            charts.stage_value,
            stages,
            title="Value by stage",
            about="Whole value, and weighted by probability.",
            definition="Sum of Amount; weighted: each deal times its own probability, else that "
            "of its stage. A deal without an amount counts as 0.",
            empty=NO_OPEN,
        )
    with right:
        chart(
            source,
            charts.stage_age,
            stages,
            title="Age by stage",
            about="Mean days since the deals were created.",
            definition="From the day of creation to today; not the days spent on the stage.",
            empty=NO_OPEN,
        )


def _closing(source: Source) -> None:
    deals = source.rows("closing_deals")
    stretches = source.rows("closing_by_time")
    has_deals = bool(stretches) and stretches[0]["all_deals"] > 0
    left, right = st.columns([2, 3])
    with left:
        chart(
            source,
            charts.closing,
            stretches if has_deals else [],
            title="Overdue and closing within 30 days",
            about="Open deals by closing date: their value and how many. Purple is past it.",
            definition="Open deals only, against the day on which the figures were made. A deal "
            "without a closing date is not here.",
            empty="No open deal is overdue or closes within 30 days.",
        )
    with right, st.container(border=True, height="stretch"):
        st.markdown("**These deals, the most overdue first**")
        table(
            deals,
            {
                "name": st.column_config.TextColumn("Deal", width="medium"),
                "amount": st.column_config.NumberColumn(
                    f"Amount ({source.currency})", format="localized"
                ),
                "closing_date": st.column_config.DateColumn("Closing date", format="D MMM YYYY"),
                "days_left": st.column_config.NumberColumn("Days left"),
                "owner_name": "Owner",
                "stage": "Stage",
                "account_name": "Account",
            },
            empty="No open deal is overdue or closes within 30 days.",
            height=300,
        )


def _reps(source: Source) -> None:
    reps = source.rows("rep_deals")
    left, right = st.columns(2)
    with left:
        chart(
            source,
            charts.rep_values,
            reps,
            title="Open value by rep",
            about="Whole value, and weighted by probability.",
            definition="Sum of Amount over the open deals of each owner. Won value is on hover.",
            empty="There is no deal yet.",
        )
    with right:
        chart(
            source,
            charts.win_rates,
            reps,
            title="Win rate by rep",
            about="Where two lines overlap widely, the reps cannot be told apart.",
            definition="Won / (won + lost) deals over all time, with the Wilson 95 % interval. "
            "Beside the name, how many deals were closed. Below ten closed deals a rate says "
            "little and is shown hollow.",
            empty="There is no deal yet.",
        )
