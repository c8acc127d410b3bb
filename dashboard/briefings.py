"""The briefing of a day: its texts, and where each figure in them comes from."""

import re
from datetime import date

import streamlit as st

from aha_pipeline.encoding import markdown
from aha_pipeline.figures import count
from dashboard.parts import at, lazily, table
from dashboard.source import Source
from dashboard.style import Row

WHATSAPP_MARKS = re.compile(r"(?<!\w)([*_])(?=\S)(.+?)(?<=\S)\1(?!\w)")


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
        st.info(
            f"No briefing was written about that day. The one before it is of {known:%d/%m/%Y}."
        )
        return
    briefing = source.rows("briefing", day=day)[0]
    st.caption(_author(briefing, days[day]))
    _texts(briefing)
    with lazily("Where each figure comes from", "proof") as is_open:
        if is_open:
            _proof(source, briefing)


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
        words = f"Worded by the model {markdown(briefing['model'])} in {seconds}; figures by us"
    else:
        words = f"Written without a model, because: {markdown(briefing['plain_reason'])}"
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


def _proof(source: Source, briefing: Row) -> None:
    figures = source.rows("briefing_figures", id=briefing["id"])
    if not figures:
        st.info("This briefing was written before the origin of its figures was kept.")
        return
    st.caption(
        f"{len(figures)} printed figures, in the order of the texts. Tick a row to see all of its "
        "definition and the SQL that printed it. Definitions are today's; the SQL is that of then."
    )
    chosen = table(
        figures,
        {
            "place": "Printed in",
            "figure": "Figure",
            "label": "What it is",
            "definition": st.column_config.TextColumn("Definition", width="large"),
            "mart": "Mart",
        },
        empty="",
        key="figures",
    )
    files = {file["path"]: file for file in source.rows("briefing_sql", id=briefing["id"])}
    if chosen is not None:
        _figure(figures[chosen], files)
    for path, file in files.items():
        with lazily(_file(file), f"proof {path}") as is_open:
            if is_open:
                st.code(file["sql"], language="sql", height=420)


def _figure(figure: Row, files: dict[str, Row]) -> None:
    with st.container(border=True):
        st.markdown(f"**{markdown(figure['figure'])}** · {markdown(figure['label'])}")
        st.markdown(markdown(figure["definition"]))
        st.caption(f"Fact `{figure['fact']}` of `analytics.{figure['mart']}`, made by:")
        st.code(files[figure["path"]]["sql"], language="sql", height=300)


def _file(file: Row) -> str:
    name = f"`{file['path']}`"
    if not file["figures"]:
        return f"{name} · what is taken from the marts"
    return f"{name} · {file['figures']} {'figure' if file['figures'] == 1 else 'figures'}"


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
