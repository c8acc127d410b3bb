"""Today's work: who to call and what to move, the most urgent first, each one tap away."""

from datetime import datetime
from functools import partial

import streamlit as st

from aha_pipeline import figures
from aha_pipeline.encoding import markdown
from aha_pipeline.figures import counted
from dashboard import pages, reach
from dashboard.parts import may_show_records
from dashboard.phone import is_on_phone
from dashboard.records import with_contacts
from dashboard.source import Source
from dashboard.style import Row

STEP, STEP_ON_PHONE = 5, 3  # rows at first, and more with each tap
MOST = 500
LENGTH, AGED, MINE = "work_list_length", "work_list_aged", "work_list_mine"
DEFINITION = (
    "Open leads that nobody has touched (by calls, meetings and tasks where these are read, else "
    "by their status), leads and deals of owners who have left, and open deals that close within "
    "seven days without a next step, are overdue, had a meeting without an outcome, have been in "
    "their stage longer than most won deals were, were pushed twice, or have been quiet for 14 "
    "days. Order: the most pressing reason, then the number of reasons and the deal's value. "
    "`sql/marts/work_list.sql` has the points."
)


def show(source: Source) -> None:
    """Show the list to those who may see records; to others, that they may not."""
    with st.container(border=True, key="work_list"):
        st.markdown("**Today's work**", help=DEFINITION)
        if not may_show_records(source):
            return
        length = st.session_state.setdefault(LENGTH, STEP_ON_PHONE if is_on_phone() else STEP)
        rows = _rows(source, length)
        if not rows:
            st.success("Nothing to do for these filters.", icon=":material/check_circle:")
            _aside(source, source.listed("work_list_aside", viewer=_viewer(source))[0])
            return
        st.caption(_summary(rows[0], source.currency))
        for row in rows:
            _row(source, row)
        _more(source, rows)


def _rows(source: Source, length: int) -> list[Row]:
    mine = source.viewer.address is not None and st.toggle(
        "Mine only", key=MINE, help="Records whose owner logs in with your address."
    )
    rows = source.listed(
        "work_list",
        viewer=_viewer(source),
        mine=mine,
        aged=bool(st.session_state.get(AGED)),
        most=length,
    )
    known = {
        (row["module"], row["id"]): row
        for module in ("Leads", "Deals")
        for row in with_contacts(source, module, [r for r in rows if r["module"] == module])
    }
    return [known[row["module"], row["id"]] for row in rows]


def _viewer(source: Source) -> str:
    return source.viewer.address or ""


def _summary(row: Row, currency: str) -> str:
    text = counted(row["all_records"], "record", currency)
    if row["all_value"]:
        text += f" · {figures.money(row['all_value'], currency)} in deals"
    return text


def _row(source: Source, row: Row) -> None:
    key = f"{row['module']}-{row['id']}"
    with st.container(key=f"work-{key}"):
        what, actions = st.columns([3, 2], vertical_alignment="center")
        with what:
            st.markdown(f"**{markdown(_title(row))}** · {_worth(row, source.currency)}")
            st.caption(f"{markdown(reasons(row, source))}  \n{markdown(_background(row, source))}")
        with actions.container(horizontal=True, horizontal_alignment="right", gap="small"):
            for label, icon, address in links(row, source):
                st.link_button(label, address, icon=f":material/{icon}:", type="tertiary")
            if st.button(
                "Open", key=f"open-{key}", icon=":material/open_in_full:", type="tertiary"
            ):
                pages.open_record(row["module"], row["id"])
            for label, icon, mark in (("Done", "check", "done"), ("Later", "snooze", "snoozed")):
                st.button(
                    label,
                    key=f"{mark}-{key}",
                    icon=f":material/{icon}:",
                    type="tertiary",
                    help="Hide until tomorrow",
                    on_click=partial(_mark, source, row, mark),
                )


def _title(row: Row) -> str:
    is_named = not row["company"] or row["company"] in row["name"]
    return str(row["name"]) if is_named else f"{row['name']} · {row['company']}"


