"""Figures of a rep and of a source over the months: rows in, a Plotly figure out."""

from collections.abc import Sequence

import plotly.graph_objects as go

from aha_pipeline.figures import count, counted, percent, span
from dashboard import style
from dashboard.style import COLOURS, Mark, Row, column, known, lines, mark, numbers

HEIGHT = 330


def win_rate(rows: Sequence[Row], currency: str) -> go.Figure:
    """Win rate of each month with its 95% interval, and that of the team."""
    figure = style.base(HEIGHT)
    rates, low, high = (column(rows, f"win_rate{part}") for part in ("", "_low", "_high"))
    hollow = column(rows, "too_few")
    figure.add_scatter(
        x=_ticks(rows),
        y=numbers(rates),
        name="Win rate and its 95% interval",
        mode="lines+markers",
        line={"color": COLOURS["won"], "width": 2},
        marker={
            "size": 10,
            "color": COLOURS["won"],
            "symbol": ["circle-open" if few else "circle" for few in hollow],
            "line": {"width": [2 if few else 0 for few in hollow]},
        },
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [top - rate for top, rate in zip(known(high), known(rates), strict=True)],
            "arrayminus": [
                rate - bottom for rate, bottom in zip(known(rates), known(low), strict=True)
            ],
            "color": COLOURS["won"],
            "thickness": 1.5,
            "width": 0,
        },
        customdata=[_closed(row, currency) for row in rows],
        hovertemplate=style.HOVER,
    )
    figure.add_scatter(
        x=_ticks(rows),
        y=numbers(column(rows, "team_win_rate")),
        name="All reps",
        mode="lines",
        line={"dash": "dot", "color": COLOURS["volume"], "width": 2},
        hoverinfo="skip",
    )
    ticks = [0, 25, 50, 75, 100]
    texts = [f"{tick}%" for tick in ticks]
    figure.update_yaxes(range=style.from_zero(100), tickvals=ticks, ticktext=texts)
    return _by_month(figure)


def _closed(row: Row, currency: str) -> Mark:
    month = style.month_name(row["month"])
    few = ["too few closed deals to judge"] if row["too_few"] else []
    hover = lines(
        month + style.so_far(row),
        f"{percent(row['win_rate'])}: {count(row['won_deals'], currency)} won of "
        f"{count(row['closed_deals'], currency)} closed",
        f"95% interval {span(percent(row['win_rate_low']), percent(row['win_rate_high']))}",
        f"{percent(row['team_win_rate'])} for all reps",
        *few,
    )
    days = {"closed_from": row["first_day"], "closed_until": row["last_day"]}
    title = f"Deals won or lost in {month}"
    return mark(hover, "deals", meanings=["won", "lost"], title=title, **days)


def junk(rows: Sequence[Row], currency: str) -> go.Figure:
    """Leads of each month, those that are junk apart, and their share beside that of all."""
    figure = style.base(HEIGHT)
    for name, label, colour in (
        ("good_leads", "Not junk", "volume"),
        ("junk_leads", "Junk", "junk"),
    ):
        figure.add_bar(
            x=_ticks(rows),
            y=numbers(column(rows, name)),
            name=label,
            marker={"color": COLOURS[colour]},
            customdata=[_created(row, name, currency) for row in rows],
            hovertemplate=style.HOVER,
        )
    figure.add_scatter(
        x=_ticks(rows),
        y=numbers(column(rows, "new_leads")),
        mode="text",
        text=[
            f"{percent(row['junk_pct'])}<br><i>{percent(row['team_junk_pct'])}</i>" for row in rows
        ],
        textposition="top center",
        textfont={"size": 11},
        cliponaxis=False,
        hoverinfo="skip",
        showlegend=False,
    )
    figure.update_layout(barmode="stack")
    axis = style.count_ticks(column(rows, "new_leads"), currency)
    axis["range"][1] *= 1.15  # room for the shares
    figure.update_yaxes(axis)
    return _by_month(figure)


def _created(row: Row, name: str, currency: str) -> Mark:
    month = style.month_name(row["month"])
    hover = lines(
        month + style.so_far(row),
        f"{counted(row['new_leads'], 'lead', currency)}, {count(row['junk_leads'], currency)} junk",
        f"{percent(row['junk_pct'])} junk; of all sources {percent(row['team_junk_pct'])}",
    )
    is_junk = name == "junk_leads"
    return mark(
        hover,
        "leads",
        first_day=row["first_day"],
        last_day=row["last_day"],
        meanings=["junk"] if is_junk else ["open", "qualified", "converted", "lost"],
        title=f"{'Junk leads' if is_junk else 'Leads without junk'} of {month}",
    )


def _ticks(rows: Sequence[Row]) -> list[str]:
    return [style.month_tick(row, is_first=place == 0) for place, row in enumerate(rows)]


def _by_month(figure: go.Figure) -> go.Figure:
    figure.update_xaxes(type="category", showgrid=False, tickangle=0, tickfont={"size": 11})
    return figure
