"""The briefing of a day: its texts, and the answers to why, which and since when of its lines."""

import re
from datetime import date

import streamlit as st

from aha_pipeline.encoding import markdown
from aha_pipeline.figures import count
from dashboard.parts import at, frame, lazily, table
from dashboard.source import Source
from dashboard.style import Row

MOST_DEALS = 200
WHATSAPP_MARKS = re.compile(r"(?<!\w)([*_])(?=\S)(.+?)(?<=\S)\1(?!\w)")


def show_newest(source: Source) -> None:
    """Show the newest message, folded: one tap from the first screen."""
    days = source.rows("briefing_days")
    if not days:
        return
    day = max(row["day"] for row in days)
    with lazily(f"Briefing for {day.day} {day:%b %Y}", "newest_briefing") as is_open:
        if is_open:
            st.markdown(as_markdown(source.rows("briefing", day=day)[0]["whatsapp_summary"]))
            st.caption("The reasons and the records behind it are under AI & System Health.")


def show(source: Source) -> None:
    """Show the briefing of a day that can be chosen; at first the newest."""
    days = {row["day"]: row["briefings"] for row in source.rows("briefing_days")}
    st.subheader("Briefing", anchor=False)
    if not days:
        st.info(
            "No briefing has been written yet. Run `aha sync`.", icon=":material/hourglass_empty:"
        )
        return
    day = _day(days)
    if day not in days:
        known = max((other for other in days if other <= day), default=max(days))
        st.info(f"There is no briefing for that day. The one before it is for {known:%d/%m/%Y}.")
        return
    briefing = source.rows("briefing", day=day)[0]
    st.caption(_author(briefing, days[day]))
    _texts(briefing)
    with lazily("Ask about a line", "ask") as is_open:
        if is_open:
            _ask(source, briefing)


def _day(days: dict[date, int]) -> date:
    return st.date_input(
        "Day",
        max(days),
        min_value=min(days),
        max_value=max(days),
        format="DD/MM/YYYY",
        key="briefing",
        bind="query-params",
        width=180,
    )


def _author(briefing: Row, briefings: int) -> str:
    seconds = f"{count(briefing['duration_seconds'])} s"
    if briefing["written_by"] == "model":
        words = f"Selected by the model {markdown(briefing['model'])} in {seconds}, fixed wording"
    else:
        words = f"Selected without a model: {markdown(briefing['plain_reason'].rstrip('.'))}"
    times = f" · the latest of {briefings} for that day" if briefings > 1 else ""
    return f"{words} · {at(briefing['created'])} · {briefing['facts']} facts{times}"


def _texts(briefing: Row) -> None:
    left, right = st.columns([3, 2])
    with left, frame("The report") as is_open:
        if is_open:
            # A dollar sign would begin a formula.
            st.markdown(briefing["dashboard_report"].replace("$", r"\$"))
    with right, frame("The message on WhatsApp") as is_open:
        if is_open:
            st.markdown(as_markdown(briefing["whatsapp_summary"]))


def _ask(source: Source, briefing: Row) -> None:
    items = source.rows("briefing_items", id=briefing["id"])
    if not items:
        st.info("The lines of this briefing were not stored.")
        return
    by_position = {item["position"]: item for item in items}
    position = st.selectbox(
        "Line", list(by_position), format_func=lambda n: by_position[n]["sentence"], key="line"
    )
    item = by_position[position]
    chosen = "the model" if item["chosen_by"] == "model" else "fixed ranking"
    st.markdown(f"**Why?** {markdown(_why(item))}")
    st.markdown(
        f"**Since when?** {item['first_day']:%d/%m/%Y}, as of the end of {item['day']:%d/%m/%Y}"
    )
    claim = f"{markdown(item['means'])} · " if item["means"] else ""
    st.markdown(f"**What does it claim?** {claim}`{item['stance']}`, chosen by {chosen}")
    st.markdown("**Which records?**")
    deals = source.listed("briefing_records", id=briefing["id"], position=position, most=MOST_DEALS)
    table(
        [{"open": f"?deal={deal['id']}", **deal} for deal in deals],
        {
            "open": st.column_config.LinkColumn("Record", display_text="Open"),
            "name": "Deal",
            "stage": "Stage now",
            "amount": "Amount",
            "closing_date": st.column_config.DateColumn("Closing date", format="DD/MM/YYYY"),
            "source": "Source",
            "id": "Id",
        },
        empty="It is not about single deals.",
    )
    if deals and deals[0]["all_records"] > MOST_DEALS:
        all_deals = count(deals[0]["all_records"], source.currency)
        st.caption(f"The first {MOST_DEALS} of {all_deals}.")
    st.caption("The SQL behind it, as it was then:")
    st.code(item["sql"], language="sql", height=300)


def _why(item: Row) -> str:
    reason = item["figures"].get("reason")
    if reason and "n" not in item["figures"]:  # that of many is of the largest alone
        return f"The reason in the CRM: {reason}"
    return str(item["why"] or "No part of it explains it exactly.")


def as_markdown(message: str) -> str:
    """Return a WhatsApp message as Markdown, line for line: *bold* and _italic_ kept."""
    lines = []
    for line in message.splitlines():
        parts = WHATSAPP_MARKS.split(line)
        # text, mark, marked text, text, mark, marked text, text ...
        text = markdown(parts[0])
        for mark, marked, after in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
            around = "**" if mark == "*" else "*"
            text += f"{around}{markdown(marked)}{around}{markdown(after)}"
        lines.append(text)
    return "  \n".join(lines)
