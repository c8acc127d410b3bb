"""A day's facts, and an Ollama on loopback."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from aha_pipeline.briefing.facts import Fact, printed
from aha_pipeline.briefing.phrases import Day
from aha_pipeline_tests.briefing import ollama_stand_in

DAY = date(2026, 11, 20)

# id, section, label, name, value, unit, previous, comparison, better
ROWS = (
    ("new_leads", "day", "New leads", None, 18, "count", 12, "the day before", "up"),
    ("new_leads_average", "day", "New leads a day", None, "14.29", "count", None, None, "none"),
    ("won_deals", "day", "Deals won", None, 2, "count", 1, "the day before", "up"),
    ("won_value", "day", "Value won", None, 452000, "money", 47900, "the day before", "up"),
    ("lost_deals", "day", "Deals lost", None, 1, "count", 2, "the day before", "down"),
    ("month_won_value", "day", "Value won this month so far", None, 23100000, "money", 16300000,
     "in the same days of last month", "up"),
    ("day_source_1_leads", "sources", "New leads of the day", "Google Ads", 9, "count", None, None,
     "none"),
    ("junk_pct", "sources", "Junk share of all leads", None, "22.51", "percent", "22.49",
     "a week before", "down"),
    ("source_1_leads", "sources", "Leads so far", "Google Ads", 1701, "count", None, None, "none"),
    ("source_1_junk_pct", "sources", "Junk share", "Google Ads", "13.9", "percent", "22.51",
     "over all sources", "down"),
    ("worst_junk_pct", "sources", "Highest junk share", "IndiaMART", "24.1", "percent", "22.51",
     "over all sources", "down"),
    ("win_rate", "reps", "Deals won of all closed", None, "41.0", "percent", None, None, "up"),
    ("rep_1_won_value", "reps", "Value won so far", "Priya Nair", 68500000, "money", None, None,
     "up"),
    ("open_rep_1_value", "reps", "Most open pipeline", "Arjun Mehta", 32300000, "money", None, None,
     "none"),
    ("open_pipeline_value", "pipeline", "Open pipeline", None, 123600000, "money", 120800000,
     "a week before", "up"),
    ("open_deals", "pipeline", "Open deals", None, 157, "count", 164, "a week before", "none"),
    ("weighted_pipeline_value", "pipeline", "Open pipeline times probability", None, 51100000,
     "money", 51400000, "a week before", "up"),
    ("stage_1_value", "pipeline", "Open value at stage", "Needs Analysis", 28700000, "money", None,
     None, "none"),
    ("week_won_value", "pipeline", "Value won in seven days", None, 4929000, "money", None, None,
     "up"),
    ("week_lost_value", "pipeline", "Value lost in seven days", None, 20800000, "money", None, None,
     "down"),
    ("closing_30_deals", "pipeline", "Deals closing within 30 days", None, 51, "count", None, None,
     "none"),
    ("closing_30_value", "pipeline", "Value closing within 30 days", None, 43100000, "money", None,
     None, "none"),
    ("overdue_deals", "pipeline", "Open deals past their closing date", None, 0, "count", None,
     None, "down"),
    ("overdue_value", "pipeline", "Value past its closing date", None, 0, "money", None, None,
     "down"),
)  # fmt: skip
COLUMNS = ("id", "section", "label", "name", "value", "unit", "previous", "comparison", "better")


def make_facts(currency: str = "INR", **changes: dict) -> list[Fact]:
    """Return the facts of a quiet day with some of them changed, or added, by id."""
    rows = {row[0]: dict(zip(COLUMNS, row, strict=True)) for row in ROWS}
    for fact_id, change in changes.items():
        rows[fact_id] = {**rows.get(fact_id, NEW | {"id": fact_id}), **change}
    return [
        printed(
            {
                **row,
                "position": position,
                "extreme": None,
                "mart": "kpis",
                "value": Decimal(row["value"]),
                "previous": None if row["previous"] is None else Decimal(row["previous"]),
            },
            currency,
        )
        for position, row in enumerate(rows.values())
    ]


NEW = dict(
    zip(COLUMNS, ("", "pipeline", "Label", None, 0, "count", None, None, "none"), strict=True)
)


def make_day(is_sandbox: bool = False, company: str = "Aha Homes", **changes: dict) -> Day:
    return Day(DAY, company, is_sandbox, {fact.id: fact for fact in make_facts(**changes)})


def renamed(facts: list[Fact], name: str) -> list[Fact]:
    """Return the facts with `name` in place of every name."""
    return [replace(fact, name=name) if fact.name else fact for fact in facts]


@pytest.fixture
def ollama() -> Iterator[ollama_stand_in.Ollama]:
    with ollama_stand_in.running() as server:
        yield server
