"""Contacts & Accounts: who owns them, what they are worth, and any record as the CRM sent it."""

from dataclasses import replace

import streamlit as st

from dashboard import pages, record_viewer
from dashboard.charts import people as charts
from dashboard.parts import chart, may_show_records
from dashboard.source import Source


def _records(source: Source) -> None:
    with st.container(border=True):
        st.markdown(
            "**Find a record**", help="Any record as the CRM sent it, deleted ones included."
        )
        if may_show_records(source):
            record_viewer.find(source)


def _charts(source: Source) -> None:
    industries = source.mart("accounts_by_industry", "accounts desc, industry")
    left, middle, right = st.columns(3)
    with left:
        chart(
            source,
            charts.contacts,
            source.rows("contacts_by_owner"),
            opens=(pages.REP, "owner_id"),
            of=("Contacts",),
            title="Contacts by owner",
            about="Contacts of the chosen owners, without deleted ones.",
            definition="Owner in Zoho; (none) where it is empty.",
            empty="No contacts yet.",
        )
    with middle:
        chart(
            source,
            charts.industries,
            industries,
            of=("Accounts",),
            title="Accounts by industry",
            about="All accounts, without deleted ones; filters do not apply.",
            definition="Industry in Zoho; (none) where it is empty.",
            empty="No accounts yet.",
        )
    with right:
        chart(
            replace(source, filters=replace(source.filters, sources=None, owners=None)),
            charts.industry_value,
            industries,
            of=("Deals",),
            money=("won", "open"),
            title="Won and open value by industry",
            about="All deals of these accounts; filters do not apply.",
            definition="Sum of Amount by the industry of the deal's account; deals without an "
            "account are in (none).",
            empty="No accounts yet.",
        )


BLOCKS = (_charts, _records)
