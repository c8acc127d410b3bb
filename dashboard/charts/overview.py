"""Figures of the Overview tab: rows in, a Plotly figure out."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from aha_pipeline.encoding import html
from aha_pipeline.figures import count, counted, money, percent
from dashboard import style
from dashboard.style import COLOURS, Mark, Row, column, lines, mark, numbers

STEP_PIXELS = 27
FEWEST_DAYS = timedelta(days=13)  # of fewer, the axis would name hours
SO_FAR = "Today so far", "open"


def lead_volume(rows: Sequence[Row], currency: str) -> go.Figure:
    """New leads of each day and the mean of the seven days before it; today is a part-day."""
    figure = style.base(330)
    days = column(rows, "day")
    marks = [_created(row, currency) for row in rows]
    # First, so that it takes the theme's ink; lines are drawn above bars all the same.
    figure.add_scatter(
        x=days,
        y=numbers(column(rows, "new_leads_avg_7d")),
        name="7-day average",
        mode="lines",
        line={"width": 2.5},
        hoverinfo="skip",
    )
    for name, colour in (("New leads", "volume"), ("Before the period", "before"), SO_FAR):
        figure.add_bar(
            x=days,
            y=[float(row["new_leads"]) if _kind(row) == name else None for row in rows],
            name=name,
            width=style.DAY_BAR,
            marker={"color": COLOURS[colour]},
            showlegend=any(_kind(row) == name for row in rows),
            customdata=marks,
            hovertemplate=style.HOVER,
        )
    figure.update_layout(barmode="overlay")
    first, last = min(days[0], days[-1] - FEWEST_DAYS), days[-1]
    half = timedelta(hours=12)  # a bar stands in the middle of its day
    ends = [datetime.combine(first, time()) - half, datetime.combine(last, time()) + half]
    figure.update_xaxes(tickformat="%-d %b", showgrid=False, range=ends)
    highest = column(rows, "new_leads") + column(rows, "new_leads_avg_7d")
    figure.update_yaxes(style.count_ticks([n for n in highest if n is not None], currency))
    return figure


def _kind(row: Row) -> str:
    if row["is_today"]:
        return SO_FAR[0]
    return "Before the period" if row["is_before"] else "New leads"


def _created(row: Row, currency: str) -> Mark:
    day = style.short_day(row["day"])
    hover = lines(
        day + (", so far" if row["is_today"] else ""),
        counted(row["new_leads"], "new lead", currency),
        f"{count(row['new_leads_avg_7d'], currency)} a day on average in the seven days before",
    )
    return mark(
        hover, "leads", first_day=row["day"], last_day=row["day"], title=f"Leads created on {day}"
    )


def funnel(rows: Sequence[Row], currency: str) -> go.Figure:
    """Where every lead and every deal stands now, in the order of the funnel."""
    halves = [[row for row in rows if row["entity"] == entity] for entity in ("lead", "deal")]
    heights = [max(len(half), 1) for half in halves]
    figure = make_subplots(
        rows=2,
        cols=1,
        row_heights=heights,
        vertical_spacing=0.09,
        subplot_titles=[_total("Leads", halves[0], currency), _total("Deals", halves[1], currency)],
    )
    figure.update_layout(style.base(STEP_PIXELS * sum(heights) + 90).layout)
    figure.update_layout(margin={"t": 30}, showlegend=False)
    for place, half in enumerate(halves, 1):
        _add_half(figure, place, half, currency)
    figure.update_annotations(x=0, xanchor="left", font={"size": 13})
    return figure


def entered_funnel(rows: Sequence[Row], currency: str) -> go.Figure:
    """How many of those who entered reached each step, and how many left or wait on it."""
    # Of whom a step is, its first one says for all.
    names = [_entered_name(row) if row["position"] == 1 else row["step"] for row in rows]
    figure = style.named_bars(names, extra=16, least=120)
    figure.add_trace(
        style.bar(
            column(rows, "reached"),
            [COLOURS["won" if row["step"] == "Won" else "open"] for row in rows],
            [_entered(row, currency) for row in rows],
            text=[_reached(row, currency) for row in rows],
        )
    )
    style.room_for_text(figure, column(rows, "reached"), 0.75)
    return figure


def _entered_name(row: Row) -> str:
    entity = "Leads" if row["entity"] == "lead" else "Deals"
    return f"{entity}: {row['step']}"


def _reached(row: Row, currency: str) -> str:
    reached = count(row["reached"], currency)
    return reached if row["position"] == 1 else f"{reached} · {percent(row['of_entered_pct'])}"


def _entered(row: Row, currency: str) -> Mark:
    left = [
        f"{count(row[name], currency)} {words}"
        for name, words in (
            ("junk", "dropped out here as junk"),
            ("lost", "dropped out here as lost"),
            ("waiting", "still here"),
            ("not_known", "without a deal: outcome not known"),
        )
        if row[name]
    ]
    before = row["of_before_pct"]
    step = [] if before is None else [f"{percent(before)} of those who reached the step before"]
    reached = f"{count(row['reached'], currency)} {row['entity']}s reached this step"
    hover = lines(_entered_name(row), reached, *step, *left)
    kind = "entered_leads" if row["entity"] == "lead" else "entered_deals"
    # The steps of leads are ours, those of deals the company's stages.
    name = row["step"].lower() if row["entity"] == "lead" else row["step"]
    return mark(hover, kind, step=name, title=f"{_entered_name(row)}, reached")


def lost_reasons(rows: Sequence[Row], currency: str) -> go.Figure:
    """Value of the deals lost in the period, by one dimension."""
    figure = style.named_bars(column(rows, "name"), extra=16, least=120)
    values = column(rows, "value")
    printed = [_lost_beside(row, currency) for row in rows]
    marks = [_lost(row, currency) for row in rows]
    bars = style.bar(values, COLOURS["lost"], marks, text=printed)
    figure.add_trace(bars)
    style.add_unknown(figure, bars)
    style.room_for_text(figure, values, 1.2)
    return figure


def _lost_beside(row: Row, currency: str) -> str:
    change = style.bracketed(row["change"], count(row["change"], currency))
    return f"{money(row['value'], currency)} · {count(row['deals'], currency)}{change}"


def _lost(row: Row, currency: str) -> Mark:
    main = (
        []
        if row["dimension"] == "reason" or row["main_reason"] is None
        else [f"most often: {html(row['main_reason'])} ({count(row['main_deals'], currency)})"]
    )
    hover = lines(row["name"], _lost_beside(row, currency), *main)
    part = row["part"]
    narrowed = {
        "reason": {"reason": part},
        "stage": {"stages": [part]},
        "owner": {"owners": [part]},
        "source": {"sources": [part]},
    }[row["dimension"]]
    return mark(hover, "lost", title=f"Deals lost: {row['name']}", **narrowed)


def _total(name: str, half: Sequence[Row], currency: str) -> str:
    return f"<b>{name}</b>" if half else f"<b>{name}</b>: none yet"


def _add_half(figure: go.Figure, place: int, half: Sequence[Row], currency: str) -> None:
    bars = style.bar(
        column(half, "records"),
        [COLOURS[row["meaning"]] for row in half],
        [_step(row, currency) for row in half],
        text=[_beside(row, currency) for row in half],
    )
    figure.add_trace(bars, row=place, col=1)
    names = style.named_bars(column(half, "step")).layout.yaxis
    figure.update_yaxes(names, row=place, col=1)
    figure.update_xaxes(fixedrange=True, row=place, col=1)
    style.room_for_text(figure, column(half, "records"), 0.75, row=place, col=1)


def _beside(row: Row, currency: str) -> str:
    parts = [count(row["records"], currency)]
    if row["value"] is not None:
        parts.append(money(row["value"], currency))
    return " · ".join(parts)


def _step(row: Row, currency: str) -> Mark:
    records = counted(row["records"], row["entity"], currency)
    worth = [] if row["value"] is None else [money(row["value"], currency)]
    hover = lines(row["step"], records, *worth, f"counts as {row['meaning']}")
    if row["entity"] == "lead":
        return mark(
            hover,
            "leads",
            steps=[row["step"]],
            meanings=[row["meaning"]],
            title=f"Leads: {row['step']}",
        )
    return mark(hover, "deals_created", stages=[row["step"]], title=f"Deals: {row['step']}")


def sources(rows: Sequence[Row], currency: str) -> go.Figure:
    """Leads of each source in the period, the change, and those of the previous period."""
    figure = style.named_bars(column(rows, "source"), pixels=38, extra=60)
    for part, name, colour in (
        ("leads", "This period", "volume"),
        ("before", "Previous period", "before"),
    ):
        bars = style.bar(
            column(rows, part),
            COLOURS[colour],
            [_source(row, part, currency) for row in rows],
            name=name,
            text=[_beside_source(row, currency) for row in rows] if part == "leads" else None,
        )
        figure.add_trace(bars)
    style.room_for_text(figure, column(rows, "leads") + column(rows, "before"), 0.75)
    return figure


def _beside_source(row: Row, currency: str) -> str:
    change = style.bracketed(row["change"], count(row["change"], currency))
    converted = "" if row["conversion_pct"] is None else f" · {percent(row['conversion_pct'])}"
    return f"{count(row['leads'], currency)}{change}{converted}"


def _source(row: Row, part: str, currency: str) -> Mark:
    hover = lines(
        row["source"],
        counted(row["leads"], "lead", currency),
        f"{count(row['before'], currency)} in the previous period",
        f"{count(row['converted_leads'], currency)} converted ({percent(row['conversion_pct'])})",
        f"{count(row['junk_leads'], currency)} junk ({percent(row['junk_pct'])})",
        f"{counted(row['won_deals'], 'deal', currency)} won, {money(row['won_value'], currency)}",
    )
    title = f"Leads from {row['source']}"
    if part == "leads":
        return mark(hover, "leads", sources=[row["source"]], title=title)
    return mark(hover, "leads_before", sources=[row["source"]], title=f"{title}, previous period")


def outcomes(rows: Sequence[Row], currency: str) -> go.Figure:
    """Value won and lost by month; a month that is not over says so."""
    figure = style.base(330)
    months = [style.month_tick(row, is_first=place == 0) for place, row in enumerate(rows)]
    for outcome, name in (("won", "Won"), ("lost", "Lost")):
        figure.add_bar(
            x=months,
            y=numbers(column(rows, f"{outcome}_value")),
            name=name,
            marker={"color": COLOURS[outcome]},
            customdata=[_month(row, outcome, currency) for row in rows],
            hovertemplate=style.HOVER,
        )
    values = column(rows, "won_value") + column(rows, "lost_value")
    figure.update_yaxes(style.money_ticks(values, currency))
    figure.update_xaxes(type="category", showgrid=False, tickangle=0, tickfont={"size": 11})
    return figure


def _month(row: Row, outcome: str, currency: str) -> Mark:
    closed = row["won_deals"] + row["lost_deals"]
    month = style.month_name(row["month"])
    hover = lines(
        month + style.so_far(row),
        style.worth(row, outcome, currency),
        f"{percent(row['win_rate_by_count'])} of {counted(closed, 'closed deal', currency)} won",
    )
    return mark(
        hover,
        "deals",
        closed_from=row["first_day"],
        closed_until=row["last_day"],
        meanings=[outcome],
        title=f"Deals {outcome} in {month}",
    )
