"""Marts of which no input changed are left alone, and no other: against a build from nothing.

So are those that take in changed records alone, after rounds of random changes.

The clock is a function of our own before PostgreSQL's in the search path, so that days pass.
"""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from aha_pipeline.sql import statement
from aha_pipeline.warehouse.connection import connect
from aha_pipeline.warehouse.mart_builds import forget, look_at
from aha_pipeline.warehouse.mart_files import read_marts
from aha_pipeline.warehouse.mart_shadows import compare_all
from aha_pipeline.warehouse.marts import refresh
from aha_pipeline.warehouse.meanings import derive_labels
from aha_pipeline.warehouse.record_emails import ReadEmails, land
from aha_pipeline.warehouse.retention import prune
from aha_pipeline.warehouse.state import save_configured_modules
from aha_pipeline_tests.warehouse.marts_company import (
    ACTIVITIES as ACTIVITY_TABLES,
)
from aha_pipeline_tests.warehouse.marts_company import (
    ASHA,
    BALA,
    TABLES,
    account,
    call,
    company,
    contact,
    deal,
    email,
    ist,
    lead,
    put,
    put_history,
    put_sync,
    rows,
)

MARTS = {mart.name: mart for mart in read_marts()}
FIRST = date(2025, 2, 20)
# Each change once, some at a time; `make explore` looks at each alone, and draws the order.
AT_ONCE = 4 if settings.default.derandomize else 1
ORDERS = 1 if settings.default.derandomize else 3
CLOCK = """
    create schema clock;
    create function clock.now() returns timestamptz language sql stable
        as $$ select current_setting('clock.now')::timestamptz $$;
    set search_path = clock, pg_catalog, public;
    set clock.now = '2025-03-10 09:00:00+05:30';
"""
NEXT_DAY = "select set_config('clock.now', (clock.now() + interval '1 day')::text, false)"
# Whatever stands behind a figure, changed by hand or by the product.
CHANGES = {
    "a lead's status": "update crm.leads_raw set raw_data = raw_data || "
    """'{"Lead_Status": "Junk Lead"}', synced_at = clock_timestamp() where id = 'L1'""",
    "a lead's owner by hand": "update crm.leads_raw set raw_data = jsonb_set(raw_data, "
    """'{Owner,name}', '"Chitra"')""",
    "a deleted deal": "update crm.crm_deals set deleted_at = now(), "
    "synced_at = clock_timestamp() where id = 'D1'",
    "a deal that is gone": "delete from crm.crm_deals where id = 'D2'",
    "an amount": "update crm.crm_deals set raw_data = raw_data || "
    """'{"Amount": 77}', synced_at = clock_timestamp() where id = 'D3'""",
    "an industry": "update crm.crm_accounts set raw_data = raw_data || "
    """'{"Industry": "Steel"}', synced_at = clock_timestamp() where id = 'A1'""",
    "contacts": "delete from crm.crm_contacts where id = 'C1'",
    "a former content": "update crm.record_versions set replaced_by = replaced_by - interval "
    "'1 day' where id = 'L9'; "
    "update crm.leads_raw set synced_at = clock_timestamp() where id = 'L9'",
    "a told history": "insert into crm.record_history (module, record_id, way, entry_id, "
    "audited_time, raw_data) values ('Deals', 'D8', 'stage_tracker', 'e', '2025-03-08', "
    """'{"Stage": "Qualification"}'); insert into crm.record_history_reads (module, record_id, """
    "way, complete, read_at) values ('Deals', 'D8', 'stage_tracker', true, clock_timestamp())",
    "a meaning": "update crm.picklist_meaning set meaning = 'qualified' where value = 'Contacted'",
    "a label": "update crm.text_labels set label = 'Meta', changed_at = clock_timestamp() "
    "where label = 'Facebook'",
    "a pipeline": "insert into crm.stage_layouts (layout_id, pipeline, stage, position, meaning) "
    "values ('1', 'Leasing', 'Qualification', 1, 'won'), ('2', 'Sale', 'Qualification', 1, 'open')",
    "the zone": "update crm.organisation set timezone = 'America/New_York'",
    "how rates are read": "update crm.organisation set rate_reading = 'divide'",
    "what a currency is worth": "update crm.currency_worth set dollars = dollars * 90 "
    "where currency = 'EUR'",
    "the next day": NEXT_DAY,
    "a measure": "create or replace function measures.is_too_few(closed_deals numeric) "
    "returns boolean language sql immutable parallel safe as 'select closed_deals < 1'",
    "a mart's row": "update analytics.funnel set records = records + 1",
    "a history's row": "update analytics.deal_history set amount = 1 where id = 'D3'",
    "rows of a day": "delete from analytics.kpis where day > '2025-03-01'",
    "an emptied mart": "truncate analytics.rep_matrix",
    "a mart that is gone": "drop table analytics.time_in_stage cascade",
    "a restored mart": "create table analytics.kept as table analytics.lead_volume; "
    "truncate analytics.lead_volume; insert into analytics.lead_volume "
    "select * from analytics.kept limit 1; drop table analytics.kept",
    "a view": "create table analytics.kept_accounts as table analytics.accounts; "
    "create or replace view analytics.accounts as "
    "select * from analytics.kept_accounts where false",
}
# What lands of a record that was there before.
LEADS = (
    {"Lead_Status": "Junk Lead"},
    {"Lead_Status": "Contacted"},
    {"Lead_Status": None},
    {"Owner": ASHA},
    {"Owner": BALA},
    {"Lead_Source": None},
    {"Lead_Source": "Facebook"},
    {"Created_Time": ist("2025-03-05 23:00:00")},
    {"Created_Time": None},
    {"$converted": True, "Converted_Date_Time": ist("2025-03-09 10:00:00")},
    {"$converted": False, "$converted_detail": {}},
    *({"$converted": True, "$converted_detail": {"deal": f"D{n}"}} for n in range(1, 12)),
)
DEALS = (
    {"Stage": "Closed Won"},
    {"Stage": "Closed Lost"},
    {"Stage": "Qualification"},
    {"Stage": "Negotiation"},
    {"Owner": ASHA},
    {"Owner": BALA},
    {"Amount": 1234.56},
    {"Amount": None},
    {"Amount": 50, "Currency": "EUR", "Exchange_Rate": None},
    {"Probability": 35},
    {"Lead_Source": None},
    {"Closing_Date": "2025-03-04"},
    {"Closing_Date": "2025-04-20"},
    {"Created_Time": ist("2025-03-06 12:00:00")},
)
# What else lands: whom it names may have landed before, or not yet, or become something else.
ACTIVITIES = (
    ("Calls", {"Call_Start_Time": ist("2025-03-04 10:00:00"), "Call_Type": "Outbound"}),
    ("Calls", {"Call_Start_Time": ist("2025-03-10 08:00:00"), "Call_Type": "Missed"}),
    ("Tasks", {"Status": "Completed", "Closed_Time": ist("2025-03-06 10:00:00")}),
    ("Tasks", {"Status": "Not Started"}),
    ("Events", {"Start_DateTime": ist("2025-03-08 10:00:00")}),
    ("Events", {"Start_DateTime": ist("2025-03-12 10:00:00")}),
    ("Notes", {}),
)
BECAME = (
    {"$converted": True, "Converted_Date_Time": ist("2025-03-09 10:00:00"),
        "$converted_detail": {"deal": "D3", "contact": "C2"}},
    {"$converted": True, "Converted_Date_Time": ist("2025-03-05 10:00:00"),
        "$converted_detail": {"contact": "C1"}},
)  # fmt: skip
# What changes seldom, and which mart that takes in changes alone is made anew then.
STEADY = {
    "funnel_steps": {"entered_funnel"},
    "first_touch_since": {"first_touch", "touch_parts"},
}
LANDS = """
    insert into crm.record_versions (module, id, modified_time, replaced_by, raw_data)
    select %(module)s, id, modified_time, %(at)s, raw_data from {table} where id = %(id)s;
    update {table} set raw_data = raw_data || %(fields)s, synced_at = clock_timestamp(),
        deleted_at = case when %(is_restored)s then null else deleted_at end
    where id = %(id)s
"""
DELETED = """
    update {table} set deleted_at = %(at)s, synced_at = clock_timestamp() where id = %(id)s
"""
LANDED_BEFORE = ";".join(
    f"update crm.{table} set synced_at = now() - interval '1 hour' * (hashtext(id) & 1023)"  # noqa: S608
    for table in (*TABLES.values(), *ACTIVITY_TABLES.values(), "record_emails")
)
NOTHING = (
    "select 1",
    "update crm.leads_raw set synced_at = synced_at where false",
    "delete from crm.record_versions where id = 'nobody'",
    "insert into crm.leads_raw (id, raw_data) select id, raw_data from crm.leads_raw "
    "on conflict do nothing",
)
# Each writes to a table of records, and only the last to all of its rows.
WRITES = (
    "update crm.leads_raw set synced_at = synced_at where id = 'L1'",
    "insert into crm.leads_raw (id, raw_data) values ('L99', '{\"id\": \"L99\"}')",
    "delete from crm.leads_raw where id = 'L99'",
    "truncate crm.leads_raw",
)


