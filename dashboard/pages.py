"""The pages behind the desk, each with an address of its own, and the way to them.

Going to a page adds to the browser's history, so its Back button leads back.
"""

import streamlit as st

DESK, RECORD = "", "record"  # as in the address
TITLES = {DESK: "Sales dashboard", RECORD: "Record"}
KEPT = "address of the desk as it was left"
OF_PAGES = ("kind", "id")  # parameters of the pages behind


def current() -> str:
    """Return the page that the address names."""
    return st.navigation([_page(name) for name in TITLES], position="hidden").url_path


def open_record(module: str, id_: str) -> None:
    """Go to the page of a record; ends this run of the page."""
    if OF_PAGES[0] not in st.query_params:  # from the desk, not from another record
        st.session_state[KEPT] = st.query_params.to_dict()
    st.switch_page(_page(RECORD), query_params={"kind": module, "id": id_})


def restore_desk() -> None:
    """Give the desk the tab and the filters it was left with.

    Streamlit 1.67 leaves the parameters of the page that Back came from in the desk's address.
    """
    if OF_PAGES[0] in st.query_params:
        st.query_params.from_dict(st.session_state.get(KEPT, {}))
        st.rerun()


def way_back() -> None:
    """Show the link to the desk as it was left."""
    st.page_link(
        _page(DESK),
        label="Back to the desk",
        icon=":material/arrow_back:",
        query_params=st.session_state.get(KEPT, {}),
    )


def _page(name: str) -> st.Page:
    # What a page shows is decided by `app.py`, so that all pages share one connection.
    return st.Page(_nothing, title=TITLES[name], url_path=name, default=name == DESK)


def _nothing() -> None:
    pass
