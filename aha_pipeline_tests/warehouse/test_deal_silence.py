"""How long deals are silent, against a second reading in Python, as days pass and things land."""

from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from aha_pipeline.warehouse.landing import Window, open_window
from aha_pipeline_tests.kit.examples import examples
from aha_pipeline_tests.oracle.figures import Row
from aha_pipeline_tests.oracle.silence import Logged, is_of, silence_of
from aha_pipeline_tests.warehouse.marts_company import (
    ACTIVITIES,
    ASHA,
    TABLES,
    as_json,
    build,
    call,
    company,
    contact,
    deal,
    put,
    rows,
)

ZONE = ZoneInfo("Asia/Kolkata")
START = datetime(2025, 3, 10, 9, tzinfo=ZONE)
CLOCK = """
    create schema if not exists clock;
    create or replace function clock.now() returns timestamptz language sql stable
        as $$ select current_setting('clock.now')::timestamptz $$;
    set search_path = clock, pg_catalog, public;
"""
DEALS, CONTACTS = 6, 3
FIGURES = ("last_at", "silent_since", "next_at", "days_silent", "is_quiet", "unrecorded_meeting_at")
# Else all deals are among those that landed since the last build, whatever lands next.
LANDED_BEFORE = ";".join(
    f"update crm.{table} set synced_at = clock_timestamp() - interval '1 hour'"  # noqa: S608
    for table in (*TABLES.values(), *ACTIVITIES.values())
)
LANDS = """
    update crm.crm_deals
    set raw_data = raw_data || %s::jsonb, synced_at = clock_timestamp()
    where id = %s
"""


@pytest.fixture(scope="module")
def shared(module_database_url):
    with company(module_database_url) as connection:
        connection.cursor().execute(CLOCK)
        connection.commit()
        yield connection


def stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def names_contact(one: Row) -> Row:
    """Return the field of a deal that names its contact."""
    return {"Contact_Name": one["contact_id"] and {"id": one["contact_id"]}}


class Company:
    """A few deals with and without a contact, and what is logged on either."""

    def __init__(self, connection, seed: int) -> None:
        self.connection, self.random, self.now = connection, Random(seed), START
        self.logged: list[dict] = []
        self.deals = [
            {"id": f"D{n}", "created_time": self.ago(40), "contact_id": self.whom()}
            for n in range(DEALS)
        ]
        put(connection, "Contacts", *(contact(n) for n in range(CONTACTS)))
        for n, one in enumerate(self.deals):
            put(connection, "Deals", deal(n, stamp(one["created_time"]), **names_contact(one)))

    def ago(self, days: int) -> datetime:
        return self.now - timedelta(minutes=self.random.randrange(1, days * 1440))

    def whom(self) -> str | None:
        return self.random.choice([None, *(f"C{n}" for n in range(CONTACTS))])

    def log(self) -> None:
        """Let an activity land: over, planned or called off, on a deal, a contact or both."""
        number, written = len(self.logged), self.ago(30)
        on = self.random.choice([*(one["id"] for one in self.deals), None])
        who = self.whom() if on else f"C{self.random.randrange(CONTACTS)}"
        at = written + timedelta(hours=self.random.choice([-30, -1, 0, 2, 200, 500, 900]))
        kind = self.random.choice(
            ["call", "scheduled", "cancelled", "task", "meeting", "meeting", "note"]
        )
        ends = at + timedelta(hours=1)
        names = {"What_Id": on and {"id": on}, "Who_Id": who and {"id": who}}
        times = {"Created_Time": stamp(written), "Modified_Time": stamp(written), "Owner": ASHA}
        said = call(number, stamp(at), "") | names | times | {"id": f"T{number}"}
        if kind == "note":
            at, on, who = written, on or None, None if on else who
            put(self.connection, "Notes", said | {"Parent_Id": {"id": on or who}})
        elif kind == "meeting":
            put(
                self.connection,
                "Events",
                said | {"Start_DateTime": stamp(at), "End_DateTime": stamp(ends)},
            )
        elif kind == "task":
            put(self.connection, "Tasks", said | {"Status": "Completed", "Closed_Time": stamp(at)})
        else:
            status = "Completed" if kind == "call" else kind.title()
            put(self.connection, "Calls", said | {"Outgoing_Call_Status": status})
        self.logged.append(
            {"deal_id": on, "contact_id": who, "at": at, "kind": kind, "ends_at": ends}
        )

    def change(self) -> None:
        """Let a deal get another contact, or an activity land."""
        if self.random.random() < 0.7:
            self.log()
            return
        one = self.random.choice(self.deals)
        one["contact_id"] = self.whom()
        self.connection.cursor().execute(LANDS, [as_json(names_contact(one)), one["id"]])

    def expected(self) -> dict[str, Row]:
        return {one["id"]: self.silence(one) for one in self.deals}

    def silence(self, one: Row) -> Row:
        created = one["created_time"]
        mine = [
            Logged(a["at"], a["ends_at"], a["kind"] != "scheduled", a["kind"] == "meeting")
            for a in self.logged
            if a["kind"] != "cancelled" and is_of(a, one)
        ]
        return silence_of(created, created, mine, self.now, ZONE)

    def found(self) -> dict[str, Row]:
        with self.connection.cursor() as cursor:
            cursor.execute("select set_config('clock.now', %s, false)", [stamp(self.now)])
        build(self.connection, only=("deal_silence",))
        return {
            row["id"]: {name: row[name] for name in FIGURES}
            for row in rows(self.connection, "deal_silence")
        }


