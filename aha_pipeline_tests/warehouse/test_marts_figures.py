"""Each figure of the marts against a value worked out by hand, and every breakdown its total."""

from datetime import date, timedelta
from decimal import Decimal
from operator import itemgetter
from statistics import NormalDist

import pytest
from psycopg2.extras import Json

from aha_pipeline.warehouse.mart_builds import forget
from aha_pipeline.warehouse.mart_files import read_marts
from aha_pipeline.warehouse.marts import refresh
from aha_pipeline_tests.warehouse.marts_company import (
    ASHA,
    BALA,
    account,
    build,
    company,
    contact,
    deal,
    ist,
    lead,
    put,
    put_history,
    rows,
    today,
    total,
)

MARCH = ist("2025-03-05 10:00:00")
APRIL = ist("2025-04-05 10:00:00")


@pytest.fixture
def connection(database_url):
    """A connection to a company without records."""
    with company(database_url) as connection:
        yield connection


@pytest.fixture
def mixed(connection):
    """A company with every kind of lead and deal, deleted ones too."""
    won = {"$converted": True, "$converted_detail": {"deal": "D1"}}
    lost = {"$converted": True, "Converted_Deal": {"id": "D2", "name": "Deal 2"}}
    put(
        connection,
        "Leads",
        lead(1, MARCH, "Contacted", **won),
        lead(2, MARCH, "Pre-Qualified", Owner=BALA),
        lead(3, MARCH, "Junk Lead", Owner=BALA),
        lead(4, MARCH, "Lost Lead", Lead_Source=None),
        lead(5, MARCH, "Waiting for site visit", Owner=None),
        lead(6, APRIL, None, Lead_Source="", Owner=None),
        lead(7, APRIL, "Qualified", Lead_Source="Google Ads", **lost),
        lead(8, APRIL, "Not Contacted"),
    )
    put(connection, "Leads", lead(9, MARCH, "Junk Lead"), deleted_at=APRIL)
    put(
        connection,
        "Deals",
        deal(1, MARCH, "Closed Won", Amount=150000.55, Closing_Date="2025-04-01"),
        deal(2, MARCH, "Closed Lost", Amount=50000, Closing_Date="2025-04-30", Owner=BALA),
        deal(3, MARCH, "Negotiation/Review", Amount=1000.10, Probability=35, Lead_Source=None),
        deal(4, MARCH, "Qualification", Amount=333.33, Owner=None),
        deal(5, MARCH, "Needs Analysis", Amount=None, Account_Name={"id": "A1", "name": "x"}),
        deal(6, MARCH, "Site visit", Amount=70, Probability=50, Owner=BALA),
        deal(7, MARCH, None, Amount=7, Account_Name={"id": "A9", "name": "Unknown"}),
        deal(8, MARCH, "Closed Won", Lead_Source="IndiaMART", Modified_Time=APRIL),
    )
    put(connection, "Deals", deal(9, MARCH, "Closed Won", Amount=9), deleted_at=APRIL)
    put(connection, "Accounts", account(1, "Retail"), account(2, "Retail"), account(3))
    put(connection, "Contacts", contact(1), contact(2, BALA), contact(3), contact(4, None))
    build(connection)
    return connection


def by(connection, mart, column):
    return {row[column]: row for row in rows(connection, mart)}


def test_columns_by_which_lists_find_their_rows_have_an_index(mixed):
    wanted = {(mart.name, ", ".join(names)) for mart in read_marts() for names in mart.index}
    with mixed.cursor() as cursor:
        cursor.execute(
            "select tablename, substring(indexdef from 'USING \\w+ \\(([\\w, ]+)\\)') "
            "from pg_indexes where schemaname = 'analytics'"
        )
        found = set(cursor)
    assert wanted
    assert wanted <= found


@pytest.mark.parametrize("name", ["deal_stays", "first_touch", "lost_deals"])
def test_an_index_that_a_table_lacks_comes_with_its_next_build(mixed, name):
    [mart] = (each for each in read_marts() if each.name == name)
    indexes = "select substring(indexdef from 'USING .*') as form, indexname from pg_indexes "
    indexes += f"where schemaname = 'analytics' and tablename = '{name}' order by 1"
    before = rows(mixed, indexes)
    for index in before:
        mixed.cursor().execute(f"drop index analytics.{index['indexname']}")
    forget(mixed.cursor(), [mart])
    refresh(mixed, mart)
    assert [index["form"] for index in rows(mixed, indexes)] == [index["form"] for index in before]


