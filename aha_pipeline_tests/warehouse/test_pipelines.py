"""A stage means what it means in the deal's layout and pipeline."""

from datetime import date

import pytest

from aha_pipeline.crm.company_profile import CompanyProfile
from aha_pipeline.warehouse.company import save_profile
from aha_pipeline_tests.warehouse.marts_company import (
    build,
    company,
    deal,
    ist,
    put,
    put_history,
    rows,
    wrong,
)

MARCH, LATER = ist("2025-03-05 10:00:00"), ist("2025-03-08 10:00:00")
STAGES = [
    ("10", "Standard", "Closed", "won"),
    ("10", "Renewals", "Closed", "lost"),
    ("20", "Standard", "Closed", "open"),
    ("10", "Standard", "Qualification", "open"),
    ("20", "Standard", "Qualification", "open"),
]


@pytest.fixture
def connection(database_url):
    """A connection to a company in whose three pipelines "Closed" means three things."""
    with company(database_url) as connection:
        with connection.cursor() as cursor:
            cursor.executemany(
                "insert into crm.stage_layouts (layout_id, pipeline, stage, position, meaning) "
                "values (%s, %s, %s, 1, %s)",
                STAGES,
            )
        yield connection


def standing(number: int, layout: str | None, pipeline: str | None, stage: str = "Closed", **more):
    of_layout = {"id": layout, "name": "A layout"} if layout else None
    return deal(number, MARCH, stage, Layout=of_layout, Pipeline=pipeline, **more)


@pytest.mark.parametrize(
    ("layout", "pipeline", "stage", "meaning"),
    [
        ("10", "Standard", "Closed (won)", "won"),
        ("10", "renewals\u00a0", "Closed (lost)", "lost"),
        ("20", "Standard", "Closed (open)", "open"),
        ("20", None, "Closed (open)", "open"),  # the layout has only one of its kind
        (None, "Renewals", "Closed (lost)", "lost"),  # the pipeline as well
        (None, None, "Closed", "open"),  # nothing is told: as the list of meanings says
        (None, "Standard", "Closed", "open"),
        ("30", "Standard", "Closed", "open"),
    ],
)
def test_a_stage_means_what_the_pipeline_of_the_deal_says(
    connection, layout, pipeline, stage, meaning
):
    put(
        connection, "Deals", standing(1, layout, pipeline), standing(2, "10", None, "Qualification")
    )
    build(connection, date(2025, 3, 1), date(2025, 3, 10))
    found = {row["id"]: (row["stage"], row["meaning"]) for row in rows(connection, "deals")}
    assert found == {"D1": (stage, meaning), "D2": ("Qualification", "open")}
    assert wrong(connection) == {}


def test_a_deal_that_changes_its_pipeline_is_won_on_that_day(connection):
    moved = standing(1, "10", "Standard", Modified_Time=LATER)
    put_history(connection, "Deals", standing(1, "20", "Standard"), moved)
    build(connection, date(2025, 3, 1), date(2025, 3, 10))
    kpis = rows(connection, "select day, open_deals, won_deals from analytics.kpis order by day")
    assert [row["day"].day for row in kpis if row["won_deals"]] == [8]
    assert [row["day"].day for row in kpis if row["open_deals"]] == [5, 6, 7]


@pytest.mark.parametrize("gone", ["layout", "pipeline", "stage"])
def test_what_a_deal_said_means_the_same_once_its_pipeline_is_gone(connection, gone):
    told = [
        pipeline_of("10", "Standard", ("Closed", "Closed Won"), ("Lost", "Closed Lost")),
        pipeline_of("10", "Renewals", ("Closed", "Closed Lost")),
        pipeline_of("20", "Projects", ("Closed", "Open"), ("Handed over", "Closed Won")),
    ]
    left = {
        "layout": told[:2],
        "pipeline": told[::2],
        "stage": [pipeline_of("10", "Standard", ("Lost", "Closed Lost")), *told[1:]],
    }
    save_layouts(connection, told)
    deals = (("10", "Standard"), ("10", "Renewals"), ("20", "Projects"))
    put(connection, "Deals", *(standing(n, *of) for n, of in enumerate(deals)))
    build(connection, date(2025, 3, 1), date(2025, 3, 10))
    before = {row["id"]: (row["stage"], row["meaning"]) for row in rows(connection, "deals")}
    assert [meaning for _, meaning in before.values()] == ["won", "lost", "open"]
    save_layouts(connection, left[gone])
    build(connection, date(2025, 3, 1), date(2025, 3, 10))
    after = {row["id"]: (row["stage"], row["meaning"]) for row in rows(connection, "deals")}
    assert after == before


def pipeline_of(layout: str, name: str, *stages: tuple[str, str]) -> tuple[str, dict]:
    maps = [{"actual_value": stage, "forecast_type": told} for stage, told in stages]
    return layout, {"display_value": name, "maps": maps}


def save_layouts(connection, pipelines: list[tuple[str, dict]]) -> None:
    """Save what Zoho tells of layouts, each with its pipelines."""
    ids = sorted({layout for layout, _ in pipelines})
    layouts = [{"id": id_, "pipelines": [p for of, p in pipelines if of == id_]} for id_ in ids]
    save_profile(connection, vars(CompanyProfile(layouts=layouts)))


def test_a_stage_of_several_meanings_is_a_stage_for_each(connection):
    put(connection, "Deals", *(standing(n, *STAGES[n][:2]) for n in range(3)))
    build(connection, date(2025, 3, 1), date(2025, 3, 10))
    found = rows(connection, "select stage, deals from analytics.pipeline_by_stage order by stage")
    assert [(row["stage"], row["deals"]) for row in found] == [
        ("Closed (lost)", 1),
        ("Closed (open)", 1),
        ("Closed (won)", 1),
    ]
