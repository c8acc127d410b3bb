"""Figures of the Lead Intelligence tab: rows in, a Plotly figure out."""

from collections.abc import Sequence

import plotly.graph_objects as go

from aha_pipeline.figures import count, percent
from dashboard import style
from dashboard.style import COLOURS, INK_ON_TILE, MEANINGS, Row, column, lines, numbers

SHARES = ("converted", "qualified", "open", "lost", "junk")
JUNK_SCALE = ((0, "#DCE6EF"), (1, "#E2892B"))
LEAST_PRINTED = 10  # percent: the figure of a smaller part would not fit; the hover text has it
MOST_JUNK = 50  # percent at which the scale ends, the same on every day
COHORT_SCALE = ((0, "#EEF3F7"), (1, "#4FB487"))
COHORT_STEPS = ("qualified", "converted", "won")


def status(rows: Sequence[Row], currency: str) -> go.Figure:
    """Recent leads by what they say now."""
    figure = style.named_bars(column(rows, "status"), extra=24)
    leads = column(rows, "leads")
    printed = [f"{count(row['leads'], currency)} · {percent(row['share'])}" for row in rows]
    hover = [
        lines(
            row["status"],
            f"{count(row['leads'], currency)} of {count(row['all_leads'], currency)} leads"
            f" ({percent(row['share'])})",
            f"counts as {row['meaning']}",
        )
        for row in rows
    ]
    colours = [COLOURS[row["meaning"]] for row in rows]
    figure.add_trace(style.bar(leads, colours, hover, text=printed))
    style.room_for_text(figure, leads, 0.45)
    return figure


def workload(rows: Sequence[Row], currency: str) -> go.Figure:
    """Leads of each rep that still wait for an outcome."""
    figure = style.named_bars(column(rows, "owner_name"))
    for meaning in ("open", "qualified"):
        hover = [
            lines(
                row["owner_name"],
                f"{count(row[f'{meaning}_leads'], currency)} {meaning}",
                f"{count(row['waiting'], currency)} of {count(row['leads'], currency)} leads wait",
            )
            for row in rows
        ]
        values = column(rows, f"{meaning}_leads")
        figure.add_trace(style.bar(values, COLOURS[meaning], hover, name=MEANINGS[meaning]))
    figure.add_trace(_totals(rows, "waiting", currency))
    figure.update_layout(barmode="stack")
    style.room_for_text(figure, column(rows, "waiting"), 0.2)
    return figure


def _totals(rows: Sequence[Row], name: str, currency: str) -> go.Scatter:
    return go.Scatter(
        x=numbers(column(rows, name)),
        y=list(range(len(rows))),
        mode="text",
        text=[f" {count(row[name], currency)}" for row in rows],
        textposition="middle right",
        cliponaxis=False,
        hoverinfo="skip",
        showlegend=False,
    )


def source_quality(rows: Sequence[Row], currency: str) -> go.Figure:
    """What became of the leads of each source, in percent of its leads."""
    sizes = [count(row["leads"], currency) for row in rows]
    figure = style.named_bars(column(rows, "source"), sizes=sizes, pixels=38)
    for meaning in SHARES:
        counted = "qualified_now" if meaning == "qualified" else f"{meaning}_leads"
        hover = [
            lines(
                row["source"],
                f"{percent(row[f'share_{meaning}'])} {meaning}",
                f"{count(row[counted], currency)} of {count(row['leads'], currency)} leads",
            )
            for row in rows
        ]
        values = column(rows, f"share_{meaning}")
        bars = style.bar(values, COLOURS[meaning], hover, name=MEANINGS[meaning])
        printed = [percent(value) if value >= LEAST_PRINTED else "" for value in values]
        bars.update(text=printed, textposition="inside", insidetextanchor="middle", textangle=0)
        figure.add_trace(bars.update(constraintext="inside"))
    figure.update_layout(barmode="stack")
    style.percent_axis(figure)
    return figure


