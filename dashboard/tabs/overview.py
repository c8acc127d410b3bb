"""Overview: what to do today, the period in cards, what changed, and where all stands."""

from itertools import groupby

import streamlit as st

from aha_pipeline.encoding import markdown
from aha_pipeline.figures import percent
from dashboard import briefings, course, pages, work_list
from dashboard.cards import show_cards
from dashboard.charts import causes
from dashboard.charts import overview as charts
from dashboard.parts import chart, lazily
from dashboard.source import Source
from dashboard.style import Row

MOST_CHANGES = 3
LOST_BY = {"Reason": "reason", "Stage": "stage", "Rep": "owner", "Source": "source"}
OPENED = {"owner": (pages.REP, "part"), "source": (pages.SOURCE, "part")}


def show(source: Source) -> None:
    """Show the tab."""
    briefings.show_newest(source)
    work_list.show(source)
    course.show(source)
    show_cards(source)
    _over_time(source)
    _entered_and_lost(source)
    _changes(source)
    _feed(source)
    _as_it_stands(source)


def _over_time(source: Source) -> None:
    left, right = st.columns([3, 2])
    with left:
        chart(
            source,
            charts.lead_volume,
            source.rows("lead_days"),
            of=("Leads",),
            title="New leads a day",
            about="Leads created each day. Paler: days before the period, where it is shorter than "
            "30 days. Bright blue: today so far.",
            definition="Leads by the day they were created, converted ones included, deleted ones "
            "not. The line is the mean of the seven whole days before each day.",
            empty="No day is known yet. Run `aha sync`.",
        )
    with right:
        outcomes(source)


def outcomes(source: Source) -> None:
    """Show the value won and lost in each month."""
    chart(
        source,
        charts.outcomes,
        source.rows("outcomes_by_month"),
        of=("Deals",),
        title="Won against lost",
        about="The twelve months up to the end of the period. A month that is not over names the "
        "days it counts.",
        definition="Sum of Amount over the deals won and lost in each month. The win rate "
        "on hover is won / (won + lost) deals of that month.",
        empty="No deal was won or lost in these twelve months, for these filters.",
    )


def _entered_and_lost(source: Source) -> None:
    entered = source.rows("entered_funnel")
    left, right = st.columns(2)
    with left:
        chart(
            source,
            charts.entered_funnel,
            entered,
            of=("Leads", "Deals"),
            title="Funnel: how far new leads and deals got",
            about="Of the leads and deals created in the period, how many reached each step, and "
            "what share of all that is. Point at a bar to see how many dropped out or wait there."
            f"{_may_be_further(entered)}",
            definition="A lead has qualified if it ever was qualified or converted; it is won if "
            "its conversion made a deal that is won. A deal has reached every open stage up to the "
            "furthest it was seen on. On each step those who came are those who left as junk or "
            "lost, who wait, of whom it is not known, and who went on.",
            empty="No lead and no deal was created in the period, for these filters.",
        )
    with right:
        _lost(source)


def _may_be_further(rows: list[Row]) -> str:
    shares = {row["entity"]: row["assumed_pct"] for row in rows}
    told = [f"{percent(pct)} of the {entity}s" for entity, pct in shares.items() if pct is not None]
    if not told:
        return ""
    return f" Of {' and '.join(told)} it is not known whether they got further before."


def _lost(source: Source) -> None:
    chart(
        source,
        charts.lost_reasons,
        source.rows("lost_reasons"),
        by=("lost_by", LOST_BY),
        opens=OPENED,
        of=("Deals",),
        title="Why deals were lost",
        about="Value and number of the deals lost in the period; in brackets the change in number. "
        "Point at a bar to see the most frequent reason.",
        definition="The reason that the record gives in Zoho; (none) where it gives none. Stage: "
        "the last open one on which the deal was seen.",
        empty="No deal was lost in the period, for these filters.",
    )


def _changes(source: Source) -> None:
    rows = _read(source, source.rows("changes"))
    with st.container(border=True):
        st.markdown(
            "**What changed, and why**",
            help="Figures of the last whole day of the period, or of the seven days up to it, that "
            "lie three times further from their normal than usual. Normal: the same weekday of the "
            "eight weeks before, without the extremes. The bars split the change exactly. Of the "
            "whole company: the filters for sources and owners do not apply.",
        )
        if not rows:
            st.caption("Nothing unusual: no figure is far from its normal on that weekday.")
            return
        groups = [list(group) for _, group in groupby(rows, key=lambda row: row["figure"])]
        for place, group in zip(st.columns(MOST_CHANGES), groups[:MOST_CHANGES], strict=False):
            with place:
                _change(source, group)
        if rest := groups[MOST_CHANGES:]:
            names = ", ".join(causes.NAMES[group[0]["figure"]].lower() for group in rest)
            st.caption(f"Also unusual: {names}.")


def _feed(source: Source) -> None:
    rows = _read(source, source.rows("feed"))
    with lazily(f"Everything that stood out in the period ({len(rows)})", "feed") as is_open:
        if not is_open:
            return
        if not rows:
            st.caption("Nothing unusual, and no day was restated.")
        for row in rows:
            st.markdown(f"- {markdown(causes.entry(row, source.currency))}")


def _read(source: Source, rows: list[Row]) -> list[Row]:
    """Return the rows of the figures whose module is read: of others no change is known."""
    not_read = source.not_read
    return [row for row in rows if causes.module(row["figure"]) not in not_read]


def _change(source: Source, rows: list[Row]) -> None:
    row = rows[0]
    arrow = "▲" if row["change"] > 0 else "▼"
    colour = {True: "green", False: "red", None: "gray"}[row["is_good"]]
    name = causes.NAMES[row["figure"]]
    st.markdown(f":{colour}[{arrow}] **{name}** {markdown(causes.sentence(row, source.currency))}")
    if row["dimension"]:
        chart(
            source,
            causes.parts,
            rows,
            title=f"By {row['dimension']}",
            about="What each part added to the difference from normal.",
            opens=OPENED,
            definition="The parts sum to the difference exactly.",
            empty="",
            key=row["figure"],
        )


def _as_it_stands(source: Source) -> None:
    left, right = st.columns(2)
    with left:
        chart(
            source,
            charts.funnel,
            source.rows("funnel"),
            of=("Leads", "Deals"),
            title="Funnel: where leads and deals stand now",
            about="Leads and deals created in the period, each on exactly one step.",
            definition="Leads by status, converted ones on Converted whatever their status; deals "
            "by stage, with the sum of Amount. Colours: open blue, qualified violet, converted and "
            "won green, lost red, junk orange.",
            empty="No lead and no deal was created in the period, for these filters.",
        )
    with right:
        chart(
            source,
            charts.sources,
            source.rows("source_quality"),
            opens=(pages.SOURCE, "source"),
            of=("Leads",),
            title="Sources",
            about="Leads created in the period by source; in brackets the change, then the share "
            "that converted.",
            definition="Lead_Source of the leads that are not deleted; empty ones are (none). "
            "Converted: converted leads / all leads of the source.",
            empty="No lead was created in the period, for these filters.",
        )
