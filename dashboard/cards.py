"""The cards on top of the Overview: the last whole day in figures, and today so far."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import streamlit as st

from aha_pipeline import figures
from aha_pipeline.figures import Number
from dashboard.source import Source
from dashboard.style import Row, column, known, signed


@dataclass(frozen=True)
class Card:
    """One figure: the column of `kpi_days` that holds it, and the words around it.

    The words may name {day}, {week_before}, {month} and {month_before}. The change is the column
    of the same name with `_change`; trend: the column drawn day by day.
    """

    label: str
    column: str
    unit: str
    against: str
    definition: str
    trend: str
    more_is_good: bool = True


CARDS = (
    Card(
        "New leads · {day}",
        "new_leads",
        "count",
        "on the mean of 7 days",
        "Leads created on {day}, converted ones included, deleted ones not. The change is against "
        "the mean of the seven days before.",
        "new_leads",
    ),
    Card(
        "Junk share · end of {day}",
        "junk_pct",
        "points",
        "since {week_before}",
        "Junk leads / all leads at the end of the day. The change is in percentage points.",
        "junk_pct",
        more_is_good=False,
    ),
    Card(
        "Open deals · end of {day}",
        "open_deals",
        "count",
        "since {week_before}",
        "Deals that were neither won nor lost at the end of the day.",
        "open_deals",
    ),
    Card(
        "Open pipeline · end of {day}",
        "open_pipeline_value",
        "money",
        "since {week_before}",
        "Sum of Amount over the deals that were open at the end of the day.",
        "open_pipeline_value",
    ),
    Card(
        "Weighted pipeline · end of {day}",
        "weighted_pipeline_value",
        "money",
        "since {week_before}",
        "Open pipeline, each deal times its probability.",
        "weighted_pipeline_value",
    ),
    Card(
        "Won · {month}",
        "won_value_month",
        "money",
        "on {month_before}",
        "Amount of the deals won: {won_deals_month} deals, {won_deals} of them on {day}, by "
        "closing date, at the latest the day each was first seen won. The bars are the value won "
        "on each of the last 30 days.",
        "won_value",
    ),
    Card(
        "Deals lost · {month}",
        "lost_deals_month",
        "count",
        "on {month_before}",
        "Deals lost, worth {lost_value_month}; {lost_deals} of them on {day}. The "
        "bars are the deals lost on each of the last 30 days.",
        "lost_deals",
        more_is_good=False,
    ),
)


def show_cards(source: Source, days: Sequence[Row]) -> None:
    """Show the cards of the last whole day among the rows of `kpi_days`."""
    shown = next((row for row in days if row["is_shown"]), None)
    if shown is None:
        st.info(
            "No whole day has been read yet; the cards are filled tomorrow.",
            icon=":material/hourglass_empty:",
        )
        return
    words = _words(shown, source)
    whole = [row for row in days if not row["is_today"]]
    with st.grid(4, min_column_width=155):
        for card in CARDS:
            _show(card, shown, whole, words, source.currency)
        for today in (row for row in days if row["is_today"]):
            _show_today(today, source)


def printed(value: Number, unit: str, currency: str) -> str:
    """Return a figure as the cards print it."""
    if unit == "money":
        return figures.money(value, currency)
    return figures.percent(value) if unit == "points" else figures.count(value, currency)


def change(value: Number, unit: str, currency: str) -> str | int | None:
    """Return a change with its sign; a plain 0, which has no arrow, where it is printed as none."""
    if value is None:
        return None
    size = -value if value < 0 else value
    if printed(size, unit, currency) == printed(0, unit, currency):
        return 0
    text = printed(value, unit, currency).replace(" %", " points")
    return signed(value, text)


def _show(card: Card, row: Row, whole: Sequence[Row], words: dict[str, str], currency: str) -> None:
    st.metric(
        card.label.format(**words),
        printed(row[card.column], card.unit, currency),
        change(row[f"{card.column}_change"], card.unit, currency),
        delta_color="normal" if card.more_is_good else "inverse",
        delta_description=card.against.format(**words),
        help=card.definition.format(**words),
        border=True,
        height="stretch",
        chart_data=known(column(whole, card.trend)),
        chart_type="line" if card.trend == card.column else "bar",
    )


def _show_today(row: Row, source: Source) -> None:
    day = _day(row["day"], source)
    won, lost = (figures.count(row[name], source.currency) for name in ("won_deals", "lost_deals"))
    with st.container(border=True, height="stretch"):
        st.metric(
            f"New leads · {day} until {source.as_of:%H:%M}",
            figures.count(row["new_leads"], source.currency),
            help="A part of a day: as far as the CRM has been read. It is in none of the other "
            "cards.",
        )
        st.caption(f"So far also {won} deals won and {lost} lost.")


def _words(row: Row, source: Source) -> dict[str, str]:
    """Return what the cards' words may name, printed."""
    day, currency = row["day"], source.currency
    before = row["month_before_from"], row["month_before_until"]
    return {
        "day": _day(day, source),
        "week_before": _day(row["week_before"], source),
        "month": _stretch(row["month_from"], day, source),
        "month_before": _stretch(*before, source),
        "won_deals_month": figures.count(row["won_deals_month"], currency),
        "won_deals": figures.count(row["won_deals"], currency),
        "lost_deals": figures.count(row["lost_deals"], currency),
        "lost_value_month": figures.money(row["lost_value_month"], currency),
    }


def _stretch(first: date, last: date, source: Source) -> str:
    return _day(last, source) if first == last else f"{first.day}–{_day(last, source)}"


def _day(day: date, source: Source) -> str:
    """Return a day as `21 Nov`, with the year where it is not the present one."""
    year = "" if source.today and day.year == source.today.year else f" {day.year}"
    return f"{day.day} {day:%b}{year}"
