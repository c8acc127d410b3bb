"""A told day changes only with a restatement, and late data reach every daily figure."""

from datetime import date
from pathlib import Path

import pytest

from aha_pipeline.warehouse.mart_files import read_marts
from aha_pipeline.warehouse.marts import contiguous_range, rebuild, refresh
from aha_pipeline.warehouse.meanings import derive_meanings
from aha_pipeline_tests.warehouse.marts_company import (
    build,
    company,
    deal,
    ist,
    lead,
    put,
    put_history,
    rows,
    wrong,
)
from aha_pipeline_tests.warehouse.picklists import put_picklist

NO_FILE = Path("no-such-file.csv")
FIRST, LAST = date(2025, 3, 10), date(2025, 3, 14)
EVERYTHING = ("kpis", "funnel_by_day", "changes", "pipeline_movements")


@pytest.fixture
def connection(database_url):
    """A connection to a company that was told of five days in March 2025."""
    with company(database_url) as connection:
        put(connection, "Leads", lead(1, march(10)), lead(2, march(11), "Junk Lead"))
        put(connection, "Deals", deal(1, march(10)))
        build(connection, date(2025, 3, 8), LAST)
        connection.commit()
        yield connection


def march(day: int) -> str:
    return ist(f"2025-03-{day:02} 10:00:00")


def sync(connection) -> list[dict]:
    """Refresh all as a run of the last day does, and return what was restated in it."""
    before = len(rows(connection, "restatements"))
    for mart in read_marts():
        days = contiguous_range(connection, LAST, LAST) if mart.kind == "daily" else ()
        refresh(connection, mart, *days, run_id="a run")
    connection.commit()
    query = "select * from analytics.restatements order by restated_at, figure, day"
    return rows(connection, query)[before:]


def test_telling_a_day_first_or_again_restates_nothing(connection):
    assert rows(connection, "restatements") == []
    assert sync(connection) == []
    put(connection, "Leads", lead(3, march(15)))  # of a day that was not told
    put(connection, "Deals", deal(3, march(15), Description="x"))
    assert sync(connection) == []


@pytest.mark.parametrize(
    ("module", "record"),
    [
        ("Leads", lead(9, ist("2019-01-05 10:00:00"), "Junk Lead")),
        ("Deals", deal(9, ist("2019-01-05 10:00:00"), Amount=5)),
        ("Deals", deal(9, ist("2019-01-05 10:00:00"), "Closed Won", Closing_Date="2025-03-12",
                       Modified_Time=march(14))),
    ],
    ids=["lead", "open deal", "won deal"],
)  # fmt: skip
def test_an_old_crm_that_is_imported_late_reaches_every_day(connection, module, record):
    put(connection, module, record)
    restated = sync(connection)
    assert wrong(connection) == {}
    assert restated
    assert {row["reason"] for row in restated} == {"records changed"}
    assert all(row["records"] == [record["id"]] for row in restated)
    assert {row["run_id"] for row in restated} == {"a run"}
    figure = "leads" if module == "Leads" else "open_deals"
    kpis = {row["day"]: row[figure] for row in rows(connection, "kpis")}
    for row in (row for row in restated if row["figure"] == figure):
        assert (row["after"] - row["before"], kpis[row["day"]]) == (1, row["after"])
    assert sync(connection) == []


@pytest.mark.parametrize(
    "apart",
    [[(date(2025, 2, 1), date(2025, 2, 3))], [(date(2025, 3, 16), date(2025, 3, 17))],
     [(date(2025, 1, 1), date(2025, 1, 1)), (date(2025, 4, 1), date(2025, 4, 2))]],
    ids=["before", "after", "on both sides"],
)  # fmt: skip
def test_late_data_reach_the_days_that_a_backfill_filled_apart(connection, apart):
    for first, last in apart:
        build(connection, first, last)
        connection.commit()
    put(connection, "Leads", lead(9, ist("2019-01-05 10:00:00"), "Junk Lead"))
    restated = {row["day"] for row in sync(connection) if row["figure"] == "junk_leads"}
    told = {day for days in apart for day in days}
    assert told <= restated
    junk = {row["day"]: row["junk_leads"] for row in rows(connection, "kpis")}
    assert all(junk[day] >= 1 for day in told)


