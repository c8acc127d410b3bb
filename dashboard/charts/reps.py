"""Figures of the reps on the Deal Pipeline tab: rows in, a Plotly figure out."""

from collections.abc import Sequence

import plotly.graph_objects as go

from aha_pipeline.figures import count, money, percent, span
from dashboard import style
from dashboard.style import COLOURS, MEANINGS, Mark, Row, column, known, lines, mark


def values(rows: Sequence[Row], currency: str) -> go.Figure:
    """Open value of each rep against the value won."""
    figure = style.named_bars(column(rows, "owner_name"), pixels=38, extra=70)
    for meaning, shift in (("open", -style.PAIR), ("won", style.PAIR)):
        name = f"{meaning}_value"
        marks = [_deals(row, meaning, currency) for row in rows]
        printed = [_worth(row, meaning, currency) for row in rows]
        values = column(rows, name)
        bars = style.bar(values, COLOURS[meaning], marks, name=MEANINGS[meaning], text=printed)
        figure.add_trace(bars)
        style.add_unknown(figure, bars, shift)
    style.room_for_text(figure, column(rows, "open_value") + column(rows, "won_value"), 1.1)
    return figure


def _worth(row: Row, meaning: str, currency: str) -> str:
    text = money(row[f"{meaning}_value"], currency)
    if meaning == "open":
        return text
    change = row["won_value_change"]
    return text + style.bracketed(change, money(change, currency))


def _deals(row: Row, meaning: str, currency: str) -> Mark:
    hover = lines(
        row["owner_name"],
        style.worth(row, "open", currency),
        f"{money(row['weighted_value'], currency)} weighted",
        style.worth(row, "won", currency),
        f"{money(row['won_value_before'], currency)} won in the previous period",
        style.worth(row, "lost", currency),
    )
    return mark(
        hover,
        "deals" if meaning == "open" else "deals_closed",
        owners=[row["owner_id"]],
        meanings=[meaning],
        title=f"{MEANINGS[meaning]} deals of {row['owner_name']}",
    )


def win_rates(rows: Sequence[Row], currency: str) -> go.Figure:
    """Win rate of each rep with its 95% interval; hollow where ten deals are not yet closed."""
    sizes = [count(row["closed_deals"], currency) for row in rows]
    figure = style.named_bars(column(rows, "owner_name"), sizes=sizes, extra=70)
    for too_few, name in (
        (False, "Win rate and its 95% interval"),
        (True, "Too few closed deals"),
    ):
        chosen = [
            i for i, row in enumerate(rows) if row["too_few"] is too_few and row["closed_deals"]
        ]
        if chosen:
            figure.add_trace(_rates(rows, chosen, name, currency, too_few=too_few))
    average = rows[0]["all_win_rate"]
    if average is not None:
        figure.add_scatter(
            x=[float(average)] * 2,
            y=[-0.6, len(rows) - 0.4],
            name=f"All reps: {percent(average)}",
            mode="lines",
            line={"dash": "dot", "color": COLOURS["volume"], "width": 2},
            hoverinfo="skip",
        )
    style.percent_axis(figure)
    return figure


def _rates(
    rows: Sequence[Row], chosen: list[int], name: str, currency: str, *, too_few: bool
) -> go.Scatter:
    shown = [rows[i] for i in chosen]
    # Each has closed deals, hence a rate and its interval.
    rates, low, high = (
        known(column(shown, f"win_rate_{part}")) for part in ("by_count", "low", "high")
    )
    colour = COLOURS["before"] if too_few else COLOURS["won"]
    return go.Scatter(
        x=rates,
        y=chosen,
        name=name,
        mode="markers",
        marker={
            "size": style.MARKER,
            "color": colour,
            "symbol": "circle-open" if too_few else "circle",
            "line": {"width": 2 if too_few else 0},
        },
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [top - rate for top, rate in zip(high, rates, strict=True)],
            "arrayminus": [rate - bottom for rate, bottom in zip(rates, low, strict=True)],
            "color": colour,
            "thickness": 2,
            "width": 0,
        },
        cliponaxis=False,
        customdata=[_rate(row, currency) for row in shown],
        hovertemplate=style.HOVER,
        showlegend=True,
    )


def _rate(row: Row, currency: str) -> Mark:
    closed = count(row["closed_deals"], currency)
    verdict = ["too few closed deals to judge"] if row["too_few"] else []
    hover = lines(
        row["owner_name"],
        f"{percent(row['win_rate_by_count'])}: {count(row['won_deals'], currency)} won"
        f" of {closed} closed",
        f"95% interval {span(percent(row['win_rate_low']), percent(row['win_rate_high']))}",
        f"{percent(row['win_rate_by_value'])} by value",
        f"{percent(row['win_rate_before'])} in the previous period",
        *verdict,
    )
    return mark(
        hover,
        "deals_closed",
        owners=[row["owner_id"]],
        meanings=["won", "lost"],
        title=f"Closed deals of {row['owner_name']}",
    )