def source_map(rows: Sequence[Row], currency: str) -> go.Figure:
    """Sources as tiles: as large as their leads, as orange as their junk share."""
    figure = style.base(400)
    figure.add_treemap(
        labels=[style.safe(row["source"]) for row in rows],
        parents=[""] * len(rows),
        values=numbers(column(rows, "leads")),
        marker={
            "colors": numbers(column(rows, "junk_pct")),
            "colorscale": JUNK_SCALE,
            "cmin": 0,
            "cmax": MOST_JUNK,
            "cornerradius": 4,
            "pad": {"t": 0, "l": 0, "r": 0, "b": 0},
        },
        text=[
            f"{count(row['leads'], currency)} leads<br>{percent(row['junk_pct'])} junk"
            for row in rows
        ],
        texttemplate="<b>%{label}</b><br>%{text}",
        textfont={"color": INK_ON_TILE},
        customdata=[
            lines(
                row["source"],
                f"{count(row['leads'], currency)} leads",
                f"{count(row['junk_leads'], currency)} junk ({percent(row['junk_pct'])})",
            )
            for row in rows
        ],
        hovertemplate=style.HOVER,
        tiling={"pad": 2},
        pathbar={"visible": False},
        root={"color": "rgba(0, 0, 0, 0)"},
    )
    figure.update_layout(margin={"l": 0, "r": 0, "t": 0, "b": 0})
    return figure


def cohorts(rows: Sequence[Row], currency: str) -> go.Figure:
    """Of the leads created in a month, how many ever qualified, converted and won."""
    months = [style.month_name(row["month"]) + "*" * row["is_young"] for row in rows]
    sizes = [count(row["leads"], currency) for row in rows]
    figure = style.named_bars(months, sizes=sizes)
    figure.add_heatmap(
        x=[MEANINGS[step] for step in COHORT_STEPS],
        y=list(range(len(rows))),
        z=[numbers([row[f"{step}_pct"] for step in COHORT_STEPS]) for row in rows],
        text=[[_share(row, step, currency) for step in COHORT_STEPS] for row in rows],
        texttemplate="%{text}",
        textfont={"color": INK_ON_TILE},
        customdata=[[_cohort(row, step, currency) for step in COHORT_STEPS] for row in rows],
        hovertemplate=style.HOVER,
        colorscale=COHORT_SCALE,
        zmin=0,
        showscale=False,
        xgap=3,
        ygap=3,
        hoverongaps=False,
    )
    figure.update_xaxes(side="top", showgrid=False)
    return figure


def _share(row: Row, step: str, currency: str) -> str:
    if row[step] is None:
        return "not known"
    return f"{percent(row[f'{step}_pct'])}  ({count(row[step], currency)})"


def _cohort(row: Row, step: str, currency: str) -> str:
    young = ["the last leads are under 90 days old; it will still grow"] if row["is_young"] else []
    return lines(
        f"Leads of {style.month_name(row['month'])}",
        f"{_share(row, step, currency)} {step}",
        f"of {count(row['leads'], currency)} leads",
        *young,
    )


def source_trend(rows: Sequence[Row], currency: str) -> go.Figure:
    """Leads of each source in the last 30 whole days, beside the 30 days before."""
    figure = style.named_bars(column(rows, "source"), pixels=38)
    hover = [
        lines(
            row["source"],
            f"{count(row['recent'], currency)} in the last 30 days",
            f"{count(row['before'], currency)} in the 30 days before",
        )
        for row in rows
    ]
    recent, before = column(rows, "recent"), column(rows, "before")
    printed = [_recent(row, currency) for row in rows]
    figure.add_trace(style.bar(recent, COLOURS["volume"], hover, name="Last 30 days", text=printed))
    figure.add_trace(style.bar(before, COLOURS["before"], hover, name="30 days before"))
    style.room_for_text(figure, recent + before)
    return figure


def _recent(row: Row, currency: str) -> str:
    change = style.signed(row["change"], count(row["change"], currency))
    return f"{count(row['recent'], currency)} ({change})"
