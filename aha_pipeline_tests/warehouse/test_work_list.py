"""The work list: who is on it and why, against a second reading in Python over random companies."""

from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aha_pipeline.crm.company_profile import CompanyProfile
from aha_pipeline.warehouse.company import save_profile
from aha_pipeline.warehouse.state import save_configured_modules
from aha_pipeline_tests.kit.examples import examples
from aha_pipeline_tests.warehouse.marts_company import (
    build,
    call,
    company,
    deal,
    lead,
    put,
    put_history,
    put_sync,
    rows,
    today,
)

ZONE = ZoneInfo("Asia/Kolkata")
NOTHING_TOLD = vars(CompanyProfile())
POINTS = {"closing": 80, "overdue": 65, "stuck": 50, "pushed": 45, "quiet": 40}


@pytest.fixture
def connection(database_url):
    with company(database_url) as connection:
        yield connection


def ago(days: float) -> str:
    return (datetime.now(ZONE) - timedelta(days=days)).isoformat(timespec="seconds")


def listed(connection) -> dict[str, dict]:
    build(connection, only=("work_list",))
    return {row["id"]: row for row in rows(connection, "work_list")}


def test_a_lead_is_on_it_until_somebody_has_touched_it(connection):
    put(
        connection,
        "Leads",
        lead(1, ago(0.1), "Not Contacted"),
        lead(2, ago(3), "Not Contacted", Last_Activity_Time=ago(1)),
        lead(3, ago(3), "Not Contacted", Last_Activity_Time=ago(3)),
        lead(4, ago(3), "Junk Lead"),
        lead(5, ago(45), "Not Contacted"),
        lead(6, ago(120), "Not Contacted"),
        lead(7, ago(3), "Not Contacted", **{"$converted": True}),
    )
    put_history(
        connection,
        "Leads",
        lead(8, ago(3), "Not Contacted"),
        lead(8, ago(3), "Attempted to Contact", Modified_Time=ago(1)),
    )
    found = listed(connection)
    assert {id_: row["is_aged"] for id_, row in found.items()} == {
        "L1": False, "L3": False, "L5": True,
    }  # fmt: skip
    assert found["L1"]["score"] > found["L3"]["score"] > found["L5"]["score"]
    assert all(row["reasons"] == ["untouched"] for row in found.values())


def test_what_belongs_to_somebody_who_has_left_waits_for_an_owner(connection):
    users = {"1": "active", "2": "disabled", "3": "active", "4": "deleted"}
    owners = {id_: {"id": id_, "name": f"User {id_}"} for id_ in (*users, "5")}
    told = [{"id": id_, "status": status} for id_, status in users.items()]
    save_profile(connection, NOTHING_TOLD | {"users": told})
    # The third is gone from Zoho's list; nobody ever told of the fifth.
    save_profile(connection, NOTHING_TOLD | {"users": [one for one in told if one["id"] != "3"]})
    save_profile(connection, NOTHING_TOLD)  # and a list that is not served says nothing
    later = {"Closing_Date": str(today(connection) + timedelta(40)), "Modified_Time": ago(1)}
    for id_, owner in owners.items():
        put(connection, "Leads", lead(int(id_), ago(3), "Contacted", Owner=owner))
        put(connection, "Deals", deal(int(id_), ago(20), Owner=owner, **later))
    put(connection, "Leads", lead(22, ago(3), "Not Contacted", Owner=owners["2"]))
    put(connection, "Leads", lead(23, ago(3), "Junk Lead", Owner=owners["2"]))
    put(connection, "Leads", lead(24, ago(0.1), "Not Contacted", Owner=owners["2"]))
    found = {id_: row["reasons"] for id_, row in listed(connection).items()}
    gone = {f"{kind}{n}": ["ownerless"] for n in (2, 3, 4) for kind in "LD"}
    both = {"L22": ["ownerless", "untouched"], "L24": ["untouched", "ownerless"]}
    assert found == gone | both
    shown = {
        row["owner_id"]: (row["owner_name"], row["has_left"]) for row in rows(connection, "owners")
    }
    assert shown == {
        "1": ("User 1", False), "2": ("User 2 (left)", True), "3": ("User 3 (left)", True),
        "4": ("User 4 (left)", True), "5": ("User 5", False),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("next_step", "is_named"),
    [("Send the offer", True), ("\u00a0", False), ("-", False), (" N/A", False), ("none", False)],
)
def test_a_next_step_that_means_empty_is_none(connection, next_step, is_named):
    soon = str(today(connection) + timedelta(3))
    fresh = {"Modified_Time": ago(1), "Closing_Date": soon}
    put(connection, "Deals", deal(1, ago(20), Next_Step=next_step, **fresh))
    assert [row["reasons"] for row in listed(connection).values()] == (
        [] if is_named else [["closing"]]
    )


