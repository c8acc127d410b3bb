"""How every chart looks: what a colour means, and the parts that figures are made of.

A figure is made from rows as the database gave them; it computes nothing but positions. Texts are
made here and not by the browser, which would group digits by the reader's language.
"""

import json
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from math import ceil, log10
from textwrap import wrap
from typing import Any

import plotly.graph_objects as go

from aha_pipeline import figures
from aha_pipeline.encoding import html
from aha_pipeline.figures import Number

MINUTE = "D MMM YYYY, HH:mm"  # of a time in a table, as Streamlit's columns take it
Row = dict[str, Any]
Mark = list[str]  # hover text, and the records behind it as JSON

# One meaning, one colour, on every tab. Kept apart in lightness too, so that the common forms of
# colour blindness can tell them apart, and visible on a light page and on a dark one.
COLOURS = {
    "open": "#3A84CC",
    "qualified": "#6F42AD",
    "converted": "#5DBB8A",
    "won": "#2AA36F",
    "lost": "#B5332B",
    "junk": "#E39A3B",
    "overdue": "#A83C86",
    "weighted": "#8CA3B8",
    "volume": "#54708F",
    "before": "#A9B8C6",
}
# For parts that are neither good nor bad, such as modules: shades that none of the above is.
NEUTRAL = ("#3F6283", "#7A9ABA", "#B4C6D6", "#4F9DA6", "#8C7B6B", "#B8A99A")
MEANINGS = {
    "open": "Open",
    "qualified": "Qualified",
    "converted": "Converted",
    "won": "Won",
    "lost": "Lost",
    "junk": "Junk",
}
INK_ON_TILE = "#16202B"  # on tiles whose own colour is light in both themes
GRID = "rgba(127, 140, 155, 0.22)"
LONGEST_NAME = 26
BAR_PIXELS = 30
PAIR = 0.17  # of a row, from its middle to that of the upper or lower one of two bars
LINE, LINE_PIXELS = 60, 15  # characters that fit below a figure on a phone, and their height
TICKS_PIXELS = 36  # of the names of an axis
MARKER = 11  # pixels across, where a row has a marker instead of a bar
EDGE = 0.06  # of the widest value: on a phone, half a marker
MOST_STEPS = 5  # of an axis
DAY_BAR = 0.7 * 24 * 3600 * 1000  # milliseconds; Plotly draws a single day as a hair
HOVER = "%{customdata[0]}<extra></extra>"


def base(height: int) -> go.Figure:
    """Return an empty figure: no title, no zoom, a legend above, zero on the axes."""
    figure = go.Figure()
    figure.update_layout(
        height=height,
        margin={"l": 4, "r": 28, "t": 8, "b": 8},
        dragmode=False,
        bargap=0.32,
        bargroupgap=0.08,
        hoverlabel={"align": "left"},
        legend={
            "orientation": "h",
            "x": 0,
            "y": 1.02,
            "yanchor": "bottom",
            "title": {"text": ""},
            "traceorder": "normal",
        },
    )
    figure.update_xaxes(fixedrange=True, automargin=True, gridcolor=GRID, zeroline=False)
    figure.update_yaxes(fixedrange=True, automargin=True, gridcolor=GRID, zeroline=False)
    return figure


def named_bars(
    names: Sequence[object],
    *,
    sizes: Sequence[str] = (),
    pixels: int = BAR_PIXELS,
    extra: int = 40,
    least: int = 170,
) -> go.Figure:
    """Return a figure with one row a name, the first one on top, and its sample size beside it.

    Rows are placed by number, so two people of one name stay two rows. pixels: height of a
    row; extra: of all else; least: of the whole where there are few.
    """
    shown = [short(name) for name in names]
    if sizes:
        shown = [f"{name}  <i>{size}</i>" for name, size in zip(shown, sizes, strict=True)]
    figure = base(max(least, pixels * len(names) + extra))
    figure.update_yaxes(
        tickmode="array",
        tickvals=list(range(len(names))),
        ticktext=shown,
        range=[len(names) - 0.4, -0.6],
        showgrid=False,
    )
    return figure