def test_a_leads_meaning(mixed):
    leads = by(mixed, "leads", "id")
    meanings = {key: row["meaning"] for key, row in leads.items()}
    assert meanings == {
        "L1": "converted",
        "L2": "qualified",
        "L3": "junk",
        "L4": "lost",
        "L5": "open",
        "L6": "open",
        "L7": "converted",
        "L8": "open",
    }
    assert [key for key, row in leads.items() if row["is_qualified"]] == ["L1", "L2", "L7"]
    assert leads["L1"]["position"] == leads["L7"]["position"] == 70
    assert (leads["L5"]["position"], leads["L6"]["position"]) == (41, 10)
    assert (leads["L6"]["status"], leads["L6"]["source"]) == ("(none)", "(none)")
    assert (leads["L6"]["owner_id"], leads["L6"]["owner_name"]) == ("(none)", "(none)")


def test_a_deals_probability_and_closing(mixed):
    deals = by(mixed, "deals", "id")
    assert {key: row["probability"] for key, row in deals.items()} == {
        "D1": 100,
        "D2": 0,
        "D3": 35,  # its own, not its stage's
        "D4": 10,  # its stage's
        "D5": 20,
        "D6": 50,
        "D7": None,
        "D8": 100,
    }
    assert deals["D3"]["weighted_amount"] == Decimal("350.035")
    assert deals["D5"]["amount"] is None
    assert deals["D1"]["closed_day"] == date(2025, 3, 5)  # seen won before its closing date
    assert deals["D8"]["closed_day"] == date(2025, 4, 5)  # no closing date: last modified
    assert deals["D3"]["closed_day"] is None


def test_won_is_100_whatever_the_deal_says(connection):
    put(connection, "Deals", deal(1, MARCH, "Closed Won", Amount=10, Probability=40))
    put(connection, "Deals", deal(2, MARCH, "Closed Lost", Amount=10, Probability=40))
    build(connection)
    assert [row["weighted_amount"] for row in rows(connection, "deals")] == [10, 0]


def test_the_funnel_has_every_live_record_once(mixed):
    steps = [(r["entity"], r["step"], r["meaning"], r["records"]) for r in rows(mixed, "funnel")]
    assert steps == [
        ("lead", "Not Contacted", "open", 1),
        ("lead", "(none)", "open", 1),
        ("lead", "Waiting for site visit", "open", 1),
        ("lead", "Pre-Qualified", "qualified", 1),
        ("lead", "Converted", "converted", 2),
        ("lead", "Lost Lead", "lost", 1),
        ("lead", "Junk Lead", "junk", 1),
        ("deal", "Qualification", "open", 1),
        ("deal", "(none)", "open", 1),
        ("deal", "Needs Analysis", "open", 1),
        ("deal", "Negotiation/Review", "open", 1),
        ("deal", "Site visit", "open", 1),
        ("deal", "Closed Won", "won", 2),
        ("deal", "Closed Lost", "lost", 1),
    ]
    positions = [row["position"] for row in rows(mixed, "funnel")]
    assert positions == list(range(1, len(steps) + 1))


def test_sources(mixed):
    sources = by(mixed, "source_quality", "source")
    facebook = sources["Facebook"]
    assert (facebook["leads"], facebook["junk_leads"], facebook["junk_pct"]) == (5, 1, 20)
    assert (facebook["qualified_leads"], facebook["converted_leads"]) == (2, 1)
    assert (facebook["open_leads"], facebook["lost_leads"]) == (2, 0)
    assert (facebook["conversion_pct"], facebook["qualified_pct"]) == (20, 40)
    assert (facebook["won_deals"], facebook["won_value"]) == (1, Decimal("150000.55"))
    assert (sources["(none)"]["leads"], sources["(none)"]["lost_leads"]) == (2, 1)
    only_deals = sources["IndiaMART"]
    assert (only_deals["leads"], only_deals["junk_pct"], only_deals["won_value"]) == (0, None, 1000)


def test_reps(mixed):
    reps = by(mixed, "rep_matrix", "owner_name")
    asha, bala, nobody = reps["Asha"], reps["Bala"], reps["(none)"]
    assert (asha["leads"], bala["leads"], nobody["leads"]) == (4, 2, 2)
    assert (bala["junk_leads"], bala["junk_pct"], bala["leads_qualified"]) == (1, 50, 1)
    assert (asha["open_deals"], asha["open_value"]) == (3, Decimal("1007.10"))
    assert asha["weighted_value"] == Decimal("350.035")
    assert (asha["won_deals"], asha["won_value"]) == (2, Decimal("151000.55"))
    assert (asha["win_rate_by_count"], bala["win_rate_by_count"]) == (100, 0)
    assert (asha["win_rate_by_value"], bala["win_rate_by_value"]) == (100, 0)
    assert (nobody["win_rate_by_count"], nobody["win_rate_low"]) == (None, None)
    assert (asha["closed_deals"], asha["too_few"]) == (2, True)


