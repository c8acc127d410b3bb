"""Each check finds nothing in a sound warehouse, and what is wrong after someone has tampered."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from aha_pipeline.warehouse.checks import (
    CheckError,
    find_failing_rows,
    forget_inputs,
    inputs_of,
    mart_checks,
    module_checks,
    passes_since,
    read_checks,
    save_live_record_count,
    save_result,
)
from aha_pipeline.warehouse.mart_files import read_marts
from aha_pipeline.warehouse.state import save_configured_modules
from aha_pipeline_tests.warehouse.marts_company import (
    TABLES,
    account,
    build,
    call,
    company,
    contact,
    deal,
    ist,
    lead,
    put,
    put_history,
    put_sync,
    rows,
    today,
    wrong,
)

FIRST, LAST = date(2025, 3, 1), date(2025, 3, 8)
# PostgreSQL's clock stands still within a transaction: another's comes before it.
NEXT_DAY = """
    create schema clock;
    create function clock.now() returns timestamptz language sql stable
        as $$ select pg_catalog.now() + interval '1 day' $$;
    set local search_path = clock, pg_catalog, public;
    select 1
"""
# What somebody does, and the marts whose checks see it at least.
TAMPERED = {
    "update analytics.kpis set leads = leads + 1 where day = '2025-03-04'": {"kpis"},
    "update analytics.kpis set open_pipeline_value = open_pipeline_value + 0.01 "
    "where day = '2025-03-04'": {"kpis"},
    "update analytics.kpis set won_value = won_value + 0.01 where day = '2025-03-04'": {"kpis"},
    "delete from analytics.funnel_by_day where day = '2025-03-04'": {"kpis"},
    "update analytics.pipeline_movements set value = value + 0.01 where day = '2025-03-04'": {
        "kpis",
        "pipeline_movements",
    },
    "delete from analytics.pipeline_movements where day = '2025-03-04'": {"pipeline_movements"},
    "update analytics.daily_flows set won_value = won_value - 0.01": {"daily_flows", "kpis"},
    "update analytics.daily_flows set new_leads = 0": {"daily_flows", "kpis"},
    "update analytics.daily_changes set value = value + 0.01": {"daily_changes"},
    "delete from analytics.daily_changes where entity = 'lead'": {"daily_changes"},
    "update analytics.funnel set records = records + 1": {"funnel", "lead_volume", "rep_matrix"},
    "update analytics.funnel set value = value + 0.01": {"funnel", "pipeline_by_stage"},
    "update analytics.lead_volume set leads = leads + 1": {"lead_volume", "daily_flows"},
    "insert into analytics.lead_volume select day + 1, source, owner_id, owner_name, status, "
    "leads, meaning, step from analytics.lead_volume limit 1": {"lead_volume"},
    "update analytics.source_quality set won_value = won_value + 0.01": {"source_quality"},
    "update analytics.source_quality set lost_leads = lost_leads + 1, leads = leads + 1": {
        "source_quality"
    },
    "update analytics.rep_matrix set weighted_value = weighted_value + 0.01": {"rep_matrix"},
    "update analytics.rep_matrix set lost_deals = lost_deals + 1": {"rep_matrix"},
    "update analytics.pipeline_by_stage set weighted_value = weighted_value + 0.01": {
        "pipeline_by_stage"
    },
    "update analytics.lead_cohorts set leads = leads + 1": {"lead_cohorts"},
    "update analytics.lead_cohorts set won = leads + 1": {"lead_cohorts"},
    "update analytics.cohort_parts set qualified = qualified + 1": {"cohort_parts"},
    "update analytics.history_parts set value = value + 0.01": {"history_parts"},
    "delete from analytics.history_parts": {"history_parts"},
    "update analytics.kpi_parts set won_value = won_value + 0.01": {"kpi_parts"},
    "update analytics.kpi_parts set junk_leads_change = 5": {"kpi_parts"},
    "delete from analytics.kpi_parts where new_leads > 0": {"kpi_parts"},
    "update analytics.outcomes_by_month set lost_value = lost_value + 0.01": {"outcomes_by_month"},
    "update analytics.accounts_by_industry set accounts = accounts + 1": {"accounts_by_industry"},
    "update analytics.contacts_by_owner set contacts = contacts + 1": {"contacts_by_owner"},
    "update analytics.open_deals set amount = amount + 0.01": {"closing_deals"},
    "delete from analytics.open_deals": {"closing_deals"},
    "delete from crm.leads_raw where id = 'L1'": {"lead_history", "leads"},
    "delete from crm.crm_deals where id = 'D2'": {"deals", "deal_history"},
    "insert into analytics.lead_history select * from analytics.lead_history limit 1": {
        "lead_history"
    },
    "insert into analytics.deal_history select * from analytics.deal_history "
    "where is_present limit 1": {"deal_history", "deals", "history_parts"},
    "update analytics.deal_history set until_day = until_day - 1 where id = 'D1'": {"deal_history"},
    "update analytics.lead_history set until_day = until_day + 1 where id = 'L1'": {"lead_history"},
}
# A wrong value of a record, and the rule that sees it.
VALUES = {
    "Leads": {"Created_Time": ("2999-01-01T00:00:00+05:30", "Created_Time in the future")},
    "Contacts": {"Modified_Time": ("2999-01-01T00:00:00+05:30", "Modified_Time in the future")},
    "Accounts": {"Annual_Revenue": (-0.01, "Annual_Revenue below zero")},
    "Deals": {
        "Amount": (-0.01, "Amount below zero"),
        "Probability": (101, "Probability outside 0 to 100"),
        "Closing_Date": ("2999-01-01", "won, with a Closing_Date in the future"),
        "Created_Time": ("2999-01-01T00:00:00+05:30", "Created_Time in the future"),
    },
}


@pytest.fixture
def connection(database_url):
    """Some leads and deals with a history, an account and a contact, and their marts."""
    with company(database_url) as connection:
        created, later, last = (ist(f"2025-03-0{n} 10:00:00") for n in (1, 4, 6))
        soon = today(connection) + timedelta(3)
        put_history(
            connection,
            "Leads",
            lead(1, created),
            lead(1, created, "Qualified", Modified_Time=later),
        )
        put(connection, "Leads", lead(2, later, "Junk Lead"), lead(3, last, "Lost Lead"))
        recent = f"{today(connection) - timedelta(5)}T10:00:00+05:30"
        put(connection, "Leads", lead(4, recent))
        put(connection, "Calls", call(1, created, "L1"))
        save_configured_modules(connection, [*TABLES, "Calls"])
        put_sync(connection, "Calls", later)
        put_history(
            connection,
            "Deals",
            deal(1, created),
            deal(1, created, "Negotiation/Review", Amount=10.01, Modified_Time=later),
            deal(
                1,
                created,
                "Closed Won",
                Amount=10.01,
                Closing_Date="2025-03-06",
                Modified_Time=last,
            ),
        )
        put(connection, "Deals", deal(2, later, Account_Name={"id": "A1"}))
        put(connection, "Deals", deal(3, later, Closing_Date=soon.isoformat()))
        put(
            connection,
            "Deals",
            deal(4, later, "Closed Lost", Closing_Date="2025-03-05", Modified_Time=last),
        )
        put(connection, "Accounts", account(1, "Retail"))
        put(connection, "Contacts", contact(1))
        build(connection, FIRST, LAST)
        connection.commit()
        yield connection


def run(connection, statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        assert cursor.rowcount, statement


def test_a_sound_warehouse_is_not_complained_of(connection):
    assert wrong(connection) == {}
    for module in TABLES:
        for check in module_checks(module):
            assert find_failing_rows(connection, check, module).count == 0, (module, check.name)


def test_what_is_tampered_with_is_found(connection):
    for statement, marts in TAMPERED.items():
        run(connection, statement)
        assert {f"analytics/{mart}" for mart in marts} <= wrong(connection).keys(), statement
        connection.rollback()


# What else changes what a check reads: a view, its measures, the very query, a table that is back.
REPLACED = (
    "create table analytics.kept as table analytics.deals; "
    "create or replace view analytics.deals as select * from analytics.kept where false",
    "create or replace function measures.is_too_few(closed_deals numeric) "
    "returns boolean language sql immutable parallel safe as 'select closed_deals < 1'",
    "create table analytics.kept (like analytics.funnel); "
    "insert into analytics.kept select * from analytics.funnel; "
    "drop table analytics.funnel cascade; alter table analytics.kept rename to funnel",
)


def test_no_check_that_would_find_something_is_taken_for_one_that_passed(connection):
    """Whatever makes a check fail, by whomever it was done, changes the hash of what it reads."""
    sound = inputs(connection)
    assert None not in sound.values()
    assert inputs(connection) == sound
    for statement in TAMPERED:
        run(connection, statement)
        now = inputs(connection)
        same = [c for c in mart_checks() if now[c.asset, c.name] == sound[c.asset, c.name]]
        assert same, statement
        for check in same:
            assert not find_failing_rows(connection, check).count, (statement, check)
        connection.rollback()


@pytest.mark.parametrize("statement", REPLACED)
def test_what_is_replaced_beneath_a_check_is_seen(connection, statement):
    sound = inputs(connection)
    run(connection, statement + "; select 1")
    assert inputs(connection) != sound


def test_a_check_passes_on_what_it_read_until_that_or_its_query_changes(connection):
    (check,) = (c for c in mart_checks() if c.asset == "analytics/funnel")
    result = {
        "asset": check.asset,
        "name": check.name,
        "severity": "error",
        "about": "",
        "found": "",
    }
    first = inputs_of(connection, check)
    assert passes_since(connection, check, first) is None
    save_result(connection, **result, passed=False, inputs=first)
    assert passes_since(connection, check, first) is None
    save_result(connection, **result, passed=True, inputs=first)
    connection.commit()
    since = passes_since(connection, check, first)
    save_result(connection, **result, passed=True, inputs=first)
    assert passes_since(connection, check, inputs_of(connection, check)) == since
    other = replace(check, select=f"{check.select} -- another")
    assert passes_since(connection, check, inputs_of(connection, other)) is None
    forget_inputs(connection)
    assert passes_since(connection, check, first) is None


def test_what_a_check_reads_of_the_present_day_is_another_on_the_next(connection):
    for check in mart_checks():
        before = inputs_of(connection, check)
        run(connection, NEXT_DAY)
        assert (inputs_of(connection, check) != before) is check.reads_clock, check
        connection.rollback()


def inputs(connection) -> dict[tuple[str, str], str | None]:
    return {(check.asset, check.name): inputs_of(connection, check) for check in mart_checks()}


def test_every_check_of_a_rebuilt_table_sees_a_figure_that_is_raised_by_one(connection):
    # A warning judges, as of a forecast that was too sure; it proves no figure.
    checked = {check.asset for check in read_checks() if check.severity == "error"}
    for mart in read_marts():
        if (
            not (mart.kind == "table" or mart.strategy)
            or not mart.figures
            or f"analytics/{mart.name}" not in checked
        ):
            continue
        assert any(_is_seen(connection, mart.name, one.name) for one in mart.figures), mart.name


def _is_seen(connection, mart: str, figure: str) -> bool:
    run(connection, f"update analytics.{mart} set {figure} = {figure} + 1")  # noqa: S608
    seen = f"analytics/{mart}" in wrong(connection)
    connection.rollback()
    return seen


@pytest.mark.parametrize("mart", ["contacts", "accounts"])
def test_a_view_that_shows_a_record_twice_is_found(connection, mart):
    drop_indexes(connection, "owners")
    run(connection, "insert into analytics.owners select * from analytics.owners")
    assert f"analytics/{mart}" in wrong(connection)


def drop_indexes(connection, mart: str) -> None:
    found = rows(
        connection,
        "select indexname from pg_indexes "  # noqa: S608
        f"where schemaname = 'analytics' and tablename = '{mart}'",
    )
    for row in found:
        with connection.cursor() as cursor:
            cursor.execute(f'drop index analytics."{row["indexname"]}"')


def test_a_difference_is_told_to_the_paisa(connection):
    run(connection, "update analytics.rep_matrix set won_value = 10.00 where won_value > 0")
    (row,) = wrong(connection)["analytics/rep_matrix"]
    assert [str(row[name]) for name in ("rule", "expected", "found")] == [
        "won value",
        "10.01",
        "10.00",
    ]


@pytest.mark.parametrize(
    ("module", "name", "value", "rule"),
    [(m, n, value, rule) for m, of in VALUES.items() for n, (value, rule) in of.items()],
)
def test_a_value_that_cannot_be_is_told_with_the_id_alone(connection, module, name, value, rule):
    make = {"Leads": lead, "Deals": deal}.get(module)
    record = make(9, ist("2025-03-01 10:00:00")) if make else {"id": "9", "Last_Name": "Nine"}
    stage = {"Stage": "Closed Won"} if name == "Closing_Date" else {}
    put(connection, module, record | stage | {name: value})
    (check,) = (c for c in module_checks(module) if c.name == "values")
    assert check.severity == "warn"
    assert not check.is_blocking
    found = find_failing_rows(connection, check, module)
    assert (found.count, found.first) == (1, ({"id": record["id"], "rule": rule},))


def test_a_deleted_record_may_say_what_it_likes(connection):
    gone = deal(9, ist("2025-03-01 10:00:00"), Amount=-1)
    put(connection, "Deals", gone, deleted_at=ist("2025-03-02 10:00:00"))
    (check,) = (c for c in module_checks("Deals") if c.name == "values")
    assert find_failing_rows(connection, check, "Deals").count == 0


def live_records(connection):
    (check,) = (c for c in module_checks("Leads") if c.name == "live_records")
    return find_failing_rows(connection, check, "Leads")


@pytest.fixture
def many(connection):
    """103 leads, of which all were there the day before too."""
    put(connection, "Leads", *(lead(n, ist("2025-03-01 10:00:00")) for n in range(100, 199)))
    save_live_record_count(connection, "Leads")
    run(connection, "update crm.live_records set day = day - 1, kept_at = kept_at - interval '1 d'")
    return connection


def test_a_sudden_drop_is_found_by_number_and_by_share(many):
    run(many, "delete from crm.leads_raw where id between 'L100' and 'L149'")
    assert live_records(many).count == 0  # 50 of 103
    run(many, "update crm.leads_raw set deleted_at = now() where id = 'L150'")
    assert live_records(many).first == ({"rule": "live records", "expected": 103, "found": 52},)
    run(many, "update crm.live_records set records = 52 + 13, day = day")
    assert live_records(many).count == 0


def test_a_drop_stays_wrong_on_the_days_after(many):
    run(many, "delete from crm.leads_raw where id between 'L100' and 'L160'")
    run(many, "update crm.live_records set day = day - 5, kept_at = kept_at - interval '5 d'")
    assert live_records(many).count == 1


@pytest.mark.parametrize(("verdict", "found"), [("equal", 0), ("healed", 0), ("refused", 1)])
def test_a_certificate_accepts_a_drop_a_refusal_does_not(many, verdict, found):
    run(many, "delete from crm.leads_raw where id between 'L100' and 'L160'")
    run(
        many,
        "insert into crm.reconciliations (run_id, module, verdict, records_in_crm, records_here) "  # noqa: S608
        f"values ('1', 'Leads', '{verdict}', 42, 42)",
    )
    assert live_records(many).count == found


def test_a_file_of_several_assets_is_a_check_of_each_of_them(tmp_path):
    header = "-- asset: analytics/lead_history, analytics/deal_history\n-- severity: error\n"
    select = "select h.id from {relation} h left join {records} r using (id) where r.id is null"
    text = f"{header}-- blocking: yes\n-- description: No record.\n\n{select}"
    (tmp_path / "histories.figures.sql").write_text(text)
    assert {check.asset: check.sources for check in read_checks(tmp_path)} == {
        "analytics/lead_history": ("analytics.lead_history", "crm.leads_raw"),
        "analytics/deal_history": ("analytics.deal_history", "crm.crm_deals"),
    }


def test_a_file_without_a_proper_header_is_refused(tmp_path):
    (tmp_path / "kpis.figures.sql").write_text("-- asset: analytics/kpis\nselect 1")
    with pytest.raises(CheckError, match=r"kpis\.figures\.sql must begin with .*severity"):
        read_checks(tmp_path)


def test_every_file_is_of_a_mart_or_module_that_there_is():
    assets = {f"analytics/{mart.name}" for mart in read_marts()}
    assets |= {f"crm/{table}" for table in TABLES.values()} | {"crm/*", "analytics/targets"}
    assert {check.asset for check in read_checks()} <= assets