@pytest.fixture(scope="module")
def small(module_database_url):
    """A connection to a company of a few records of each sort, all marts built."""
    with company(module_database_url) as connection:
        connection.cursor().execute(CLOCK)
        connection.cursor().execute(
            "insert into crm.picklist_meaning (module, value, meaning, probability, position, "
            "source) values ('Leads', 'Not Contacted', 'open', null, 10, 'crm'), "
            "('Leads', 'Contacted', 'open', null, 20, 'crm'), "
            "('Leads', 'Junk Lead', 'junk', null, 30, 'crm'), "
            "('Deals', 'Qualification', 'open', 10, 10, 'crm'), "
            "('Deals', 'Closed Won', 'won', 100, 20, 'crm') on conflict do nothing"
        )
        for number in range(1, 9):
            when = ist(f"2025-03-0{number} 10:00:00")
            owner = (ASHA, BALA)[number % 2]
            put(connection, "Leads", lead(number, when, "Contacted", Owner=owner))
            extra = {"Currency": "EUR", "Exchange_Rate": 90} if number % 3 == 0 else {}
            put(connection, "Deals", deal(number, when, Owner=owner, **extra))
        old, new = (lead(9, ist(f"2025-03-0{n} 10:00:00"), s) for n, s in ((1, "a"), (5, "b")))
        put_history(connection, "Leads", old, new | {"Created_Time": old["Created_Time"]})
        put(
            connection,
            "Deals",
            deal(
                9,
                ist("2025-03-02 10:00:00"),
                "Closed Won",
                Account_Name={"id": "A1", "name": "Account 1"},
            ),
        )
        put(connection, "Accounts", account(1, "Cement"))
        put(connection, "Contacts", contact(1), contact(2))
        put(connection, "Calls", call(1, ist("2025-03-01 11:00:00"), "L1"))
        save_configured_modules(connection, [*TABLES, *ACTIVITY_TABLES])
        for module in ("Leads", *ACTIVITY_TABLES):
            put_sync(connection, module, ist("2025-03-01 08:00:00"))
        derive_labels(connection)
        connection.commit()
        yield connection


