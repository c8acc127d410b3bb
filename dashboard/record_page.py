"""The page of one record: what it is, how to reach whom, what happened, what belongs to it."""

import json
from contextlib import suppress
from datetime import date, datetime
from itertools import groupby

import streamlit as st

from aha_pipeline import figures
from aha_pipeline.encoding import markdown
from dashboard import erasure, pages, reach, record_viewer
from dashboard.parts import at, lazily, on
from dashboard.records import with_contacts
from dashboard.source import NotBuilt, Source
from dashboard.style import Row

LATEST = 20
KINDS = {
    "call": "Call", "meeting": "Meeting", "task": "Task", "note": "Note", "email": "E-mail"
}  # fmt: skip
WITH_ACTIVITIES = ("Leads", "Deals", "Contacts", "Accounts")
INBOUND = {"call": "Incoming call", "email": "E-mail received"}


def show(source: Source, module: str, id_: str) -> None:
    """Show the record of a module with that id, or say that there is none."""
    found = record_viewer.search(source, id_, [module]) if module in source.modules else []
    record = next((row for row in found if row["id"] == id_), None)
    if record is None:
        st.info("There is no such record. It may have been deleted in the CRM and purged here.")
        return
    st.title(markdown(record["name"]), anchor=False)
    owner = markdown(record["owner_name"] or "(none)")
    st.caption(f"{module.removesuffix('s')} · owner {owner} · changed {at(record['modified'])}")
    if record["deleted"]:
        st.warning(
            f"Deleted in the CRM on {at(record['deleted'])}. These are its last known values.",
            icon=":material/delete:",
        )
    _reach(source, module, id_)
    _whose(source, record)
    left, right = st.columns([3, 2])
    with left:
        _fields(source, module, id_)
    with right:
        _related(source, module, id_)
        if module in WITH_ACTIVITIES:
            _activities(source, module, id_)
        _timeline(source, module, id_)
    with lazily("Raw data and earlier versions", "raw") as is_open:
        if is_open:
            record_viewer.show(source, record)
    erasure.of_record(source, module, id_)


def _reach(source: Source, module: str, id_: str) -> None:
    [contact] = with_contacts(source, module, [{"id": id_}])
    actions = (
        (contact["phone"], "call", reach.telephone(contact["phone"])),
        ("WhatsApp", "chat", reach.whatsapp(contact["phone"])),
        (contact["email"], "mail", reach.mail(contact["email"])),
        ("Open in Zoho", "open_in_new", source.record_url(module, id_)),
    )
    with st.container(horizontal=True):
        for label, icon, address in actions:
            if address:
                st.link_button(markdown(label), address, icon=f":material/{icon}:")


def _whose(source: Source, record: Row) -> None:
    """Show the links to the pages of the rep who owns the record and of the source it came from."""
    said = record["raw_data"]
    owner, origin = (said.get("Owner") or {}).get("id"), said.get("Lead_Source")
    with suppress(NotBuilt), st.container(horizontal=True):
        if any(row["owner_id"] == owner for row in source.rows("filter_owners")):
            pages.link(pages.REP, markdown(record["owner_name"] or owner), "person", owner)
        if any(row["source"] == origin for row in source.rows("filter_sources")):
            pages.link(pages.SOURCE, markdown(origin), "campaign", origin)


def _fields(source: Source, module: str, id_: str) -> None:
    rows = source.of_module("record_fields", module, id=id_)
    for part, fields in groupby(rows, key=lambda row: row["part"]):
        with st.container(border=True):
            st.markdown(f"**{part}**")
            for row in fields:
                name, value = st.columns([2, 3])
                name.caption(markdown(row["label"]))
                value.markdown(_value(row["value"], row, source))


def _value(value: str | None, row: Row, source: Source) -> str:
    """Return a value of a field, of which `row` has the type and the currency, as Markdown."""
    text = _listed(value)
    if row["data_type"] == "phone" and (address := reach.telephone(text)):
        return f"[{markdown(text)}]({address})"
    if row["data_type"] == "email" and (address := reach.mail(text)):
        return f"[{markdown(text)}]({address})"
    with suppress(ValueError):  # what is no date or amount is shown as it stands
        if row["data_type"] == "currency":
            return markdown(figures.money_exact(float(text), row["currency"] or source.currency))
        if row["data_type"] == "percent":
            return markdown(f"{float(text):g}%")
        if row["data_type"] == "date":
            return markdown(on(date.fromisoformat(text)))
        if row["data_type"] == "datetime":
            return markdown(at(datetime.fromisoformat(text).astimezone(source.zone)))
    return markdown(text)


def _listed(text: str | None) -> str:
    """Return a value as text: the choices of a list one after the other."""
    with suppress(ValueError):
        choices = json.loads(text) if text and text.startswith("[") else None
        if isinstance(choices, list) and all(isinstance(choice, str) for choice in choices):
            return ", ".join(choices)
    return text or ""


def _related(source: Source, module: str, id_: str) -> None:
    rows = source.listed("record_related", module=module, id=id_)
    with st.container(border=True):
        st.markdown("**Related records**")
        if not rows:
            st.caption("No related deals, contacts or accounts.")
        for row in rows:
            worth = _worth(row, source) if row["amount"] else None
            label = _joined(row["name"], row["module"].removesuffix("s"), row["stage"], worth)
            if st.button(label, key=f"related-{row['module']}-{row['id']}", type="tertiary"):
                pages.open_record(row["module"], row["id"])


def _worth(row: Row, source: Source) -> str:
    return figures.money(row["amount"], row["currency"] or source.currency)


def _activities(source: Source, module: str, id_: str) -> None:
    try:
        rows = source.listed("record_activities", module=module, id=id_)
    except NotBuilt:
        return
    with st.container(border=True):
        st.markdown("**Activities**")
        if not rows:
            is_read = {"Calls", "Tasks", "Events", "Notes"} & source.modules.keys()
            st.caption("None yet." if is_read else "Calls, tasks, meetings and notes are not read.")
        for row in rows[:LATEST]:
            when_and_who, what = _activity(row)
            st.caption(when_and_who)
            st.markdown(what)
        if len(rows) > LATEST:
            st.caption("Earlier ones are in Zoho.")


def _activity(row: Row) -> tuple[str, str]:
    """Return when an activity was and whose it is, and what it is and says."""
    kind = INBOUND.get(row["kind"]) if row["direction"] == "inbound" else None
    what = _joined(kind or KINDS[row["kind"]], row["title"], row["state"])
    return _joined(row["at"] and at(row["at"]), row["owner_name"]), what


def _joined(*parts: str | None) -> str:
    return " · ".join(markdown(part) for part in parts if part)


def _timeline(source: Source, module: str, id_: str) -> None:
    rows = source.of_module("record_timeline", module, id=id_)
    with st.container(border=True):
        st.markdown("**What changed**")
        if not rows:
            st.caption("No changes since it was first read.")
        latest = groupby(rows[:LATEST], key=lambda row: (row["changed"], row["is_told"]))
        for (moment, is_told), fields in latest:
            said = "  \n".join(
                f"{markdown(row['label'])}: {_value(row['before'], row, source) or '(empty)'} → "
                f"{_value(row['after'], row, source) or '(empty)'}"
                for row in fields
            )
            st.caption(at(moment) + (" · from Zoho's history" if is_told else ""))
            st.markdown(said)