def _worth(row: Row, currency: str) -> str:
    if row["module"] == "Leads":
        return "lead"
    return figures.money(row["value"], currency) if row["value"] is not None else "value unknown"


def reasons(row: Row, source: Source) -> str:
    """Return why a row is on the list, the strongest reason first: "3 days overdue, …"."""
    said = {
        "untouched": f"New, untouched for {_age(row['created_time'], source)}",
        "ownerless": "No owner: the last one has left",
        "uncalled": f"No contact yet, {_age(row['created_time'], source)} after it came in",
        "unrecorded": f"Meeting without outcome, {_age(row['unrecorded_meeting_at'], source)} ago",
        "closing": f"Closes {_in_days(row['days_left'])}, no next step",
        "mistyped": f"Closing date in the year {_year(row)}: correct it",
        "overdue": f"{counted(row['days_overdue'], 'day')} overdue",
        "stuck": f"In {row['stage']} longer than 80% of won deals were",
        "pushed": f"Closing date pushed {counted(row['times_pushed'], 'time')}",
        "quiet": f"Quiet for {counted(row['days_quiet'], 'day')}",
    }
    return " · ".join(said[reason] for reason in row["reasons"])


def _year(row: Row) -> int | None:
    return row["closing_date"].year if row["closing_date"] else None


def _background(row: Row, source: Source) -> str:
    said = [row["owner_name"], row["stage"] or row["lead_status"]]
    if row["last_activity_time"]:
        said.append(f"last activity {_age(row['last_activity_time'], source)} ago")
    if row["next_step"]:
        said.append(f"next: {row['next_step']}")
    return " · ".join(filter(None, said))


def _age(since: datetime | None, source: Source) -> str:
    if since is None:
        return "an unknown time"
    hours = int((datetime.now(source.zone) - since).total_seconds() // 3600)
    if hours < 1:
        return "less than an hour"
    return counted(hours, "hour") if hours < 48 else counted(hours // 24, "day")


def _in_days(days: int | None) -> str:
    return {0: "today", 1: "tomorrow"}.get(days or 0, f"in {days} days")


def links(row: Row, source: Source) -> list[tuple[str, str, str]]:
    """Return label, icon and address of what can be done with a row in one tap."""
    addresses = (
        ("Call", "call", reach.telephone(row["phone"])),
        ("WhatsApp", "chat", reach.whatsapp(row["phone"])),
        ("E-mail", "mail", reach.mail(row["email"])),
        ("Zoho", "open_in_new", source.record_url(row["module"], row["id"])),
    )
    return [(label, icon, address) for label, icon, address in addresses if address]


def _mark(source: Source, row: Row, mark: str) -> None:
    source.write("mark_work", viewer=_viewer(source), module=row["module"], id=row["id"], mark=mark)


def _more(source: Source, rows: list[Row]) -> None:
    first = rows[0]
    aged = bool(st.session_state.get(AGED))
    whole = first["all_records"] + (first["aged_records"] if aged else 0)
    with st.container(horizontal=True):
        if len(rows) < min(whole, MOST):
            st.button("Show more", icon=":material/expand_more:", on_click=_lengthen)
        if first["aged_records"] and not aged:
            old = counted(first["aged_records"], "older record", source.currency)
            worth = first["aged_value"]
            st.button(
                f"{old}{f', {figures.money(worth, source.currency)}' if worth else ''}",
                icon=":material/history:",
                type="tertiary",
                help="Deals overdue for more than 90 days, leads untouched for more than 30",
                on_click=_unfold,
            )
    _aside(source, first)


def _aside(source: Source, row: Row) -> None:
    if row["aside_records"]:
        st.button(
            f"{counted(row['aside_records'], 'record')} hidden until tomorrow: show again",
            type="tertiary",
            on_click=partial(source.write, "unmark_work", viewer=_viewer(source)),
        )


def _lengthen() -> None:
    st.session_state[LENGTH] = min(st.session_state[LENGTH] + STEP, MOST)


def _unfold() -> None:
    st.session_state[AGED] = True
