"""What the stand-in tells of the past: timelines, trackers and the related list, with their faults.

Judged by the simulated company's own events, which know nothing of the stand-in's history.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from aha_pipeline_tests.kit.fake_clock import FakeClock
from aha_pipeline_tests.zoho_sandbox.api_client import Client
from zoho_sandbox.clock import instant_of
from zoho_sandbox.company.simulation import FIRST_DAY, SEED, Calendar
from zoho_sandbox.server import Sandbox, start

DAY = 86_400
NOW = FIRST_DAY * DAY + 70 * DAY


@pytest.fixture(scope="module")
def company() -> Iterator[Sandbox]:
    with start(now=FakeClock(datetime.fromtimestamp(NOW, UTC))) as running:
        yield running


@pytest.fixture(scope="module")
def client(company: Sandbox) -> Client:
    return Client(company.url).sign_in()


@pytest.fixture(autouse=True)
def _as_before(company: Sandbox) -> Iterator[None]:
    yield
    company.switches.trackers = {"Deals"}
    company.switches.timeline, company.switches.history_days = True, None
    company.switches.owner_history = "automation_details"


@pytest.fixture(scope="module")
def events() -> dict[tuple[str, str], list]:
    found: dict[tuple[str, str], list] = {}
    for event in Calendar(SEED).until(NOW):
        found.setdefault((event.module, event.id), []).append(event)
    return found


def _timeline(client: Client, module: str, id_: str, per_page: int = 200) -> list[dict]:
    rows, params = [], {"per_page": per_page}
    while True:
        answer = client.get(f"/crm/v8/{module}/{id_}/__timeline", params=params)
        if answer.status_code == 204:
            return rows
        rows += answer.json()["__timeline"]
        if not answer.json()["info"]["more_records"]:
            return rows
        params = {"page_token": answer.json()["info"]["next_page_token"]}


def test_a_timeline_tells_what_the_simulation_did(client: Client, events: dict) -> None:
    busiest = sorted(events, key=lambda key: len(events[key]))[-15:]
    for module, id_ in busiest:
        told = _timeline(client, module, id_, per_page=2)[::-1]
        assert told[0]["action"] == "added"
        values = dict(events[module, id_][0].changes)
        owners = [values["Owner"]["name"]]
        for entry in told[1:]:
            if entry["automation_details"]:
                owner = entry["automation_details"]["owner"]
                assert owner["old"]["name"] == owners[-1]
                owners.append(owner["new"]["name"])
            for field in entry["field_history"] or ():
                old, new = field["_value"]["old"], field["_value"]["new"]
                held = values.get(field["api_name"])
                assert old == ("blank" if held is None else _plain(held))
                values[field["api_name"]] = new
        last = {
            name: value
            for event in events[module, id_]
            for name, value in event.changes.items()
            if event.action in ("create", "edit")
        }
        for name in ("Stage", "Amount", "Closing_Date", "Lead_Status"):
            assert _plain(values.get(name)) == _plain(last.get(name))
        assert owners[-1] == last["Owner"]["name"]


def _plain(value: object) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return None if value is None else str(value)


def test_the_tracker_has_each_stage_from_the_moment_of_entering(
    client: Client, events: dict
) -> None:
    rows = client.walk("/crm/v2/DealHistory", per_page=200, sort_by="Modified_Time")
    found: dict[str, list] = {}
    for row in rows:
        if row["Stage"] is not None:
            found.setdefault(row["Potential_Name"]["id"], []).append(
                (instant_of(row["Modified_Time"]), row["Stage"], row["Amount"])
            )
    expected: dict[str, list] = {}
    for (module, id_), happened in events.items():
        amount = None
        for event in happened if module == "Deals" else ():
            amount = event.changes.get("Amount", amount)
            if "Stage" in event.changes:
                stay = (event.at, event.changes["Stage"], amount)
                expected.setdefault(id_, []).append(stay)
    assert {id_: sorted(stays) for id_, stays in found.items()} == {
        id_: sorted(stays) for id_, stays in expected.items()
    }
    some = max(expected, key=lambda id_: len(expected[id_]))
    related = client.walk(f"/crm/v2/Deals/{some}/Stage_History")
    ours = [row for row in rows if row["Potential_Name"]["id"] == some]
    assert sorted(row["id"] for row in related) == sorted(row["id"] for row in ours)
    assert [row["Moved_To__s"] is None for row in related] == [True] + [False] * (len(related) - 1)


def test_queries_find_the_tracker_in_v8_alone_and_cost_by_their_limit(
    company: Sandbox, client: Client
) -> None:
    query = "select Stage, Modified_Time from DealHistory where id > 0 order by id asc limit {}"
    for limit, credits in ((200, 1), (201, 2), (1000, 2), (2000, 3)):
        before = company.credits.spent
        answer = client.post("/crm/v8/coql", json={"select_query": query.format(limit)})
        assert answer.status_code == 200
        assert company.credits.spent - before == credits
    refused = client.post("/crm/v2/coql", json={"select_query": query.format(200)})
    assert refused.json()["code"] == "INVALID_QUERY"


def test_trackers_are_found_by_metadata_where_they_are_on(company: Sandbox, client: Client) -> None:
    def found() -> dict[str, str]:
        modules = client.get("/crm/v8/settings/modules").json()["modules"]
        return {
            m["api_name"]: m["parent_module"]["api_name"]
            for m in modules
            if m["generated_type"] == "field_tracker"
        }

    assert found() == {"DealHistory": "Deals"}
    company.switches.trackers = {"Deals", "Leads"}
    assert found() == {"DealHistory": "Deals", "Lead_Status_History": "Leads"}
    assert client.get("/crm/v2/Lead_Status_History").json()["data"]
    company.switches.trackers = set()
    assert found() == {}
    assert client.get("/crm/v2/DealHistory").json()["code"] == "INVALID_MODULE"


def test_refusals(company: Sandbox, client: Client, events: dict) -> None:
    id_ = next(id_ for module, id_ in events if module == "Deals")
    path = f"/crm/v8/Deals/{id_}/__timeline"
    assert client.get(path.replace("v8", "v2")).status_code == 404
    assert client.get("/crm/v8/Deals/1/__timeline").json()["code"] == "INVALID_DATA"
    both = client.get(path, params={"per_page": 5, "page_token": "x"})
    assert both.json()["code"] == "AMBIGUITY_DURING_PROCESSING"
    for wrong in ("audited_time", '{"comparator":"like"}', '[{"a":1}]'):
        answer = client.get(path, params={"filters": wrong})
        assert answer.json()["code"] == "INVALID_DATA"
    company.switches.timeline = False
    assert client.get(path).json()["code"] == "OAUTH_SCOPE_MISMATCH"


def test_switches_of_a_timeline(company: Sandbox, client: Client, events: dict) -> None:
    id_ = next(
        id_
        for (module, id_), happened in events.items()
        if module == "Leads" and any(e.action == "edit" and "Owner" in e.changes for e in happened)
    )
    whole = _timeline(client, "Leads", id_)
    company.switches.owner_history = "field_history"
    fields = [
        field["api_name"]
        for entry in _timeline(client, "Leads", id_)
        for field in entry["field_history"] or ()
    ]
    assert "Owner" in fields
    first, last = whole[-1]["audited_time"], whole[-1]["audited_time"]
    asked = (
        '{"comparator":"between","field":{"api_name":"audited_time"},'
        f'"value":["{first}","{last}"]}}'
    )
    answer = client.get(f"/crm/v8/Leads/{id_}/__timeline", params={"filters": asked})
    assert [row["action"] for row in answer.json()["__timeline"]][-1] == "added"
    company.switches.history_days = 0
    assert client.get(f"/crm/v8/Leads/{id_}/__timeline").status_code == 204
