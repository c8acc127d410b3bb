"""Figures of the Deal Pipeline tab: rows in, a Plotly figure out."""

from collections.abc import Sequence

import plotly.graph_objects as go

from aha_pipeline.figures import NOTHING, count, counted, money, span
from dashboard import style
from dashboard.style import COLOURS, Mark, Row, column, lines, mark, numbers

VALUES = {"value": ("Value", "open"), "weighted_value": ("Weighted", "weighted")}
# What a kind of movement means for the pipeline; the ends of the bridge are what is open.
MOVEMENTS = {
    "start": "volume",
    "opened": "open",
    "reopened": "open",
    "handed over": "before",
    "added": "converted",
    "cut": "junk",
    "won": "won",
    "lost": "lost",
    "deleted": "before",
    "end": "volume",
}


def stage_count(rows: Sequence[Row], currency: str) -> go.Figure:
    """Open deals of each stage."""
    return _stages(rows, "deals", [_standing(row, currency) for row in rows], currency)


def _standing(row: Row, currency: str) -> str:
    deals, change = count(row["deals"], currency), row["deals_change"]
    return deals + style.bracketed(change, count(change, currency))


def stage_age(rows: Sequence[Row], currency: str) -> go.Figure:
    """Median days the open deals of each stage stand there, and when most won ones had left."""
    printed = [_age(row, currency) for row in rows]
    figure = _stages(rows, "median_days_in_stage", printed, currency)
    limits = column(rows, "won_limit_days")
    figure.add_scatter(
        x=numbers(limits),
        y=list(range(len(rows))),
        name="80% of won deals had moved on",
        mode="markers",
        marker={"symbol": "line-ns", "size": 22, "line": {"width": 3, "color": COLOURS["won"]}},
        hoverinfo="skip",
        showlegend=any(limit is not None for limit in limits),
    )
    known = [n for n in column(rows, "median_days_in_stage") + limits if n is not None]
    style.room_for_text(figure, known, 0.5)
    return figure


def _age(row: Row, currency: str) -> str:
    days = row["median_days_in_stage"]
    if days is None:
        return NOTHING
    text = counted(days, "day", currency)
    return text if not row["older_deals"] else f"{text} · {row['older_deals']} old"


def _stages(rows: Sequence[Row], name: str, printed: list[str], currency: str) -> go.Figure:
    figure = style.named_bars(column(rows, "stage"))
    values = column(rows, name)
    marks = [_stage(row, currency) for row in rows]
    bars = style.bar(values, COLOURS["open"], marks, text=printed)
    figure.add_trace(bars)
    style.add_unknown(figure, bars)
    style.room_for_text(figure, values)
    return figure


def stage_value(rows: Sequence[Row], currency: str) -> go.Figure:
    """Value of the open deals of each stage, whole and weighted by probability."""
    figure = style.named_bars(column(rows, "stage"), pixels=38)
    for name, (label, meaning) in VALUES.items():
        marks = [_stage(row, currency) for row in rows]
        printed = [_worth(row, name, currency) for row in rows]
        bars = style.bar(column(rows, name), COLOURS[meaning], marks, name=label, text=printed)
        figure.add_trace(bars)
    style.add_unknown(figure, bars)  # weighted or not, neither is known
    style.room_for_text(figure, column(rows, "value"), 1.1)
    return figure


def _worth(row: Row, name: str, currency: str) -> str:
    change = row["value_change"] if name == "value" else None
    text = money(row[name], currency)
    return text + style.bracketed(change, money(change, currency))


def _stage(row: Row, currency: str) -> Mark:
    days, limit = row["median_days_in_stage"], row["won_limit_days"]
    hover = lines(
        row["stage"],
        counted(row['deals'], 'open deal', currency),
        f"{money(row['value'], currency)}, weighted {money(row['weighted_value'], currency)}",
        "time in stage not known"
        if days is None
        else f"{counted(days, 'day', currency)} in stage (median)",
        *_untimed(row, currency),
        *(
            []
            if limit is None
            else [f"{row['older_deals']} for over {counted(limit, 'day', currency)}, longer than",
                  "80% of won deals were"]
        ),
    )  # fmt: skip
    return mark(
        hover,
        "deals",
        stages=[row["stage"]],
        meanings=["open"],
        title=f"Open deals: {row['stage']}",
    )


