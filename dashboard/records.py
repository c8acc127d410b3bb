"""Lists of records to work from: behind a mark of a chart, overdue, slipping; and their files."""

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

import psycopg2
import streamlit as st
import xlsxwriter

from aha_pipeline import figures
from aha_pipeline.encoding import markdown, spreadsheet
from aha_pipeline.settings import SettingsError, load
from aha_pipeline.warehouse.connection import DatabaseUnreachable
from dashboard import login, pages, reach
from dashboard.login import NO_RECORDS, NoEntry
from dashboard.phone import is_on_phone
from dashboard.source import NotBuilt, Source
from dashboard.style import MINUTE, Row, cell

LISTED, MOST = 1_000, 10_000  # records of a list at first; on demand, and in its file
LONGEST_TITLE = 120
LIST = "list"  # in the address: the list that is open, as JSON of a mark
CHOSEN, OPENED = "record of a list", "records opened"
DAY = "D MMM YYYY"
CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class List:
    """A query of `sql/dashboard` and how its rows are shown.

    period: the parameters that the first and the last day of the filters fill, if they do;
    is_before: those of the previous period.
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
    "probability": "Probability (%)",
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
    "closing": List(
        "closing_deals",
        "Deals",
        "deals",
        {
            "name": "Deal",
            "amount": "Amount",
            "closing_date": "Closing date",
            "days_left": "Days left",
            "owner_name": "Owner",
            "stage": "Stage",
            "account_name": "Account",
        },
    ),
    "slipping_all": List(
        "slipping_deals",
        "Deals",
        "deals",
        {
            "name": "Deal",
            "amount": "Amount",
            "reasons": "Reasons",
            "closing_date": "Closing date",
            "days_pushed": "Days pushed",
            "days_in_stage": "Days in stage",
            "owner_name": "Owner",
            "stage": "Stage",
            "account_name": "Account",
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
CONTACT = {
    "phone": "Phone",
    "email": "E-mail",
    "next_step": "Next step",
    "last_activity": "Last activity",
}
NO_CONTACT: Row = {**dict.fromkeys(CONTACT), "is_aged": False}
LINKS = {"phone": r"tel:\+?(.*)", "email": "mailto:(.*)"}
MONEY = {"amount", "moved"}
DAYS = {"created", "converted", "closing_date", "closed_day", "day"}


def clicked(selection: dict[str, Any]) -> None:
    """Put the mark of a chart's selection in the address, so that its list is opened."""
    for point in selection.get("points", []):
        # A tile of a treemap has its mark as its id.
        _, behind = point.get("customdata") or ("", point.get("id"))
        if behind:
            st.query_params[LIST] = behind


# Closing a list runs what opened it again: these functions alone, which then have nothing to do.
@st.fragment
def show_open(source: Source) -> None:
    """Open the list that the address names, if it does; closing it takes it out again."""
    if LIST in st.query_params:
        _open(source)


@st.fragment
def show_clicked(source: Source) -> None:
    """Open the list as `show_open` does, after the page was drawn and its connection closed."""
    if LIST not in st.query_params:
        return
    try:
        if login.enter(load()) == source.viewer:
            with source.opened_again() as again:
                return _open(again)
    except (SettingsError, NoEntry, NotBuilt, DatabaseUnreachable, psycopg2.Error):
        pass
    st.rerun()  # the whole page says what is the matter


def _open(source: Source) -> None:
    try:
        shown, narrowed, title = _named(st.query_params[LIST])
        if not source.viewer.may_see_records:
            return _close(NO_RECORDS)
        asked = _parameters(shown, narrowed, source)
        rows = records(source, shown, asked)
    except (ValueError, psycopg2.DataError):
        return _close("This link names a list that does not exist.")
    if not rows:
        return _close(
            "There are no records behind this any more: the data or the filters have changed."
        )
    window = st.dialog(markdown(title), width="large", on_dismiss=_close)
    window(show_list)(source, shown, title, rows, asked)


def _named(behind: str) -> tuple[List, Row, str]:
    """Return what a mark of the address lists, its parameters and its title.

    Raises ValueError where it is no mark: an address may come from anybody.
    """
    narrowed = json.loads(behind)
    if not isinstance(narrowed, dict) or not all(map(_is_plain, narrowed.values())):
        raise ValueError("no mark")
    shown = LISTS.get(str(narrowed.pop("kind", "")))
    if shown is None:
        raise ValueError("no list of that kind")
    title = str(narrowed.pop("title", shown.noun.capitalize()))[:LONGEST_TITLE]
    return shown, narrowed, title


