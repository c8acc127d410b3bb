"""Figures of the Lead Intelligence tab: rows in, a Plotly figure out."""

from collections.abc import Sequence

import plotly.graph_objects as go

from aha_pipeline.encoding import html
from aha_pipeline.figures import Number, count, counted, percent
from dashboard import style
from dashboard.style import (
    COLOURS,
    INK_ON_TILE,
    MEANINGS,
    Mark,
    Row,
    column,
    lines,
    mark,
    numbers,
)

SHARES = ("converted", "qualified", "open", "lost", "junk")
JUNK_SCALE = ((0, "#DCE6EF"), (1, "#E2892B"))
LEAST_PRINTED = 10  # percent: the figure of a smaller part would not fit; the hover text has it
LEAST_NAMED, LEAST_TOLD = 0.8, 2.5  # percent of the map: a tile with room for a name, for figures
MOST_JUNK = 50  # percent at which the scale ends, the same on every day
COHORT_SCALE = ((0, "#EEF3F7"), (1, "#4FB487"))
TILE = 0.97  # of a column, the rest is the gap
COHORT_STEPS = ("qualified", "converted", "won")


def status(rows: Sequence[Row], currency: str) -> go.Figure:
    """Leads by what they say now."""
    figure = style.named_bars(column(rows, "step"), extra=24)
    leads = column(rows, "leads")
    printed = [f"{count(row['leads'], currency)} · {percent(row['share'])}" for row in rows]
    marks = [_status(row, currency) for row in rows]
    colours = [COLOURS[row["meaning"]] for row in rows]
    figure.add_trace(style.bar(leads, colours, marks, text=printed))
    style.room_for_text(figure, leads, 0.45)
    return figure


def _status(row: Row, currency: str) -> Mark:
    hover = lines(
        row["step"],
        f"{count(row['leads'], currency)} of {counted(row['all_leads'], 'lead', currency)}"
        f" ({percent(row['share'])})",
        f"counts as {row['meaning']}",
    )
    return mark(
        hover,
        "leads",
        steps=[row["step"]],
        meanings=[row["meaning"]],
        title=f"Leads: {row['step']}",
    )


def workload(rows: Sequence[Row], currency: str) -> go.Figure:
    """Leads of each rep that still wait for an outcome."""
    figure = style.named_bars(column(rows, "owner_name"))
    for meaning in ("open", "qualified"):
        marks = [_waiting(row, meaning, currency) for row in rows]
        values = column(rows, f"{meaning}_leads")
        figure.add_trace(style.bar(values, COLOURS[meaning], marks, name=MEANINGS[meaning]))
    figure.add_trace(_totals(rows, "waiting", currency))
    figure.update_layout(barmode="stack")
    style.room_for_text(figure, column(rows, "waiting"), 0.2)
    return figure


def _waiting(row: Row, meaning: str, currency: str) -> Mark:
    hover = lines(
        row["owner_name"],
        f"{count(row[f'{meaning}_leads'], currency)} {meaning}",
        f"{count(row['waiting'], currency)} of {counted(row['leads'], 'lead', currency)} are open",
    )
    return mark(
        hover,
        "leads",
        owners=[row["owner_id"]],
        meanings=[meaning],
        title=f"{MEANINGS[meaning]} leads of {row['owner_name']}",
    )


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
    figure = style.named_bars(column(rows, "source"), sizes=sizes, pixels=38, extra=100)
    for meaning in SHARES:
        column_of = "qualified_now" if meaning == "qualified" else f"{meaning}_leads"
        marks = [
            _judged(row, meaning, row[f"share_{meaning}"], row[column_of], currency) for row in rows
        ]
        values = column(rows, f"share_{meaning}")
        bars = style.bar(values, COLOURS[meaning], marks, name=MEANINGS[meaning])
        printed = [percent(value) if value >= LEAST_PRINTED else "" for value in values]
        bars.update(text=printed, textposition="inside", insidetextanchor="middle", textangle=0)
        if meaning in ("converted", "junk"):  # Plotly's grey on these is paler than 4.5 : 1
            bars.update(insidetextfont={"color": INK_ON_TILE})
        figure.add_trace(bars.update(constraintext="inside"))
    figure.update_layout(barmode="stack")
    style.percent_axis(figure)
    return figure


def _judged(row: Row, meaning: str, share: Number, leads: Number, currency: str) -> Mark:
    hover = lines(
        row["source"],
        f"{percent(share)} {meaning}",
        f"{count(leads, currency)} of {counted(row['leads'], 'lead', currency)}",
    )
    return mark(
        hover,
        "leads",
        sources=[row["source"]],
        meanings=[meaning],
        title=f"{MEANINGS[meaning]} leads from {row['source']}",
    )


def source_map(rows: Sequence[Row], currency: str) -> go.Figure:
    """Sources as tiles: as large as their leads, as orange as their junk share."""
    figure = style.base(400)
    marks = [_tile(row, currency) for row in rows]
    whole = sum(column(rows, "leads")) or 1
    figure.add_treemap(
        # A clicked tile tells its id and no custom data, and only if it has a parent.
        ids=["", *(behind for _, behind in marks)],
        labels=["", *(html(row["source"]) for row in rows)],
        parents=[None, *([""] * len(rows))],
        values=[0, *numbers(column(rows, "leads"))],
        marker={
            "colors": [0, *numbers(column(rows, "junk_pct"))],
            "colorscale": JUNK_SCALE,
            "cmin": 0,
            "cmax": MOST_JUNK,
            "cornerradius": 4,
            "line": {"width": 0},
            "pad": {"t": 0, "l": 0, "r": 0, "b": 0},
        },
        text=["", *(_printed(row, 100 * row["leads"] / whole, currency) for row in rows)],
        texttemplate="%{text}",
        textfont={"color": INK_ON_TILE},
        customdata=[["", ""], *marks],
        hovertemplate=style.HOVER,
        tiling={"pad": 2},
        pathbar={"visible": False},
    )
    figure.update_layout(margin={"l": 0, "r": 0, "t": 0, "b": 0})
    return figure


