"""Figures of the AI & System Health tab: rows in, a Plotly figure out."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

import plotly.graph_objects as go

from aha_pipeline.encoding import html
from aha_pipeline.figures import count
from dashboard import style
from dashboard.style import NEUTRAL, Row, column, lines, numbers

DAYS = timedelta(days=30)
CHANGES = {"inserted": "New", "updated": "Changed", "deleted": "Deleted"}


def changes(rows: Sequence[Row], currency: str) -> go.Figure:
    """Records that each day's syncs found new, changed or deleted."""
    figure = style.base(300)
    for (name, label), colour in zip(CHANGES.items(), NEUTRAL, strict=False):
        hover = [
            lines(
                style.short_day(row["day"]),
                f"{count(row[name], currency)} {label.lower()}",
                f"{count(row['failed'], currency)} failed reads",
            )
            for row in rows
        ]
        figure.add_bar(
            x=column(rows, "day"),
            y=numbers(column(rows, name)),
            name=label,
            marker={"color": colour},
            customdata=[style.mark(text) for text in hover],
            hovertemplate=style.HOVER,
        )
    totals = [sum(row[name] for name in CHANGES) for row in rows]
    return _by_day(figure, rows, totals, currency)


def calls(rows: Sequence[Row], currency: str) -> go.Figure:
    """Calls to the CRM of each day, by module."""
    figure = style.base(300)
    for place, module in enumerate(dict.fromkeys(column(rows, "module"))):
        own = [row for row in rows if row["module"] == module]
        figure.add_bar(
            x=column(own, "day"),
            y=numbers(column(own, "api_calls")),
            name=html(module),
            marker={"color": NEUTRAL[place % len(NEUTRAL)]},
            customdata=[
                style.mark(
                    lines(
                        f"{module}, {style.short_day(row['day'])}",
                        f"{count(row['api_calls'], currency)} calls,"
                        f" {count(row['records_read'], currency)} records read",
                        f"{count(row['failed'], currency)} of {count(row['windows'], currency)}"
                        " reads failed",
                    )
                )
                for row in own
            ],
            hovertemplate=style.HOVER,
        )
    totals: Counter[date] = Counter()
    for row in rows:
        totals[row["day"]] += row["api_calls"]
    return _by_day(figure, rows, list(totals.values()), currency)


def _by_day(
    figure: go.Figure, rows: Sequence[Row], totals: Sequence[int], currency: str
) -> go.Figure:
    """Stack the bars over the thirty days that end with the last one, read or not."""
    last = max(datetime.combine(row["day"], time()) for row in rows)
    half = timedelta(hours=12)
    figure.update_layout(barmode="stack")
    figure.update_traces(width=style.DAY_BAR)
    figure.update_xaxes(
        tickformat="%-d %b", showgrid=False, range=[last - DAYS + half, last + half]
    )
    figure.update_yaxes(style.count_ticks(totals, currency))
    return figure
