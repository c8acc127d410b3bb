"""A look-alike of the dashboard without marts: lazy tabs, and each chart asks the raw tables."""

import os

import plotly.graph_objects as go
import psycopg2
import streamlit as st

JUNK = "count(*) filter (where lead_status = 'Junk Lead')"
LEADS = (
    "from crm.leads_raw where deleted_at is null "
    "and (%(source)s is null or lead_source = %(source)s)"
)
DEALS = LEADS.replace("leads_raw", "crm_deals")
TABS = {
    "Overview": [
        f"select created_time::date, count(*) {LEADS} group by 1",
        f"select lead_status, count(*) {LEADS} group by 1",
        f"select stage, sum(amount) {DEALS} group by 1",
        f"select closing_date, count(*) {DEALS} group by 1",
    ],
    "Lead Intelligence": [
        f"select lead_status, count(*) {LEADS} group by 1",
        f"select owner_name, count(*) {LEADS} group by 1",
        f"select lead_source, {JUNK} {LEADS} group by 1",
        f"select lead_source, count(*) {LEADS} group by 1",
        f"select date_trunc('month', created_time), {JUNK} {LEADS} group by 1",
        f"select lead_source, count(*) {LEADS} and created_time > now() - interval '30 days' "
        "group by 1",
    ],
}


def main() -> None:
    """Show two tabs of bar charts."""
    source = st.multiselect("Sources", ["Facebook", "Google", "Referral"])
    tabs = st.tabs(list(TABS), key="tab", on_change="rerun")
    with psycopg2.connect(os.environ["DATABASE_URL"]) as connection:
        for tab, queries in zip(tabs, TABS.values(), strict=True):
            if tab.open:
                with tab, connection.cursor() as cursor:
                    for place, query in enumerate(queries):
                        cursor.execute(query, {"source": source[0] if source else None})
                        names, values = zip(*cursor, strict=True)
                        bars = go.Bar(x=list(map(str, names)), y=list(map(float, values)))
                        st.plotly_chart(go.Figure(bars), key=f"{tab}{place}")
    connection.close()


main()