@pytest.mark.parametrize(("won", "lost"), [(5, 5), (0, 12), (9, 0), (10, 0), (37, 3)])
def test_the_interval_of_a_win_rate_is_wilsons(connection, won, lost):
    stages = ["Closed Won"] * won + ["Closed Lost"] * lost
    put(connection, "Deals", *(deal(i, MARCH, stage) for i, stage in enumerate(stages)))
    build(connection)
    rep = rows(connection, "rep_matrix")[0]
    z, n, p = NormalDist().inv_cdf(0.975), won + lost, won / (won + lost)
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * (p * (1 - p) / n + z**2 / (4 * n**2)) ** 0.5
    assert float(rep["win_rate_low"]) == pytest.approx(100 * (centre - half), abs=0.005)
    assert float(rep["win_rate_high"]) == pytest.approx(100 * (centre + half), abs=0.005)
    assert 0 <= rep["win_rate_low"] <= rep["win_rate_by_count"] <= rep["win_rate_high"] <= 100
    assert rep["too_few"] == (n < 10)


def test_win_rate_by_value_differs_from_by_count(connection):
    put(connection, "Deals", deal(1, MARCH, "Closed Won", Amount=300))
    put(connection, "Deals", *(deal(i, MARCH, "Closed Lost", Amount=50) for i in (2, 3)))
    build(connection)
    rep = rows(connection, "rep_matrix")[0]
    assert round(rep["win_rate_by_count"], 9) == Decimal("33.333333333")
    assert rep["win_rate_by_value"] == 75


@pytest.mark.parametrize(("won", "lost"), [(-300, 50), (-300, 400), (300, -50)])
def test_amounts_below_zero_leave_no_share_of_value(connection, won, lost):
    put(connection, "Deals", deal(1, MARCH, "Closed Won", Amount=won))
    put(connection, "Deals", deal(2, MARCH, "Closed Lost", Amount=lost))
    build(connection)
    rep = rows(connection, "rep_matrix")[0]
    assert (rep["win_rate_by_count"], rep["win_rate_by_value"]) == (50, None)


def test_stages(mixed):
    stages = by(mixed, "pipeline_by_stage", "stage")
    won = stages["Closed Won"]
    assert (won["deals"], won["value"]) == (2, Decimal("151000.55"))
    assert won["weighted_value"] == won["value"]
    assert won["avg_age_days"] == Decimal("15.5")  # none, and 5 March to 5 April
    assert (stages["Closed Lost"]["value"], stages["Closed Lost"]["weighted_value"]) == (50000, 0)
    assert stages["Needs Analysis"]["deals"] == 1
    # of no known value
    assert stages["Needs Analysis"]["value"] is stages["Needs Analysis"]["weighted_value"] is None
    age = (today(mixed) - date(2025, 3, 5)).days
    assert stages["Qualification"]["avg_age_days"] == age


def test_outcomes_by_month(mixed):
    assert sorted(rows(mixed, "outcomes_by_month"), key=itemgetter("month")) == [
        {
            "month": date(2025, 3, 1),
            "won_deals": 1,
            "won_value": Decimal("150000.55"),
            "lost_deals": 1,
            "lost_value": 50000,
            "win_rate_by_count": 50,
        },
        {
            "month": date(2025, 4, 1),
            "won_deals": 1,
            "won_value": 1000,
            "lost_deals": 0,
            "lost_value": 0,
            "win_rate_by_count": 100,
        },
    ]


def test_cohorts(mixed):
    march, april = rows(mixed, "lead_cohorts")
    steps = ("leads", "qualified", "converted", "won", "junk", "linked", "is_young")
    assert [march[step] for step in steps] == [5, 2, 1, 1, 1, 1, False]
    assert [april[step] for step in steps] == [3, 1, 1, 0, 0, 1, False]


def test_a_lead_that_was_once_qualified_stays_so_in_its_cohort(connection):
    later = {"Modified_Time": APRIL}
    put_history(
        connection, "Leads", lead(1, MARCH, "Qualified"), lead(1, MARCH, "Lost Lead", **later)
    )
    build(connection)
    assert rows(connection, "lead_cohorts")[0]["qualified"] == 1
    assert rows(connection, "source_quality")[0]["qualified_leads"] == 0


