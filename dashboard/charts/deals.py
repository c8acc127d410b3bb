"""Figures of the Deal Pipeline tab: rows in, a Plotly figure out."""

from collections.abc import Sequence

import plotly.graph_objects as go

from aha_pipeline.figures import count, money, percent
from dashboard import style
from dashboard.style import COLOURS, Row, column, lines, numbers

VALUE_NAMES = {"value": "Value", "weighted_value": "Weighted"}


def stage_count(rows: Sequence[Row], currency: str) -> go.Figure:
    """Open deals of each stage."""
    return _stages(rows, "deals", [count(row["deals"], currency) for row in rows], currency)


def stage_age(rows: Sequence[Row], currency: str) -> go.Figure:
    """Mean age of the open deals of each stage, in days since they were created."""
    printed = [f"{count(row['avg_age_days'], currency)} days" for row in rows]
    return _stages(rows, "avg_age_days", printed, currency)


def _stages(rows: Sequence[Row], name: str, printed: list[str], currency: str) -> go.Figure:
    figure = style.named_bars(column(rows, "stage"))
    values = column(rows, name)
    hover = [_stage(row, currency) for row in rows]
    figure.add_trace(style.bar(values, COLOURS["open"], hover, text=printed))
    style.room_for_text(figure, values)
    return figure


def stage_value(rows: Sequence[Row], currency: str) -> go.Figure:
    """Value of the open deals of each stage, whole and weighted by probability."""
    figure = style.named_bars(column(rows, "stage"))
    _add_values(figure, rows, [_stage(row, currency) for row in rows], VALUE_NAMES)
    figure.update_xaxes(style.money_ticks(column(rows, "value"), currency, most=4))
    return figure


def _add_values(
    figure: go.Figure, rows: Sequence[Row], hover: list[str], names: dict[str, str]
) -> None:
    for (column_name, name), meaning in zip(names.items(), ("open", "weighted"), strict=True):
        values = column(rows, column_name)
        figure.add_trace(style.bar(values, COLOURS[meaning], hover, name=name))


def _stage(row: Row, currency: str) -> str:
    return lines(
        row["stage"],
        f"{count(row['deals'], currency)} open deals",
        f"{money(row['value'], currency)}, weighted {money(row['weighted_value'], currency)}",
        f"created {count(row['avg_age_days'], currency)} days ago on average",
    )


def win_rates(rows: Sequence[Row], currency: str) -> go.Figure:
    """Win rate of each rep with its 95 % interval; hollow where ten deals are not yet closed."""
    sizes = [count(row["closed_deals"], currency) for row in rows]
    figure = style.named_bars(column(rows, "owner_name"), sizes=sizes, extra=70)
    for too_few, name in (
        (False, "Win rate and its 95 % interval"),
        (True, "Too few closed deals"),
    ):
        chosen = [i for i, row in enumerate(rows) if row["too_few"] is too_few]
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
    rates, low, high = (
        numbers(column(shown, f"win_rate_{part}")) for part in ("by_count", "low", "high")
    )
    colour = COLOURS["before"] if too_few else COLOURS["won"]
    return go.Scatter(
        x=rates,
        y=chosen,
        name=name,
        mode="markers",
        marker={
            "size": 11,
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
        customdata=[_rate(row, currency) for row in shown],
        hovertemplate=style.HOVER,
        showlegend=True,
    )


def _rate(row: Row, currency: str) -> str:
    closed = count(row["closed_deals"], currency)
    verdict = ["too few closed deals to judge"] if row["too_few"] else []
    return lines(
        row["owner_name"],
        f"{percent(row['win_rate_by_count'])}: {count(row['won_deals'], currency)} won"
        f" of {closed} closed",
        f"95 % interval {percent(row['win_rate_low'])} to {percent(row['win_rate_high'])}",
        *verdict,
    )


def rep_values(rows: Sequence[Row], currency: str) -> go.Figure:
    """Open value of each rep, whole and weighted by probability."""
    figure = style.named_bars(column(rows, "owner_name"), extra=70)
    hover = [
        lines(
            row["owner_name"],
            f"{money(row['open_value'], currency)} open in"
            f" {count(row['open_deals'], currency)} deals",
            f"{money(row['weighted_value'], currency)} weighted",
            f"{money(row['won_value'], currency)} won so far",
        )
        for row in rows
    ]
    names = {"open_value": "Open value", "weighted_value": "Weighted"}
    _add_values(figure, rows, hover, names)
    figure.update_xaxes(style.money_ticks(column(rows, "open_value"), currency, most=4))
    return figure


def closing(rows: Sequence[Row], currency: str) -> go.Figure:
    """Value of the open deals by when they close or should have closed."""
    figure = style.named_bars(column(rows, "stretch"), least=300)
    values = column(rows, "value")
    printed = [f"{money(row['value'], currency)} · {count(row['deals'], currency)}" for row in rows]
    hover = [
        lines(
            row["stretch"],
            f"{count(row['deals'], currency)} deals, {money(row['value'], currency)}",
            f"weighted {money(row['weighted_value'], currency)}",
        )
        for row in rows
    ]
    colours = [COLOURS["overdue" if row["is_overdue"] else "open"] for row in rows]
    figure.add_trace(style.bar(values, colours, hover, text=printed))
    style.room_for_text(figure, values, 0.6)
    return figure
