"""The cards on top of the Overview: the period in figures, each against the previous period."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import streamlit as st

from aha_pipeline import figures
from aha_pipeline.figures import Number
from dashboard import periods
from dashboard.source import Source
from dashboard.style import Row, signed


@dataclass(frozen=True)
class Card:
    """One figure of `period_figures`, and the words around it.

    note: a line below it, in which {<figure>} is any figure of the query, printed. module: of which
    it is made. is_stock: it stands at the end of the period, and is no sum of its days. left_out:
    the figure that counts the deals that are not in its sum, and why they are not.
    """

    label: str
    figure: str
    unit: str
    definition: str
    module: str
    note: str = ""
    more_is_good: bool = True
    is_stock: bool = False
    left_out: tuple[str, str] | None = None


CARDS = (
    Card(
        "New leads",
        "new_leads",
        "count",
        "Leads created in the period, converted ones included, deleted ones not.",
        "Leads",
    ),
    Card(
        "Junk share",
        "junk_pct",
        "points",
        "Junk leads / all leads, of those created in the period, by current status.",
        "Leads",
        "{junk_leads}",
        more_is_good=False,
    ),
    Card(
        "Qualified",
        "qualified_leads",
        "count",
        "Leads created in the period that are qualified or converted by now.",
        "Leads",
    ),
    Card(
        "Open pipeline",
        "open_value",
        "money",
        "Sum of Amount of the deals open at the end of the period. Assumed: what a deal looked "
        "like then is not known, so its next known values are used.",
        "Deals",
        "{open_deals}",
        is_stock=True,
        left_out=("unconverted_deals", "without a valid exchange rate"),
    ),
    Card(
        "Won",
        "won_value",
        "money",
        "Sum of Amount of the deals won in the period: by closing date, at the latest the day "
        "each was first seen won.",
        "Deals",
        "{won_deals}",
        left_out=("unvalued_won_deals", "of unknown value"),
    ),
    Card(
        "Win rate",
        "win_rate",
        "points",
        "Deals won / deals won or lost in the period.",
        "Deals",
        "{win_rate_by_value} by value",
    ),
    Card(
        "Lost",
        "lost_value",
        "money",
        "Sum of Amount of the deals lost in the period.",
        "Deals",
        "{lost_deals}",
        more_is_good=False,
        left_out=("unvalued_lost_deals", "of unknown value"),
    ),
)
NOUNS = {"junk_leads": "junk lead"} | dict.fromkeys(
    ("open_deals", "won_deals", "lost_deals"), "deal"
)
UNITS = {card.figure: card.unit for card in CARDS} | {"win_rate_by_value": "points"}


def show_cards(source: Source, team: str = "", **of_team: list[str] | None) -> None:
    """Show the cards of the period.

    team: what else each figure is of, named so below it; of_team: the filters that make it that.
    """
    all_rows = source.rows("period_figures", **of_team) if team else []
    beside = {row["figure"]: _beside(row, source.currency) for row in all_rows}
    rows = {row["figure"]: row for row in source.rows("period_figures")}
    words = {name: _in_words(name, row["value"], source.currency) for name, row in rows.items()}
    not_read = source.not_read
    with st.grid(len(CARDS), min_column_width=150):
        for card in CARDS:
            if card.module in not_read:
                _show_not_read(card)
                continue
            row = rows[card.figure]
            notes = [card.note.format(**words)] if card.note and row["value"] is not None else []
            notes += _assumed(row)
            notes += left_out(card, rows, source.currency)
            if is_unknown(card, row):
                notes = [f"{card.note.format(**words)} of unknown value: this is not zero"]
            if team:
                notes.append(f"{team}: {beside[card.figure]}")
            _show(card, row, notes, source)


def _beside(row: Row, currency: str) -> str:
    text = printed(row["value"], UNITS.get(row["figure"], "count"), currency)
    share = row["assumed_pct"]
    return text if share is None else f"{text} ({figures.percent(share)} of it assumed)"


def _assumed(row: Row) -> list[str]:
    """Say how much of the figure, and of the one before, is not known but assumed."""
    told = [(row["assumed_pct"], "of it")]
    if row["change"] is not None:
        told.append((row["before_assumed_pct"], "of the figure before"))
    return [f"{figures.percent(pct)} {what} is assumed" for pct, what in told if pct is not None]


def is_unknown(card: Card, row: Row) -> bool:
    """Return whether a card's sum is of deals of which none has a known value."""
    return card.unit == "money" and row["value"] is None


