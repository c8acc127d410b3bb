"""Figures of what changed and why: rows of `sql/dashboard/changes.sql` in, a Plotly figure out."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

import plotly.graph_objects as go

from aha_pipeline.figures import Number, count, money, percent
from dashboard import style
from dashboard.style import COLOURS, Mark, Row, column, lines, mark

NAMES = {
    "new_leads": "New leads",
    "junk_pct": "Junk share of the week's leads",
    "won_deals": "Deals won",
    "won_value": "Value won",
    "lost_deals": "Deals lost",
    "lost_value": "Value lost",
    "open_deals": "Open deals",
    "open_pipeline_value": "Open pipeline",
    "weighted_pipeline_value": "Weighted pipeline",
}
# Of all others Deals are the module.
OF_LEADS = {"new_leads", "new_leads_avg_7d", "junk_pct"}
STOCKS = {"open_deals", "open_pipeline_value", "weighted_pipeline_value"}
FILTERS = {"source": "sources", "owner": "owners", "stage": "stages"}


def parts(rows: Sequence[Row], currency: str) -> go.Figure:
    """What each part added to one change; the parts sum to it."""
    figure = style.named_bars([row["name"] or "(none)" for row in rows], extra=16, least=90)
    values = column(rows, "part_change")
    colours = [COLOURS[_colour(row)] for row in rows]
    printed = [_signed(row["part_change"], row, currency) for row in rows]
    marks = [_part(row, currency) for row in rows]
    figure.add_trace(style.bar(values, colours, marks, text=printed))
    widest = max(abs(float(value)) for value in values) or 1
    below = min(min(map(float, values)), 0) / widest
    above = max(max(map(float, values)), 0) / widest
    figure.update_xaxes(
        range=[widest * (below - (0.6 if below else 0)), widest * (above + (0.6 if above else 0))],
        showticklabels=False,
        showgrid=False,
        zeroline=True,
        zerolinecolor=style.GRID,
    )
    return figure


def sentence(row: Row, currency: str, named: Sequence[Row] = ()) -> str:
    """Return the change in words: what it was, what is normal, and what did most of it.

    named: the deals, leads or sources that did, each with the number of all of them.
    """
    value, normal = (_printed(row[name], row, currency) for name in ("value", "normal"))
    if row["figure"] in STOCKS:
        value, normal = (_signed(row[name], row, currency) for name in ("value", "normal"))
    # Each stands beside the one of the two that it is about.
    told = ", known from Zoho's history" if row["is_told"] else ""
    share = row["assumed_pct"]
    past = "" if share is None else f", of earlier weeks whose pipeline is {percent(share)} assumed"
    return f"{value} {span(row)}{told}; normal is {normal}{past}{_named(named, currency)}"


def entry(row: Row, currency: str, behind: Sequence[Row] = (), is_narrowed: bool = False) -> str:
    """Return a line of the feed: what stood out on which day, or how a told day was restated.

    behind: the deals, leads or sources that did most, each with the number of all of them.
    is_narrowed: some sources or owners are chosen, of which a restated figure is not.
    """
    name = NAMES.get(row["figure"], str(row["figure"]).replace("_", " "))
    if row["kind"] == "unusual":
        return f"{name}: {sentence(row, currency, behind)}"
    before, after = (_printed(row[part], row, currency) for part in ("normal", "value"))
    # Apart by less than what is printed, they would read as one that became itself.
    restated = f", still {after}" if before == after else f" from {before} to {after}"
    day = style.short_day(row["day"])
    whole = " (whole company)" if is_narrowed else ""
    said = f"{name} of {day}{whole}: restated{restated}, because {row['reason']}"
    return said + _named(behind, currency)


def left_out(restated: int) -> str:
    """Return why so many restated figures are not among the entries of some sources or owners."""
    are, they = ("figure is", "it is") if restated == 1 else ("figures are", "they are")
    return (
        f"{restated} restated {are} left out: {they} of the whole company, and no record known to "
        "be behind the change belongs to the chosen sources and owners."
    )


def _named(behind: Sequence[Row], currency: str) -> str:
    if not behind:
        return ""
    names = [row["name"] or "(none)" for row in behind]
    if more := behind[0]["all_behind"] - len(behind):
        return f". Behind it: {', '.join(names)} and {count(more, currency)} more"
    last = names.pop()
    return f". Behind it: {', '.join(names)} and {last}" if names else f". Behind it: {last}"


def module(figure: str) -> str:
    """Return the module whose records the figure is made of."""
    return "Leads" if figure in OF_LEADS else "Deals"


def span(row: Row) -> str:
    """Return the day or days of a change: `on Mon 9 Mar`."""
    last = style.short_day(row["day"])
    return f"on {last}" if row["days"] == 1 else f"in the {row['days']} days to {last}"


def _colour(row: Row) -> str:
    if row["is_good"] is None:
        return "volume"
    # A part that pulls against the whole has the other colour.
    helps = (row["part_change"] > 0) == (row["change"] > 0)
    return "won" if helps == row["is_good"] else "lost"


def _printed(value: Number, row: Row, currency: str) -> str:
    if row["unit"] == "money":
        return money(value, currency)
    return percent(value) if row["unit"] == "percent" else count(value, currency)


def _signed(value: Decimal | float, row: Row, currency: str) -> str:
    text = _printed(value, row, currency)
    return style.signed(value, text.replace("%", " points"))


def _part(row: Row, currency: str) -> Mark:
    name = NAMES[row["figure"]]
    hover = lines(
        row["name"] or "(none)",
        f"{_signed(row['part_change'], row, currency)} of the change of "
        f"{_signed(row['change'], row, currency)} against normal",
        f"{name}, {span(row)}",
    )
    if row["part"] is None:
        return mark(hover)
    chosen: dict[str, list[str] | None] = dict.fromkeys(FILTERS.values())
    chosen[FILTERS[row["dimension"]]] = [row["part"]]
    first: date = row["day"] - timedelta(row["days"] - 1)
    title = f"{name} {span(row)}: {row['name']}"
    if row["figure"] in STOCKS:
        days = {"first_day": first, "last_day": row["day"]}
        return mark(hover, "movements", title=title, **days, **chosen)
    if row["figure"] in ("new_leads", "junk_pct"):
        meanings = ["junk"] if row["figure"] == "junk_pct" else None
        days = {"first_day": first, "last_day": row["day"]}
        return mark(hover, "leads", title=title, meanings=meanings, **days, **chosen)
    days = {"closed_from": first, "closed_until": row["day"]}
    meaning = [row["figure"].partition("_")[0]]
    return mark(hover, "deals", title=title, meanings=meaning, **days, **chosen)