def _is_plain(value: object) -> bool:
    parts = value if isinstance(value, list) else [value]
    return all(
        part is None or isinstance(part, bool) or (isinstance(part, str) and "\0" not in part)
        for part in parts
    )


def _close(because: str = "") -> None:
    """Take the list out of the address."""
    if because:
        st.toast(because, icon=":material/info:")
    st.query_params.pop(LIST, None)


def _parameters(shown: List, narrowed: Row, source: Source) -> Row:
    chosen = source.filters
    days = (chosen.first_day, chosen.last_day)
    if shown.is_before:
        days = (chosen.before_first, chosen.before_last)
    # Of the filters' days only those count that the list is of: a deal won in the period was mostly
    # created before it.
    period: Row = dict.fromkeys(("first_day", "last_day"))
    if shown.period is not None:
        period |= dict(zip(shown.period, days, strict=True))
    return {**period, **narrowed, "most": LISTED}


def records(source: Source, shown: List, asked: Row) -> list[Row]:
    """Return the records of a list with how to reach whom, from a query of `sql/dashboard`."""
    return with_contacts(source, shown.module, source.listed(shown.query, **asked))


def show_list(source: Source, shown: List, title: str, rows: Sequence[Row], asked: Row) -> None:
    """Show records to work from: how to reach whom, what is next; a click on a name opens it.

    rows: as of `records` for the parameters `asked`. What is years old is folded away, with its
    sum. Only for those who may see records.
    """
    if st.session_state.get(_whole(title)):
        rows = _all(source, shown, rows, asked)
    aged = [row for row in rows if row["is_aged"]]
    fresh = [row for row in rows if not row["is_aged"]]
    st.caption(_summary(shown, rows, source.currency))
    listed = fresh or aged
    if fresh and aged:
        folded = _folded(rows, aged[0], source.currency)
        listed = [*fresh, *aged] if st.toggle(folded, key=f"aged {title}") else fresh
    _table(source, shown, title, listed)
    if len(rows) < min(rows[0]["all_records"], MOST):
        st.button("Show more", key=f"more {title}", on_click=_show_whole, args=(title,))
    _downloads(source, shown, title, rows, asked)


def _all(source: Source, shown: List, rows: Sequence[Row], asked: Row) -> Sequence[Row]:
    """Return up to MOST records of a list, of which those given are the first."""
    if len(rows) >= min(rows[0]["all_records"], MOST):
        return rows
    # The connection of the page is closed by the time a window or a file asks for more.
    with source.opened_again() as again:
        return records(again, shown, {**asked, "most": MOST})


def _whole(title: str) -> str:
    return f"whole list {title}"


def _show_whole(title: str) -> None:
    st.session_state[_whole(title)] = True


def with_contacts(source: Source, module: str, rows: Sequence[Row]) -> list[Row]:
    """Return the rows of records of a module with what `contact_details` knows of each."""
    ids = [row["id"] for row in rows]
    known = {r["id"]: r for r in source.listed("contact_details", module=module, ids=ids)}
    return [{**NO_CONTACT, **row, **known.get(row["id"], {})} for row in rows]


def _summary(shown: List, rows: Sequence[Row], currency: str) -> str:
    all_records = rows[0]["all_records"]
    text = f"{figures.count(all_records, currency)} {shown.noun}"
    if all_records == 1:
        text = text.removesuffix("s")
    if rows[0].get("all_value") is not None:
        text += f" · {figures.money(rows[0]['all_value'], currency)} together"
    text += _left_out(rows[0].get("all_unvalued"), currency)
    if mistyped := rows[0].get("all_mistyped"):
        dates = figures.counted(mistyped, "closing date", currency)
        them = "it" if mistyped == 1 else "them"
        text += f" · {dates} in a year that cannot be right: correct {them}"
    if all_records > len(rows):
        text += f" · showing the first {figures.count(len(rows), currency)}"
    return f"{text}. Click a name to open the record."


def _folded(rows: Sequence[Row], aged: Row, currency: str) -> str:
    """Return what is folded away, with its sum where the list is whole; aged: one of these rows."""
    if len(rows) < rows[0]["all_records"]:
        return "Also show those overdue for more than 90 days"
    text = f"{figures.count(aged['alike_records'], currency)} overdue for more than 90 days"
    if aged["alike_value"] is not None:
        text += f", {figures.money(aged['alike_value'], currency)}"
    return f"Also show {text}{_left_out(aged['alike_unvalued'], currency)}"