def left_out(card: Card, rows: Mapping[str, Row], currency: str) -> list[str]:
    """Say how many deals are not in the sum of a card, and why."""
    figure, why = card.left_out or ("", "")
    deals = rows[figure]["value"] if figure else 0
    return [f"not included: {figures.counted(deals, 'deal', currency)} {why}"] if deals else []


def _in_words(figure: str, value: Number, currency: str) -> str:
    if figure in NOUNS:
        return figures.counted(value, NOUNS[figure], currency)
    return printed(value, UNITS.get(figure, "count"), currency)


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
    return signed(value, printed(value, unit, currency).replace("%", " points"))


def compared(source: Source) -> str:
    """Return the period and which of its days are compared with which.

    As in `1–28 Feb, compared with 1–28 Jan`, or while it is under way
    `1–10 Mar (today until 12:00); 1–9 Mar compared with 1–9 Feb`.
    """
    chosen, today = source.filters, source.today
    days = chosen.first_day, chosen.last_day, chosen.whole_until, chosen.before_first
    if today is None or source.as_of is None or chosen.before_last is None or None in days:
        return ""
    first, last, whole, before_first = (day for day in days if day)
    text = periods.printed(first, last, today.year)
    if last == today:
        text += f" (today until {source.as_of:%H:%M})"
    if not chosen.has_whole_days:
        return f"{text}; no day of it is over to be compared yet"
    before = periods.printed(before_first, chosen.before_last, today.year)
    if whole == last:
        return f"{text}, compared with {before}"
    return f"{text}; {periods.printed(first, whole, today.year)} compared with {before}"


def _show(card: Card, row: Row, notes: list[str], source: Source) -> None:
    before = printed(row["before"], card.unit, source.currency)
    with st.container(border=True, height="stretch"):
        st.metric(
            card.label,
            "Not known"
            if is_unknown(card, row)
            else printed(row["value"], card.unit, source.currency),
            change(row["change"], card.unit, source.currency),
            delta_color="normal" if card.more_is_good else "inverse",
            delta_description=f"from {before}{_without_today(card, source)}"
            if row["change"] is not None
            else None,
            help=card.definition,
        )
        if row["value"] is not None and row["change"] is None:
            st.caption(_without_before(card, row, source))
        if notes:
            st.caption("  \n".join(notes))


def _show_not_read(card: Card) -> None:
    with st.container(border=True, height="stretch"):
        st.metric(card.label, "Not read", help=card.definition)
        st.caption(f"{card.module} are not read, so this is unknown, not zero.")


def _without_today(card: Card, source: Source) -> str:
    return "" if card.is_stock or source.filters.last_day != source.today else ", without today"


def _without_before(card: Card, row: Row, source: Source) -> str:
    first, last = source.filters.before_first, source.filters.before_last
    if row["since"] is None or source.today is None:
        return "No records yet"
    if not (card.is_stock or source.filters.has_whole_days):
        return "No comparison: no day of the period is over"
    if card.unit == "money" and row["since"] <= ((last if card.is_stock else first) or date.min):
        return "No comparison: one of the two values is not known"
    if first and last and row["since"] <= first:
        of_nothing = {"Leads": "no new leads", "Deals": "no deals closed"}[card.module]
        return f"No comparison: {of_nothing} {periods.printed(first, last, source.today.year)}"
    return f"No comparison: known since {periods.day(row['since'], source.today.year)}"