def _printed(row: Row, share: float, currency: str) -> str:
    """Return what fits on a tile of that share of the map; the hover text has all of it."""
    if share < LEAST_NAMED:
        return ""
    name = f"<b>{html(row['source'])}</b>"
    if share < LEAST_TOLD:
        return name.replace(" ", "<br>")
    return f"{name}<br>{counted(row['leads'], 'lead', currency)}<br>{percent(row['junk_pct'])} junk"


def _tile(row: Row, currency: str) -> Mark:
    hover = lines(
        row["source"],
        counted(row["leads"], "lead", currency),
        f"{count(row['junk_leads'], currency)} junk ({percent(row['junk_pct'])})",
    )
    return mark(hover, "leads", sources=[row["source"]], title=f"Leads from {row['source']}")


def cohorts(rows: Sequence[Row], currency: str) -> go.Figure:
    """Of the leads created in a month, how many ever qualified, converted and won."""
    months = [style.month_name(row["month"]) + "*" * row["is_young"] for row in rows]
    sizes = [count(row["leads"], currency) for row in rows]
    figure = style.named_bars(months, sizes=sizes)
    shares = {step: numbers(column(rows, f"{step}_pct")) for step in COHORT_STEPS}
    most = max((share or 0 for step in shares.values() for share in step), default=0)
    # Bars of one length, since a tile of a heatmap cannot be clicked.
    for place, step in enumerate(COHORT_STEPS):
        tiles = style.bar(
            [TILE] * len(rows),
            [share or 0 for share in shares[step]],
            [_cohort(row, step, currency) for row in rows],
            text=[_share(row, step, currency) for row in rows],
        )
        tiles.update(
            base=[place] * len(rows),
            textposition="inside",
            insidetextanchor="middle",
            textfont={"color": INK_ON_TILE},
            marker={"colorscale": COHORT_SCALE, "cmin": 0, "cmax": most or 1},
        )
        figure.add_trace(tiles)
    middles = [place + TILE / 2 for place in range(len(COHORT_STEPS))]
    figure.update_layout(barmode="overlay", bargap=0.1)
    figure.update_xaxes(tickvals=middles, ticktext=[MEANINGS[step] for step in COHORT_STEPS])
    figure.update_xaxes(side="top", showgrid=False)
    return figure


def _share(row: Row, step: str, currency: str) -> str:
    if row[step] is None:
        return "not known"
    return f"{percent(row[f'{step}_pct'])} ({count(row[step], currency)})"


def _cohort(row: Row, step: str, currency: str) -> Mark:
    young = ["the youngest leads are under 90 days old: can still grow"] if row["is_young"] else []
    typically = row[f"days_to_{step}"]
    since = "conversion" if step == "won" else "creation"
    typical = (
        []
        if typically is None
        else [f"typically {counted(typically, 'day', currency)} after {since}"]
    )
    month = style.month_name(row["month"])
    hover = lines(
        f"Leads of {month}",
        f"{_share(row, step, currency)} {step}",
        f"of {counted(row['leads'], 'lead', currency)}",
        *typical,
        *young,
    )
    if not row[step]:  # not known, or none: there is nothing to list
        return mark(hover)
    title = f"Leads of {month} that {'were won' if step == 'won' else step}"
    days = {"first_day": row["month"], "last_day": row["month_end"]}
    return mark(hover, "entered_leads", step=step, title=title, **days)


def response(rows: Sequence[Row], currency: str) -> go.Figure:
    """Leads of the last 30 days of each source, with a response by now and still without one."""
    figure = style.named_bars(column(rows, "source"))
    for name, label, colour in (
        ("contacted_leads", "Contacted", "qualified"),
        ("waiting_leads", "Not contacted", "before"),
    ):
        marks = [_answered(row, name == "contacted_leads", currency) for row in rows]
        values = column(rows, name)
        figure.add_trace(style.bar(values, COLOURS[colour], marks, name=label))
    figure.add_trace(
        go.Scatter(
            x=numbers(column(rows, "leads")),
            y=list(range(len(rows))),
            mode="text",
            text=[f" {percent(row['contacted_pct'])}{_median(row, currency)}" for row in rows],
            textposition="middle right",
            cliponaxis=False,
            hoverinfo="skip",
            showlegend=False,
        )
    )
    figure.update_layout(barmode="stack")
    style.room_for_text(figure, column(rows, "leads"), 0.55)
    return figure


def _median(row: Row, currency: str) -> str:
    days = row["median_days"]
    return "" if days is None else f" · {counted(days, 'day', currency)}"


def _answered(row: Row, is_answered: bool, currency: str) -> Mark:
    timed = f"{count(row['timed_leads'], currency)} of them"
    median = f"median {counted(row['median_days'], 'day', currency)}, known for {timed}"
    hover = lines(
        row["source"],
        f"{count(row['contacted_leads'], currency)} of"
        f" {counted(row['leads'], 'lead', currency)} contacted ({percent(row['contacted_pct'])})",
        f"{count(row['waiting_leads'], currency)} not contacted",
        "how soon is not known" if row["median_days"] is None else median,
    )
    first, last = row["first_day"], row["last_day"]
    return mark(
        hover,
        "leads",
        sources=[row["source"]],
        first_day=first,
        last_day=last,
        owners=None,
        is_answered=is_answered,
        title=f"Leads from {row['source']} {'' if is_answered else 'not '}contacted",
    )
