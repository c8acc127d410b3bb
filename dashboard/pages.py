"""The pages behind the desk, each with an address of its own, and the way to them and back.

Going to a page is one step of the browser's history (`page.html` sees to it), so its Back button
leads back. The tab, the period and the filters go along in the address.
"""

from collections.abc import Collection
from urllib.parse import parse_qs, unquote, urlencode

import streamlit as st

DESK, RECORD, REP, SOURCE = "", "record", "rep", "source"  # as in the address
TITLES = {DESK: "Sales dashboard", RECORD: "Record", REP: "Rep", SOURCE: "Source"}
# The parameters that say what a page is of; no page has those of another.
OF = {DESK: (), RECORD: ("kind", "id"), REP: ("rep",), SOURCE: ("name",)}
CARRIED = ("tab", "period", "days", "source", "owner")
AS_LEFT = "desk"  # on the page of a record, which shows no filters: all of these in one

Query = dict[str, list[str]]


def current() -> str:
    """Return the page that the address names."""
    return st.navigation([_page(name) for name in TITLES], position="hidden").url_path


def of(page: str, known: Collection[str]) -> str:
    """Return what a page is of, one of those known where the address names one."""
    value = str(st.query_params.get(OF[page][0], ""))
    # In the links of its charts Plotly encodes an & a second time.
    return value if value in known else unquote(value)


def open_record(module: str, id_: str) -> None:
    """Go to the page of a record; ends this run of the page."""
    # In one, since those that widgets of this page are bound to cannot be given to another page.
    desk = urlencode(_carried(), doseq=True)
    own = _own(RECORD, module, id_)
    st.switch_page(_page(RECORD), query_params={**own, AS_LEFT: desk} if desk else own)


def link(page: str, label: str, icon: str, *values: object) -> None:
    """Show a link to the page of a rep or a source."""
    query = {**_own(page, *values), **_carried()}
    st.page_link(_page(page), label=label, icon=f":material/{icon}:", query_params=query)


def address(page: str, *values: object) -> str:
    """Return the address of a page, from every other page; values: what it is of."""
    return f"{page}?{urlencode({**_own(page, *values), **_carried()}, doseq=True)}"


def _own(page: str, *values: object) -> Query:
    return {name: [str(value)] for name, value in zip(OF[page], values, strict=True)}


def way_back() -> None:
    """Show the link to the desk as it was left, with the filters chosen since."""
    st.page_link(
        _page(DESK),
        label="Back to the desk",
        icon=":material/arrow_back:",
        query_params=_carried(),
    )


def _carried() -> Query:
    if AS_LEFT in st.query_params:
        left = parse_qs(st.query_params[AS_LEFT])
        return {name: values for name, values in left.items() if name in CARRIED}
    return {name: values for name, values in _query().items() if name in CARRIED}


def _query() -> Query:
    return {name: st.query_params.get_all(name) for name in st.query_params}


def _page(name: str) -> st.Page:
    # What a page shows is decided by `app.py`, so that all pages share one connection.
    return st.Page(_nothing, title=TITLES[name], url_path=name, default=name == DESK)


def _nothing() -> None:
    pass
