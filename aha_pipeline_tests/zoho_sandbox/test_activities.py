"""The stand-in's calls, tasks, meetings and notes, and when its company works."""

from datetime import UTC, date, datetime, timedelta
from itertools import groupby

import pytest

from aha_pipeline_tests.kit.fake_clock import FakeClock
from aha_pipeline_tests.zoho_sandbox.api_client import Client
from zoho_sandbox.company.simulation import build
from zoho_sandbox.server import start
from zoho_sandbox.zoho.modules import ACTIVITIES, standard_modules
from zoho_sandbox.zoho.organisation import Organisation
from zoho_sandbox.zoho.store import Store

EARLY = datetime(2025, 8, 20, 7, 30, tzinfo=UTC)
AFTER_DIWALI = datetime(2025, 11, 20, 7, 30, tzinfo=UTC)
DIWALI = {date(2025, 10, 20), date(2025, 10, 21), date(2025, 10, 22)}


@pytest.fixture(scope="module")
def company() -> Organisation:
    built = build(Store(lambda: AFTER_DIWALI))
    built.open_module("Calls")
    return built


def records(company: Organisation, module: str) -> list[dict]:
    return [record.data for record in company.store.tables[module].records.values()]


def texts(company: Organisation) -> dict:
    tables = company.store.tables
    records = {
        m: {id_: r.text for id_, r in tables[m].records.items()} for m in (*ACTIVITIES, "Leads")
    }
    emails = company.store.emails
    return records | {"Emails": {i: m for i in records["Leads"] if (m := emails.of("Leads", i))}}


def test_activities_are_the_same_whenever_they_are_first_asked_for() -> None:
    clock, end = FakeClock(EARLY), EARLY + timedelta(days=12)
    early, late = build(Store(clock)), build(Store(lambda: end))
    early.open_module("Tasks")
    while clock.moment < end:
        clock.moment = min(clock.moment + timedelta(hours=31), end)
        early.advance(clock.moment)
    leads = texts(late)["Leads"]
    late.open_module("Calls")
    assert texts(early) == texts(late)
    assert texts(late)["Leads"] == leads
    assert not any(texts(build(Store(lambda: end)))[m] for m in (*ACTIVITIES, "Emails"))


def test_activities_hold_the_described_fields_and_lead_to_records(company: Organisation) -> None:
    modules, tables = standard_modules(), company.store.tables
    ids = {
        module: {*tables[module].records, *tables[module].deletions}
        for module in ("Leads", "Deals", "Contacts")
    }
    for module in ACTIVITIES:
        described = {field.name for field in modules[module].fields} | {"id"}
        found = records(company, module)
        assert len(found) > 100
        for record in found:
            assert {key for key in record if not key.startswith("$")} == described
            link = record["Parent_Id" if module == "Notes" else "What_Id"]
            if link and module != "Notes":
                assert link["id"] in ids[record["$se_module"]]
            if record.get("Who_Id"):
                assert record["Who_Id"]["id"] in ids["Contacts"]


def test_calls_are_made_and_missed_on_working_days_alone(company: Organisation) -> None:
    calls = records(company, "Calls")
    assert {call["Call_Type"] for call in calls} == {"Outbound", "Inbound", "Missed"}
    made = [
        datetime.fromisoformat(call["Call_Start_Time"])
        for call in calls
        if call["Call_Type"] == "Outbound"
    ]
    assert not DIWALI & {time.date() for time in made}
    days = {number: len(list(of)) for number, of in groupby(sorted(t.weekday() for t in made))}
    assert days[5] > 0.5 * days[0]
    assert days.get(6, 0) < 0.01 * len(made)


def test_some_leads_are_never_called_and_links_move_when_a_lead_converts(
    company: Organisation,
) -> None:
    leads = records(company, "Leads")
    linked = {c["What_Id"]["id"] for c in records(company, "Calls") if c["What_Id"]}
    converted = [lead for lead in leads if lead["$converted"]]
    assert not linked & {lead["id"] for lead in converted}
    carried = {lead["$converted_detail"].get("deal") for lead in converted}
    assert linked & carried
    assert 0.1 < sum(lead["id"] not in linked for lead in leads) / len(leads) < 0.6


def test_hours_and_holidays_are_answered() -> None:
    with start(now=lambda: EARLY) as sandbox:
        client = Client(sandbox.url).sign_in()
        hours = client.get("/crm/v8/settings/business_hours").json()["business_hours"]
        assert (hours["daily_timing"], "Saturday" in hours["business_days"]) == (
            ["09:30", "19:00"],
            True,
        )
        answer = client.get("/crm/v8/settings/holidays?year=2025").json()["holidays"]
        assert {row["date"] for row in answer if row["name"] == "Diwali"} == set(
            map(str, sorted(DIWALI))
        )
        assert client.get("/crm/v2/settings/holidays").json()["code"] == "API_NOT_SUPPORTED"
        assert client.get("/crm/v8/settings/holidays?year=1999").status_code == 200
        page = client.get("/crm/v2/Calls?per_page=3&sort_by=Modified_Time&sort_order=asc").json()
        assert len(page["data"]) == 3
        query = "select id from Events where Modified_Time > '2025-08-01T00:00:00+05:30' limit 5"
        found = client.post("/crm/v8/coql", json={"select_query": query})
        assert len(found.json()["data"]) == 5


def test_some_leads_are_answered_by_email_alone_and_some_by_a_program(
    company: Organisation,
) -> None:
    called = {call["What_Id"]["id"] for call in records(company, "Calls") if call["What_Id"]}
    mails = {
        lead["id"]: company.store.emails.of("Leads", lead["id"])
        for lead in records(company, "Leads")
    }
    by_rep = {
        id_ for id_, of in mails.items() if any(m["source"] == "individual" for m in of)
    } - called
    by_program = {id_ for id_, of in mails.items() if of} - by_rep
    assert len(by_rep) > 50
    assert len(by_program) > 300
    received = [mail for of in mails.values() for mail in of if not mail["sent"]]
    assert received
    # Whoever writes back was written to before.
    assert all(any(m["sent"] for m in of) for of in mails.values() if of)
