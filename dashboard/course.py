"""On course or not: won, target, pace and forecast of the month, quarter and fiscal year."""

import streamlit as st

from aha_pipeline.encoding import markdown
from aha_pipeline.figures import counted, money, percent, ratio, ratio_of, span
from dashboard import periods
from dashboard.charts import course as charts
from dashboard.parts import chart, frame, is_read
from dashboard.source import Source
from dashboard.style import Row, column, known

DEFINITION = (
    "Pace: won so far, less what past periods had usually won by now, scaled to the target. "
    "Forecast: 8 times in 10 the period ends between the two amounts. For the whole company, or "
    "for one owner where one is chosen; the source filter and the period above do not apply."
)
NAMES = {"month": "Month", "quarter": "Quarter", "year": "Fiscal year"}


def show(source: Source) -> None:
    """Show the card of a period, and the chart of the month, of the company or of one owner."""
    if source.today is None:
        return
    owner = _owner(source)
    scope = _scope(source, owner)
    rows = {row["period"]: row for row in source.rows("course", owner=owner)}
    days = source.rows("course_days", owner=owner)
    left, right = st.columns([3, 2])
    with left, frame("On course?", DEFINITION) as is_open:
        if is_open and is_read(source, "Deals"):
            _card(source, rows, owner, scope)
    with right:
        chart(
            source,
            charts.month,
            days if charts.has_scale(days) else [],
            of=("Deals",),
            title="The month so far",
            about=_about(days, scope),
            definition="Sum of Amount of the deals won in the month. On course: the target times "
            "the share that past months had won by then, the median of twelve; the band runs from "
            "the lowest to the highest. Forecast: 8 times in 10 the month ends there.",
            empty="The deals won this month are of unknown value."
            if rows["month"]["won_deals"]
            else "Nothing won yet this month.",
        )


def _about(days: list[Row], scope: str) -> str:
    said = [f"Value won so far, day by day{scope}."]
    if known(column(days, "usual_high_value")):
        said.append("Grey band: on the way to the target, where past months would stand.")
    if known(column(days, "value_p50")):
        said.append("Thick line at the end: the forecast.")
    return " ".join(said)


def _owner(source: Source) -> str | None:
    """Return the owner whom the page is narrowed to, None for the company."""
    owners = source.filters.owners
    return owners[0] if owners and len(owners) == 1 else None


def _scope(source: Source, owner: str | None) -> str:
    """Return of what the figures are, to append, where that is not what the filters say."""
    if owner is None and (source.filters.owners or source.filters.sources):
        return ", of the whole company"
    return ", of all sources" if source.filters.sources else ""


def _card(source: Source, rows: dict[str, Row], owner: str | None, scope: str) -> None:
    period = st.segmented_control(
        "On course in the",
        list(NAMES),
        format_func=NAMES.__getitem__,
        default="month",
        key="course",
        bind="query-params",
        required=True,
        label_visibility="collapsed",
    )
    row = rows[period]
    year = row["first_day"].year
    st.caption(markdown(periods.printed(row["first_day"], row["last_day"], year) + scope))
    with st.grid(4, min_column_width=130):
        for show_metric in (_won, _target, _pace, _forecast):
            with st.container():
                show_metric(row, source)
    currency = source.currency
    for sentence in (*to_go(row, currency), *record(row), *parts(row, currency)):
        st.caption(markdown(sentence))
    if owner is None:
        for trouble in source.rows("target_troubles"):
            st.caption(":material/warning: " + markdown(trouble["sentence"]))


def _won(row: Row, source: Source) -> None:
    said = [counted(row["won_deals"], "deal", source.currency)]
    if row["won_value"] is None:
        st.metric("Won so far", "Not known")
        st.caption(f"{said[0]} of unknown value: this is not zero")
        return
    st.metric("Won so far", money(row["won_value"], source.currency))
    if row["unvalued_deals"]:
        deals = counted(row["unvalued_deals"], "deal", source.currency)
        said.append(f"not included: {deals} of unknown value")
    st.caption("  \n".join(said))


def _target(row: Row, source: Source) -> None:
    if row["target_value"] is None:
        st.metric("Target", "None set")
        st.caption("Set one in targets.csv.")
        return
    st.metric("Target", money(row["target_value"], source.currency))
    if row["won_value"] is not None:
        st.caption(f"{ratio(row['attained_pct'], source.currency)} reached")


