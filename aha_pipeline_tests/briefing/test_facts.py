"""The facts are the marts' own figures, as aggregates, for one day."""

import json
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial

import pytest
from psycopg2.extras import execute_values

from aha_pipeline.briefing.compose import store, write_briefing
from aha_pipeline.briefing.facts import NoFigures, gather
from aha_pipeline.warehouse.connection import connect as open_connection
from aha_pipeline.warehouse.mart_files import read_marts
from aha_pipeline.warehouse.marts import refresh

DAY = date(2026, 3, 20)
HISTORY = 60
REPS = ("Asha Rao", "Bilal Khan")


def lead(number: int, age: int, source: str, status: str = "Contacted", rep: int = 0) -> dict:
    """Return a lead made `age` days before the day."""
    return {
        **record(number, age, rep),
        "Last_Name": f"Person {number}",
        "Lead_Source": source,
        "Lead_Status": status,
    }


def deal(number: int, age: int, stage: str, amount: int, closing: date, rep: int = 0) -> dict:
    """A deal; a closed one is saved on its closing date."""
    saved = {"Modified_Time": f"{closing}T10:00:00+05:30"} if "Closed" in stage else {}
    return {
        **record(10_000 + number, age, rep),
        **saved,
        "Deal_Name": f"Secret deal {number}",
        "Stage": stage,
        "Amount": amount,
        "Closing_Date": closing.isoformat(),
    }


def record(number: int, age: int, rep: int) -> dict:
    moment = datetime.combine(DAY - timedelta(days=age), datetime.min.time()).isoformat()
    return {
        "id": str(number),
        "Owner": {"id": f"owner{rep}", "name": REPS[rep]},
        "Created_Time": f"{moment}+05:30",
        "Modified_Time": f"{moment}+05:30",
    }


def leads() -> list[dict]:
    """40 leads of Facebook (a quarter junk), 50 of Web, 3 of Fair (all junk); 5 on the day."""
    ages = [0, 0, 0, 1, 1, *[n % 50 + 1 for n in range(35)]]
    facebook = [
        lead(n, age, "Facebook", "Junk Lead" if n % 4 == 0 else "Not Contacted", n % 2)
        for n, age in enumerate(ages)
    ]
    web = [lead(100 + n, n, "Web") for n in range(2)] + [lead(102, 0, "Web")]
    web += [lead(200 + n, 40, "Web", "Pre-Qualified") for n in range(47)]
    return [*facebook, *web, *[lead(300 + n, 30, "Fair", "Junk Lead") for n in range(3)]]


def deals() -> list[dict]:
    today = date.today()  # closing dates are judged on the day when the marts are built
    return [
        deal(1, 30, "Closed Won", 452_000, DAY),
        deal(2, 30, "Closed Lost", 90_000, DAY),
        deal(3, 30, "Closed Won", 300_000, DAY - timedelta(days=1)),
        *[deal(20 + n, 45, "Closed Won", 10_000, DAY - timedelta(days=40)) for n in range(6)],
        *[deal(30 + n, 45, "Closed Lost", 10_000, DAY - timedelta(days=40)) for n in range(4)],
        deal(4, 10, "Qualification", 12_300_000, today + timedelta(days=10), 1),
        deal(5, 3, "Negotiation/Review", 700_000, today - timedelta(days=5), 1),
        deal(6, 3, "Negotiation/Review", 800_000, today - timedelta(days=5)),
    ]


@pytest.fixture
def connect(database_url):
    """Connections to a small company whose marts are built."""
    connect = partial(open_connection, database_url)
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute(
            "insert into crm.organisation values (true, '1', 'Aha', true, 'Asia/Kolkata', 'INR')"
        )
        for table, records in (("leads_raw", leads()), ("crm_deals", deals())):
            rows = [(one["id"], json.dumps(one)) for one in records]
            execute_values(cursor, f"insert into crm.{table} (id, raw_data) values %s", rows)  # noqa: S608
    build(connect, HISTORY)
    return connect


def build(connect, history: int) -> None:
    days = DAY - timedelta(days=history), DAY
    with connect() as connection:
        for mart in read_marts():
            refresh(connection, mart, *(days if mart.kind == "daily" else ()))


def facts_of(connect, day=DAY, currency="INR"):
    with connect() as connection:
        return {fact.id: fact for fact in gather(connection, day, currency)}


def test_the_figures_of_the_day_come_with_those_before(connect):
    facts = facts_of(connect)
    printed = {i: (f.text, f.previous_text, f.direction) for i, f in facts.items()}
    assert printed["new_leads"] == ("5", "4", "up")
    assert printed["won_value"] == ("₹4.52 L", "₹3.00 L", "up")
    assert printed["won_deals"] == ("1", "1", "flat")
    assert printed["lost_deals"] == ("1", "0", "up")
    assert printed["open_pipeline_value"] == ("₹1.38 Cr", "₹1.31 Cr", "up")
    assert printed["month_won_value"] == ("₹7.52 L", "₹60,000", "up")
    assert round(facts["new_leads_average"].value, 2) == Decimal("1.43")
    assert facts["day_source_1_leads"].name == "Facebook"
    assert facts["day_source_1_leads"].value == 3