def test_a_backdated_win_says_what_it_changed(connection):
    won = {"Closing_Date": "2025-03-11", "Modified_Time": march(13), "Amount": 700}
    put(connection, "Deals", deal(2, march(13), "Closed Won", **won))
    restated = {(r["figure"], r["day"].day): (r["before"], r["after"]) for r in sync(connection)}
    assert restated == {("won_deals", 11): (0, 1), ("won_value", 11): (0, 700)}


@pytest.mark.parametrize(
    ("stage", "edit"),
    [
        ("Closed Lost", {"Closing_Date": "2025-03-13"}),
        ("Closed Won", {"Closing_Date": None}),
        ("Closed Won", {"Stage": "Qualification"}),
    ],
    ids=["another closing date", "none", "reopened"],
)
def test_a_deal_that_leaves_a_day_before_its_creation_is_named(connection, stage, edit):
    closed = deal(2, march(13), stage, Closing_Date="2025-03-11", Modified_Time=march(13), Amount=7)
    put(connection, "Deals", closed)
    sync(connection)
    edit_deal(connection, closed, **edit)
    left = [row for row in sync(connection) if row["day"] == date(2025, 3, 11)]
    assert {(row["before"], row["after"]) for row in left} == {(1, 0), (7, 0)}
    assert [row["records"] for row in left] == [[closed["id"]]] * 2


@pytest.mark.parametrize(
    ("contents", "closing"),
    [
        ([(12, "Closed Won")], "2025-03-20"),
        ([(12, "Closed Lost")], None),
        ([(11, "Qualification"), (12, "Closed Won")], "2025-03-20"),
    ],
    ids=["won at first sight", "lost at first sight", "won since"],
)
def test_a_deal_that_leaves_the_day_it_was_seen_closed_is_named_first(
    connection, contents, closing
):
    said = [
        deal(2, march(8), stage, Closing_Date=closing, Modified_Time=march(day))
        for day, stage in contents
    ]
    put_history(connection, "Deals", *said)
    sync(connection)
    edit_deal(connection, *said, Closing_Date="2025-03-10")
    edit_deal(connection, deal(1, march(10)), Amount=5)
    left = [row for row in sync(connection) if (row["day"], row["after"]) == (date(2025, 3, 12), 0)]
    assert [row["records"] for row in left] == [["D2", "D1"]] * 2


def edit_deal(connection, *contents: dict, **edit) -> None:
    """Let a deal that has said these things say another one since the 14th."""
    with connection.cursor() as cursor:
        cursor.execute(
            "delete from crm.crm_deals where id = %(id)s; "
            "delete from crm.record_versions where id = %(id)s",
            contents[0],
        )
    put_history(connection, "Deals", *contents, contents[-1] | edit | {"Modified_Time": march(14)})


GONE = (
    "update crm.{} set deleted_at = now(), deleted_type = 'recycle', "
    "synced_at = clock_timestamp() where id = '{}'"
)
OLD = deal(6, ist("2025-03-09 10:00:00"), Amount=5)


@pytest.mark.parametrize(
    ("change", "figure"),
    [
        (GONE.format("leads_raw", "L1"), "new_leads"),
        (GONE.format("crm_deals", "D5"), "won_deals"),
        (OLD, "open_deals"),
    ],
    ids=["a lead deleted", "a win deleted", "an old deal imported"],
)
def test_what_records_changed_is_not_put_down_to_the_history_of_others(connection, change, figure):
    won = {"Closing_Date": "2025-03-12", "Modified_Time": march(12)}
    put(connection, "Deals", deal(5, march(11), "Closed Won", **won))
    sync(connection)
    with connection.cursor() as cursor:
        for module, id_ in (("Leads", "L2"), ("Deals", "D1")):
            cursor.execute(
                "insert into crm.record_history_reads "
                "(module, record_id, way, complete, reaches_back_to, read_at) "
                "values (%s, %s, 'timeline', true, %s, clock_timestamp())",
                [module, id_, march(1)],
            )
        if isinstance(change, str):
            cursor.execute(change)
    if isinstance(change, dict):
        put(connection, "Deals", change)
    restated = [row for row in sync(connection) if row["figure"] == figure]
    assert {row["reason"] for row in restated} == {"records changed"}