def bar(
    values: Sequence[Number],
    colour: str | Sequence[str] | Sequence[float],
    marks: Sequence[Mark],
    *,
    name: str = "",
    text: Sequence[str] | None = None,
) -> go.Bar:
    """Return the horizontal bars of one series, one mark each, with its texts beside them."""
    return go.Bar(
        orientation="h",
        y=list(range(len(values))),
        x=numbers(values),
        name=name,
        marker={"color": colour},
        text=text,
        textposition="outside" if text else None,
        textfont={"size": 12},
        constraintext="none",
        cliponaxis=False,
        customdata=list(marks),
        hovertemplate=HOVER,
        showlegend=bool(name),
    )


def add_unknown(figure: go.Figure, bars: go.Bar, shift: float = 0) -> None:
    """Say where a bar has no known value: it has no length, and none of its text is shown.

    shift: how far the bars stand below the middle of their rows, in rows.
    """
    unknown = [place for place, value in enumerate(bars.x) if value is None]
    if unknown:
        figure.add_scatter(
            x=[0] * len(unknown),
            y=[place + shift for place in unknown],
            mode="text",
            text=[
                " " + bars.text[place].replace(figures.NOTHING, "not known", 1) for place in unknown
            ],
            textposition="middle right",
            customdata=[bars.customdata[place] for place in unknown],
            hovertemplate=HOVER,
            showlegend=False,
        )


def say_below(figure: go.Figure, sentence: str) -> None:
    """Write a sentence below the marks, where it is seen with the figure alone; "" for none."""
    if not sentence:
        return
    lines = wrap(sentence, LINE)
    ticks = 0 if figure.layout.xaxis.showticklabels is False else TICKS_PIXELS
    room = LINE_PIXELS * len(lines) + ticks
    figure.update_layout(
        height=figure.layout.height + room,
        margin={"b": figure.layout.margin.b + room},
        title={
            # Streamlit's theme makes all of a title bold.
            "text": f"<span style='font-weight:normal'>{'<br>'.join(map(html, lines))}</span>",
            "font": {"size": 11},
            "x": 0,
            "xref": "container",
            "y": 0,
            "yref": "container",
            "yanchor": "bottom",
            "pad": {"b": 4 + LINE_PIXELS * (len(lines) - 1)},  # it holds up the first line
            "automargin": False,
        },
    )


def percent_axis(figure: go.Figure) -> None:
    """Make the value axis one of percentages, from 0 to 100."""
    figure.update_xaxes(
        range=from_zero(100),
        tickvals=[0, 25, 50, 75, 100],
        ticktext=["0%", "", "50%", "", "100%"],  # more would not fit beside long names on a phone
        tickangle=0,
    )


def room_for_text(
    figure: go.Figure, values: Sequence[Number], share: float = 0.35, **place: int
) -> None:
    """Hide the value axis, whose figures stand beside the bars, and leave space for those.

    place: row and column of the axis, where there are several.
    """
    axis = from_zero(max(known(values), default=0) or 1, share)
    figure.update_xaxes(range=axis, showticklabels=False, showgrid=False, **place)


def from_zero(widest: float, more: float = EDGE) -> list[float]:
    """Return the ends of an axis that reaches so much further than the widest of its values.

    It begins a little before zero: what lies on the edge of the axes cannot be pressed, be it half
    a marker or a bar of no width to speak of, and a marker would cover the end of its name.
    """
    return [-widest * EDGE, widest * (1 + more)]


def money_ticks(values: Sequence[Number], currency: str) -> dict[str, Any]:
    """Return axis settings with round amounts from zero, printed as the company prints money."""
    return _ticks(values, lambda tick: round_money(tick, currency))


def count_ticks(values: Sequence[Number], currency: str) -> dict[str, Any]:
    """Return axis settings with round numbers of things from zero, grouped as `currency` is."""
    return _ticks(values, lambda tick: figures.count(tick, currency))


