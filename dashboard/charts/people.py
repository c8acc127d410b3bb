"""Figures of the Contacts & Accounts tab: rows in, a Plotly figure out."""

from collections.abc import Sequence

import plotly.graph_objects as go

from aha_pipeline.figures import count, money
from dashboard import style
from dashboard.style import COLOURS, Row, column, lines


def contacts(rows: Sequence[Row], currency: str) -> go.Figure:
    """Contacts of each owner."""
    return _counted(rows, "owner_name", "contacts", currency)


def industries(rows: Sequence[Row], currency: str) -> go.Figure:
    """Accounts of each industry."""
    return _counted(rows, "industry", "accounts", currency)


def _counted(rows: Sequence[Row], name: str, counted: str, currency: str) -> go.Figure:
    figure = style.named_bars(column(rows, name), extra=24)
    values = column(rows, counted)
    printed = [count(value, currency) for value in values]
    hover = [lines(row[name], f"{text} {counted}") for row, text in zip(rows, printed, strict=True)]
    figure.add_trace(style.bar(values, COLOURS["volume"], hover, text=printed))
    style.room_for_text(figure, values, 0.2)
    return figure


def industry_value(rows: Sequence[Row], currency: str) -> go.Figure:
    """Won and open value of the deals of each industry's accounts."""
    figure = style.named_bars(column(rows, "industry"))
    hover = [
        lines(
            row["industry"],
            f"{money(row['won_value'], currency)} won",
            f"{money(row['open_value'], currency)} open in"
            f" {count(row['open_deals'], currency)} deals",
            f"{count(row['accounts'], currency)} accounts",
        )
        for row in rows
    ]
    for meaning, name in (("won", "Won"), ("open", "Open")):
        values = column(rows, f"{meaning}_value")
        figure.add_trace(style.bar(values, COLOURS[meaning], hover, name=name))
    values = column(rows, "won_value") + column(rows, "open_value")
    figure.update_xaxes(style.money_ticks(values, currency, most=4))
    return figure
