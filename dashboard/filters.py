"""What the pages are narrowed to: a period, sources and owners, all kept in the address."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import streamlit as st

from aha_pipeline.encoding import markdown
from dashboard import periods
from dashboard.periods import CUSTOM, DEFAULT, PERIODS, Calendar, Period
from dashboard.phone import is_on_phone
from dashboard.style import Row


@dataclass(frozen=True)
class Filters:
    """The choice, as the parameters of `sql/dashboard`; None: all of them.

    first_day to last_day: the period; before_first to before_last: what its days up to whole_until
    are compared with; all ends included, in the organisation's time zone. owners: Zoho's ids.
    names_nobody: the address names sources or owners of which none is here.
    """

    first_day: date | None = None
    last_day: date | None = None
    whole_until: date | None = None
    before_first: date | None = None
    before_last: date | None = None
    sources: list[str] | None = None
    owners: list[str] | None = None
    names_nobody: bool = False

    @property
    def has_whole_days(self) -> bool:
        """Whether a day of the period is over, so that there is something to compare."""
        first, last = self.first_day, self.whole_until
        return first is not None and last is not None and first <= last

    @property
    def is_narrowed(self) -> bool:
        """Whether the figures are of some sources or owners alone."""
        return bool(self.sources or self.owners)


def choose(
    sources: Sequence[Row] | None,
    owners: Sequence[Row] | None,
    today: date | None,
    calendar: Calendar,
) -> Filters:
    """Show the filters in a row and return what is chosen in them.

    sources, owners: rows of `filter_sources` and `filter_owners`; None where the page is of one,
    and the filter is not shown. today: up to when records have been read, None before the first
    read, when no period is known. A value in the address that is not on offer is named; where no
    other is, the choice is of nobody, and never of all.
    """
    ids = _owner_names(owners or ())
    offered = {"source": [row["source"] for row in sources or ()], "owner": list(ids)}
    shown = [key for key, rows in (("source", sources), ("owner", owners)) if rows is not None]
    gone = {key: _gone(key, offered[key]) for key in shown}
    chosen: dict[str, list[str]] = {}
    # Closed on a phone, where the day's work comes first; what is chosen stands in the address.
    with st.expander("Period and filters") if is_on_phone() else st.container(key="filters"):
        when, *places = st.columns([1, 1.4, 1.4])
        period = _period(when, today, calendar)
        for key, place in zip(shown, places, strict=False):
            chosen[key] = place.multiselect(
                f"{key.capitalize()}s", offered[key], key=key, bind="query-params",
                placeholder=f"All {key}s", on_change=_forget_gone,
            )  # fmt: skip
    for kind, values in gone.items():
        if values:
            st.warning(
                f"This link names {kind}s that are not here: {', '.join(map(markdown, values))}. "
                "They may have been renamed, or have no records left. Choose others above."
            )
    return Filters(
        **(vars(period) if period else {}),
        sources=chosen.get("source") or gone.get("source") or None,
        owners=[ids[name] for name in chosen.get("owner", ())] or gone.get("owner") or None,
        names_nobody=any(gone[key] and not chosen[key] for key in shown),
    )


def _gone(key: str, offered: Sequence[str]) -> list[str]:
    """Return what the address named and is not on offer, until another choice is made.

    Streamlit takes it out of the address, so it is remembered.
    """
    if named := [value for value in st.query_params.get_all(key) if value not in offered]:
        st.session_state[f"{key} that is gone"] = named
    return list(st.session_state.get(f"{key} that is gone", ()))


def _forget_gone() -> None:
    for key in ("source", "owner"):
        st.session_state.pop(f"{key} that is gone", None)


def _period(
    place: st.delta_generator.DeltaGenerator, today: date | None, calendar: Calendar
) -> Period | None:
    name = place.selectbox(
        "Period",
        [*PERIODS, CUSTOM],
        key="period",
        bind="query-params",
        help="Leads count on the day they were created, won and lost deals on the day they were "
        "won or lost. Changes are of whole days, so without today, from as many days at the start "
        "of the period before. "
        "Weeks, quarters and the fiscal year start as set in Zoho.",
    )
    if today is None:
        return None
    if name != CUSTOM:
        return periods.named(name, today, calendar)
    days = place.date_input(
        "From and to",
        [],
        max_value=today,
        format="DD/MM/YYYY",
        key="days",
        bind="query-params",
    )
    match days:
        case (first, last):
            return periods.custom(first, last, today)
    # Only the first of two days has been clicked, and the period has no end yet.
    return periods.named(DEFAULT, today, calendar)


def _owner_names(owners: Sequence[Row]) -> dict[str, str]:
    """Return the id by what the filter shows: the name, with the id where two share it."""
    names = [row["owner_name"] for row in owners]
    return {
        row["owner_name"]
        if names.count(row["owner_name"]) == 1
        else f"{row['owner_name']} · {row['owner_id']}": row["owner_id"]
        for row in owners
    }
