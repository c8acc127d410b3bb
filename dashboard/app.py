"""The dashboard, served by `dashboard/server.py`. One page, five tabs, only the open one runs."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pandas  # noqa: F401  whole, before plotly finds one that another session is still importing
import psycopg2
import streamlit as st

from aha_pipeline.encoding import markdown
from aha_pipeline.settings import Settings, SettingsError, load
from aha_pipeline.warehouse import errors
from aha_pipeline.warehouse.connection import DatabaseUnreachable
from dashboard import login, pages, record_page, rep_page, search, source, source_page
from dashboard.cards import compared
from dashboard.filters import Filters, choose
from dashboard.login import NoEntry
from dashboard.parts import at, may_show_records
from dashboard.phone import is_on_phone
from dashboard.records import show_open
from dashboard.source import Busy, NotBuilt, Source
from dashboard.style import Row
from dashboard.tabs import deals, health, leads, overview, people

TABS = {
    "Overview": overview.BLOCKS,
    "Lead Intelligence": leads.BLOCKS,
    "Deal Pipeline": deals.BLOCKS,
    "Contacts & Accounts": people.BLOCKS,
    "AI & System Health": health.BLOCKS,
}
FOLLOWS = "The sync that is running has not come to these figures yet. They appear by themselves."
LOOK_AGAIN_SECONDS = 30
STYLE, SCRIPT = (Path(__file__).with_name(name) for name in ("style.css", "page.html"))

Blocks = Sequence[Callable[[Source], None]]

log = logging.getLogger(__name__)


def main() -> None:
    """Show the page, or one sentence that says why there is none and what to do."""
    st.set_page_config("Sales dashboard", "📊", layout="wide")
    st.html(STYLE)
    st.html(SCRIPT, unsafe_allow_javascript=True)
    try:
        settings = load()
        viewer = login.enter(settings)
        if viewer is None:
            return
        page = pages.current()
        with source.opened(settings, viewer) as data:
            PAGES[page](data)
        _watch(settings, data.version)
    except (SettingsError, DatabaseUnreachable) as error:
        _refuse(str(error))
    except NoEntry as error:
        st.error(str(error), icon=":material/lock:")
        login.log_out()
    except NotBuilt as error:
        st.info(str(error), icon=":material/hourglass_empty:")
        _watch(settings, _version(settings))
    except psycopg2.errors.InsufficientPrivilege:
        log.exception("The dashboard may not read")
        _refuse(
            "The database does not let the dashboard read: as its owner, grant the user of "
            "DATABASE_URL the role aha_reader, and that role usage on the schemas crm and "
            "analytics and select on their tables."
        )
    except psycopg2.Error as error:
        log.exception("A query of the dashboard failed")
        _refuse(errors.sentence(error))


def _desk(data: Source) -> None:
    _open_deal()
    _header(data, data.company)
    data = replace(data, filters=_filters(data, "filter_sources", "filter_owners"))
    if data.filters.names_nobody:  # of whom nothing is known, which is no zero
        return
    _say_period(data)
    tabs = st.tabs(list(TABS), key="tab", on_change="rerun", bind="query-params")
    for tab, blocks in zip(tabs, TABS.values(), strict=True):
        if tab.open:
            with tab:
                _show(blocks, data)
    show_open(data)


def _record(data: Source) -> None:
    pages.way_back()
    if may_show_records(data):
        record_page.show(data, st.query_params.get("kind", ""), st.query_params.get("id", ""))


def _rep(data: Source) -> None:
    owners = {row["owner_id"]: row["owner_name"] for row in data.rows("filter_owners")}
    owner = _named(data, pages.REP, owners)
    if owner is not None:
        filters = replace(_filters(data, "filter_sources", None), owners=[owner])
        _page(rep_page.BLOCKS, replace(data, filters=filters))


def _source(data: Source) -> None:
    sources = {row["source"]: row["source"] for row in data.rows("filter_sources")}
    source = _named(data, pages.SOURCE, sources)
    if source is not None:
        filters = replace(_filters(data, None, "filter_owners"), sources=[source])
        _page(source_page.BLOCKS, replace(data, filters=filters))


def _named(data: Source, page: str, names: dict[str, str]) -> str | None:
    """Show the head of the page of one of several; return which one, or None if it is none."""
    pages.way_back()
    one = pages.of(page, names)
    if one not in names:
        st.info(f"There is no such {page}. The name may have changed, or no records are left.")
        return None
    _header(data, names[one], f"{pages.TITLES[page]} · {markdown(data.company)} · ")
    return one


def _page(blocks: Blocks, data: Source) -> None:
    if data.filters.names_nobody:
        return
    _say_period(data)
    _show(blocks, data)
    show_open(data)


def _say_period(data: Source) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        if text := compared(data):
            st.caption(text)
        # Printed by `page.html`, as the browser prints; a phone shares the address instead.
        if not is_on_phone():
            st.button("Print or save as PDF", key="print", type="tertiary", icon=":material/print:")
    # Paper shows no filters, and a phone has them folded.
    with st.container(key="narrowed" if is_on_phone() and _is_any_chosen() else "printed"):
        st.caption(_narrowed())


def _is_any_chosen() -> bool:
    return any(st.session_state.get(key) for key in ("source", "owner"))


def _narrowed() -> str:
    """Return the sources and owners that are chosen, as paper has to say them."""
    parts = [(key, st.session_state.get(key)) for key in ("source", "owner")]
    return " · ".join(
        markdown(f"{key.capitalize()}s: {', '.join(chosen) if chosen else 'all'}")
        for key, chosen in parts
        if chosen is not None
    )


def _open_deal() -> None:
    """Follow the short address of a deal, `?deal=<id>`, which messages hold."""
    if deal := st.query_params.get("deal"):
        pages.open_record("Deals", deal)


def _filters(data: Source, *queries: str | None) -> Filters:
    """Show the filters; before the marts are built there is nothing to choose from.

    queries: what is offered as sources and owners, None for the one that the page is of.
    """
    try:
        sources, owners = (data.rows(query) if query else None for query in queries)
        return choose(sources, owners, data.today, data.calendar)
    except NotBuilt:
        return Filters()


def _show(blocks: Blocks, data: Source) -> None:
    """Show what a tab or page is made of; a mart that is not built yet ends its block alone."""
    missing = {}
    for show in blocks:
        try:
            show(data)
        except NotBuilt as error:
            missing[FOLLOWS if data.syncs else str(error)] = True
    for sentence in missing:
        st.info(sentence, icon=":material/hourglass_empty:")


def _header(data: Source, title: str, of: str = "") -> None:
    stamp = "No complete sync yet" if data.as_of is None else f"Data as of {at(data.as_of)}"
    running = " · a sync is running" if data.syncs else ""
    left, right = st.columns([3, 2], vertical_alignment="center")
    with left:
        st.title(markdown(title), anchor=False)
        st.caption(f"{of}{stamp}{running} · amounts in {data.currency}")
    with right:
        login.show(data.viewer)
        text = search.field(data)
    search.results(data, text)
    if data.syncs:
        _say_first_sync(data)
    if data.is_sandbox:
        st.warning(
            "**Sandbox data.** It comes from a stand-in on this machine, not from a live CRM.",
            icon=":material/science:",
        )
    if data.trouble:
        st.error(
            f"The latest sync of {', '.join(map(markdown, data.trouble))} did not finish, so these "
            "figures are older. The reason is under AI & System Health.",
            icon=":material/sync_problem:",
        )
    for row in _unknown(data):
        st.warning(f"{_said(row)} {markdown(row['reason'])}", icon=":material/visibility_off:")
    if data.is_stale:
        st.error(
            "This data is more than two days old. Run `aha sync`, and check that the schedule "
            "`daily_sync` is running.",
            icon=":material/schedule:",
        )


PAGES = {pages.DESK: _desk, pages.RECORD: _record, pages.REP: _rep, pages.SOURCE: _source}


def _unknown(data: Source) -> list[Row]:
    """Return the modules whose figures are not known now; before the first migration, none."""
    try:
        return data.rows("unknown")
    except NotBuilt:
        return []


def _said(row: Row) -> str:
    if row["state"] == "not read":
        return f"**{markdown(row['module'])}: not read.** Their figures are unknown, not zero."
    which = f"{'Some figures of ' if row['is_partly'] else ''}{markdown(row['module'])}"
    return f"**{which}: as of {at(row['since'])}.**"


def _say_first_sync(data: Source) -> None:
    """Say what the first sync has read so far: a large company takes a while."""
    reads = data.listed("reads_under_way")
    if not all(row["is_first"] for row in reads):
        return
    told = [
        f"{markdown(row['module'])} {row['records_read']:,}{'' if row['is_read'] else ' so far'}"
        for row in reads
    ]
    st.info(
        f"The first sync is running. Records read: {', '.join(told)}.",
        icon=":material/downloading:",
    )


def _refuse(sentence: str) -> None:
    st.error(sentence, icon=":material/error:")
    st.button("Look again")


def _version(settings: Settings) -> str:
    try:
        return source.version(settings)
    except NotBuilt:
        return ""


@st.fragment(run_every=LOOK_AGAIN_SECONDS)
def _watch(settings: Settings, shown: str) -> None:
    """Run the page again when the data change, so that nobody has to reload it."""
    try:
        is_new = _version(settings) != shown
    except Busy:
        return  # a page drawn again would be one more
    except (DatabaseUnreachable, psycopg2.Error):
        is_new = True
    if is_new:
        st.rerun()


if __name__ == "__main__":
    main()