def _pace(row: Row, source: Source) -> None:
    currency = source.currency
    if row["target_value"] is None:
        st.metric("To go", "No target")
        if row["usual_pct"] is not None:
            st.caption(_usual(row))
        return
    if row["won_value"] is None:
        st.metric("To go", "Not known")
        return
    if row["ahead_value"] is None:
        st.metric("To go", money(row["to_go_size"], currency))
        st.caption("The pace is known after one whole period.")
        return
    word = "ahead" if row["ahead_value"] >= 0 else "behind"
    st.metric(f"Pace: {word} by", money(row["off_value"], currency))
    st.caption(_usual(row))


def to_go(row: Row, currency: str) -> list[str]:
    """Return what must still be won, and what could bring it, in sentences."""
    if row["target_value"] is None or row["won_value"] is None:
        return []
    size = money(row["to_go_size"], currency)
    if row["to_go_value"] <= 0:
        return [f"Target beaten by {size}."]
    left = counted(row["days_left"], "working day", currency)
    needed = row["needed_a_day"]
    each = "" if needed is None or row["days_left"] == 1 else f", {money(needed, currency)} a day"
    return [f"{size} to go in {left}{each}. {_coverage(row, currency)}"]


def _coverage(row: Row, currency: str) -> str:
    due = f"open deals due in the {row['period']}"
    if row["closing_value"] is None:
        return f"What the {due} are worth is not known."
    return (
        f"{due.capitalize()} are worth {ratio_of(row['coverage_pct'], 'that', currency)}, "
        f"{ratio(row['weighted_coverage_pct'], currency)} weighted."
    )


def _usual(row: Row) -> str:
    usual, low, high = (percent(row[f"usual_{end}pct"]) for end in ("", "low_", "high_"))
    between = "" if low == high else f" ({span(low, high)})"
    return f"By now, usually {usual} is won{between}"


def _forecast(row: Row, source: Source) -> None:
    if row["value_p50"] is None:
        st.metric("Forecast", "None yet")
        st.caption(markdown(row["silent"] or _without(row)))
        return
    st.metric("Forecast", money(row["value_p50"], source.currency))
    st.caption(likely(row, source.currency))


def likely(row: Row, currency: str) -> str:
    """Return where the period ends 8 times in 10."""
    low, high = (money(row[name], currency) for name in ("value_p10", "value_p90"))
    return "8 times in 10 " + ("about that much" if low == high else f"from {span(low, high)}")


def _without(row: Row) -> str:
    if row["period"] == "year":
        return "Years are not forecast."
    return "It comes with the next sync, once enough deals are closed."


def parts(row: Row, currency: str) -> list[str]:
    """Return a sentence where the targets of reps or sources do not sum to the company's."""
    target = row["target_value"]
    summed = {name: row[f"{name}s_target_value"] for name in ("rep", "source")}
    apart = [
        f"{name} targets add up to {money(value, currency)}"
        for name, value in summed.items()
        if None not in (target, value) and money(value, currency) != money(target, currency)
    ]
    if not apart:
        return []
    return [f"The company's target is {money(target, currency)}; {' and '.join(apart)}."]


def record(row: Row) -> list[str]:
    """Return how good the forecasts of ended periods were, in sentences."""
    if row["value_p50"] is None:
        return []
    ends = f"{row['period']}-ends"
    if not row["periods"]:
        return [f"No forecast of {ends} has been scored yet."]
    back_tests = "all" if row["back_tests"] == row["periods"] else f"{row['back_tests']} of them"
    tested = f" ({back_tests} back-tested)" if row["back_tests"] else ""
    inside = f"{row['inside_80']} of the last {row['periods']} {ends} fell inside the forecast"
    baselines = {"weighted": "amount × probability", "paced": f"last {row['period']}'s pace"}
    compared = [
        _beside(row, baseline, name)
        for baseline, name in baselines.items()
        if row[f"than_{baseline}_pct"] is not None
    ]
    others = [name for baseline, name in baselines.items() if row[f"than_{baseline}_pct"] is None]
    said = [f"{inside}{tested}."]
    if compared:
        said.append(f"Its error was {' and '.join(compared)}.")
    if others:
        said.append(f"It cannot be compared with {' or '.join(others)} yet.")
    return [" ".join(said)]


def _beside(row: Row, baseline: str, name: str) -> str:
    better, size = row[f"than_{baseline}_pct"], row[f"than_{baseline}_size"]
    if better == 0:
        return f"as large as that of {name}"
    return f"{ratio(size)} {'smaller' if better > 0 else 'larger'} than that of {name}"