def _left_out(deals: int | None, currency: str) -> str:
    """Return what is said of the deals that are not in a sum, if any."""
    said = f", {figures.counted(deals or 0, 'deal', currency)} of unknown value not included"
    return said if deals else ""


def _table(source: Source, shown: List, title: str, rows: Sequence[Row]) -> None:
    columns = {**shown.columns, **CONTACT}
    names = [*list(columns)[:2], "phone", *list(columns)[2:]]
    key = f"list {title} {st.session_state.get(OPENED, 0)}"
    st.dataframe(
        [{name: _cell(name, row) for name in dict.fromkeys(names)} for row in rows],
        column_config=_columns(columns, source.currency),
        hide_index=True,
        height=420 if len(rows) > 11 else "content",
        placeholder="–",
        key=key,
        on_select=lambda: _choose(shown, rows, key),
        selection_mode="single-cell",
    )
    if record := st.session_state.pop(CHOSEN, None):
        pages.open_record(*record)


def _choose(shown: List, rows: Sequence[Row], key: str) -> None:
    """Keep the record whose name was clicked; the table forgets the click."""
    for place, name in st.session_state[key]["selection"]["cells"]:
        if name == "name":
            st.session_state[CHOSEN] = shown.module, rows[place]["id"]
            st.session_state[OPENED] = st.session_state.get(OPENED, 0) + 1


def _cell(name: str, row: Row) -> object:
    if name == "phone":
        return reach.telephone(row["phone"]) or None
    if name == "email":
        return reach.mail(row["email"]) or None
    return cell(row[name])


def _columns(columns: dict[str, str], currency: str) -> dict[str, Any]:
    made: dict[str, Any] = dict(columns)
    for name, label in columns.items():
        if name in MONEY:
            made[name] = st.column_config.NumberColumn(f"{label} ({currency})", format="localized")
        elif name in DAYS:
            made[name] = st.column_config.DateColumn(label, format=DAY)
        elif name in LINKS:
            made[name] = st.column_config.LinkColumn(label, display_text=LINKS[name])
    made["last_activity"] = st.column_config.DatetimeColumn(CONTACT["last_activity"], format=MINUTE)
    width = 190 if is_on_phone() else 280
    made["name"] = st.column_config.TextColumn(columns["name"], pinned=True, width=width)
    return made


def _downloads(source: Source, shown: List, title: str, rows: Sequence[Row], asked: Row) -> None:
    columns = {**shown.columns, **CONTACT}
    with st.container(horizontal=True):
        for kind, made, media in (("CSV", as_csv, CSV), ("Excel", as_xlsx, XLSX)):
            st.download_button(
                f"Download all as {kind}",
                partial(_file, made, columns, source, shown, rows, asked),
                f"{title}.{'csv' if kind == 'CSV' else 'xlsx'}",
                media,
                icon=":material/download:",
                on_click="ignore",
                key=f"{kind} {title}",
            )


def _file(
    made: Callable[[dict[str, str], Sequence[Row]], bytes],
    columns: dict[str, str],
    *whole: Any,
) -> bytes:
    return made(columns, _all(*whole))


def as_csv(columns: dict[str, str], rows: Sequence[Row]) -> bytes:
    """Return the rows as CSV in UTF-8 with a heading and the records' ids, amounts exact.

    It begins with the mark by which Excel knows UTF-8; texts are encoded for spreadsheets.
    """
    file = io.StringIO()
    csv.writer(file).writerows(_cells(columns, rows))
    return file.getvalue().encode("utf-8-sig")


def as_xlsx(columns: dict[str, str], rows: Sequence[Row]) -> bytes:
    """Return the rows as a workbook, with the cells of the CSV; a text stays a text."""
    file = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "default_date_format": "d mmm yyyy",
        "remove_timezone": True,
    }
    with xlsxwriter.Workbook(file, options) as book:
        sheet = book.add_worksheet()
        for place, cells in enumerate(_cells(columns, rows)):
            sheet.write_row(place, 0, [float(c) if isinstance(c, Decimal) else c for c in cells])
        sheet.freeze_panes(1, 0)
        sheet.autofit()
    return file.getvalue()


def _cells(columns: dict[str, str], rows: Sequence[Row]) -> Iterator[list[object]]:
    """Yield the heading and the rows of a file, encoded for spreadsheets: the one door out."""
    yield ["Id", *columns.values()]
    for row in rows:
        yield [spreadsheet(row[name]) for name in ("id", *columns)]
