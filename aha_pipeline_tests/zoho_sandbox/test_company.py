from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from aha_pipeline_tests.kit.fake_clock import FakeClock
from zoho_sandbox.company.simulation import Calendar, apply, build
from zoho_sandbox.zoho.fields import PICKLISTS
from zoho_sandbox.zoho.modules import standard_modules
from zoho_sandbox.zoho.organisation import Organisation
from zoho_sandbox.zoho.store import Store

EARLY = datetime(2025, 8, 20, 7, 30, tzinfo=UTC)
LATE = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def company() -> Organisation:
    return build(Store(lambda: LATE))


@pytest.fixture(scope="module")
def leads(company: Organisation) -> list[dict]:
    return [r.data for r in company.store.tables["Leads"].records.values()]


@pytest.fixture(scope="module")
def deals(company: Organisation) -> list[dict]:
    return [r.data for r in company.store.tables["Deals"].records.values()]


def texts(store: Store) -> dict:
    """Everything that a store would answer."""
    return {
        module: (
            {id_: record.text for id_, record in table.records.items()},
            {id_: (d.at, d.record.text) for id_, d in table.deletions.items()},
        )
        for module, table in store.tables.items()
    }


@pytest.mark.parametrize("step", [timedelta(minutes=37), timedelta(hours=9), timedelta(days=3)])
def test_state_is_the_same_whenever_the_server_started(step: timedelta) -> None:
    end = EARLY + timedelta(days=6)
    fake_clock = FakeClock(EARLY)
    early = build(Store(fake_clock))
    while fake_clock.moment < end:
        fake_clock.moment = min(fake_clock.moment + step, end)
        early.advance(fake_clock.moment)
    late = build(Store(lambda: end))
    assert texts(early.store) == texts(late.store)


def test_past_does_not_change_as_days_pass() -> None:
    until = EARLY.timestamp()
    long = [e for e in Calendar("seed").until(until + 40 * 86_400) if e.at <= until]
    assert Calendar("seed").until(until) == long


def test_another_seed_is_another_company() -> None:
    until = EARLY.timestamp()
    assert Calendar("one").until(until) != Calendar("two").until(until)


def test_nothing_lies_in_the_future_and_history_is_long(leads: list[dict]) -> None:
    created = [datetime.fromisoformat(lead["Created_Time"]) for lead in leads]
    modified = [datetime.fromisoformat(lead["Modified_Time"]) for lead in leads]
    assert max(created + modified) <= LATE
    assert min(created) < LATE - timedelta(days=180)
    assert all(c <= m for c, m in zip(created, modified, strict=True))


def test_records_hold_exactly_the_described_fields(company: Organisation) -> None:
    modules = standard_modules()
    for name in ("Leads", "Deals", "Contacts", "Accounts"):
        described = {f.name for f in modules[name].fields} | {"id"}
        for record in company.store.tables[name].records.values():
            keys = {key for key in record.data if not key.startswith("$")}
            assert keys == described, name


def test_picklist_values_are_described(leads: list[dict], deals: list[dict]) -> None:
    odd = {"facebook", "google ads"}
    assert {d["Stage"] for d in deals} == set(PICKLISTS["Stage"])
    assert {lead["Lead_Status"] for lead in leads} - {None} == set(PICKLISTS["Lead_Status"])
    assert {lead["Lead_Source"] for lead in leads} - {None} - odd == set(PICKLISTS["Lead_Source"])


def test_ids_are_unique_and_grow_with_creation(company: Organisation) -> None:
    tables = company.store.tables.values()
    ids = [id_ for table in tables for id_ in (*table.records, *table.deletions)]
    assert len(ids) == len(set(ids))
    assert {len(id_) for id_ in ids} == {19}
    records = sorted(company.store.tables["Leads"].records.values(), key=lambda r: r.id)
    created = [r.data["Created_Time"] for r in records]
    assert created == sorted(created)


def test_ids_stay_unique_in_the_years_to_come() -> None:
    until = datetime(2027, 7, 1, tzinfo=UTC).timestamp()
    ids = Counter(e.id for e in Calendar("gharaana").until(until) if e.action == "create")
    assert max(ids.values()) == 1