def _ticks(values: Sequence[Number], printed: Callable[[float], str]) -> dict[str, Any]:
    widest = max(known(values), default=0)
    if not widest:  # another tick would name a size that nothing has
        return {"tickmode": "array", "tickvals": [0], "ticktext": [printed(0)], "range": [0, 1]}
    power = 10 ** int(log10(widest / MOST_STEPS)) if widest > MOST_STEPS else 1
    steps = (1, 2, 2.5, 5, 10, 20) if power > 1 else (1, 2, 5, 10, 20)
    step = next(s * power for s in steps if widest <= s * power * MOST_STEPS)
    ticks = [step * n for n in range(ceil(widest / step) + 1)]
    return {
        "tickmode": "array",
        "tickvals": ticks,
        "ticktext": [printed(tick) for tick in ticks],
        "range": [0, max(widest * 1.04, ticks[-1])],
    }


def round_money(value: float, currency: str) -> str:
    """Return an amount that is known to be round without its empty decimals: ₹50 L."""
    text = figures.money(value, currency)
    number, space, unit = text.partition(" ")
    if "." in number and space:
        number = number.rstrip("0").rstrip(".")
    return number + space + unit


def numbers(values: Sequence[Number]) -> list[float | None]:
    """Return values as the browser's numbers; a missing one stays missing."""
    return [None if value is None else float(value) for value in values]


def known(values: Sequence[Number]) -> list[float]:
    """Return the values that are not missing, as the browser's numbers."""
    return [float(value) for value in values if value is not None]


def cell(value: object) -> object:
    """Return a value as a table's own kinds: a Decimal would be sorted and shown as text."""
    return float(value) if isinstance(value, Decimal) else value


def column(rows: Sequence[Row], name: str) -> list[Any]:
    """Return one column of the rows."""
    return [row[name] for row in rows]


def worth(row: Row, meaning: str, currency: str) -> str:
    """Return the value and number of open, won or lost deals: `₹3.00 L won in 2 deals`."""
    deals = figures.counted(row[f"{meaning}_deals"], "deal", currency)
    return f"{figures.money(row[f'{meaning}_value'], currency)} {meaning} in {deals}"


def signed(value: Decimal | float, text: str) -> str:
    """Return the printed `text` of a change with a plus where it is one."""
    return f"+{text}" if value > 0 else text


def bracketed(value: Decimal | float | None, text: str) -> str:
    """Return the printed `text` of a change in brackets, signed; nothing where it is not known."""
    return "" if value is None else f" ({signed(value, text)})"


def short(text: object) -> str:
    """Return a name that fits an axis; the hover text gives all of it."""
    name = str(text)
    return html(name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1].rstrip()}…")


def lines(head: object, *rest: str) -> str:
    """Return a hover text: a name in bold, then one line each."""
    return "<br>".join([f"<b>{html(head)}</b>", *rest])


def mark(hover: str, kind: str = "", **narrowed: object) -> Mark:
    """Return the custom data of a mark: its hover text, and what records stand behind it.

    kind: a name of `records.LISTS`; narrowed: parameters of its query where they differ from the
    filters', and `title`, the heading of the list.
    """
    return [hover, json.dumps({"kind": kind, **narrowed}, default=str) if kind else ""]


def short_day(day: date) -> str:
    """Return a day as `Sat 21 Nov`."""
    return f"{day:%a} {day.day} {day:%b}"


def month_name(month: date) -> str:
    """Return a month as `Nov 26`."""
    return f"{month:%b %y}"


def month_tick(row: Row, *, is_first: bool) -> str:
    """Return the month, with the year where it begins; twelve of them must fit on a phone."""
    month = row["month"]
    if row["is_partial"]:
        last = row["last_day"].day
        return f"{month:%b}<br>{'1' if last == 1 else f'1–{last}'}"
    return f"{month:%b}<br>{f'{month:%Y}' if is_first or month.month == 1 else ''}"


def so_far(row: Row) -> str:
    """Return which days of a month are meant, to append, where it is not all of them."""
    if not row["is_partial"]:
        return ""
    last = row["last_day"].day
    return f", {'the 1st' if last == 1 else f'1 to {last}'} only"
