"""What a sync after the first one brings: nothing where nothing changed, else what did."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from aha_pipeline.warehouse.connection import connect
from aha_pipeline.warehouse.mart_files import read_marts
from aha_pipeline_tests.kit.environment import have_own_time
from aha_pipeline_tests.kit.graph import sync_days

DAYS = ("2026-01-01", "2026-01-05")
NEXT_DAY = "2026-01-06"
LANDED = "select id, xmin, raw_data from crm.leads_raw order by id"
MARTS = [mart.name for mart in read_marts()]
BRIEFINGS = "select day::text from analytics.ai_briefings_log order by id"
LATE = {
    "Deal_Name": "Late",
    "Stage": "Closed Won",
    "Amount": 99.5,
    "Closing_Date": "2026-01-03",
}


@pytest.fixture(scope="module")
def rows(module_database_url: str) -> Callable[[str], list[tuple]]:
    def rows(query: str) -> list[tuple]:
        with connect(module_database_url) as connection, connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall()

    return rows


@pytest.fixture(scope="module", autouse=True)
def january() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        have_own_time(patch)
        yield


@pytest.fixture(scope="module")
def first(module_connected, module_instance, rows) -> tuple[list[tuple], list[tuple]]:
    """What had landed and what was written after the first sync; all in January."""
    module_connected.store.now.moment = datetime(2026, 1, 5, 18, tzinfo=UTC)
    assert sync_days(module_instance, *DAYS).success
    return rows(LANDED), rows(BRIEFINGS)


@pytest.fixture(scope="module")
def again(first, module_instance, rows) -> tuple[list[tuple], list[tuple]]:
    """The same after a second one over the same days."""
    result = sync_days(module_instance, *DAYS)
    (landed,) = result.asset_materializations_for_node("crm__leads_raw")[-1:]
    assert landed.metadata["unchanged"].value == 3
    # Every run is noted in the log of syncs; what is made of that is made anew.
    of_log = {"sync_volume", "week_leads", "first_touch_since"}
    assert {mart for mart in MARTS if _is_touched(result, mart)} <= of_log
    return rows(LANDED), rows(BRIEFINGS)


def _is_touched(result, mart: str) -> bool:
    (built,) = result.asset_materializations_for_node(f"analytics__{mart}")[-1:]
    return built.metadata["rows are"].value == "new"


@pytest.fixture(scope="module")
def changed(again, module_connected, module_instance) -> None:
    """A third one, of the day after, on which much was done."""
    store = module_connected.store
    store.now.moment = datetime(2026, 1, 6, 9, tzinfo=UTC)
    store.edit("Leads", "1", {"Lead_Status": "Contacted"})
    store.convert("2", {})
    store.delete("Deals", "9")
    store.create("Deals", LATE)
    assert sync_days(module_instance, NEXT_DAY, NEXT_DAY).success


def test_the_same_range_again_changes_no_row_and_adds_no_briefing(first, again):
    assert again == first
    assert first[1] == [("2026-01-05",)]


def test_a_change_a_conversion_and_a_deletion_arrive(changed, rows):
    assert rows(
        "select l.lead_status, l2.is_converted, d.deleted_at is not null from crm.leads_raw l, "
        "crm.leads_raw l2, crm.crm_deals d where l.id = '1' and l2.id = '2' and d.id = '9'",
    ) == [("Contacted", True, True)]


def test_a_deal_entered_late_is_counted_on_the_day_it_was_won(changed, rows):
    won = "select won_deals, won_value from analytics.kpis where day = '2026-01-03'"
    assert rows(won) == [(1, Decimal("99.5"))]
