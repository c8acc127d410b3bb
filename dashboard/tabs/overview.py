"""Overview: what to do today, the period in cards, what changed, and where all stands."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from itertools import groupby

import streamlit as st

from aha_pipeline.encoding import markdown
from aha_pipeline.figures import percent
from dashboard import briefings, course, pages, work_list
from dashboard.cards import show_cards
from dashboard.charts import causes
from dashboard.charts import overview as charts
from dashboard.parts import OUTCOMES, chart, lazily, show_left_out
from dashboard.source import Source
from dashboard.style import Row, column

Entry = tuple[str, date, str]  # kind, day and figure
MOST_CHANGES = 3
ENTRIES = 10  # of the feed at a time: what is behind all of them takes a large company long
NOTHING_UNUSUAL = "Nothing unusual: every figure is close to normal for that weekday."
NOTHING_STOOD_OUT = "Nothing unusual, and no day was restated."
NO_NORMAL = "What is normal is not known yet: it takes four weeks of records."
LOST_BY = {"Reason": "reason", "Stage": "stage", "Rep": "owner", "Source": "source"}
OPENED = {"owner": (pages.REP, "part"), "source": (pages.SOURCE, "part")}


def _over_time(source: Source) -> None:
    left, right = st.columns([3, 2])
    with left:
        chart(
            source,
            charts.lead_volume,
            source.rows("lead_days"),
            of=("Leads",),
            title="New leads per day",
            about="Leads created each day. Paler: days before the period, where it is shorter than "
            "30 days. Bright blue: today so far.",
            definition="Leads by the day they were created, converted ones included, deleted ones "
            "not. Line: average of the seven full days before each day.",
            empty="No days are known yet. Run `aha sync`.",
        )
    with right:
        outcomes(source)


def outcomes(source: Source) -> None:
    """Show the value won and lost in each month."""
    chart(
        source,
        charts.outcomes,
        source.rows("outcomes_by_month"),
        of=("Deals",),
        money=("won", "lost"),
        title="Won and lost value",
        about="By month, the twelve months up to the end of the period. A month that is not over "
        "shows its days.",
        definition="Sum of Amount of the deals won and lost in each month. Point at a bar for the "
        "win rate: won / (won + lost) deals of that month.",
        empty="No deals won or lost in these twelve months for these filters.",
    )


def _entered_and_lost(source: Source) -> None:
    entered = source.rows("entered_funnel")
    left, right = st.columns(2)
    with left:
        chart(
            source,
            charts.entered_funnel,
            entered,
            of=("Leads", "Deals"),
            title="Funnel: how far new leads and deals got",
            about="Leads and deals created in the period: how many reached each step, and what "
            "share of all that is. Point at a bar to see how many dropped out or are still there."
            f"{_may_be_further(entered)}",
            definition="Qualified: the lead is or was qualified or converted. Won: the deal the "
            "lead became is won. A deal has reached every open stage up to the furthest it was "
            "seen in. At each step, those who reached it either went on, dropped out as junk or "
            "lost, are still there, or their outcome is not known.",
            empty="No leads or deals created in the period for these filters.",
        )
    with right:
        _lost(source)


def _may_be_further(rows: list[Row]) -> str:
    shares = {row["entity"]: row["assumed_pct"] for row in rows}
    told = [f"{percent(pct)} of the {entity}s" for entity, pct in shares.items() if pct is not None]
    if not told:
        return ""
    return f" For {' and '.join(told)} it is not known whether they once got further."


def _lost(source: Source) -> None:
    chart(
        source,
        charts.lost_reasons,
        source.rows("lost_reasons"),
        by=("lost_by", LOST_BY),
        opens=OPENED,
        of=("Deals",),
        money=("lost",),
        title="Why deals were lost",
        about="Value and number of the deals lost in the period; in brackets the change in number. "
        "Point at a bar to see the most frequent reason.",
        definition="The loss reason in Zoho; (none) where it is empty. Stage: the last open one "
        "the deal was seen in.",
        empty="No deals lost in the period for these filters.",
    )


def _changes(source: Source) -> None:
    rows = _read(source, source.rows("changes"))
    with st.container(border=True):
        st.markdown(
            "**What changed, and why**",
            help="Figures of the period's last full day, or of the seven days up to it, that are "
            "three times further from normal than usual. Normal: the same weekday of the eight "
            "weeks before, without the highest and the lowest; of a chosen source or owner, their "
            "own. The bars, of the whole company alone, add up to the change.",
        )
        if not rows:
            [normal] = source.rows("normal_known")
            st.caption(NOTHING_UNUSUAL if normal["is_known"] else NO_NORMAL)
            return
        groups = [list(group) for _, group in groupby(rows, key=lambda row: row["figure"])]
        named = source.filters.is_narrowed and _behind(source, [group[0] for group in groups])
        for place, group in zip(st.columns(MOST_CHANGES), groups[:MOST_CHANGES], strict=False):
            with place:
                _change(source, group, named[_entry(group[0])] if named else ())
        if rest := groups[MOST_CHANGES:]:
            names = ", ".join(causes.NAMES[group[0]["figure"]].lower() for group in rest)
            st.caption(f"Also unusual: {names}.")


def _feed(source: Source) -> None:
    found = source.rows("feed")
    rows = _read(source, found)
    in_all = found[0]["all_entries"] - len(found) + len(rows) if found else 0
    with lazily(f"Everything that stood out in the period ({in_all})", "feed") as is_open:
        if not is_open:
            return
        if not rows:
            [normal] = source.rows("normal_known")
            st.caption(NOTHING_STOOD_OUT if normal["is_known"] else NO_NORMAL)
        shown = rows[: st.session_state.get("feed_shown", ENTRIES)]
        for start in range(0, len(shown), ENTRIES):
            _entries(source, shown[start : start + ENTRIES])
        if len(shown) < len(rows):
            st.button("Show more", key="feed_more", on_click=_lengthen, args=(len(shown),))
        elif in_all > len(rows):
            st.caption(f"The latest {len(rows)}. A shorter period shows the others.")
        if any(row["unit"] == "money" for row in shown):
            show_left_out(source)
        [left_out] = source.rows("feed_left_out")
        if left_out["restated"]:
            st.caption(causes.left_out(left_out["restated"]))


def _lengthen(shown: int) -> None:
    st.session_state["feed_shown"] = shown + ENTRIES


def _entries(source: Source, rows: list[Row]) -> None:
    behind = _behind(source, rows)
    for row in rows:
        said = causes.entry(row, source.currency, behind[_entry(row)], source.filters.is_narrowed)
        st.markdown(f"- {markdown(said)}")


def _behind(source: Source, entries: list[Row]) -> dict[Entry, list[Row]]:
    """Return by entry of the feed what is behind it; records only for who may see them."""
    columns = {"kinds": "kind", "days": "day", "figures": "figure", "spans": "days"}
    asked = {name: column(entries, of) for name, of in columns.items()}
    found: dict[Entry, list[Row]] = defaultdict(list)
    for row in source.rows("feed_behind", **asked) if entries else []:
        if source.viewer.may_see_records or not row["is_record"]:
            found[_entry(row)].append(row)
    return found


def _entry(row: Row) -> Entry:
    return row["kind"], row["day"], row["figure"]


def _read(source: Source, rows: list[Row]) -> list[Row]:
    """Return the rows of the figures whose module is read: of others no change is known."""
    not_read = source.not_read
    return [row for row in rows if causes.module(row["figure"]) not in not_read]


def _change(source: Source, rows: list[Row], behind: Sequence[Row]) -> None:
    row = rows[0]
    arrow = "▲" if row["change"] > 0 else "▼"
    colour = {True: "green", False: "red", None: "gray"}[row["is_good"]]
    name = causes.NAMES[row["figure"]]
    said = causes.sentence(row, source.currency, behind)
    st.markdown(f":{colour}[{arrow}] **{name}** {markdown(said)}")
    if row["dimension"]:
        chart(
            source,
            causes.parts,
            rows,
            title=f"By {row['dimension']}",
            about="What each part added to the difference from normal.",
            opens=OPENED,
            definition="The parts add up to the difference exactly.",
            empty="",
            key=row["figure"],
        )


def _as_it_stands(source: Source) -> None:
    left, right = st.columns(2)
    with left:
        chart(
            source,
            charts.funnel,
            source.rows("funnel"),
            of=("Leads", "Deals"),
            money=OUTCOMES,
            title="Funnel: where leads and deals stand now",
            about="Leads and deals created in the period, each counted at one step.",
            definition="Leads by status, converted ones on Converted whatever their status; deals "
            "by stage, with the sum of Amount. Colours: open blue, qualified violet, converted and "
            "won green, lost red, junk orange.",
            empty="No leads or deals created in the period for these filters.",
        )
    with right:
        chart(
            source,
            charts.sources,
            source.rows("source_quality"),
            opens=(pages.SOURCE, "source"),
            of=("Leads",),
            title="Sources",
            about="Leads created in the period by source; in brackets the change, then the share "
            "that converted.",
            definition="Lead Source in Zoho; (none) where it is empty. Deleted leads do not count. "
            "Converted: converted leads / all leads of the source.",
            empty="No leads created in the period for these filters.",
        )


BLOCKS = (
    briefings.show_newest,
    work_list.show,
    course.show,
    show_cards,
    show_left_out,
    _over_time,
    _entered_and_lost,
    _changes,
    _feed,
    _as_it_stands,
)
