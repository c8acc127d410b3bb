import pytest

from aha_pipeline_tests.kit.fake_clock import FakeClock
from aha_pipeline_tests.zoho_sandbox.api_client import Client
from zoho_sandbox.server import Sandbox

BY = {"name": "Priya Nair", "id": "7", "email": "priya@example.com"}


def deleted(client: Client, since: str | None = None, **params: object) -> list[dict]:
    headers = {"If-Modified-Since": since} if since else {}
    answer = client.get("/crm/v2/Leads/deleted", params=params, headers=headers)
    return answer.json()["data"] if answer.status_code == 200 else []


def test_one_record_by_id(client: Client, sandbox: Sandbox) -> None:
    converted = list(sandbox.store.tables["Leads"].records)[1]
    assert client.get(f"/crm/v2/Leads/{converted}").json()["data"][0]["Last_Name"] == "Zara"
    assert client.get("/crm/v2/Leads/999").status_code == 204
    assert client.get("/crm/v2/Leads/abc").json()["code"] == "INVALID_DATA"


def test_deleted_record_is_listed_only_as_deleted(client: Client, sandbox: Sandbox) -> None:
    assert client.get("/crm/v2/Leads/deleted").status_code == 204
    id_ = next(iter(sandbox.store.tables["Leads"].records))
    sandbox.store.delete("Leads", id_, by=BY)
    assert deleted(client) == [
        {
            "id": id_,
            "type": "recycle",
            "display_name": "Asha",
            "deleted_time": "2026-05-04T11:30:00+05:30",
            "deleted_by": {"name": "Priya Nair", "id": "7"},
            "created_by": None,
        }
    ]
    assert client.get(f"/crm/v2/Leads/{id_}").status_code == 204
    sandbox.store.restore("Leads", id_)
    assert deleted(client) == []
    assert client.get(f"/crm/v2/Leads/{id_}").json()["data"][0]["id"] == id_


def test_deleted_record_turns_permanent_and_is_forgotten(
    client: Client, sandbox: Sandbox, fake_clock: FakeClock
) -> None:
    sandbox.store.delete("Leads", next(iter(sandbox.store.tables["Leads"].records)), by=BY)
    fake_clock.forward(days=61)
    client.sign_in()
    (row,) = deleted(client)
    assert row["type"] == "permanent"
    assert row["display_name"] is row["deleted_by"] is row["created_by"] is None
    assert deleted(client, type="recycle") == []
    assert deleted(client, type="permanent") == [row]
    fake_clock.forward(days=60)
    client.sign_in()
    assert deleted(client) == []


def test_deleted_list_filters_by_time_and_pages(
    client: Client, sandbox: Sandbox, fake_clock: FakeClock
) -> None:
    ids = list(sandbox.store.tables["Leads"].records)
    for id_ in ids[:3]:
        sandbox.store.delete("Leads", id_)
        fake_clock.forward(minutes=1)
    assert len(deleted(client)) == 3
    assert {r["id"] for r in deleted(client, "2026-05-04T11:31:00+05:30")} == set(ids[1:3])
    assert len(deleted(client, per_page=2)) == 2
    assert len(deleted(client, per_page=2, page=2)) == 1
    assert deleted(client, per_page=2, page=3) == []
    assert client.get("/crm/v2/Leads/deleted?type=gone").json()["code"] == "PATTERN_NOT_MATCHED"


def test_modules_and_fields_are_described(client: Client) -> None:
    modules = {m["api_name"]: m for m in client.get("/crm/v2/settings/modules").json()["modules"]}
    assert {"Leads", "Deals", "Contacts", "Accounts"} <= modules.keys()
    assert {n for n, m in modules.items() if not m["api_supported"]} == {"Home", "Feeds"}
    assert modules["Deals_X_Products"]["generated_type"] == "linking"
    assert modules["Leads"]["generated_type"] == "default"
    (leads,) = client.get("/crm/v2/settings/modules/Leads").json()["modules"]
    assert leads == modules["Leads"]
    fields = client.get("/crm/v2/settings/fields?module=Deals").json()["fields"]
    stage = next(f for f in fields if f["api_name"] == "Stage")
    values = sorted(stage["pick_list_values"], key=lambda v: v["sequence_number"])
    assert [v["actual_value"] for v in values][:2] == ["Qualification", "Needs Analysis"]
    assert [v["actual_value"] for v in values][-1] == "Closed Lost to Competition"
    assert {f["api_name"]: f["custom_field"] for f in fields}["Lost_Reason"] is True
    assert client.get("/crm/v2/settings/fields").json()["code"] == "REQUIRED_PARAM_MISSING"
    assert client.get("/crm/v2/settings/fields?module=No").json()["code"] == "INVALID_MODULE"


def test_organisation_keeps_its_id(client: Client) -> None:
    (org,) = client.get("/crm/v2/org").json()["org"]
    assert org["company_name"] == "dataset"
    assert org["time_zone"] == "Asia/Kolkata"
    assert org["iso_code"] == "INR"
    assert org["id"].isdigit()
    assert org["license_details"]["paid_type"] == "enterprise"
    assert org["license_details"]["users_license_purchased"] > 0


def test_count_follows_the_lists_filters(client: Client) -> None:
    assert client.get("/crm/v8/Leads/actions/count").json() == {"count": 2}
    both = "/crm/v8/Leads/actions/count?converted=both&approved=both"
    assert client.get(both).json() == {"count": 4}


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/crm/v2/Unicorns", 400, "INVALID_MODULE"),
        ("GET", "/crm/v2/Unicorns/deleted", 400, "INVALID_MODULE"),
        ("GET", "/crm/v2/Leads/1/2/3", 404, "INVALID_URL_PATTERN"),
        ("GET", "/crm/v9/Leads", 404, "INVALID_URL_PATTERN"),
        ("GET", "/crm/bulk/v2/read", 404, "INVALID_URL_PATTERN"),
        ("GET", "/crm/v2/Leads/actions/count", 404, "INVALID_URL_PATTERN"),
        ("GET", "/crm/v2/coql", 400, "INVALID_REQUEST_METHOD"),
        ("GET", "/crm/v2/Home", 400, "INVALID_MODULE"),
        ("POST", "/crm/v2/Leads", 400, "INVALID_REQUEST_METHOD"),
    ],
)
def test_errors_come_in_zohos_envelope(
    client: Client, method: str, path: str, status: int, code: str
) -> None:
    answer = client.request(method, path)
    assert answer.status_code == status
    assert answer.json().keys() == {"code", "details", "message", "status"}
    assert (answer.json()["code"], answer.json()["status"]) == (code, "error")