def test_lookups_lead_to_records(company: Organisation, deals: list[dict]) -> None:
    tables = company.store.tables
    for deal in deals:
        account = tables["Accounts"].records[deal["Account_Name"]["id"]]
        assert account.data["Account_Name"] == deal["Account_Name"]["name"]
        assert deal["Contact_Name"]["id"] in tables["Contacts"].records


def test_converted_lead_names_what_it_became(company: Organisation, leads: list[dict]) -> None:
    converted = [lead for lead in leads if lead["$converted"]]
    assert 0.1 < len(converted) / len(leads) < 0.2
    for lead in converted:
        detail = lead["$converted_detail"]
        assert detail["account"] in company.store.tables["Accounts"].records
        assert detail["contact"] in company.store.tables["Contacts"].records
        assert lead["Modified_Time"] >= lead["Converted_Date_Time"]
    assert any("deal" not in lead["$converted_detail"] for lead in converted)


def test_company_is_believable(leads: list[dict], deals: list[dict]) -> None:
    days = Counter(lead["Created_Time"][:10] for lead in leads)
    assert 15 < sum(days.values()) / len(days) < 30
    junk = Counter(lead["Lead_Source"] for lead in leads if lead["Lead_Status"] == "Junk Lead")
    all_ = Counter(lead["Lead_Source"] for lead in leads)
    share = {source: junk[source] / count for source, count in all_.items()}
    assert share["Referral"] < share["Google Ads"] < share["Facebook"]
    stages = Counter(deal["Stage"] for deal in deals)
    closed = sum(count for stage, count in stages.items() if stage.startswith("Closed"))
    assert 0.3 < stages["Closed Won"] / closed < 0.45
    amounts = [deal["Amount"] for deal in deals if deal["Amount"] is not None]
    assert 30_000 < min(amounts) < 60_000
    assert 8_000_000 < max(amounts) < 15_000_000
    assert len(amounts) < len(deals)


def test_open_and_won_deals_close_believably(deals: list[dict]) -> None:
    today = LATE.date().isoformat()
    won = [deal for deal in deals if deal["Stage"] == "Closed Won"]
    on_time = sum(deal["Closing_Date"] == deal["Modified_Time"][:10] for deal in won)
    assert on_time / len(won) > 0.8
    assert all(deal["Closing_Date"] <= today for deal in won)
    still_open = [deal for deal in deals if not deal["Stage"].startswith("Closed")]
    assert any(deal["Closing_Date"] < today for deal in still_open)
    assert all(deal["Lost_Reason"] for deal in deals if deal["Stage"].startswith("Closed Lost"))


def test_rep_who_left_owns_no_open_deal(company: Organisation, deals: list[dict]) -> None:
    users = {user["full_name"]: user["status"] for user in company.users()}
    assert users["Vikram Rathore"] == "disabled"
    his = [deal for deal in deals if deal["Owner"]["name"] == "Vikram Rathore"]
    assert his
    assert all(deal["Stage"].startswith("Closed") for deal in his)


def test_awkward_records_are_there(company: Organisation, leads: list[dict]) -> None:
    names = " ".join(lead["Full_Name"] for lead in leads)
    assert all(text in names for text in ("शर्मा", "இராசேந்திரன்", "🏠", '"Babloo"', "<b>"))
    assert max(len(lead["Company"]) for lead in leads) > 150
    assert any(lead["Lead_Source"] is None for lead in leads)
    assert company.store.tables["Leads"].deletions


def test_unknown_event_is_an_error() -> None:
    event = next(iter(Calendar("seed").until(EARLY.timestamp())))
    with pytest.raises(ValueError, match="explode"):
        apply(Store(), event._replace(action="explode"))


def test_company_lives_on_when_another_hand_deletes_its_records() -> None:
    clock = FakeClock(EARLY)
    organisation = build(Store(clock))
    for module, table in organisation.store.tables.items():
        for id_ in list(table.records):
            organisation.store.delete(module, id_)
    clock.forward(days=20)
    organisation.advance(clock())
    assert organisation.store.tables["Leads"].records
