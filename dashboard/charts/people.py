"""Figures of the Contacts & Accounts tab: rows in, a Plotly figure out."""

from collections.abc import Sequence

import plotly.graph_objects as go

from aha_pipeline.figures import count, counted, money
from dashboard import style
from dashboard.style import COLOURS, Mark, Row, column, lines, mark


def contacts(rows: Sequence[Row], currency: str) -> go.Figure:
    """Contacts of each owner."""
    marks = [
        mark(
            lines(row["owner_name"], counted(row["contacts"], "contact", currency)),
            "contacts",
            owners=[row["owner_id"]],
            title=f"Contacts of {row['owner_name']}",
        )
        for row in rows
    ]
    return _counted(rows, "owner_name", "contacts", marks, currency)


def industries(rows: Sequence[Row], currency: str) -> go.Figure:
    """Accounts of each industry."""
    marks = [
        mark(
            lines(row["industry"], counted(row["accounts"], "account", currency)),
            "accounts",
            industries=[row["industry"]],
            owners=None,
            title=f"Accounts: {row['industry']}",
        )
        for row in rows
    ]
    return _counted(rows, "industry", "accounts", marks, currency)


def _counted(
    rows: Sequence[Row], name: str, number: str, marks: list[Mark], currency: str
) -> go.Figure:
    figure = style.named_bars(column(rows, name), extra=24)
    values = column(rows, number)
    printed = [count(value, currency) for value in values]
    figure.add_trace(style.bar(values, COLOURS["volume"], marks, text=printed))
    style.room_for_text(figure, values, 0.2)
    return figure


def industry_value(rows: Sequence[Row], currency: str) -> go.Figure:
    """Won and open value of the deals of each industry's accounts."""
    figure = style.named_bars(column(rows, "industry"), pixels=38, extra=60)
    for meaning, name, shift in (("won", "Won", -style.PAIR), ("open", "Open", style.PAIR)):
        values = column(rows, f"{meaning}_value")
        marks = [_worth(row, meaning, currency) for row in rows]
        printed = [money(value, currency) for value in values]
        bars = style.bar(values, COLOURS[meaning], marks, name=name, text=printed)
        figure.add_trace(bars)
        style.add_unknown(figure, bars, shift)
    style.room_for_text(figure, column(rows, "won_value") + column(rows, "open_value"), 0.4)
    return figure


def _worth(row: Row, meaning: str, currency: str) -> Mark:
    hover = lines(
        row["industry"],
        f"{money(row['won_value'], currency)} won",
        style.worth(row, "open", currency),
        counted(row["accounts"], "account", currency),
    )
    return mark(
        hover,
        "deals",
        industries=[row["industry"]],
        meanings=[meaning],
        owners=None,
        sources=None,
        title=f"{meaning.capitalize()} deals: {row['industry']}",
    )
