"""What the tabs are put together from: cards, charts in a frame, tables and plain sentences."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from html import unescape
from typing import Any

import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from aha_pipeline.encoding import markdown
from aha_pipeline.figures import Number, count, counted, percent
from dashboard import pages, style
from dashboard.login import NO_RECORDS
from dashboard.phone import is_on_phone
from dashboard.records import clicked, show_clicked
from dashboard.source import Source
from dashboard.style import Row, cell

OUTCOMES = ("open", "won", "lost")
PLOTLY = {"displayModeBar": False}

Draw = Callable[[Sequence[Row], str], go.Figure]


def chart(
    source: Source,
    draw: Draw,
    rows: Sequence[Row],
    *,
    title: str,
    about: str,
    definition: str,
    empty: str,
    of: Sequence[str] = (),
    key: str = "",
    opens: tuple[str, str] | dict[str, tuple[str, str]] | None = None,
    by: tuple[str, dict[str, str]] | None = None,
    money: Sequence[str] = (),
) -> None:
    """Show a figure in a frame, or the sentence `empty` where there are no rows.

    about: what to look for, below the title; definition: how the figure is made, on hover. A click
    on a mark lists the records behind it. of: the modules whose records it counts, which is not
    known where they are not read. key: tells charts of one kind on a page apart. opens: the page
    that the name of each row leads to, and the column that holds what it is of; or both, for each
    dimension of the rows. by: the dimensions to choose from, after their name in the address.
    money: of which deals it shows a value, open, won or lost; those that it leaves out are named in
    the figure, which may be looked at alone.
    """
    name = f"{draw.__module__}.{draw.__name__}{key}"
    not_read = source.not_read

    def show() -> None:
        if not _is_read(not_read, of):
            return
        if not rows:
            st.info(empty, icon=":material/info:")
            return
        st.caption(about)
        shown = _chosen(rows, *by) if by else rows
        figure = draw(shown, source.currency)
        page = opens.get(shown[0]["dimension"]) if isinstance(opens, dict) else opens
        if page:
            _link(figure, shown, *page)
        if money:
            style.say_below(figure, left_out(source, money))
        _show_figure(figure, name, f"{title}. {about}")

    def show_framed() -> None:
        with frame(title, definition, name) as is_open:
            if is_open:
                show()

    if is_on_phone():  # where to open a frame is to use it
        _alone(show_framed, source)
    else:
        with frame(title, definition, name):
            _alone(show, source)


def _alone(show: Callable[[], None], source: Source) -> None:
    """Show a part that runs without the rest of the page where it is used, with lists it opens."""
    is_used = False

    @st.fragment
    def part() -> None:
        nonlocal is_used
        show()
        # With the whole page its end opens the list, where the address names one.
        if is_used:
            show_clicked(source)
        is_used = True

    part()


def _chosen(rows: Sequence[Row], key: str, names: dict[str, str]) -> list[Row]:
    """Return the rows of the dimension that the reader chooses, at first the first one."""
    name = st.segmented_control(
        "By",
        list(names),
        default=next(iter(names)),
        key=key,
        bind="query-params",
        required=True,
        label_visibility="collapsed",
    )
    return [row for row in rows if row["dimension"] == names[name]]


def _show_figure(figure: go.Figure, name: str, alt: str) -> None:
    shown = f"{name}.{st.session_state.get(_clicks(name), 0)}"
    st.plotly_chart(
        figure,
        key=shown,
        config=PLOTLY,
        alt=alt,
        on_select=lambda: _click(name, shown),
        selection_mode="points",
    )
    if st.toggle("As a table", key=f"table.{name}"):
        _show_marks(figure, name)


@contextmanager
def frame(title: str, definition: str | None = None, key: str = "") -> Iterator[bool]:
    """Yield whether what stands in a frame is to be shown: on a phone only once it is opened.

    key: tells frames of one title apart.
    """
    if is_on_phone():
        with lazily(title, f"frame.{key or title}") as is_open:
            yield is_open
    else:
        with st.container(border=True, height="stretch"):
            st.markdown(f"**{title}**", help=definition)
            yield True


def _show_marks(figure: go.Figure, name: str) -> None:
    """Show what the marks say as a table, and their records without a mouse."""
    marks = dict.fromkeys(
        (hover, behind) for trace in figure.data for hover, behind in _marks(trace) if hover
    )
    said = [[_plain(line) for line in hover.split("<br>")] for hover, _ in marks]
    st.table(
        [{"What": markdown(head), "Figures": markdown("; ".join(rest))} for head, *rest in said],
        hide_index=True,
    )
    lists = {
        f"{number}. {'; '.join(lines)}": behind
        for number, (lines, (_, behind)) in enumerate(zip(said, marks, strict=True), 1)
        if behind
    }
    if lists:
        st.selectbox(
            "List the records behind",
            list(lists),
            index=None,
            placeholder="Choose a line of the table",
            key=f"records.{name}",
            on_change=lambda: _choose(f"records.{name}", lists),
        )


def _marks(trace: go.Figure) -> Iterator[tuple[str, str]]:
    yield from trace.customdata if trace.customdata is not None else ()


def _plain(line: str) -> str:
    return unescape(re.sub(r"</?[bi]>", "", line))


def _choose(key: str, lists: dict[str, str]) -> None:
    """Open the list of a line, and let it be chosen again."""
    if chosen := st.session_state[key]:
        clicked({"points": [{"customdata": ["", lists[chosen]]}]})
        st.session_state[key] = None


def _link(figure: go.Figure, rows: Sequence[Row], page: str, column: str) -> None:
    """Make the names on the axis links to the pages of what they name, where that is known."""
    figure.layout.yaxis.ticktext = [
        f'<a href="{pages.address(page, row[column])}" target="_self">{name}</a>'
        if row[column]
        else name
        for name, row in zip(figure.layout.yaxis.ticktext, rows, strict=True)
    ]


def _click(name: str, shown: str) -> None:
    """Take what was clicked. A chart that gets another key forgets its selection.

    Otherwise a second click on the same mark would only undo the first one.
    """
    clicked(st.session_state[shown]["selection"])
    st.session_state[_clicks(name)] = st.session_state.get(_clicks(name), 0) + 1


def _clicks(name: str) -> str:
    return f"clicks.{name}"


def table(
    rows: Sequence[Row],
    columns: dict[str, Any],
    *,
    empty: str,
    height: int = 320,
    key: str | None = None,
) -> int | None:
    """Show the columns named, in their order, each with its heading or column configuration.

    With a key a row can be ticked: return its place, None where none is.
    """
    if not rows:
        st.info(empty, icon=":material/info:")
        return None
    shown = [{name: cell(row[name]) for name in columns} for row in rows]
    ticked = st.dataframe(
        shown,
        column_config=columns,
        hide_index=True,
        placeholder="–",
        height=height if len(rows) > 8 else "content",
        key=key,
        on_select="rerun" if key else "ignore",
        selection_mode="single-row",
    )
    if isinstance(ticked, DeltaGenerator):  # without a key no row can be ticked
        return None
    return next(iter(ticked["selection"]["rows"]), None)


@contextmanager
def lazily(title: str, key: str) -> Iterator[bool]:
    """Yield whether the reader has opened the section; what is closed need not be asked for."""
    section = st.expander(title, key=key, on_change="rerun")
    with section:
        yield bool(section.open)


def is_read(source: Source, *modules: str) -> bool:
    """Return whether anything of the modules is known; where not, or of some, the page says so."""
    return _is_read(source.not_read, modules)


def _is_read(not_read: dict[str, str], modules: Sequence[str]) -> bool:
    missing = {module: why for module, why in not_read.items() if module in modules}
    if missing and len(missing) == len(modules):
        st.info(
            f"Not read. {markdown(' '.join(missing.values()))}", icon=":material/visibility_off:"
        )
        return False
    if missing:
        names = markdown(" and ".join(missing))
        st.caption(f"{names} are not read: their counts here are unknown, not zero.")
    return True


def show_left_out(source: Source) -> None:
    """Say how many deals are in none of the values that follow, where there are such."""
    if said := left_out(source):
        st.caption(said)


def left_out(source: Source, meanings: Sequence[str] = OUTCOMES) -> str:
    """Return a sentence of how many deals of these meanings are in no value; "" of none."""
    if "Deals" in source.not_read:
        return ""
    [row] = source.rows("left_out")
    row = {f"{it}_deals": row[f"{it}_deals"] if it in meanings else 0 for it in OUTCOMES}
    closed = [
        f"{count(row[f'{how}_deals'], source.currency)} {how}"
        for how in OUTCOMES[1:]
        if row[f"{how}_deals"]
    ]
    said = []
    if row["open_deals"]:
        deals = counted(row["open_deals"], "open deal", source.currency)
        said.append(f"{deals} without a valid exchange rate")
    if closed:
        noun = "deal" if row["won_deals"] + row["lost_deals"] == 1 else "deals"
        of = f"{' and '.join(closed)} {noun}"
        said.append(f"{of} of unknown value in the last twelve months")
    return f"Not included in any value: {'; '.join(said)}." if said else ""


def assumed(share: Number, what: str) -> str:
    """Return a sentence to append that so much of a past is not known; "" where little is."""
    return "" if share is None else f" {percent(share)} of {what} is assumed."


def not_known(share: Number, of: str, what: str) -> str:
    """Return a sentence to append of what so many are not known; "" where few are."""
    return "" if share is None else f" For {percent(share)} of {of} it is not known {what}."


def may_show_records(source: Source) -> bool:
    """Return whether whoever looks may see single records; where not, the page says so."""
    if not source.viewer.may_see_records:
        st.info(NO_RECORDS, icon=":material/lock:")
    return source.viewer.may_see_records


def at(moment: datetime | None) -> str:
    """Return a time as `22 Nov 2026, 11:20`, with the zone's name if it has one."""
    if moment is None:
        return "an unknown time"
    return f"{moment.day} {moment:%b %Y, %H:%M %Z}".rstrip()


def on(day: date) -> str:
    """Return a day as `22 Nov 2026`."""
    return f"{day.day} {day:%b %Y}"
