"""A deal is won on one day, and a save without a change moves none."""

from datetime import date

import msgspec
import pytest

from aha_pipeline.warehouse.landing import Window, open_window
from aha_pipeline_tests.warehouse.marts_company import (
    build,
    company,
    deal,
    ist,
    lead,
    moment,
    put_history,
    rows,
)

FIRST, LAST = date(2025, 3, 1), date(2025, 3, 12)
MARTS = ("kpis", "pipeline_movements", "rep_matrix", "outcomes_by_month", "stage_stays")


@pytest.fixture
def connection(database_url):
    """A connection to a company without records."""
    with company(database_url) as connection:
        yield connection


def march(day: int) -> str:
    return ist(f"2025-03-{day:02} 10:00:00")


def written(day: int, stage: str, closing: str | None, **fields) -> dict:
    return deal(1, march(1), stage, Modified_Time=march(day), Closing_Date=closing, **fields)


OPEN = written(1, "Negotiation/Review", "2025-03-20")
WON, LOST = "Closed Won", "Closed Lost"


@pytest.mark.parametrize(
    ("contents", "day"),
    [
        ([OPEN, written(6, WON, "2025-03-30")], 6),  # before its closing date
        ([OPEN, written(6, WON, "2025-03-04")], 4),  # entered late
        ([OPEN, written(6, WON, None)], 6),
        ([OPEN, written(6, WON, "2025-03-06"), written(9, WON, "2025-03-06", Amount=7)], 6),
        ([OPEN, written(6, WON, "2025-03-30"), written(9, WON, "2025-03-08")], 6),
        ([OPEN, written(6, WON, "2025-03-30"), written(9, WON, "2025-03-05")], 5),
        ([OPEN, written(6, LOST, "2025-03-30"), written(8, WON, "2025-03-30")], 8),
        ([OPEN, written(4, WON, "2025-03-30"), OPEN | {"Modified_Time": march(6)},
          written(8, WON, "2025-03-30")], 8),
        ([written(7, WON, "2025-03-30")], 7),  # first seen won
        ([written(7, WON, "2025-03-03")], 3),
    ],
)  # fmt: skip
def test_every_surface_has_one_day(connection, contents, day):
    put_history(connection, "Deals", *contents)
    build(connection, FIRST, LAST, only=MARTS)
    won = date(2025, 3, day)
    value = contents[-1].get("Amount")
    kpis = {row["day"]: row for row in rows(connection, "kpis")}
    assert [d for d, row in kpis.items() if row["won_deals"]] == [won]
    assert kpis[won]["won_value"] == value
    assert [kpis[d]["open_deals"] for d in (FIRST, won, LAST)] == [1, 0, 0]
    moved = rows(connection, "pipeline_movements")
    was_lost = contents[-2:-1] and contents[-2]["Stage"] == LOST  # it left the pipeline as lost
    left = [(r["day"], r["value"]) for r in moved if r["kind"] == "won"]
    assert left[-1:] == ([] if was_lost else [(won, -value)])
    stays = rows(connection, "stage_stays")
    assert {r["closed_day"] for r in stays if r["meaning"] == "won"} <= {won, date(2025, 3, 4)}


def land(database_url: str, module: str, *records: dict, run: str) -> None:
    window = Window(run, module, moment(march(1)), moment(march(31)), from_the_beginning=True)
    with open_window(database_url, window) as landing:
        landing.stage([msgspec.json.encode(record) for record in records], 1)
        landing.finish(api_calls=1, read_until=None, timezone="Asia/Kolkata")
        landing._connection.commit()


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"Last_Activity_Time": march(9)},
        {"Description": "Called, no answer"},
        {"Tag": [{"name": "hot"}], "Deal_Name": "Renamed"},
    ],
    ids=["nothing", "activity", "description", "tag and name"],
)
def test_a_save_without_a_change_of_what_counts_moves_no_figure(connection, database_url, changed):
    won = written(4, WON, "2025-03-30")
    still_open = deal(2, march(1), Modified_Time=march(3))
    contacted = lead(3, march(1), "Contacted", Modified_Time=march(3))
    land(database_url, "Deals", won, still_open, run="first")
    land(database_url, "Leads", contacted, run="first")
    told = figures(connection)
    for day in (9, 11):
        touched = changed | {"Modified_Time": march(day)}
        land(database_url, "Deals", won | touched, still_open | touched, run=f"on {day}")
        land(database_url, "Leads", contacted | touched, run=f"on {day}")
        assert figures(connection) == told


def figures(connection) -> list:
    build(connection, FIRST, LAST, only=(*MARTS, "funnel_by_day"))
    connection.commit()
    names = ("kpis", "pipeline_movements", "funnel_by_day")
    return [sorted(map(str, rows(connection, name))) for name in names]
