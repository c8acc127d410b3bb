"""Behind each mark are exactly as many records, or as much money, as it says; under filters too."""

import json
from collections.abc import Iterator
from decimal import Decimal
from html import unescape
from types import SimpleNamespace
from typing import Any

import pytest
from psycopg2.extras import RealDictCursor

from aha_pipeline import sql
from aha_pipeline.figures import money
from aha_pipeline.warehouse.connection import connect_reader
from aha_pipeline_tests.dashboard.clicks import counts
from aha_pipeline_tests.dashboard.company import TODAY
from aha_pipeline_tests.kit.serving import TABS
from dashboard import periods, records
from dashboard.filters import Filters
from dashboard.source import PARAMETER

NARROWED = [
    {},
    {"period": "Last month", "owner": ["Asha"]},
    {"period": "This quarter", "source": ["Facebook", "(none)"], "owner": ["Bala"]},
]


@pytest.mark.parametrize("narrowed", NARROWED, ids=str)
def test_behind_each_mark_are_as_many_records_as_it_says(page, filled_url, narrowed):
    wrong, seen = [], 0
    for tab in TABS[:4]:
        shown = page(filled_url, tab, **narrowed)
        assert not shown.exception
        for chart in shown.get("plotly_chart"):
            for hover, behind in marks(json.loads(chart.proto.spec)):
                seen += 1
                listed = records_behind(filled_url, behind, narrowed)
                if not says(hover, listed):
                    wrong.append((chart.proto.alt.partition(".")[0], hover, behind, len(listed)))
    assert not wrong
    assert seen > 50


def marks(spec: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what the marks of a figure say, and what they list, of those that list something."""
    for trace in spec["data"]:
        # A tile of a treemap has its list as its id.
        behind = trace.get("ids") or [pair[1] for pair in trace.get("customdata") or ()]
        for (hover, *_), list_ in zip(trace.get("customdata") or (), behind, strict=True):
            if list_.startswith("{"):
                yield unescape(hover), list_


def says(hover: str, listed: list[dict[str, Any]]) -> bool:
    """Return whether a mark says how many records these are, or how much they are together."""
    worth = sum((row.get("moved", row.get("amount")) or 0 for row in listed), Decimal(0))
    return len(listed) in counts(hover) or (bool(worth) and f"{money(worth, 'INR')} " in hover)


def records_behind(
    database_url: str, behind: str, narrowed: dict[str, Any]
) -> list[dict[str, Any]]:
    """Return the records that the page would list behind a mark."""
    shown, own, _ = records._named(behind)
    period = periods.named(narrowed.get("period", periods.DEFAULT), TODAY, periods.Calendar())
    owners = [{"Asha": "1", "Bala": "2"}[name] for name in narrowed.get("owner", ())]
    filters = Filters(**vars(period), sources=narrowed.get("source"), owners=owners or None)
    known = {"today": TODAY, **vars(filters)}
    known |= records._parameters(shown, own, SimpleNamespace(filters=filters))
    text = sql.read(f"dashboard/{shown.query}")
    with (
        connect_reader(database_url) as connection,
        connection.cursor(cursor_factory=RealDictCursor) as cursor,
    ):
        cursor.execute(text, {name: known.get(name) for name in PARAMETER.findall(text)})
        return cursor.fetchall()