def test_this_months_cohort_is_young(connection):
    day = today(connection)
    put(connection, "Leads", lead(1, ist(f"{day} 00:00:00")))
    build(connection)
    assert rows(connection, "lead_cohorts")[0]["is_young"] is True


def test_deals_that_close_soon_or_are_overdue(connection):
    day = today(connection)
    for number, days in enumerate((-400, -1, 0, 30, 31)):
        closing = (day + timedelta(days)).isoformat()
        put(connection, "Deals", deal(number, MARCH, Closing_Date=closing, Amount=50))
    put(connection, "Deals", deal(8, MARCH, "Closed Won", Closing_Date=day.isoformat()))
    put(connection, "Deals", deal(9, MARCH))
    build(connection)
    found = {r["id"]: (r["days_left"], r["is_overdue"]) for r in rows(connection, "closing_deals")}
    assert found == {"D0": (-400, True), "D1": (-1, True), "D2": (0, False), "D3": (30, False)}
    first = rows(connection, "closing_deals")[0]
    assert (first["day"], first["amount"], first["weighted_amount"]) == (day, 50, 5)


def test_a_closing_date_falls_in_the_week_of_its_monday(connection):
    closing = ("2024-02-25", "2024-02-26", "2024-02-29", "2024-03-03", "2025-01-01")
    for number, text in enumerate(closing):
        put(connection, "Deals", deal(number, MARCH, Closing_Date=text))
    build(connection)
    weeks = {row["id"]: row["week"].isoformat() for row in rows(connection, "closing_deals")}
    assert weeks == {
        "D0": "2024-02-19",
        "D1": "2024-02-26",
        "D2": "2024-02-26",
        "D3": "2024-02-26",
        "D4": "2024-12-30",
    }


def test_contacts_and_industries(mixed):
    contacts = {r["owner_name"]: r["contacts"] for r in rows(mixed, "contacts_by_owner")}
    assert contacts == {"Asha": 2, "Bala": 1, "(none)": 1}
    industries = by(mixed, "accounts_by_industry", "industry")
    assert (industries["Retail"]["accounts"], industries["Retail"]["open_deals"]) == (2, 1)
    assert (industries["(none)"]["accounts"], industries["(none)"]["open_deals"]) == (1, 4)
    assert total(mixed, "accounts_by_industry", "won_value") == Decimal("151000.55")


def test_sync_volume(connection):
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into crm.sync_logs (run_id, module, window_start, window_end, status,"
            " records_read, inserted, updated, deleted, api_calls, started_at) values"
            " ('r1', 'Leads', '2025-03-01', '2025-03-02', 'success', 9, 5, 3, 1, 4, %(late)s),"
            " ('r2', 'Leads', '2025-03-02', '2025-03-03', 'failed', 2, 0, 0, 0, 1, %(next)s),"
            " ('r3', 'Leads', '2025-03-02', '2025-03-03', 'success', 2, 1, 1, 0, 2, %(next)s)",
            {"late": ist("2025-03-02 23:59:59"), "next": ist("2025-03-03 00:00:00")},
        )
    build(connection)
    columns = ("day", "module", "windows", "records_read", "inserted", "updated", "deleted")
    columns += ("api_calls", "failed")
    found = sorted(tuple(row[c] for c in columns) for row in rows(connection, "sync_volume"))
    assert found == [
        (date(2025, 3, 2), "Leads", 1, 9, 5, 3, 1, 4, 0),
        (date(2025, 3, 3), "Leads", 2, 4, 1, 1, 0, 3, 1),
    ]


def test_a_renamed_owner_has_the_latest_name_everywhere(connection):
    renamed = {"Owner": ASHA | {"name": "Asha Rao"}, "Modified_Time": APRIL}
    put(connection, "Leads", lead(1, MARCH), lead(2, MARCH, **renamed))
    put(connection, "Deals", deal(1, MARCH))
    build(connection)
    for mart in ("leads", "deals", "lead_volume", "rep_matrix", "owners"):
        assert {row["owner_name"] for row in rows(connection, mart)} == {"Asha Rao"}, mart