def test_only_what_is_many_enough_is_ranked(connect):
    facts = facts_of(connect)
    assert (facts["worst_junk_pct"].name, facts["worst_junk_pct"].text) == ("Facebook", "25.0 %")
    assert facts["worst_junk_pct"].comparison == "over all sources"
    assert facts["rep_1_win_rate"].name == "Asha Rao"
    assert facts["rep_1_win_rate"].text == "61.5 %"
    assert not any(fact.name == "Bilal Khan" and "win_rate" in i for i, fact in facts.items())


def test_what_is_unusual_comes_with_its_largest_cause(connect):
    with connect() as connection, connection.cursor() as cursor:
        rows = [(str(n), json.dumps(lead(n, 0, "Expo", rep=n % 2))) for n in range(500, 560)]
        execute_values(cursor, "insert into crm.leads_raw (id, raw_data) values %s", rows)
    build(connect, HISTORY)
    facts = facts_of(connect)
    change, cause = facts["change_new_leads"], facts["cause_new_leads"]
    assert (change.section, change.label, change.name) == ("changes", "Unusual new leads", None)
    assert (change.value, change.comparison) == (65, "on a usual Friday")
    assert (change.direction, change.better) == ("up", "up")
    assert (cause.name, cause.value, cause.previous) == ("Expo", 60, 0)
    assert cause.label == "New leads, largest cause by source"
    assert cause.position == change.position + 1


def test_closing_dates_are_summed_and_never_name_a_deal(connect):
    facts = facts_of(connect)
    assert facts["overdue_deals"].value == 2
    assert facts["overdue_value"].text == "₹15.00 L"
    assert (facts["overdue_owner_value"].name, facts["overdue_owner_value"].text) == (
        "Asha Rao",
        "₹8.00 L",
    )
    assert facts["closing_30_value"].text == "₹1.23 Cr"
    assert not any("Secret" in str(fact) or "Person" in str(fact) for fact in facts.values())


def test_there_are_few_facts_each_with_its_mart(connect):
    facts = facts_of(connect)
    marts = {mart.name for mart in read_marts()}
    assert 20 <= len(facts) <= 48
    assert {fact.mart for fact in facts.values()} <= marts
    assert [fact.position for fact in facts.values()] == sorted(
        {fact.position for fact in facts.values()}
    )


def test_another_currency_prints_in_its_own_style(connect):
    assert facts_of(connect, currency="USD")["open_pipeline_value"].text == "$13.8M"


def test_facts_are_kept_once_for_each_day(connect):
    def kept() -> list[tuple]:
        with connect() as connection, connection.cursor() as cursor:
            cursor.execute("select day, id, text, value from analytics.facts order by day, id")
            return cursor.fetchall()

    facts = facts_of(connect)
    once = kept()
    assert facts_of(connect) == facts
    assert kept() == once
    assert (DAY, "new_leads", "5", 5) in once
    facts_of(connect, DAY - timedelta(days=1))
    assert len(kept()) > len(once)


def test_a_fact_that_is_gone_is_not_kept(connect):
    facts_of(connect)
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute("delete from analytics.closing_deals")
    assert "overdue_owner_value" not in facts_of(connect)
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute("select count(*) from analytics.facts where id = 'overdue_owner_value'")
        assert cursor.fetchone() == (0,)


def test_a_month_that_is_not_known_whole_is_left_out(connect):
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute("delete from analytics.kpis where day = '2026-02-10'")
    assert facts_of(connect)["month_won_value"].previous is None
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute("delete from analytics.kpis where day = '2026-03-02'")
    assert "month_won_value" not in facts_of(connect)


def test_a_first_day_has_nothing_to_compare_with(connect):
    first = facts_of(connect, DAY - timedelta(days=HISTORY))["new_leads"]
    assert (first.previous, first.comparison, first.direction) == (None, None, "none")


def test_a_day_without_figures_is_refused_with_what_to_do(connect):
    with pytest.raises(NoFigures, match="aha sync --from 2026-03-21 --to 2026-03-21"):
        facts_of(connect, DAY + timedelta(days=1))


def test_the_same_briefing_is_stored_once_and_a_changed_one_anew(connect):
    def write(company: str) -> int:
        facts = list(facts_of(connect).values())
        briefing = write_briefing(
            facts,
            day=DAY,
            company=company,
            is_sandbox=True,
            base_url="http://127.0.0.1:1",
            model="mistral",
        )
        with connect() as connection:
            return store(connection, briefing)

    first = write("Aha")
    assert write("Aha") == first
    second = write("Oho")
    assert second > first
    assert write("Oho") == second
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute(
            "select written_by, model, plain_reason, is_sandbox, jsonb_array_length(facts),"
            " facts -> 0 ->> 'value' from analytics.ai_briefings_log where id = %s",
            (first,),
        )
        row = cursor.fetchone()
    reason = "No Ollama answers at http://127.0.0.1:1."
    assert row == ("plain", None, reason, True, len(facts_of(connect)), "5")
