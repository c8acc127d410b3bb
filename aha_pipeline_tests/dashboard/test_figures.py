"""Every figure of the page for any period and any filters, counted again from the records."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg2.extras import RealDictCursor

from aha_pipeline import sql
from aha_pipeline.warehouse.connection import connect_reader
from aha_pipeline_tests.dashboard.company import SOURCES, TODAY
from aha_pipeline_tests.kit.examples import examples
from dashboard import periods
from dashboard.source import PARAMETER

Rows = list[dict[str, Any]]
OF_LEADS = {
    "new_leads": ("open", "qualified", "converted", "lost", "junk"),
    "junk_leads": ("junk",),
    "qualified_leads": ("qualified", "converted"),
}
DAYS = st.dates(date(2025, 12, 1), TODAY)
PERIODS = st.one_of(
    st.sampled_from(list(periods.PERIODS)).map(
        lambda name: periods.named(name, TODAY, periods.Calendar())
    ),
    st.tuples(DAYS, DAYS).map(lambda days: periods.custom(min(days), max(days), TODAY)),
)


def some(values: Iterable[str]) -> st.SearchStrategy[list[str] | None]:
    """Draw a choice of a filter: some of the values, or nothing, which is all."""
    return st.none() | st.lists(st.sampled_from(list(values)), min_size=1, unique=True)


@pytest.fixture(scope="module")
def ask(filled_url: str) -> Iterable[Callable[..., Rows]]:
    with connect_reader(filled_url) as connection:

        def rows(name: str, **given: object) -> Rows:
            text = sql.read(f"dashboard/{name}") if "select" not in name else name
            with connection.cursor(cursor_factory=RealDictCursor) as cursor:
                cursor.execute(text, {key: given.get(key) for key in PARAMETER.findall(text)})
                return [dict(row) for row in cursor]

        yield rows


@pytest.fixture(scope="module")
def records(ask) -> dict[str, Rows]:
    return {
        "leads": ask("select * from analytics.leads"),
        "deals": ask("select * from analytics.deals"),
    }


@settings(max_examples=examples(20), deadline=None)
@given(PERIODS, some(source or "(none)" for source in SOURCES), some(["1", "2"]))
def test_every_figure_is_the_count_of_its_records(ask, records, period, sources, owners):
    chosen = {**vars(period), "sources": sources, "owners": owners, "today": TODAY}
    leads, deals = (
        [
            row
            for row in records[name]
            if row["source"] in (sources or [row["source"]])
            and row["owner_id"] in (owners or [row["owner_id"]])
        ]
        for name in ("leads", "deals")
    )
    of_period = within(leads, "day", period.first_day, period.last_day)
    closed = within(deals, "closed_day", period.first_day, period.last_day)
    figures = {row["figure"]: row for row in ask("period_figures", **chosen)}
    counts = {}
    for part, first, last in (
        ("value", period.first_day, period.last_day),
        ("whole", period.first_day, period.whole_until),
        ("before", period.before_first, period.before_last),
    ):
        expected = counted(
            within(leads, "day", first, last), within(deals, "closed_day", first, last)
        )
        for name, value in expected.items():
            counts[name, part] = value
            if part == "whole":
                continue
            shown = figures[name][part]
            assert shown == value or (part == "before" and shown is None), (name, part)
    for name in expected:
        change = figures[name]["change"]
        assert (change is None) == (figures[name]["before"] is None)
        whole = counts[name, "whole"] - counts[name, "before"]
        assert change in (None, whole), (name, change)
        assert change is None or period.whole_until >= period.first_day
    by = Counter((row["step"], row["meaning"]) for row in of_period)
    assert {(r["step"], r["meaning"]): r["leads"] for r in ask("lead_status", **chosen)} == by
    quality = {row["source"]: row for row in ask("source_quality", **chosen)}
    for source in {row["source"] for row in leads}:
        own = [row for row in of_period if row["source"] == source]
        row = quality.get(source, Counter())
        assert row["leads"] == len(own)
        assert row["junk_leads"] == sum(lead["meaning"] == "junk" for lead in own)
        won = [d for d in closed if d["source"] == source and d["meaning"] == "won"]
        assert row["won_value"] == total(won)
        assert row["change"] == change_of(
            period,
            lambda first, last, own=source: len(
                [lead for lead in within(leads, "day", first, last) if lead["source"] == own]
            ),
        )
    for row in ask("rep_deals", **chosen):
        own = [deal for deal in closed if deal["owner_id"] == row["owner_id"]]
        assert (row["won_deals"], row["won_value"]) == (
            sum(deal["meaning"] == "won" for deal in own),
            total(deal for deal in own if deal["meaning"] == "won"),
        )
        assert row["closed_deals"] == len(own)
        assert row["won_value_change"] == change_of(
            period,
            lambda first, last, row=row: total(
                deal
                for deal in within(deals, "closed_day", first, last)
                if (deal["owner_id"], deal["meaning"]) == (row["owner_id"], "won")
            ),
        )
    lost = [deal for deal in closed if deal["meaning"] == "lost"]
    for dimension in ("reason", "stage", "owner", "source"):
        parts = [r for r in ask("lost_reasons", **chosen) if r["dimension"] == dimension]
        assert sum(row["deals"] for row in parts) == len(lost)
        assert sum((row["value"] for row in parts), Decimal(0)) == total(lost)
        assert {row["change"] is None for row in parts} <= {period.whole_until < period.first_day}


def change_of(period: periods.Period, count: Callable[[date, date], Any]) -> Any:
    """Return the change of a count of whole days; None where there is none to compare."""
    if period.whole_until < period.first_day:
        return None
    now, before = (period.first_day, period.whole_until), (period.before_first, period.before_last)
    return count(*now) - count(*before)


def within(rows: Rows, name: str, first: date, last: date) -> Rows:
    return [row for row in rows if row[name] is not None and first <= row[name] <= last]


def counted(leads: Rows, closed: Rows) -> dict[str, object]:
    """Return the figures of the cards: of leads created, and deals closed, in a stretch."""
    meanings = Counter(lead["meaning"] for lead in leads)
    figures: dict[str, object] = {
        name: sum(meanings[meaning] for meaning in of) for name, of in OF_LEADS.items()
    }
    for meaning in ("won", "lost"):
        own = [deal for deal in closed if deal["meaning"] == meaning]
        figures |= {f"{meaning}_deals": len(own), f"{meaning}_value": total(own)}
    return figures


def total(deals: Iterable[dict[str, Any]]) -> Decimal:
    return sum((deal["amount"] or Decimal(0) for deal in deals), Decimal(0))
