"""The records behind a mark of a chart: a list in a window, to look at and to download."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from aha_pipeline import figures
from aha_pipeline.encoding import markdown, spreadsheet
from dashboard.login import NO_RECORDS
from dashboard.source import Source
from dashboard.style import Row, cell

MOST = 10_000
WAITING = "behind"  # in the session: the mark that was clicked, until its window is shown
DAY = "D MMM YYYY"


@dataclass(frozen=True)
class List:
    """A query of `sql/dashboard` and how its rows are shown.

    period: the parameters that the first and the last day of the filters fill, if they do;
    is_before: those of the stretch before.
    """

    query: str
    module: str
    noun: str
    columns: dict[str, str]
    period: tuple[str, str] | None = None
    is_before: bool = False


LEADS = {
    "name": "Lead",
    "company": "Company",
    "source": "Source",
    "status": "Status",
    "owner_name": "Owner",
    "created": "Created",
    "converted": "Converted",
}
DEALS = {
    "name": "Deal",
    "account_name": "Account",
    "stage": "Stage",
    "amount": "Amount",
    "probability": "Probability %",
    "closing_date": "Closing date",
    "owner_name": "Owner",
    "source": "Source",
    "created": "Created",
}
LISTS = {
    "leads": List("behind_leads", "Leads", "leads", LEADS, ("first_day", "last_day")),
    "leads_before": List(
        "behind_leads", "Leads", "leads", LEADS, ("first_day", "last_day"), is_before=True
    ),
    "entered_leads": List(
        "behind_entered_leads",
        "Leads",
        "leads",
        {**LEADS, "deal_name": "Deal"},
        ("first_day", "last_day"),
    ),
    "entered_deals": List(
        "behind_entered_deals", "Deals", "deals", DEALS, ("first_day", "last_day")
    ),
    "lost": List(
        "behind_lost",
        "Deals",
        "deals",
        {
            "name": "Deal",
            "account_name": "Account",
            "reason": "Reason",
            "stage": "Lost from",
            "amount": "Amount",
            "closed_day": "Lost on",
            "owner_name": "Owner",
            "source": "Source",
        },
        ("first_day", "last_day"),
    ),
    "deals": List("behind_deals", "Deals", "deals", DEALS),
    "deals_created": List("behind_deals", "Deals", "deals", DEALS, ("first_day", "last_day")),
    "deals_closed": List("behind_deals", "Deals", "deals", DEALS, ("closed_from", "closed_until")),
    "slipping": List(
        "behind_slipping",
        "Deals",
        "deals",
        {
            "name": "Deal",
            "account_name": "Account",
            "stage": "Stage",
            "amount": "Amount",
            "closing_date": "Closing date",
            "reasons": "Reasons",
            "owner_name": "Owner",
            "source": "Source",
        },
    ),
    "movements": List(
        "behind_movements",
        "Deals",
        "movements",
        {
            "day": "Day",
            "kind": "Movement",
            "name": "Deal",
            "account_name": "Account",
            "moved": "Amount moved",
            "stage": "Stage",
            "owner_name": "Owner",
            "source": "Source",
        },
    ),
    "contacts": List(
        "behind_contacts",
        "Contacts",
        "contacts",
        {
            "name": "Contact",
            "account_name": "Account",
            "owner_name": "Owner",
            "source": "Source",
            "created": "Created",
        },
    ),
    "accounts": List(
        "behind_accounts",
        "Accounts",
        "accounts",
        {"name": "Account", "industry": "Industry", "owner_name": "Owner", "created": "Created"},
    ),
}
MONEY = {"amount", "moved"}
DAYS = {"created", "converted", "closing_date", "closed_day", "day"}


def clicked(selection: dict[str, Any]) -> None:
    """Keep the mark of a chart's selection, so that `show_clicked` opens its list."""
    for point in selection.get("points", []):
        # A tile of a treemap has its mark as its id.
        _, behind = point.get("customdata") or ("", point.get("id"))
        if behind:
            st.session_state[WAITING] = json.loads(behind)


def show_clicked(source: Source) -> None:
    """Open the list of the mark that was clicked, if one was."""
    behind = st.session_state.pop(WAITING, None)
    if behind is None:
        return
    shown = LISTS[behind.pop("kind")]
    title = behind.pop("title", shown.noun.capitalize())
    if not source.viewer.may_see_records:
        st.toast(NO_RECORDS, icon=":material/lock:")
        return
    rows = source.listed(shown.query, **_parameters(shown, behind, source))
    st.dialog(markdown(title), width="large")(_window)(source, shown, title, rows)


def _parameters(shown: List, narrowed: Row, source: Source) -> Row:
    chosen = source.filters
    days = (chosen.first_day, chosen.last_day)
    if shown.is_before:
        days = (chosen.before_first, chosen.before_last)
    period = dict(zip(shown.period or ("first_day", "last_day"), days, strict=True))
    if shown.period is None:
        period = dict.fromkeys(period)
    return {**period, "most": MOST, **narrowed}


def _window(source: Source, shown: List, title: str, rows: list[Row]) -> None:
    if not rows:
        st.info("No record is left behind this mark: the data changed since it was drawn.")
        return
    st.caption(_summary(shown, rows, source.currency))
    table = [{"id": _link(shown, row), **{n: cell(row[n]) for n in shown.columns}} for row in rows]
    st.dataframe(
        table,
        column_config=_columns(shown, source.currency),
        hide_index=True,
        height=420 if len(rows) > 11 else "content",
        placeholder="–",
    )
    st.download_button(
        "Download all as CSV",
        lambda: as_csv(shown.columns, rows),
        f"{title}.csv",
        "text/csv",
        icon=":material/download:",
        on_click="ignore",
    )


def _summary(shown: List, rows: Sequence[Row], currency: str) -> str:
    all_records = rows[0]["all_records"]
    text = f"{figures.count(all_records, currency)} {shown.noun}"
    if rows[0].get("all_value") is not None:
        text += f" · {figures.money(rows[0]['all_value'], currency)} together"
    if all_records > len(rows):
        text += f" · the first {figures.count(len(rows), currency)} are listed"
    return text


def _columns(shown: List, currency: str) -> dict[str, Any]:
    columns: dict[str, Any] = {
        "id": st.column_config.LinkColumn("Record", display_text="Open", width="small")
    }
    for name, label in shown.columns.items():
        if name in MONEY:
            columns[name] = st.column_config.NumberColumn(
                f"{label} ({currency})", format="localized"
            )
        elif name in DAYS:
            columns[name] = st.column_config.DateColumn(label, format=DAY)
        else:
            columns[name] = label
    return columns


def _link(shown: List, row: Row) -> str:
    tab = {"tab": "Contacts & Accounts", "module": shown.module, "record": row["id"]}
    return f"?{urlencode(tab)}"


def as_csv(columns: dict[str, str], rows: Sequence[Row]) -> bytes:
    """Return the rows as CSV in UTF-8 with a heading and the records' ids, amounts exact.

    It begins with the mark by which Excel knows UTF-8; texts are encoded for spreadsheets.
    """
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(["Id", *columns.values()])
    for row in rows:
        writer.writerow(spreadsheet(row[name]) for name in ("id", *columns))
    return file.getvalue().encode("utf-8-sig")
