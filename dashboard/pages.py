"""The pages behind the desk, each with an address of its own, and the way to them and back.

Going to a page adds to the browser's history, so its Back button leads back. The tab, the period
and the filters go along in the address.
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
WAY = "addresses of the pages that were left"
LONGEST_WAY = 50

Query = dict[str, list[str]]


def current() -> str:
    """Return the page that the address names."""
    page = st.navigation([_page(name) for name in TITLES], position="hidden").url_path
    _restore(page)
    return page


def of(page: str, known: Collection[str]) -> str:
    """Return what a page is of, one of those known where the address names one."""
    value = str(st.query_params.get(OF[page][0], ""))
    # In the links of its charts Plotly encodes an & a second time.
    return value if value in known else unquote(value)


def open_record(module: str, id_: str) -> None:
    """Go to the page of a record; ends this run of the page."""
    here = _page_of(st.query_params)
    way = [*st.session_state.get(WAY, ()), (here, _query())]
    st.session_state[WAY] = way[-LONGEST_WAY:]
    own = {"kind": module, "id": id_}
    # In one, since those that widgets of this page are bound to cannot be given to another page.
    desk = urlencode(_carried(), doseq=True)
    st.switch_page(_page(RECORD), query_params={**own, AS_LEFT: desk} if desk else own)


def address(page: str, *values: object) -> str:
    """Return the address of a page, from every other page; values: what it is of."""
    own = dict(zip(OF[page], map(str, values), strict=True))
    return f"{page}?{urlencode({**own, **_carried()}, doseq=True)}"


def way_back() -> None:
    """Show the link to the desk as it was left, with the filters chosen since."""
    st.page_link(
        _page(DESK),
        label="Back to the desk",
        icon=":material/arrow_back:",
        query_params=_carried(),
    )


def _restore(page: str) -> None:
    """Give a page that Back has led to its own address again.

    Streamlit 1.67 leaves it the parameters of the page that Back came from.
    """
    if _page_of(st.query_params) in (DESK, page):
        return
    way = list(st.session_state.get(WAY, ()))
    while way and way[-1][0] != page:
        way.pop()
    st.query_params.from_dict(way.pop()[1] if way else _carried())
    st.session_state[WAY] = way
    st.rerun()


def _page_of(query: Collection[str]) -> str:
    """Return the page that the parameters are of."""
    return next((page for page, own in OF.items() if any(name in query for name in own)), DESK)


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