@given(st.integers(0, 2**32))
@settings(
    max_examples=examples(15),
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_silence_equals_a_second_reading_while_days_pass(shared, seed):
    shared.rollback()
    small = Company(shared, seed)
    small.logged.append({
        "deal_id": "D0", "contact_id": None, "at": START, "kind": "call", "ends_at": None
    })  # fmt: skip
    began = call(0, stamp(START), "D0", Created_Time=stamp(START), Modified_Time=stamp(START))
    put(shared, "Calls", began)
    for _ in range(20):
        small.log()
    shared.cursor().execute(LANDED_BEFORE)
    assert small.found() == small.expected()
    for _ in range(4):
        small.now += timedelta(hours=small.random.choice([25, 60, 200]))
        assert small.found() == small.expected()
        for _ in range(4):
            small.change()
        assert small.found() == small.expected()


@pytest.mark.parametrize(
    ("changed", "hours_after", "is_unrecorded"),
    [
        ({"Stage": "Needs Analysis"}, 24, False),
        ({"Closing_Date": "2030-01-31"}, 1, False),
        ({"Description": "They want an offer"}, 1, False),
        ({}, 24, True),
        ({"Last_Activity_Time": "2030-01-31T09:00:00+05:30"}, 24, True),
        ({"Stage": "Needs Analysis"}, -24, True),
    ],
    ids=["stage", "closing date", "description", "saved", "activity alone", "before it ended"],
)
def test_who_changed_the_deal_after_a_meeting_recorded_it(
    database_url, changed, hours_after, is_unrecorded
):
    ended = datetime.now(ZONE).replace(microsecond=0) - timedelta(days=5)
    created = stamp(ended - timedelta(days=60))
    met = {
        "Start_DateTime": stamp(ended - timedelta(hours=1)),
        "End_DateTime": stamp(ended),
        "Created_Time": created,
        "Modified_Time": created,
    }
    then = {"Modified_Time": stamp(ended + timedelta(hours=hours_after))}
    with company(database_url) as connection:
        put(connection, "Events", call(1, created, "D1") | met)
        connection.commit()
        for number, said in enumerate([{}, changed | then]):
            window = Window(f"read {number}", "Deals", ended, ended, True, True)
            with open_window(database_url, window) as landing:
                landing.stage([msgspec.json.encode(deal(1, created, **said))], api_calls=1)
                landing.finish(api_calls=1, read_until=None, timezone="UTC")
            build(connection, only=("deal_silence",))
        [row] = rows(connection, "deal_silence")
    assert row["unrecorded_meeting_at"] == (ended if is_unrecorded else None)


@pytest.mark.parametrize(
    ("said", "is_planned"),
    [
        ({"Outgoing_Call_Status": "Scheduled"}, True),
        ({"Outgoing_Call_Status": "Cancelled"}, False),
        ({"Outbound_Call_Status": "canceled"}, False),
        ({"Call_Status": " CANCELLED "}, False),
    ],
    ids=["scheduled", "cancelled", "spelt otherwise", "of another version"],
)
def test_what_was_called_off_is_not_planned(database_url, said, is_planned):
    now = datetime.now(ZONE).replace(microsecond=0)
    written, ahead = stamp(now - timedelta(days=20)), now + timedelta(days=2)
    with company(database_url) as connection:
        put(connection, "Deals", deal(1, written))
        times = {"Created_Time": written, "Modified_Time": written}
        put(connection, "Calls", call(1, stamp(ahead), "D1") | times | said)
        build(connection, only=("deal_silence", "work_list"))
        [row] = rows(connection, "deal_silence")
        listed = [one["reasons"] for one in rows(connection, "work_list")]
    assert (row["next_at"], row["is_quiet"]) == (ahead if is_planned else None, not is_planned)
    assert listed == ([] if is_planned else [["quiet"]])
