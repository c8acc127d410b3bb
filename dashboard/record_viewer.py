"""Single records as the CRM sent them: found by name or id, whole, and as they were before."""

from urllib.parse import urlencode

import streamlit as st

from aha_pipeline.encoding import markdown
from aha_pipeline.figures import span
from dashboard.parts import at, table
from dashboard.source import Source
from dashboard.style import MINUTE, Row

ALL = "All modules"
MOST = 50
TAB = "Contacts & Accounts"
VIEWS = ("The record", "Versions side by side")


def find(source: Source) -> None:
    """Show the search, and the record that is chosen of what it finds."""
    left, right = st.columns([1, 3])
    module = left.selectbox("Module", [ALL, *source.modules], key="module", bind="query-params")
    text = right.text_input(
        "Name or id", key="record", bind="query-params", placeholder="Part of a name, or a whole id"
    ).strip()
    if not text:
        st.caption(
            "Type part of a name, or paste an id from Zoho. Names are looked for in the 20,000 "
            "records of a module that changed last, the beginnings of words in all leads, deals, "
            "contacts and accounts."
        )
        return
    found = search(source, text, list(source.modules) if module == ALL else [module])
    if not found:
        of = "" if module == ALL else f" of {module}"
        st.info(f"No record{of} has that id or name.")
        return
    show(source, _chosen(found))


def search(source: Source, text: str, modules: list[str]) -> list[Row]:
    """Return the record with that id, else up to 50 by their name, the latest changed first."""
    for id_only in (True, False):
        found = [
            row
            for module in modules
            for row in source.of_module("record_search", module, text=text, id_only=id_only)
        ]
        if found:
            break
    dated = [row for row in found if row["modified"]]
    undated = [row for row in found if not row["modified"]]
    return [*sorted(dated, key=lambda row: row["modified"], reverse=True), *undated][:MOST]


def show(source: Source, record: Row) -> None:
    """Show one record, a row of `record_search`."""
    module, id_ = record["module"], record["id"]
    st.markdown(f"#### {markdown(record['name'])}")
    st.caption(
        f"{module} {markdown(id_)} · changed in the CRM {at(record['modified'])} · "
        f"read {at(record['synced'])} · owner {markdown(record['owner_name'] or '(none)')} · "
        f"[link to this record]({_address(module, id_)})"
    )
    if record["deleted"]:
        st.warning(
            f"Deleted in the CRM on {at(record['deleted'])}. These are its last known values.",
            icon=":material/delete:",
        )
    whole, versions = st.tabs(VIEWS, key="record_view", on_change="rerun")
    if whole.open:
        whole.json(record["raw_data"], expanded=1)
    if versions.open:
        with versions:
            _versions(source, module, id_)


def _versions(source: Source, module: str, id_: str) -> None:
    contents = {row["number"]: row for row in source.of_module("record_contents", module, id=id_)}
    if len(contents) == 1:
        st.info(
            "No changes since this record was first read. Values that Zoho updates by itself "
            "make no version.",
            icon=":material/history:",
        )
        return
    before, after = _two(contents, id_)
    if before == after:
        st.info("Choose two different versions.")
        return
    differences = source.of_module("record_differences", module, id=id_, before=before, after=after)
    _table(differences)
    for column, number in zip(st.columns(2), (before, after), strict=True):
        with column:
            st.caption(_span(contents[number]))
            st.json(contents[number]["raw_data"], expanded=1)


def _two(contents: dict[int, Row], id_: str) -> tuple[int, int]:
    """Return the numbers of the two contents that are chosen; at first the newest two."""
    newest_first = sorted(contents, reverse=True)
    chosen = [
        column.selectbox(
            label,
            newest_first,
            index=index,
            format_func=lambda number: _span(contents[number]),
            key=f"{label} {id_}",
        )
        for column, label, index in zip(st.columns(2), ("Before", "After"), (1, 0), strict=True)
    ]
    return chosen[0], chosen[1]


def _table(differences: list[Row]) -> None:
    for row in differences:
        row["kind"] = "Automatic" if row["is_volatile"] else "Edited"
    table(
        differences,
        {
            "label": "Field",
            "before": "Before",
            "after": "After",
            "changed": st.column_config.DatetimeColumn(
                "Last changed between the two", format=MINUTE
            ),
            "kind": "Kind",
            "field": "API name",
        },
        empty="The two versions are the same.",
    )


def _chosen(found: list[Row]) -> Row:
    if len(found) == 1:
        return found[0]
    by_id = {row["id"]: row for row in found}
    number = f"{len(found)} found" if len(found) < MOST else f"the {MOST} changed most recently"
    id_ = st.selectbox(
        f"Record ({number})", list(by_id), format_func=lambda id_: _named(by_id[id_]), key="found"
    )
    return by_id[id_]


def _address(module: str, id_: str) -> str:
    """Return the address, from this page, that opens the record again."""
    return "?" + urlencode({"tab": TAB, "module": module, "record": id_})


def _span(content: Row) -> str:
    since = at(content["held_from"])
    if content["is_present"]:
        return f"Now, since {since}"
    return span(since, at(content["held_until"]))


def _named(record: Row) -> str:
    deleted = ", deleted" if record["deleted"] else ""
    owner = record["owner_name"] or "(none)"
    return f"{record['name']} · {record['module']} · {owner} · {record['id']}{deleted}"