def test_each_reason_of_a_deal(connection):
    day = today(connection)
    soon, past, later = (str(day + timedelta(n)) for n in (3, -2, 40))
    fresh = {"Modified_Time": ago(1)}
    put(
        connection,
        "Deals",
        deal(1, ago(20), Closing_Date=soon, **fresh),
        deal(2, ago(20), Closing_Date=soon, Next_Step="Send the offer", **fresh),
        deal(3, ago(20), Closing_Date=past, **fresh),
        deal(4, ago(20), Closing_Date=later, Modified_Time=ago(20)),
        deal(5, ago(20), Closing_Date=later, Last_Activity_Time=ago(2), Modified_Time=ago(20)),
        deal(6, ago(20), "Closed Won", Closing_Date=past, **fresh),
        deal(7, ago(300), Closing_Date=str(day - timedelta(120)), **fresh),
    )
    dates = [str(day + timedelta(n)) for n in (10, 20, 40)]
    put_history(
        connection,
        "Deals",
        *(
            deal(8, ago(20), Closing_Date=date, Modified_Time=ago(10 - 4 * n))
            for n, date in enumerate(dates)
        ),
    )
    found = {id_: row["reasons"] for id_, row in listed(connection).items()}
    assert found == {
        "D1": ["closing"], "D3": ["overdue"], "D4": ["quiet"], "D7": ["overdue"], "D8": ["pushed"],
    }  # fmt: skip
    assert listed(connection)["D7"]["is_aged"]


@settings(
    max_examples=examples(25),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 200),
            st.one_of(st.none(), st.integers(0, 30)),
            st.integers(-120, 40),
            st.one_of(st.none(), st.integers(0, 9)),
            st.sampled_from([None, "", "  ", "Call"]),
            st.sampled_from(["Qualification", "Closed Won", "Closed Lost"]),
        ),
        max_size=12,
    )
)
def test_the_list_of_deals_equals_a_second_reading(connection, deals):
    connection.rollback()
    day, expected, records = today(connection), {}, []
    for number, (age, activity, closes, amount, step, stage) in enumerate(deals):
        quiet = min(age, age if activity is None else activity)
        records.append(
            deal(
                number,
                ago(age),
                stage,
                Amount=amount,
                Closing_Date=str(day + timedelta(closes)),
                Next_Step=step,
                Last_Activity_Time=None if activity is None else ago(activity),
            )
        )
        held = {
            "closing": 0 <= closes <= 7 and not (step or "").strip(),
            "overdue": closes < 0,
            "quiet": quiet >= 14,
        }
        reasons = [name for name in POINTS if held.get(name)]
        if stage == "Qualification" and reasons:
            expected[f"D{number}"] = reasons
    put(connection, "Deals", *records)
    found = listed(connection)
    assert {id_: row["reasons"] for id_, row in found.items()} == expected
    for row in found.values():
        best = max(POINTS[reason] for reason in row["reasons"])
        points = best + 5 * (len(row["reasons"]) - 1)
        assert points <= row["score"] <= points + 30
    worth = sorted(found.values(), key=lambda row: (row["reasons"], row["value"] or 0))
    for one, other in pairwise(worth):
        if one["reasons"] == other["reasons"]:
            assert one["score"] <= other["score"]
    connection.rollback()


def meeting(number: int, deal_id: str, days: float, **fields) -> dict:
    start, end = ago(days), ago(days - 1 / 24)
    return {
        "id": f"E{number}",
        "Start_DateTime": start,
        "End_DateTime": end,
        "What_Id": {"id": deal_id},
        "Created_Time": ago(days + 1),
        "Modified_Time": ago(days + 1),
    } | fields


def test_where_calls_are_read_they_say_who_was_touched(connection):
    save_configured_modules(connection, ["Leads", "Deals", "Calls", "Events", "Tasks"])
    put_sync(connection, "Calls", ago(0))
    put(
        connection,
        "Leads",
        lead(1, ago(3), "Not Contacted"),
        lead(2, ago(3), "Contacted"),
        lead(3, ago(3), "Not Contacted", Last_Activity_Time=ago(1)),
        lead(4, ago(60), "Not Contacted"),
        lead(5, ago(3), "Junk Lead"),
    )
    put(
        connection,
        "Calls",
        call(1, ago(40), "L9"),
        call(2, ago(2), "L1"),
        call(3, ago(2), "L3", Call_Type="Missed"),
    )
    long = {"Closing_Date": str(today(connection) + timedelta(60)), "Next_Step": "Wait"}
    put(connection, "Deals", *(deal(n, ago(90), **long) for n in range(1, 5)))
    put(
        connection,
        "Events",
        meeting(1, "D1", 5),
        meeting(2, "D2", 5),
        meeting(3, "D3", 50),
        meeting(4, "D4", -3),
    )
    put(connection, "Calls", call(4, ago(4), "D2"))
    found = {id_: row["reasons"] for id_, row in listed(connection).items()}
    # L4 came in before the first activity of the CRM: nobody knows, so its status tells.
    assert found == {
        "L2": ["uncalled"],
        "L3": ["uncalled"],
        "L4": ["untouched"],
        "D1": ["unrecorded"],
        "D3": ["quiet"],
    }
