"""Lead Intelligence: where leads come from, what became of them, who works on them."""

import streamlit as st

from aha_pipeline.encoding import markdown
from aha_pipeline.figures import NOTHING, Number, count, money, percent
from dashboard import pages
from dashboard.cards import change
from dashboard.charts import leads as charts
from dashboard.first_touch import show_first_touch, show_worth
from dashboard.parts import chart, frame, is_read, not_known
from dashboard.source import Source
from dashboard.style import Row

NO_LEADS = "No leads created in the period for these filters."


def _quality(source: Source) -> None:
    sources = source.rows("source_quality")
    _judged(source, sources)
    _sources(source, [row for row in sources if row["leads"]])


def _now(source: Source) -> None:
    left, right = st.columns(2)
    with left:
        status(source)
    with right:
        _workload(source)


def _outcomes(source: Source) -> None:
    left, right = st.columns(2)
    with left:
        cohorts(source)
    with right:
        response(source)


def _first_touch(source: Source) -> None:
    left, right = st.columns(2)
    with left:
        show_first_touch(source, "source")
    with right:
        show_worth(source)


def _judged(source: Source, sources: list[Row]) -> None:
    with frame(
        "Sources by junk share",
        "Leads created in the period, the most junk first. Changes are from the previous period, "
        "of shares in percentage points. Won: deals of the source won in the period.",
    ) as is_open:
        if not is_open or not is_read(source, "Leads", "Deals"):
            return
        if not sources:
            st.info(NO_LEADS, icon=":material/info:")
            return
        worst_first = sorted(sources, key=lambda row: row["junk_pct"] or 0, reverse=True)
        # As HTML, which readers of screens can read, and not drawn on a canvas.
        st.table([_printed(row, source.currency) for row in worst_first], hide_index=True)


def _printed(row: Row, currency: str) -> dict[str, str]:
    return {
        "Source": markdown(row["source"]),
        "Leads": count(row["leads"], currency),
        "Change": _change(row["change"], "count", currency),
        "Junk share": percent(row["junk_pct"]),
        "Change in junk": _change(row["junk_pct_change"], "points", currency),
        "Converted": percent(row["conversion_pct"]),
        "Change in converted": _change(row["conversion_pct_change"], "points", currency),
        "Won": money(row["won_value"], currency),
    }


def _change(value: Number, unit: str, currency: str) -> str:
    return NOTHING if value is None else str(change(value, unit, currency))


def status(source: Source) -> None:
    """Show the leads of the period by status."""
    chart(
        source,
        charts.status,
        source.rows("lead_status"),
        of=("Leads",),
        title="Lead status",
        about="Leads created in the period, by current status.",
        definition="Converted leads are one row, whatever their status. Shares add up to 100%.",
        empty=NO_LEADS,
    )


def _workload(source: Source) -> None:
    chart(
        source,
        charts.workload,
        source.rows("rep_leads"),
        opens=(pages.REP, "owner_id"),
        of=("Leads",),
        title="Rep workload",
        about="Leads created in the period that are still open, by owner.",
        definition="Leads whose status counts as open or qualified: not converted, lost or junk.",
        empty="No leads of the period are still open for these filters.",
    )


def _sources(source: Source, sources: list[Row]) -> None:
    left, right = st.columns(2)
    with left:
        chart(
            source,
            charts.source_quality,
            sources,
            opens=(pages.SOURCE, "source"),
            of=("Leads",),
            title="Source quality",
            about="What became of the period's leads, by source, with the number of leads.",
            definition="Leads created in the period, each counted once, so every bar is 100%.",
            empty=NO_LEADS,
        )
    with right:
        chart(
            source,
            charts.source_map,
            sources,
            of=("Leads",),
            title="Lead volume and junk",
            about="Tile size: leads. Deeper orange: more junk.",
            definition="Junk leads / all leads of the source created in the period. The darkest "
            "orange is always 50% or more, so that periods can be compared.",
            empty=NO_LEADS,
        )


def cohorts(source: Source) -> None:
    """Show how far the leads of each month came."""
    rows = source.rows("lead_cohorts")
    share = rows[0]["assumed_pct"] if rows else None
    unknown = not_known(share, "them", "whether they ever qualified")
    chart(
        source,
        charts.cohorts,
        rows,
        of=("Leads", "Deals"),
        title="What became of each month's leads",
        about="Share of the month's leads that ever got there, twelve months up to the end of "
        "the period. * can still grow: the youngest leads are under 90 days old."
        f"{unknown}",
        definition="By month of creation, whole months. Qualified: now or at any time "
        "before. Won: the deal that the lead became is won. Next to the month: number of leads.",
        empty=NO_LEADS,
    )


def response(source: Source) -> None:
    """Show how many leads of each source were contacted, and after how long."""
    chart(
        source,
        charts.response,
        source.rows("source_response"),
        opens=(pages.SOURCE, "source"),
        of=("Leads",),
        title="Response by source",
        about="Leads of the last 30 full days: how many were contacted, and after how long.",
        definition="By status: a lead counts as contacted unless it is empty, Not Contacted "
        "or the first of the list; converted leads count too. Days: median from creation, where "
        "the change was seen. All owners; the period does not apply.",
        empty="No leads created in the last 30 days for these sources.",
    )


BLOCKS = (_quality, _now, _outcomes, _first_touch)