@pytest.fixture
def built(small):
    """The company as it was, its marts built a moment ago."""
    small.rollback()
    _build(small)
    yield small
    small.rollback()


@pytest.mark.parametrize("nothing", NOTHING)
def test_a_run_with_nothing_changed_touches_no_mart(built, nothing):
    built.cursor().execute(nothing)
    assert _touched(built) == set()


@given(st.integers(0, 2**32))
@settings(
    max_examples=ORDERS,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_whatever_changes_is_built_anew(built, seed):
    built.rollback()
    _build(built)
    order = Random(seed).sample(list(CHANGES), len(CHANGES))
    for start in range(0, len(order), AT_ONCE):
        changed = order[start : start + AT_ONCE]
        for what in changed:
            _change(built, what)
        assert _touched(built), changed
        assert _differences(built) == [], changed


@given(st.integers(0, 2**32))
@settings(
    max_examples=2 * ORDERS,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_marts_that_follow_histories_are_what_a_build_from_nothing_makes(built, seed):
    built.rollback()
    random = Random(seed)
    with built.cursor() as cursor:
        cursor.execute(LANDED_BEFORE)
        forget(cursor, MARTS.values())
    _build(built)
    for number in range(1, 4):
        for _ in range(random.randint(1, 8)):
            _land_something(built, random, number)
        assert _built_anew(built) == []
    assert _differences(built) == []


# What nobody was to do, and which marts it makes wrong.
BY_HAND = {
    "update analytics.kpi_parts set won_value = won_value + 1 where won_deals > 0": ["kpi_parts"],
    "delete from analytics.deal_stays where id = 'D1'": ["deal_stays"],
    'update crm.leads_raw set raw_data = raw_data || \'{"Lead_Status": "Junk Lead"}\' '
    "where id = 'L2'": ["lead_history"],
}


def test_a_build_beside_the_marts_finds_and_heals_what_is_wrong(small):
    small.rollback()
    with small.cursor() as cursor:
        cursor.execute(LANDED_BEFORE)
        forget(cursor, MARTS.values())
    _build(small)
    small.commit()
    assert [found.mart.name for found in compare_all(small) if not found.is_equal] == []
    for what, wrong in BY_HAND.items():
        small.cursor().execute(what)
        small.commit()
        assert [found.mart.name for found in compare_all(small) if not found.is_equal] == wrong
        _build(small)
        assert _differences(small) == [], what


def test_every_write_to_records_is_seen_also_after_marks_were_folded(built):
    states = [_state_of_leads(built)]
    for write in WRITES:
        built.cursor().execute(write)
        states.append(_state_of_leads(built))
    assert len(set(states)) == len(states)
    built.rollback()
    built.cursor().execute(WRITES[0])
    built.commit()
    before = _state_of_leads(built)
    prune(built, logs_days=90, versions_days=None)
    marks = "select count(*) as n from crm.table_writes where relation = 'crm.leads_raw'::regclass"
    assert rows(built, marks) == [{"n": 1}]
    assert _state_of_leads(built) == before


def test_only_what_stands_on_a_change_is_built(built):
    _change(built, "contacts")
    of_activities = {"activities"}
    for mart in MARTS.values():
        if set(mart.sources) & {f"analytics.{name}" for name in of_activities}:
            of_activities.add(mart.name)
    found = _touched(built)
    assert {"owners", "contacts_by_owner", "activities"} <= found
    assert found <= {"owners", "contacts_by_owner"} | of_activities


@pytest.mark.parametrize(
    ("table", "id_", "history"),
    [
        ("leads_raw", "L3", "lead_history"),
        ("crm_deals", "D4", "deal_history"),
        ("crm_calls", "T1", "activities"),
    ],
)
def test_what_landed_before_is_not_handed_on_again(built, table, id_, history):
    lands = "update crm.{} set synced_at = clock_timestamp() where id = %s"
    built.cursor().execute(lands.format(table), [id_])
    _build(built)
    assert rows(built, f"select distinct id from analytics.{history}__delta") == [{"id": id_}]  # noqa: S608


@pytest.mark.parametrize(
    ("table", "id_", "change", "history", "follower"),
    [
        ("leads_raw", "L3", {"Lead_Status": "Junk Lead"}, "lead_history", "lead_volume"),
        ("crm_deals", "D4", {"Stage": "Closed Won"}, "deal_history", "stage_parts"),
        ("crm_calls", "T1", {"Call_Type": "Missed"}, "activities", "first_touch"),
    ],
)
def test_a_history_with_nothing_to_take_in_keeps_what_it_took_in_last(
    built, table, id_, change, history, follower
):
    lands = (
        "update crm.{} set raw_data = raw_data || %s, synced_at = clock_timestamp() where id = %s"
    )
    built.cursor().execute(lands.format(table), [json.dumps(change), id_])
    assert refresh(built, MARTS[history]).rows > 0
    taken_in = rows(built, f"{history}__delta")
    built.cursor().execute("update crm.record_versions set replaced_by = replaced_by")
    built.cursor().execute("update crm.crm_notes set synced_at = synced_at")
    assert refresh(built, MARTS[history]).rows == 0
    assert rows(built, f"{history}__delta") == taken_in
    taken = look_at(built.cursor(), MARTS[follower], None).taken
    assert [name for name, is_taken in taken.items() if not is_taken] == [history]
    _build(built)
    assert _differences(built) == []


def test_a_mart_that_was_built_without_an_optional_one_takes_all_of_it_in_once_it_is_there(built):
    cursor = built.cursor()
    cursor.execute("delete from analytics.mart_builds where mart = 'first_touch'")
    cursor.execute("truncate analytics.first_touch")
    forget(cursor, [MARTS["open_leads"]])
    known = "select count(*) > 0 as are_known from analytics.open_leads where is_touch_known"
    refresh(built, MARTS["open_leads"])
    assert rows(built, known) == [{"are_known": False}]
    _build(built)
    assert rows(built, known) == [{"are_known": True}]
    assert _differences(built) == []


def test_what_comes_out_the_same_changes_nothing_that_reads_it(built):
    put_sync(built, "Leads", ist("2025-03-10 08:00:00"))
    assert _touched(built) == {"sync_volume", "week_leads", "first_touch_since"}


def test_a_changed_file_is_built_anew(built):
    funnel = MARTS["funnel"]
    assert refresh(built, funnel).is_unchanged
    assert not refresh(built, replace(funnel, notes="Another word.")).is_unchanged


def test_what_lands_while_a_mart_is_built_is_found_by_the_next_run(built, module_database_url):
    built.commit()
    with connect(module_database_url) as other:
        put(other, "Contacts", contact(3))
        _build(built)
        built.commit()
        other.commit()
    assert not _build(built)["contacts_by_owner"].is_unchanged
    assert _differences(built) == []


def _state_of_leads(connection) -> str:
    seal = statement("warehouse/mart_builds", "seal")
    [row] = rows(
        connection, seal.format(name="'crm.leads_raw'", table="crm.leads_raw") + " as state"
    )
    return row["state"]


def _land_something(connection, random: Random, number: int) -> None:
    what = random.choice(("Leads", "Deals", "activity", "activity", "email", "contact"))
    if what == "activity":
        _land_activity(connection, random)
    elif what == "email":
        _land_email(connection, random)
    elif what == "contact":
        fields = ({"Last_Name": "Rao"}, {"Last_Name": "Iyer"})
        _land(connection, random, "Contacts", lambda number, _: contact(number), fields)
    elif what == "Leads":
        _land(connection, random, "Leads", lead, (*LEADS, *BECAME))
    else:
        _land(connection, random, "Deals", deal, (*DEALS, {"Contact_Name": {"id": "C2"}}))


def _land_activity(connection, random: Random) -> None:
    module, fields = random.choice(ACTIVITIES)
    whom = {"id": f"{random.choice('LDCA')}{random.randint(1, 11)}"}
    link = "Parent_Id" if module == "Notes" else random.choice(("What_Id", "Who_Id"))

    def make(index: int, created: str) -> dict:
        owner_and_times = contact(index) | {"Created_Time": created, "Modified_Time": created}
        return owner_and_times | {"id": f"{module}{index}"}

    _land(connection, random, module, make, (fields | {link: whom},), new=0.6)


def _land_email(connection, random: Random) -> None:
    """Let an e-mail of a lead or deal be listed, or another thing be said of one."""
    letter, number = random.choice("LD"), random.randint(1, 11)
    said = random.choice(({}, {"sent": False}, {"status": ["bounced"]}, {"source": "workflow"}))
    mail = email(random.randint(1, 3), ist(f"2025-03-{random.randint(2, 9):02} 10:00:00"), **said)
    read = ReadEmails(f"{letter}{number}", (json.dumps(mail).encode(),), datetime.now(UTC))
    land(connection, {"L": "Leads", "D": "Deals"}[letter], [read])


def _land(connection, random: Random, module: str, make, fields, new: float = 0.2) -> None:
    table = f"crm.{(TABLES | ACTIVITY_TABLES)[module]}"
    known = [row["id"] for row in rows(connection, f"select id from {table} order by id")]  # noqa: S608
    at = f"2025-03-{random.randint(9, 10):02} {random.randint(9, 12):02}:00:00+05:30"
    if random.random() < new or not known:
        put(connection, module, make(len(known) + 1, ist(at[:19])) | random.choice(fields))
        return
    given = {"module": module, "at": at, "id": random.choice(known)}
    given |= {"fields": json.dumps(random.choice(fields) | {"Modified_Time": at})}
    given |= {"is_restored": random.random() < 0.5}
    what = DELETED if random.random() < 0.2 else LANDS
    connection.cursor().execute(what.format(table=table), given)


def _built_anew(connection) -> list[str]:
    """Bring all marts up to date; return those that follow histories and were not let.

    Where another mart that they read says something else than before, they need not be.
    """
    before = {name: rows(connection, name) for name in STEADY}
    found = []
    days = (FIRST, _today(connection))
    for name, mart in MARTS.items():
        if mart.strategy and look_at(connection.cursor(), mart, None).taken is None:
            found.append(name)
        refresh(connection, mart, *(days if mart.kind == "daily" else ()))
    changed = [STEADY[name] for name in STEADY if rows(connection, name) != before[name]]
    return [name for name in found if name not in set().union(*changed)]


def _change(connection, what: str) -> None:
    connection.cursor().execute(CHANGES[what])
    derive_labels(connection)


def _touched(connection) -> set[str]:
    return {name for name, done in _build(connection).items() if not done.is_unchanged}


def _build(connection):
    days = (FIRST, _today(connection))
    return {
        name: refresh(connection, mart, *(days if mart.kind == "daily" else ()))
        for name, mart in MARTS.items()
    }


def _today(connection) -> date:
    moment: datetime = rows(connection, "select now() as moment")[0]["moment"]
    return moment.date()


def _differences(connection) -> list[str]:
    """Return the marts that a build from nothing makes other than they are."""
    with connection.cursor() as cursor:
        for name in MARTS:
            cursor.execute(f"create temp table {name}_was on commit drop as table analytics.{name}")
        forget(cursor, MARTS.values())
        _build(connection)
        found = []
        for name in MARTS:
            cursor.execute(
                f"select count(*) from ((table {name}_was except all table analytics.{name}) "  # noqa: S608
                f"union all (table analytics.{name} except all table {name}_was)) d"
            )
            found += [name] if cursor.fetchone() != (0,) else []
            cursor.execute(f"drop table {name}_was")
    return found
