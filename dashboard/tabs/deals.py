"""Deal Pipeline: what is open, what it is worth, who wins, what moved and what closes next."""

import streamlit as st

from aha_pipeline.figures import percent, span
from aha_pipeline.warehouse import history_known
from dashboard import pages, periods
from dashboard.charts import deals as charts
from dashboard.charts import reps
from dashboard.parts import (
    OUTCOMES,
    assumed,
    chart,
    frame,
    is_read,
    may_show_records,
    not_known,
    on,
    show_left_out,
)
from dashboard.records import LISTED, LISTS, records, show_list
from dashboard.source import Source
from dashboard.style import Row

NO_OPEN = "No open deals for these filters."
NO_DEAL = "No deals for these filters."


def _known(source: Source) -> None:
    if "Deals" not in source.not_read:
        st.caption(history_known.sentence(source.mart("history_known", "entity, scope")))


def _since(source: Source, rows: list[Row]) -> str:
    """Return since when the changes by stage are, or why none is shown."""
    if (since := source.filters.before_last) is None:
        return ""
    day = periods.day(since, (source.today or since).year)
    if not rows or rows[0]["unplaced_pct"] is None:
        return f"; in brackets the change since {day}"
    share = percent(rows[0]["unplaced_pct"])
    return f"; no change is shown, as the stage of {share} of what was open on {day} is not known"


def stages(source: Source) -> None:
    """Show what is open on each stage, what it is worth, and how long it stands there."""
    rows = source.rows("open_stages")
    change = _since(source, rows)
    untimed = not_known(rows[0]["untimed_pct"], "the deals", "since when") if rows else ""
    then = assumed(rows[0]["before_assumed_pct"], "what was open then") if rows else ""
    left, middle, right = st.columns(3)
    with left:
        chart(
            source,
            charts.stage_count,
            rows,
            of=("Deals",),
            title="Open deals by stage",
            about=f"Deals in each stage now{change}.{then}",
            definition="Deals neither won nor lost, in the order of the pipeline. The change is "
            "from the end of the previous period, as named above. Assumed: what a deal looked "
            "like then is not known, so its next known values are used.",
            empty=NO_OPEN,
        )
    with middle:
        chart(
            source,
            charts.stage_value,
            rows,
            of=("Deals",),
            money=("open",),
            title="Value by stage",
            about=f"Now: full value, and weighted by probability{change}.{then}",
            definition="Sum of Amount; weighted: each deal times its own probability, else that "
            "of its stage. A deal without an amount counts as 0.",
            empty=NO_OPEN,
        )
    with right:
        chart(
            source,
            charts.stage_age,
            rows,
            of=("Deals",),
            title="Age in stage",
            about="Median days in the stage. Green line: 80% of won deals had moved on by then."
            f"{untimed}",
            definition="Days since the deals came to the stage, where known. Green line: by then "
            "80% of the deals that were won later had moved on; shown from ten such deals on. "
            "Old: deals in the stage for longer than that.",
            empty=NO_OPEN,
        )


def _movements(source: Source) -> None:
    rows = source.rows("pipeline_movements")
    performance = source.rows("rep_deals")
    left, middle, right = st.columns(3)
    with left:
        chart(
            source,
            charts.movements,
            rows if any(row["value"] for row in rows) else [],
            of=("Deals",),
            money=OUTCOMES,
            title="What moved the open pipeline",
            about=f"Open value {_between(rows[0])}; the parts add up exactly."
            f"{assumed(rows[0]['assumed_pct'], 'the value at the start')}",
            definition="Sum of Amount of the deals open at each end, and every movement between: "
            "opened, amount raised or cut, won, lost, deleted, reopened. Handed over: to or from "
            "the chosen owner. Assumed: what a deal looked like then is not known, so its next "
            "known values are used; named from 5% of the value on.",
            empty=_nothing_moved(rows),
        )
    with middle:
        chart(
            source,
            reps.values,
            performance,
            opens=(pages.REP, "owner_id"),
            of=("Deals",),
            money=OUTCOMES,
            title="Open and won value by rep",
            about="Open value now, and value won in the period; in brackets the change.",
            definition="Sum of Amount of each owner's open deals, and of the deals won, by closing "
            "date. Point at a bar for weighted and lost value.",
            empty=NO_DEAL,
        )
    with right:
        chart(
            source,
            reps.win_rates,
            performance,
            opens=(pages.REP, "owner_id"),
            of=("Deals",),
            title="Win rate by rep",
            about="Where two lines overlap widely, the difference may be chance.",
            definition="Won / (won + lost) deals closed in the period, with the Wilson 95% "
            "interval. Next to the name: closed deals. Hollow: fewer than ten closed deals, too "
            "few to judge.",
            empty=NO_DEAL,
        )


def _nothing_moved(rows: list[Row]) -> str:
    if any(row["value"] is None for row in rows):
        return "The deals open in these days are of unknown value."
    return "No deals were open in these days."


def _between(row: Row) -> str:
    first, last = row["first_day"], row["last_day"]
    if first is None:
        return "of no day yet"
    return f"on {on(last)}" if first == last else f"from {span(on(first), on(last))}"


def closing(source: Source) -> None:
    """Show the deals that are overdue or close soon, as a chart and as a list."""
    stretches = source.rows("closing_by_time")
    has_deals = bool(stretches) and stretches[0]["all_deals"] > 0
    none = "No open deals are overdue or close within 30 days."
    left, right = st.columns([2, 3])
    with left:
        chart(
            source,
            charts.closing,
            stretches if has_deals else [],
            of=("Deals",),
            money=("open",),
            title="Overdue and closing within 30 days",
            about="Open deals by closing date: value and number. Purple: overdue.",
            definition="Open deals only, as of the day the figures were made. Deals without a "
            "closing date are left out.",
            empty=none,
        )
    with right:
        _list(source, "closing", "Overdue and closing deals", none)


def slipping(source: Source) -> None:
    """Show the deals that slip, by reason and as a list."""
    none = "No open deals are slipping."
    left, right = st.columns([2, 3])
    with left:
        chart(
            source,
            charts.slipping,
            source.rows("slipping_reasons"),
            of=("Deals",),
            money=("open",),
            title="Slipping deals",
            about="Open deals losing value or slipping. A deal can have several reasons.",
            definition="Closing date pushed: at least once. Moved back a stage: from the furthest "
            "it reached. Amount cut: below its highest. Old for its stage: there longer than 80% "
            "of won deals were. Overdue: closing date past.",
            empty=none,
        )
    with right:
        _list(source, "slipping_all", "Slipping deals to work on", none)


def _list(source: Source, kind: str, title: str, empty: str) -> None:
    shown = LISTS[kind]
    with frame(title) as is_open:
        if not is_open or not is_read(source, shown.module) or not may_show_records(source):
            return
        asked = {"most": LISTED}
        rows = records(source, shown, asked)
        if rows:
            show_list(source, shown, title, rows, asked)
        else:
            st.info(empty, icon=":material/info:")


BLOCKS = (_known, show_left_out, stages, _movements, closing, slipping)
