"""The chart of the month: what is won day by day, on course or not, and where it will end."""

from collections.abc import Sequence

import plotly.graph_objects as go

from aha_pipeline.figures import money, span
from dashboard import style
from dashboard.style import COLOURS, Mark, Row, column, known, lines, mark, numbers

HEIGHT = 300
BAND = "rgba(140, 163, 184, 0.28)"


def month(rows: Sequence[Row], currency: str) -> go.Figure:
    """Won so far, the course to the target with the range it had, the target, the forecast."""
    figure = style.base(HEIGHT)
    days = column(rows, "day")
    if known(column(rows, "usual_value")):
        _add_course(figure, rows)
    if known(column(rows, "target_value")):
        figure.add_scatter(
            x=days,
            y=numbers(column(rows, "target_value")),
            name="Target",
            mode="lines",
            line={"color": COLOURS["overdue"], "width": 1.5, "dash": "dash"},
            hoverinfo="skip",
        )
    figure.add_scatter(
        x=days,
        y=numbers(column(rows, "won_value")),
        name="Won",
        mode="lines+markers",
        line={"color": COLOURS["won"], "width": 3, "shape": "hv"},
        marker={"size": 5, "color": COLOURS["won"]},
        customdata=[_won(row, currency) for row in rows],
        hovertemplate=style.HOVER,
    )
    _add_forecast(figure, [row for row in rows if row["value_p50"] is not None], currency)
    figure.update_yaxes(style.money_ticks(_values(rows), currency))
    figure.update_xaxes(tickformat="%-d %b", showgrid=False)
    return figure


def has_scale(rows: Sequence[Row]) -> bool:
    """Return whether the month has any amount to draw: won, target or forecast."""
    return any(_values(rows))


def _values(rows: Sequence[Row]) -> list[float]:
    names = ("won_value", "target_value", "usual_high_value", "value_p90")
    return [value for name in names for value in known(column(rows, name))]


def _add_course(figure: go.Figure, rows: Sequence[Row]) -> None:
    days = column(rows, "day")
    edge = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
    figure.add_scatter(x=days, y=numbers(column(rows, "usual_low_value")), showlegend=False, **edge)
    figure.add_scatter(
        x=days,
        y=numbers(column(rows, "usual_high_value")),
        name="Range of the months before",
        fill="tonexty",
        fillcolor=BAND,
        **edge,
    )
    figure.add_scatter(
        x=days,
        y=numbers(column(rows, "usual_value")),
        name="On course",
        mode="lines",
        line={"color": COLOURS["volume"], "width": 1.5, "dash": "dot"},
        hoverinfo="skip",
    )


def _add_forecast(figure: go.Figure, rows: Sequence[Row], currency: str) -> None:
    """Draw the interval as a line from its low end to its high one, with the middle on it."""
    for row in rows:
        figure.add_scatter(
            x=[row["day"]] * 3,
            y=numbers([row["value_p10"], row["value_p50"], row["value_p90"]]),
            name="Forecast, 80% interval",
            mode="lines+markers",
            line={"color": COLOURS["open"], "width": 5},
            marker={"size": [2, 11, 2], "color": COLOURS["open"]},
            customdata=[_forecast(row, currency)] * 3,
            hovertemplate=style.HOVER,
        )


def _won(row: Row, currency: str) -> Mark:
    """Return what a day says: nothing before it has come, and no list where nothing was won."""
    if row["won_value"] is None:
        return mark("")
    day = style.short_day(row["day"])
    hover = lines(f"Up to {day}", f"{money(row['won_value'], currency)} won in the month")
    if row["usual_value"] is not None:
        hover = lines(
            f"Up to {day}",
            f"{money(row['won_value'], currency)} won in the month",
            f"on course: {money(row['usual_value'], currency)}",
        )
    if not row["won_value"]:
        return mark(hover)
    return mark(
        hover,
        "deals",
        closed_from=row["day"].replace(day=1),
        closed_until=row["day"],
        meanings=["won"],
        title=f"Deals won in the month up to {day}",
    )


def _forecast(row: Row, currency: str) -> Mark:
    low, middle, high = (money(row[f"value_p{share}"], currency) for share in (10, 50, 90))
    said = [middle] if low == high else [span(low, high), middle]
    return mark(lines(f"Forecast for {style.short_day(row['day'])}", *said))