@pytest.mark.parametrize("known_by", ["deal", "lead", "timeline"])
def test_who_owns_nothing_any_more_keeps_a_name(connection, known_by):
    gone = {"id": "7", "name": "Gita"}
    handed_over = {"Owner": gone}, {"Modified_Time": APRIL}
    put(connection, "Leads", lead(8, MARCH))
    if known_by == "deal":
        put_history(connection, "Deals", *[deal(1, MARCH, **said) for said in handed_over])
    elif known_by == "lead":
        put_history(connection, "Leads", *[lead(1, MARCH, **said) for said in handed_over])
    else:
        put(connection, "Deals", deal(1, MARCH))
        with connection.cursor() as cursor:
            cursor.execute(
                "insert into crm.record_history "
                "(module, record_id, way, entry_id, audited_time, raw_data) "
                "values ('Deals', 'D1', 'timeline', '1', now(), %s)",
                [Json({"automation_details": {"owner": {"old": gone, "new": ASHA}}})],
            )
    build(connection)
    names = {row["owner_id"]: row["owner_name"] for row in rows(connection, "owners")}
    assert names == {"1": "Asha", "7": "Gita"}
    if known_by == "deal":
        moved = {row["owner_name"] for row in rows(connection, "pipeline_movements")}
        assert moved == {"Asha", "Gita"}


def test_owners_of_one_name_are_told_apart(connection):
    namesakes = {"1": "Asha", "51000017": " asha", "51000018": "Asha\u00a0", "4": "Bala"}
    for number, (owner_id, name) in enumerate(namesakes.items()):
        put(connection, "Leads", lead(number, MARCH, Owner={"id": owner_id, "name": name}))
    with connection.cursor() as cursor:
        cursor.execute("insert into crm.users (id, is_active) values ('51000018', false)")
    build(connection, only=("rep_matrix",))
    assert sorted((row["owner_name"], row["leads"]) for row in rows(connection, "rep_matrix")) == [
        ("Asha (…00018) (left)", 1),
        ("Asha (…1)", 1),
        ("Bala", 1),
        ("asha (…00017)", 1),
    ]


@pytest.mark.parametrize("timezone", ["Asia/Kolkata", "America/New_York"])
def test_a_lead_falls_on_its_day_in_the_organisations_zone(database_url, timezone):
    with company(database_url, timezone) as connection:
        put(
            connection,
            "Leads",
            lead(1, ist("2025-03-01 23:59:59")),
            lead(2, ist("2025-03-02 00:00:00")),
            lead(3, "2025-03-01T18:29:59Z"),
            lead(4, "2025-03-01T18:30:00Z"),
            lead(5, "2025-03-09T04:59:59Z"),  # New York: summer time begins on 9 March
            lead(6, "2025-03-10T03:59:59Z"),
            lead(7, "2025-03-10T04:00:00Z"),
        )
        build(connection)
        days = [
            row["day"].day
            for row in rows(connection, "select day from analytics.leads order by id")
        ]
    assert days == (
        [1, 2, 1, 2, 9, 10, 10] if timezone == "Asia/Kolkata" else [1, 1, 1, 1, 8, 9, 10]
    )


def test_every_breakdown_adds_up(mixed):
    leads, deals = len(rows(mixed, "leads")), len(rows(mixed, "deals"))
    funnel = rows(mixed, "funnel")
    assert leads == 8 == total(mixed, "lead_volume", "leads")
    assert leads == total(mixed, "source_quality", "leads") == total(mixed, "rep_matrix", "leads")
    assert leads == sum(row["records"] for row in funnel if row["entity"] == "lead")
    assert leads == total(mixed, "lead_cohorts", "leads")
    assert deals == 8 == sum(row["records"] for row in funnel if row["entity"] == "deal")
    assert deals == total(mixed, "pipeline_by_stage", "deals")
    reps = rows(mixed, "rep_matrix")
    assert deals == sum(row["open_deals"] + row["closed_deals"] for row in reps)
    won = Decimal("151000.55")
    assert (
        won
        == total(mixed, "source_quality", "won_value")
        == total(mixed, "rep_matrix", "won_value")
    )
    assert won == total(mixed, "outcomes_by_month", "won_value")


def test_a_value_with_spaces_around_it_is_the_value(connection):
    time = ist("2025-03-01 10:00:00")
    put(connection, "Deals", deal(1, time, "Closed Won"), deal(2, time, " Closed Won "))
    put(connection, "Leads", lead(1, time, "Junk Lead"), lead(2, time, "Junk Lead "))
    build(connection)
    assert [(r["stage"], r["deals"]) for r in rows(connection, "pipeline_by_stage")] == [
        ("Closed Won", 2)
    ]
    assert total(connection, "source_quality", "junk_leads") == 2
