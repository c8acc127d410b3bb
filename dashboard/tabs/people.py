"""Contacts & Accounts: who owns them, what they are worth, and any record as the CRM sent it."""

import streamlit as st

from dashboard.charts import people as charts
from dashboard.parts import at, chart, may_show_records, plain
from dashboard.source import Source
from dashboard.style import Row

MOST = 50


def show(source: Source) -> None:
    """Show the tab."""
    _charts(source)
    with st.container(border=True):
        st.markdown(
            "**Find a record**", help="Any record as the CRM sent it, deleted ones included."
        )
        if may_show_records(source):
            _viewer(source)


def _charts(source: Source) -> None:
    industries = source.rows("accounts_by_industry")
    left, middle, right = st.columns(3)
    with left:
        chart(
            source,
            charts.contacts,
            source.rows("contacts_by_owner"),
            title="Contacts by owner",
            about="Contacts that are not deleted.",
            definition="The owner that the contact names; none is (none).",
            empty="There is no contact yet.",
        )
    with middle:
        chart(
            source,
            charts.industries,
            industries,
            title="Accounts by industry",
            about="Accounts that are not deleted.",
            definition="The account's Industry; empty ones are (none).",
            empty="There is no account yet.",
        )
    with right:
        chart(
            source,
            charts.industry_value,
            industries,
            title="Won and open value by industry",
            about="Deals of these accounts.",
            definition="Sum of Amount by the industry of the deal's account; deals without an "
            "account are in (none).",
            empty="There is no account yet.",
        )


def _viewer(source: Source) -> None:
    tables = {row["module"]: row["table_name"] for row in source.rows("record_modules")}
    left, right = st.columns([1, 3])
    module = left.selectbox("Module", list(tables), key="module", bind="query-params")
    text = right.text_input(
        "Name or id", key="record", bind="query-params", placeholder="Part of a name, or a whole id"
    ).strip()
    if not text:
        st.caption("Type part of a name, or paste an id from Zoho.")
        return
    records = source.records(tables[module], text)
    if not records:
        st.info(f"No record of {module} has that id, or that text in its name.")
        return
    _records(records, module)


def _records(records: list[Row], module: str) -> None:
    by_id = {row["id"]: row for row in records}
    found = f"{len(records)} found" if len(records) < MOST else f"the {MOST} changed last"
    chosen = st.selectbox(
        f"Record ({found})", list(by_id), format_func=lambda id_: _named(by_id[id_]), key="found"
    )
    record = by_id[chosen]
    st.caption(
        f"{module} {plain(record['id'])} · changed in the CRM {_at(record['modified'])} · "
        f"read {_at(record['synced'])} · owner {plain(record['owner_name'] or '(none)')}"
    )
    if record["deleted"]:
        st.warning(
            f"Deleted in the CRM on {_at(record['deleted'])}. These are its last known values."
        )
    st.json(record["raw_data"], expanded=1)


def _at(moment: object) -> str:
    return "at an unknown time" if moment is None else at(moment)


def _named(record: Row) -> str:
    deleted = ", deleted" if record["deleted"] else ""
    return f"{record['name']} · {record['owner_name'] or '(none)'} · {record['id']}{deleted}"
