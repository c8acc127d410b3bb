"""AI & System Health: what was written and sent, and whether the figures are fresh and right."""

import streamlit as st

from aha_pipeline.encoding import markdown
from dashboard import briefings, erasure, health_cards
from dashboard.charts import health as charts
from dashboard.parts import chart, frame, lazily, table
from dashboard.source import Source
from dashboard.style import MINUTE

TIME = st.column_config.DatetimeColumn
NUMBER = st.column_config.NumberColumn
NOTHING_READ = "Nothing has been read yet. Run `aha sync`."
RESULTS = {"passed": "✓ passed", "warning": "! warning", "error": "✗ error"}
MOST_TROUBLE = 5


def _deliveries(source: Source) -> None:
    with frame(
        "Deliveries",
        "Accepted is not delivered: a message is delivered when its channel confirms it, "
        "and read when the reader's phone does. E-mail and webhooks confirm no more than sent.",
    ) as is_open:
        if not is_open:
            return
        table(
            source.rows("deliveries"),
            {
                "day": st.column_config.DateColumn("Briefing of", format="D MMM YYYY"),
                "recipient": "Reader",
                "channel": "Channel",
                "part": "Part",
                "status": "Status",
                "updated": TIME("Updated", format="D MMM, HH:mm"),
                "error": "Error",
                "message_sid": "Channel's id",
            },
            empty="No message has been sent yet.",
        )


def _freshness(source: Source) -> None:
    with frame(
        "Modules",
        "Complete read: every record changed in the window was read. Certificate: a full "
        "comparison with the CRM, by `aha reconcile`.",
    ) as is_open:
        if not is_open:
            return
        table(
            source.rows("modules_freshness"),
            {
                "module": "Module",
                "last_complete": TIME("Last complete sync", format=MINUTE),
                "status": "Latest sync",
                "certificate": "Certificate",
                "certified": TIME("Certified", format=MINUTE),
                "error": "Error",
            },
            empty=NOTHING_READ,
        )


def _checks(source: Source) -> None:
    with frame(
        "Checks",
        "Rules that records and figures must meet. An error stops the briefing, a warning "
        "does not; each says what to do.",
    ) as is_open:
        if not is_open:
            return
        [summary] = source.rows("health")
        if not summary["checks"]:
            st.info("No check has run yet. Run `aha sync`.", icon=":material/hourglass_empty:")
            return
        troubled = source.rows("checks_in_trouble")
        if not troubled:
            st.success(f"All {summary['checks']} checks pass.", icon=":material/check_circle:")
        for row in troubled[:MOST_TROUBLE]:
            box = st.error if row["result"] == "error" else st.warning
            box(
                f"**{markdown(row['name'])}** {markdown(row['found'])}  \n{markdown(row['assets'])}"
            )
        if len(troubled) > MOST_TROUBLE:
            st.caption(f"and {len(troubled) - MOST_TROUBLE} more, in the list of all checks below.")


def _volume(source: Source) -> None:
    left, right = st.columns(2)
    with left:
        chart(
            source,
            charts.changes,
            source.rows("sync_days"),
            title="Records changed",
            about="What the syncs found on each of the last 30 days.",
            definition="By the day the sync started. A first sync reads everything.",
            empty=NOTHING_READ,
        )
    with right:
        chart(
            source,
            charts.calls,
            source.rows("sync_calls"),
            title="Calls to Zoho",
            about="API calls a day, by module; Zoho allows only so many a day.",
            definition="Each API call counts, retries too.",
            empty=NOTHING_READ,
        )


def _all_checks(source: Source) -> None:
    rows = [{**row, "result": RESULTS[row["result"]]} for row in source.rows("checks")]
    table(
        rows,
        {
            "result": "Result",
            "asset": "Asset",
            "name": "Check",
            "found": st.column_config.TextColumn("Found", width="large"),
            "about": st.column_config.TextColumn("What is checked", width="large"),
            "checked_at": TIME("Checked", format=MINUTE),
        },
        empty="No check has run yet. Run `aha sync`.",
    )


def _marts(source: Source) -> None:
    st.caption(
        "current: refreshed after the latest sync · behind: not refreshed since then · live: "
        "always up to date."
    )
    table(
        source.rows("marts_freshness"),
        {
            "mart": "Mart",
            "state": "State",
            "refreshed_at": TIME("Refreshed", format=MINUTE),
            "rows": NUMBER("Rows written", format="localized"),
            "what": st.column_config.TextColumn("What it holds", width="large"),
        },
        empty=NOTHING_READ,
    )


def _certificates(source: Source) -> None:
    table(
        source.rows("certificates"),
        {
            "checked_at": TIME("Compared", format=MINUTE),
            "module": "Module",
            "verdict": "Verdict",
            "records_in_crm": NUMBER("In the CRM", format="localized"),
            "records_here": NUMBER("Here before", format="localized"),
            "healed": "Healed",
            "missing": "Missing",
            "stale": "Stale",
            "extra": "Extra",
            "reason": "Reason",
        },
        empty="No certificate yet. Run `aha reconcile`, or wait for the weekly schedule.",
    )


def _log(source: Source) -> None:
    table(
        source.rows("sync_log"),
        {
            "started": TIME("Started", format="D MMM YYYY, HH:mm:ss"),
            "module": "Module",
            "status": "Status",
            "records_read": NUMBER("Read", format="localized"),
            "inserted": NUMBER("New", format="localized"),
            "updated": "Changed",
            "unchanged": "Unchanged",
            "deleted": "Deleted",
            "api_calls": "Calls",
            "seconds": "Seconds",
            "error": "Error",
            "window_start": TIME("From", format=MINUTE),
            "window_end": TIME("To", format=MINUTE),
            "run_id": "Run",
        },
        empty=NOTHING_READ,
    )


def _dictionary(source: Source) -> None:
    text = st.text_input(
        "Search",
        key="figure",
        bind="query-params",
        placeholder="Part of a name or a definition, such as junk",
    )
    found = source.rows("dictionary", text=text.strip().replace("\0", ""))
    if not found and text:
        st.info("No figure matches that text.")
        return
    table(
        found,
        {
            "label": "Figure",
            "unit": "Unit",
            "definition": st.column_config.TextColumn("Definition", width="large"),
            "mart": "Mart",
            "name": "Column",
            "owner": "Owner",
        },
        empty="No figure is defined in the database yet. Run `aha sync`.",
    )


SECTIONS = (
    ("All checks", "all_checks", _all_checks),
    ("Sync log (latest 200)", "sync_log", _log),
    ("Marts", "marts", _marts),
    ("Certificates", "certificates", _certificates),
    ("Metric dictionary", "dictionary", _dictionary),
)


def _evidence(source: Source) -> None:
    st.subheader("Are the figures fresh and right?", anchor=False)
    left, right = st.columns(2)
    with left:
        _freshness(source)
    with right:
        _checks(source)


def _details(source: Source) -> None:
    for title, key, shown in SECTIONS:
        with lazily(title, key) as is_open:
            if is_open:
                shown(source)


BLOCKS = (
    health_cards.show,
    briefings.show,
    _deliveries,
    _evidence,
    _volume,
    _details,
    erasure.proposals,
)