def test_another_meaning_is_another_definition(connection):
    with connection.cursor() as cursor:
        cursor.execute("update crm.picklist_meaning set meaning = 'lost' where value = 'Junk Lead'")
    restated = sync(connection)
    assert {row["reason"] for row in restated} == {"definition changed"}
    assert {row["figure"] for row in restated} == {"junk_leads", "junk_pct"}


STATUSES = ("Not Contacted", "Contacted", "Junk Lead", "Pre-Qualified")
STAGES = ("Qualification", "Closed Won", "Closed Lost")


@pytest.mark.parametrize(
    ("statuses", "stages", "layout", "record"),
    [
        (("Visited", *STATUSES), STAGES, None, lead(9, ist("2019-01-05 10:00:00"), "Visited")),
        (STATUSES, (*STAGES, "Paused"), None, deal(9, ist("2019-01-05 10:00:00"), "Paused")),
        (STATUSES, STAGES, "Closed Won", deal(9, ist("2019-01-05 10:00:00"), Amount=5)),
        (STATUSES, STAGES, None, lead(9, ist("2019-01-05 10:00:00"), "Listed nowhere")),
        (STATUSES[1:], STAGES, None, lead(9, ist("2019-01-05 10:00:00"), "Junk Lead")),
    ],
    ids=["a status", "a stage", "a layout", "an unlisted status", "a status less"],
)  # fmt: skip
def test_another_value_is_no_other_definition(connection, statuses, stages, layout, record):
    list_values(connection, STATUSES, STAGES)
    assert sync(connection) == []
    list_values(connection, statuses, stages)
    if layout:
        put_layout(connection, layout, "won")
    put(connection, "Leads" if record["id"].startswith("L") else "Deals", record)
    derive_meanings(connection, NO_FILE)
    assert {row["reason"] for row in sync(connection)} == {"records changed"}


@pytest.mark.parametrize("change", ["a meaning", "a first meaning", "a layout"])
def test_what_a_known_value_means_is_a_definition(connection, change, tmp_path):
    put(connection, "Deals", deal(8, march(10), "Paused"))
    list_values(connection, STATUSES, STAGES)
    sync(connection)
    meanings = tmp_path / "meanings.csv"
    stage = "Paused" if change == "a first meaning" else "Qualification"
    if change == "a layout":
        put_layout(connection, stage, "lost")
        put_layout(connection, stage, "open", "2")
    else:
        meanings.write_text(f"module,value,meaning\nDeals,{stage},lost\n", encoding="utf-8")
    put(connection, "Deals", deal(9, ist("2019-01-05 10:00:00")))
    derive_meanings(connection, meanings)
    assert {row["reason"] for row in sync(connection)} == {"definition changed"}


def list_values(connection, statuses: tuple[str, ...], stages: tuple[str, ...]) -> None:
    put_picklist(connection, "Leads", *statuses)
    put_picklist(connection, "Deals", *stages)
    derive_meanings(connection, NO_FILE)


def put_layout(connection, stage: str, meaning: str, layout: str = "1") -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into crm.stage_layouts (layout_id, pipeline, stage, position, meaning) "
            "values (%s, '', %s, 1, %s)",
            [layout, stage, meaning],
        )


def test_figures_that_were_tampered_with_are_rebuilt_from_the_records(connection):
    with connection.cursor() as cursor:
        cursor.execute("update analytics.kpis set won_value = won_value + 1")
        cursor.execute("update analytics.lead_history set meaning = 'junk'")
        cursor.execute("delete from analytics.funnel_by_day where day = '2025-03-12'")
    assert wrong(connection)
    rebuild(connection, [f"analytics.{name}" for name in EVERYTHING])
    assert "analytics/kpis" not in wrong(connection)
    rebuild(connection, [mart.relation for mart in read_marts()])
    assert wrong(connection) == {}