def _untimed(row: Row, currency: str) -> list[str]:
    if row["median_days_in_stage"] is None or not row["untimed_deals"]:
        return []
    return [f"time in stage not known for {count(row['untimed_deals'], currency)} of them"]


def closing(rows: Sequence[Row], currency: str) -> go.Figure:
    """Value of the open deals by when they close or should have closed."""
    figure = style.named_bars(column(rows, "stretch"), least=300)
    values = column(rows, "value")
    printed = [f"{money(row['value'], currency)} · {count(row['deals'], currency)}" for row in rows]
    marks = [_due(row, currency) for row in rows]
    colours = [COLOURS["overdue" if row["is_overdue"] else "open"] for row in rows]
    bars = style.bar(values, colours, marks, text=printed)
    figure.add_trace(bars)
    style.add_unknown(figure, bars)
    style.room_for_text(figure, values, 0.6)
    return figure


def _due(row: Row, currency: str) -> Mark:
    hover = lines(
        row["stretch"],
        f"{counted(row['deals'], 'deal', currency)}, {money(row['value'], currency)}",
        f"weighted {money(row['weighted_value'], currency)}",
    )
    return mark(
        hover,
        "deals",
        due_from=row["first_day"],
        due_until=row["last_day"],
        meanings=["open"],
        title=f"Open deals: {row['stretch'].lower()}",
    )


def slipping(rows: Sequence[Row], currency: str) -> go.Figure:
    """Value of the open deals that slip, by reason."""
    figure = style.named_bars(column(rows, "reason"), least=250)
    values = column(rows, "value")
    printed = [f"{money(row['value'], currency)} · {count(row['deals'], currency)}" for row in rows]
    marks = [_reason(row, currency) for row in rows]
    bars = style.bar(values, COLOURS["overdue"], marks, text=printed)
    figure.add_trace(bars)
    style.add_unknown(figure, bars)
    style.room_for_text(figure, values, 0.6)
    return figure


def _reason(row: Row, currency: str) -> Mark:
    hover = lines(
        row["reason"],
        f"{counted(row['deals'], 'open deal', currency)}, {money(row['value'], currency)}",
        f"of {counted(row['all_deals'], 'slipping deal', currency)},"
        f" {money(row['all_value'], currency)}",
    )
    return mark(hover, "slipping", reason=row["reason"], title=f"Slipping: {row['reason'].lower()}")


def movements(rows: Sequence[Row], currency: str) -> go.Figure:
    """The open pipeline at two ends, and between them what came and what went."""
    figure = style.named_bars(column(rows, "label"), extra=24)
    bases, level = [], 0.0
    for row in rows:
        is_end = row["kind"] in ("start", "end")
        bases.append(0.0 if is_end else level)
        level = float(row["value"] or 0) + (0.0 if is_end else level)
    values = column(rows, "value")
    bars = style.bar(
        values,
        [COLOURS[MOVEMENTS[row["kind"]]] for row in rows],
        [_movement(row, currency) for row in rows],
        text=[_moved(row, currency) for row in rows],
    )
    figure.add_trace(bars.update(base=bases))
    style.add_unknown(figure, bars)
    reached = [max(base, base + float(v or 0)) for base, v in zip(bases, values, strict=True)]
    style.room_for_text(figure, reached, 0.3)
    return figure


def _moved(row: Row, currency: str) -> str:
    text = money(row["value"], currency)
    return text if row["kind"] in ("start", "end") else style.signed(row["value"], text)


def _movement(row: Row, currency: str) -> Mark:
    first, last = style.short_day(row["first_day"]), style.short_day(row["last_day"])
    if row["kind"] in ("start", "end"):
        when = f"before {first}" if row["kind"] == "start" else f"at the end of {last}"
        deals = counted(row["deals"], "open deal", currency)
        return mark(lines(f"Open pipeline {when}", deals, money(row["value"], currency)))
    days = span(first, last)
    hover = lines(
        row["label"], counted(row["deals"], "deal", currency), _moved(row, currency), days
    )
    return mark(
        hover,
        "movements",
        first_day=row["first_day"],
        last_day=row["last_day"],
        kinds=[row["kind"]],
        title=f"{row['label']}, {days}",
    )
