"""Erase a person from the page of a record, or whom Zoho proposes: for those who may, in two steps.

The page only asks: it writes down the records that it has shown, and the pipeline erases them
within a minute, as `aha forget` does. What they said is purged when AHA_PURGE_AFTER_DAYS says.
"""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from aha_pipeline.encoding import markdown
from aha_pipeline.warehouse import erasure, person
from aha_pipeline.warehouse.person import Key
from dashboard.parts import lazily, table
from dashboard.source import Source
from dashboard.style import MINUTE

SHOWN = 50
RECEIPT = "receipt of an erasure"
BASES = {erasure.REQUEST: "request", erasure.CRM: "as Zoho says", erasure.AGE: "age"}


def of_record(source: Source, module: str, id_: str) -> None:
    """Offer to erase the person of a record, to those who may."""
    if not source.viewer.may_erase:
        return
    with lazily("Erase what is personal", "erase") as is_open:
        if not is_open:
            return
        _show_receipt()
        if erasure.already_forgotten(source.connection, [(module, id_)]):
            st.info("This record is erased: what stays names nobody.", icon=":material/check:")
            return
        found = person.with_linked(source.connection, {(module, id_): "this record"})
        _ask(source, found, erasure.REQUEST, id_)


def proposals(source: Source) -> None:
    """List whom Zoho proposes to erase and offer to, and what was erased, to those who may."""
    if not source.viewer.may_erase:
        return
    with lazily("Personal data: proposed and erased", "erasures") as is_open:
        if not is_open:
            return
        _show_receipt()
        proposed = person.proposed(source.connection)
        if proposed:
            _ask(source, person.with_linked(source.connection, proposed), erasure.CRM, None)
        else:
            st.info("Zoho proposes nobody.", icon=":material/check:")
        _erasures(source)


def _ask(source: Source, found: Mapping[Key, str], basis: str, subject: str | None) -> None:
    """Show the records and what becomes of them, and take the request."""
    waiting = _waiting(source)
    asked = {key: why for key, why in found.items() if key not in waiting}
    if len(asked) < len(found):
        st.info(
            "It has been asked for and is carried out within a minute, while the pipeline runs.",
            icon=":material/hourglass_empty:",
        )
    forgotten = erasure.already_forgotten(source.connection, asked)
    asked = {key: why for key, why in sorted(asked.items()) if key not in forgotten}
    if not asked:
        return
    names = person.names(source.connection, asked)
    table(
        [
            {"module": module, "id": id_, "name": names[module, id_], "why": why}
            for (module, id_), why in list(asked.items())[:SHOWN]
        ],
        {"module": "Module", "id": "Id", "name": "Name", "why": "Because"},
        empty="No record here is theirs.",
    )
    if len(asked) > SHOWN:
        st.caption(f"... and {len(asked) - SHOWN:,} more.")
    st.warning(erasure.consequence(len(asked), source.purge_after_days))
    agreed = st.checkbox("I have read this, and want them erased", key=f"agree {basis} {subject}")
    st.button(
        "Erase",
        key=f"erase {basis} {subject}",
        icon=":material/delete_forever:",
        type="primary",
        disabled=not agreed,
        on_click=_request,
        args=(source, asked, basis, subject),
    )


def _request(source: Source, asked: Mapping[Key, str], basis: str, subject: str | None) -> None:
    receipt, digest = erasure.receipt(subject) if subject else (None, None)
    told = {"viewer": source.viewer.address, "basis": basis, "digest": digest}
    source.write("ask_erasure", **told, **person.keys(asked))
    if receipt:
        st.session_state[RECEIPT] = (
            f"Receipt {receipt}: give it to the person, for it is kept nowhere. The digest of the "
            f'certificate is the SHA-256 of "{receipt}:{subject}".'
        )


def _show_receipt() -> None:
    if receipt := st.session_state.pop(RECEIPT, None):
        st.success(markdown(receipt), icon=":material/receipt:")


def _waiting(source: Source) -> set[Key]:
    rows = (row for row in source.listed("erasures") if row["ids"])
    return {key for row in rows for key in zip(row["modules"], row["ids"], strict=True)}


def _erasures(source: Source) -> None:
    columns: dict[str, Any] = {
        "id": "Erasure",
        "basis": "Basis",
        "asked_by": "Asked by",
        "asked_at": st.column_config.DatetimeColumn("Asked", format=MINUTE),
        "records": "Records",
        "suppressed_at": st.column_config.DatetimeColumn("Suppressed", format=MINUTE),
        "purged_at": st.column_config.DatetimeColumn("Purged", format=MINUTE),
    }
    rows = [{**row, "basis": BASES[row["basis"]]} for row in source.listed("erasures")]
    table(rows, columns, empty="Nobody was erased yet.")
