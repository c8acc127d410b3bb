"""AI & System Health: what was written and sent, and whether the figures are fresh."""

import re

import streamlit as st

from aha_pipeline.figures import count
from dashboard.charts import health as charts
from dashboard.parts import at, chart, plain, table
from dashboard.source import Source
from dashboard.style import Row

WHATSAPP_MARKS = re.compile(r"(?<!\w)([*_])(?=\S)(.+?)(?<=\S)\1(?!\w)")
TIME = st.column_config.DatetimeColumn


def show(source: Source) -> None:
    """Show the tab."""
    _briefing(source)
    _deliveries(source)
    _freshness(source)
    _volume(source)
    _log(source)


def _briefing(source: Source) -> None:
    days = {row["day"]: row["briefings"] for row in source.rows("briefing_days")}
    st.subheader("Briefing", anchor=False)
    if not days:
        st.info(
            "No briefing has been written yet. Run `aha sync`.", icon=":material/hourglass_empty:"
        )
        return
    newest = max(days)
    day = st.date_input(
        "Day",
        newest,
        min_value=min(days),
        max_value=newest,
        format="DD/MM/YYYY",
        key="briefing",
        bind="query-params",
        width=180,
    )
    if day not in days:
        known = max((other for other in days if other <= day), default=newest)
        st.info(
            f"No briefing was written about that day. The one before it is of {known:%d/%m/%Y}."
        )
        return
    briefing = source.rows("briefing", day=day)[0]
    st.caption(_author(briefing, days[day]))
    _texts(briefing)


def _author(briefing: Row, briefings: int) -> str:
    seconds = f"{count(briefing['duration_seconds'])} s"
    if briefing["written_by"] == "model":
        words = f"Worded by the model {plain(briefing['model'])} in {seconds}; figures by us"
    else:
        words = f"Written without a model, because: {plain(briefing['plain_reason'])}"
    times = f" · the latest of {briefings} of that day" if briefings > 1 else ""
    return f"{words} · {at(briefing['created'])} · {briefing['facts']} facts{times}"


def _texts(briefing: Row) -> None:
    left, right = st.columns([3, 2])
    with left, st.container(border=True, height=560):
        # A dollar sign would begin a formula.
        st.markdown(briefing["dashboard_report"].replace("$", r"\$"))
    with right, st.container(border=True, height=560):
        st.markdown("**The message on WhatsApp**")
        st.success(as_markdown(briefing["whatsapp_summary"]))


def as_markdown(message: str) -> str:
    """Return a WhatsApp message as Markdown, line for line: *bold* and _italic_ kept."""
    lines = []
    for line in message.splitlines():
        parts = WHATSAPP_MARKS.split(line)
        # text, mark, marked text, text, mark, marked text, text ...
        text = plain(parts[0])
        for mark, marked, after in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
            around = "**" if mark == "*" else "*"
            text += f"{around}{plain(marked)}{around}{plain(after)}"
        lines.append(text)
    return "  \n".join(lines)


def _deliveries(source: Source) -> None:
    with st.container(border=True):
        st.markdown(
            "**Deliveries**",
            help="Accepted is not delivered: a message is delivered when Twilio says so, read "
            "when the reader's phone does.",
        )
        table(
            source.rows("deliveries"),
            {
                "day": st.column_config.DateColumn("Briefing of", format="D MMM YYYY"),
                "recipient": "Reader",
                "part": "Part",
                "status": "Status",
                "updated": TIME("Last news", format="D MMM, HH:mm"),
                "error": "Error",
                "message_sid": "Twilio's id",
            },
            empty="No message has been sent yet.",
        )


def _freshness(source: Source) -> None:
    with st.container(border=True):
        st.markdown(
            "**Freshness**",
            help="Complete read: every record changed in the window was read. Certificate: a full "
            "comparison with the CRM, by `aha reconcile`.",
        )
        table(
            source.rows("modules_freshness"),
            {
                "module": "Module",
                "last_complete": TIME("Last complete read", format="D MMM YYYY, HH:mm"),
                "status": "Newest read",
                "error": "Error",
                "certificate": "Certificate",
                "certified": TIME("Certified", format="D MMM YYYY, HH:mm"),
            },
            empty="No module has been read yet. Run `aha sync`.",
        )


def _volume(source: Source) -> None:
    left, right = st.columns(2)
    with left:
        chart(
            source,
            charts.changes,
            source.rows("sync_days"),
            title="Records changed",
            about="What the syncs of each of the last 30 days found.",
            definition="By the day on which the reading started. A first sync reads everything.",
            empty="Nothing has been read yet. Run `aha sync`.",
        )
    with right:
        chart(
            source,
            charts.calls,
            source.rows("sync_calls"),
            title="Calls to the CRM",
            about="Calls of each day by module; the CRM allows only so many a day.",
            definition="Each call to Zoho counts, retries too.",
            empty="Nothing has been read yet. Run `aha sync`.",
        )


def _log(source: Source) -> None:
    with st.container(border=True):
        st.markdown("**Sync log, the latest 200 reads**")
        table(
            source.rows("sync_log"),
            {
                "started": TIME("Started", format="D MMM YYYY, HH:mm:ss"),
                "module": "Module",
                "status": "Status",
                "records_read": st.column_config.NumberColumn("Read", format="localized"),
                "inserted": st.column_config.NumberColumn("New", format="localized"),
                "updated": "Changed",
                "unchanged": "Unchanged",
                "deleted": "Deleted",
                "api_calls": "Calls",
                "seconds": "Seconds",
                "error": "Error",
                "window_start": TIME("From", format="D MMM YYYY, HH:mm"),
                "window_end": TIME("To", format="D MMM YYYY, HH:mm"),
                "run_id": "Run",
            },
            empty="Nothing has been read yet. Run `aha sync`.",
        )
