"""What the pages are narrowed to: a period, sources and owners, all kept in the address."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import streamlit as st

from aha_pipeline.encoding import markdown
from dashboard.style import Row

ALL_TIME, CUSTOM = "All time", "Custom"
YEAR_BEGINS = 4  # the month of India's financial year

Days = tuple[date | None, date | None]


def _last(days: int) -> Callable[[date], Days]:
    return lambda today: (today - timedelta(days), today - timedelta(1))


def _from_month(today: date, month: int) -> Days:
    year = today.year - (month > today.month)
    return date(year, month, 1), today


def _last_month(today: date) -> Days:
    end = today.replace(day=1) - timedelta(1)
    return end.replace(day=1), end


PERIODS: dict[str, Callable[[date], Days]] = {
    ALL_TIME: lambda _: (None, None),
    "Last 7 days": _last(7),
    "Last 30 days": _last(30),
    "Last 90 days": _last(90),
    "This month": lambda today: _from_month(today, today.month),
    "Last month": _last_month,
    "This quarter": lambda today: _from_month(today, today.month - (today.month - 1) % 3),
    "This year": lambda today: _from_month(today, 1),
    "Financial year from April": lambda today: _from_month(today, YEAR_BEGINS),
    CUSTOM: lambda _: (None, None),
}


@dataclass(frozen=True)
class Filters:
    """The choice, as the parameters of `sql/dashboard`; None: all of them.

    first_day, last_day: both included, in the organisation's time zone. owners: Zoho's ids.
    """

    first_day: date | None = None
    last_day: date | None = None
    sources: list[str] | None = None
    owners: list[str] | None = None


def choose(sources: Sequence[Row], owners: Sequence[Row], today: date | None) -> Filters:
    """Show the filters in a row and return what is chosen in them.

    sources, owners: rows of `filter_sources` and `filter_owners`. A value in the address that is
    not on offer is named, and no record is shown where no other is: never those of all.
    """
    ids = _owner_names(owners)
    offered = [row["source"] for row in sources]
    gone = {"source": _gone("source", offered), "owner": _gone("owner", list(ids))}
    with st.container(key="filters"):
        when, whence, whose = st.columns([1, 1.4, 1.4])
        days = _period(when, today)
        chosen = whence.multiselect(
            "Sources", offered, key="source", bind="query-params", placeholder="All sources",
            on_change=_forget_gone,
        )  # fmt: skip
        names = whose.multiselect(
            "Owners", list(ids), key="owner", bind="query-params", placeholder="All owners",
            on_change=_forget_gone,
        )  # fmt: skip
    for kind, values in gone.items():
        if values:
            st.warning(
                f"The address names {kind}s that are not here: {', '.join(map(markdown, values))}. "
                "They may have been renamed or have no record any more. Choose others above."
            )
    return Filters(
        *days,
        sources=list(chosen) or gone["source"] or None,
        owners=[ids[name] for name in names] or gone["owner"] or None,
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


def _period(place: st.delta_generator.DeltaGenerator, today: date | None) -> Days:
    period = place.selectbox(
        "Period",
        list(PERIODS),
        key="period",
        bind="query-params",
        help="Leads and deals count on the day they were created, won and lost deals on the day "
        "they closed. What is open now is not narrowed to a period. The last 7, 30 or 90 days are "
        "whole ones; quarters and years are those up to today.",
    )
    if period != CUSTOM:
        return PERIODS[period](today) if today else (None, None)
    days = place.date_input(
        "From and to",
        [],
        max_value=today,
        format="DD/MM/YYYY",
        key="days",
        bind="query-params",
    )
    # While only the first of two days has been clicked, the period has no end yet.
    first, last = (*days, None, None)[:2] if isinstance(days, tuple) else (days, days)
    return first, last


def _owner_names(owners: Sequence[Row]) -> dict[str, str]:
    """Return the id by what the filter shows: the name, with the id where two share it."""
    names = [row["owner_name"] for row in owners]
    return {
        row["owner_name"]
        if names.count(row["owner_name"]) == 1
        else f"{row['owner_name']} · {row['owner_id']}": row["owner_id"]
        for row in owners
    }
