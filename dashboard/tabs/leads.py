"""Lead Intelligence: where leads come from, what became of them, who works on them."""

import streamlit as st

from dashboard.charts import leads as charts
from dashboard.parts import chart, table
from dashboard.source import Source
from dashboard.style import Row

NO_LEADS = "No lead was created in the period, for these filters."


def show(source: Source) -> None:
    """Show the tab."""
    sources = source.rows("source_quality")
    _judged(source, sources)
    _sources(source, [row for row in sources if row["leads"]])
    _work(source)
    _over_time(source)


def _judged(source: Source, sources: list[Row]) -> None:
    percent, points = (st.column_config.NumberColumn(format=f) for f in ("%.1f%%", "%+.1f"))
    with st.container(border=True):
        st.markdown(
            "**Sources, the most junk first**",
            help="Leads created in the period. The change is against the stretch before, of shares "
            "in percentage points. Won: deals of the source won in the period.",
        )
        table(
            sorted(sources, key=lambda row: row["junk_pct"] or 0, reverse=True),
            {
                "source": "Source",
                "leads": "Leads",
                "change": st.column_config.NumberColumn("Change", format="%+d"),
                "junk_pct": percent | {"label": "Junk share"},
                "junk_pct_change": points | {"label": "Junk, change"},
                "conversion_pct": percent | {"label": "Converted"},
                "conversion_pct_change": points | {"label": "Converted, change"},
                "won_value": st.column_config.NumberColumn(
                    f"Won ({source.currency})", format="localized"
                ),
            },
            empty=NO_LEADS,
        )


def _work(source: Source) -> None:
    left, right = st.columns(2)
    with left:
        chart(
            source,
            charts.status,
            source.rows("lead_status"),
            title="Lead status",
            about="Leads created in the period, by current status.",
            definition="Converted leads are one row, whatever their status. The shares add up to "
            "100 %.",
            empty=NO_LEADS,
        )
    with right:
        chart(
            source,
            charts.workload,
            source.rows("rep_leads"),
            title="Rep workload",
            about="Leads created in the period that are still open, by owner.",
            definition="Leads whose status counts as open or qualified: not converted, lost or "
            "junk.",
            empty="No lead of the period is still open, for these filters.",
        )


def _sources(source: Source, sources: list[Row]) -> None:
    left, right = st.columns(2)
    with left:
        chart(
            source,
            charts.source_quality,
            sources,
            title="Source quality",
            about="Outcome of the period's leads by source, with the number of leads.",
            definition="Leads created in the period, each in one part, so every bar is 100 %.",
            empty=NO_LEADS,
        )
    with right:
        chart(
            source,
            charts.source_map,
            sources,
            title="Volume and junk",
            about="Tile size: leads. Deeper orange: more junk.",
            definition="Junk leads / all leads of the source created in the period. The colour "
            "ends at 50 % on every day, so that days can be compared.",
            empty=NO_LEADS,
        )


def _over_time(source: Source) -> None:
    left, right = st.columns(2)
    with left:
        chart(
            source,
            charts.cohorts,
            source.rows("lead_cohorts"),
            title="What became of each month's leads",
            about="Share of the month's leads that ever got there, twelve months up to the end of "
            "the period. * can still grow: the youngest leads are under 90 days old.",
            definition="By month of creation, whole months. Qualified: now or in "
            "an earlier version. Won: the deal made by the conversion is won. Beside the month, "
            "how many leads it had.",
            empty=NO_LEADS,
        )
    with right:
        chart(
            source,
            charts.response,
            source.rows("source_response"),
            title="Response by source",
            about="Leads of the last 30 full days: how many were contacted, and after how long.",
            definition="A response is what the status tells: it has left the first of the list, or "
            "the lead is converted. Days: median from creation, where the change was seen. Of all "
            "owners; the period does not apply.",
            empty="No lead was created in the last 30 days, for these sources.",
        )
