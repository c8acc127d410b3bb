"""How long leads wait for the first call, meeting, task or e-mail, in business hours."""

from collections.abc import Iterable

import streamlit as st

from aha_pipeline.encoding import markdown
from aha_pipeline.figures import NOTHING, Number, count, counted, percent, span
from aha_pipeline.warehouse.record_emails import EmailProgress
from dashboard.parts import frame
from dashboard.source import Source
from dashboard.style import Row

NAMES = {"source": "Source", "owner": "Rep", "weekday": "Day", "hour": "Hour"}
WAITS = {
    "hour": "Within an hour",
    "day": "Within a working day",
    "week": "Within six working days",
    "longer": "Later",
    "never": "Closed without contact",
}
DEFINITION = (
    "From the lead's creation to the first outgoing or answered call, meeting, closed task or "
    "e-mail of a person, in business hours without holidays. Median: by when half had been "
    "contacted; leads still waiting count for as long as they have waited (Kaplan–Meier). Notes, "
    "missed calls and e-mails that came in or that a program sent do not count."
)
AROUND_THE_CLOCK = " Counted around the clock, as no business hours are set."
WORTH = (
    "Leads created 30 to 210 days ago, by how soon they were contacted, with the 95% interval. "
    "Reps may contact better leads first, so this does not prove a cause. Filters do not apply."
)


def show_first_touch(source: Source, *dimensions: str) -> None:
    """Show the wait of the leads of the period, and by each of the dimensions."""
    with frame("Time to first contact", DEFINITION) as is_open:
        if not is_open:
            return
        [known] = source.rows("first_touch_known")
        if not known["is_known"]:
            st.info(f"Not read. {markdown(known['reason'])}", icon=":material/visibility_off:")
            return
        rows = source.rows("first_touch", dimensions=list(dimensions))
        if not rows:
            st.info("No leads came in for these filters.", icon=":material/info:")
            return
        [whole] = [row for row in rows if row["dimension"] == "all"]
        st.caption(_summary(whole, source.currency))
        [emails] = source.rows("emails_read")
        st.caption(markdown(EmailProgress(**emails).sentence_of_leads))
        for dimension in dimensions:
            of_it = [row for row in rows if row["dimension"] == dimension]
            st.table(_lines(NAMES[dimension], of_it, source.currency), hide_index=True)


def show_worth(source: Source) -> None:
    """Show how many converted of those that waited so long; nothing where it is not known."""
    rows = source.rows("first_touch_worth")
    if not rows:
        return
    with frame("Conversion by time to first contact", WORTH) as is_open:
        if not is_open:
            return
        st.table(
            [
                {
                    "First contact": WAITS[row["wait"]],
                    "Leads": count(row["leads"], source.currency),
                    "Converted": percent(row["converted_pct"]),
                    "Likely range": span(percent(row["low_pct"]), percent(row["high_pct"])),
                }
                for row in rows
            ],
            hide_index=True,
        )


def duration(minutes: Number) -> str:
    """Return minutes as a clock would tell them: 45 min, 5 h 16 min, 31 h."""
    if minutes is None:
        return NOTHING
    hours, rest = divmod(round(minutes), 60)
    if not hours:
        return f"{rest} min"
    return f"{hours} h" if hours >= 24 or not rest else f"{hours} h {rest} min"


def _summary(row: Row, currency: str) -> str:
    waiting = counted(row["waiting"], "lead", currency)
    if row["median_minutes"] is None:
        text = f"Fewer than half of {counted(row['leads'], 'lead', currency)} have been contacted"
    else:
        leads = counted(row["leads"], "lead", currency)
        text = f"Half of {leads} were contacted within {duration(row['median_minutes'])}"
    hours = AROUND_THE_CLOCK if row["hours_by"] == "nobody" else " of business hours."
    return f"{text}{hours} Still waiting: {waiting}."


def _lines(name: str, rows: Iterable[Row], currency: str) -> list[dict[str, str]]:
    return [
        {
            name: markdown(str(row["name"])),
            "Leads": count(row["leads"], currency),
            "Waiting": count(row["waiting"], currency),
            "Median": duration(row["median_minutes"]),
            "Within 1 hour": percent(row["within_hour_pct"]),
        }
        for row in rows
    ]
