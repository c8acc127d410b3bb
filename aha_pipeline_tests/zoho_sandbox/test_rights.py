"""What the caller may see and how much of it, and what the metadata says."""

from collections.abc import Callable

import pytest

from aha_pipeline_tests.kit.fake_clock import FakeClock
from aha_pipeline_tests.zoho_sandbox.api_client import Client, lead
from zoho_sandbox.clock import instant_of
from zoho_sandbox.server import Sandbox, start


def described(client: Client, module: str = "Leads") -> dict[str, dict]:
    answer = client.get(f"/crm/v2/settings/fields?module={module}")
    return {field["api_name"]: field for field in answer.json()["fields"]}


def test_hidden_field_is_absent_everywhere(client: Client, sandbox: Sandbox) -> None:
    by_amount = [r["id"] for r in client.walk("/crm/v2/Leads", sort_by="Amount", approved="both")]
    sandbox.switches.hidden["Leads"] = {"Amount"}
    assert "Amount" not in described(client)
    rows = client.walk("/crm/v2/Leads", sort_by="Amount", approved="both")
    assert all("Amount" not in row and "Last_Name" in row for row in rows)
    assert [row["id"] for row in rows] == sorted(by_amount, reverse=True)
    assert "Amount" not in client.get(f"/crm/v2/Leads/{rows[0]['id']}").json()["data"][0]
    named = {"fields": "Amount,Last_Name"}
    assert client.get("/crm/v8/Leads", params=named).json()["data"][0].keys() == {"id", "Last_Name"}
    query = {"select_query": "select Amount from Leads where id > 1"}
    assert client.post("/crm/v8/coql", json=query).json()["code"] == "INVALID_QUERY"
    sandbox.switches.hidden.clear()
    assert "Amount" in client.walk("/crm/v2/Leads")[0]


@pytest.mark.parametrize(
    ("switch", "path"),
    [
        ("metadata_readable", "/crm/v2/settings/modules"),
        ("metadata_readable", "/crm/v2/settings/modules/Leads"),
        ("metadata_readable", "/crm/v2/settings/fields?module=Leads"),
        ("count", "/crm/v8/Leads/actions/count"),
    ],
)
def test_call_without_its_scope_is_refused(
    client: Client, sandbox: Sandbox, switch: str, path: str
) -> None:
    assert client.get(path).status_code == 200
    setattr(sandbox.switches, switch, False)
    answer = client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (401, "OAUTH_SCOPE_MISMATCH")


def test_metadata_may_have_gaps(client: Client, sandbox: Sandbox) -> None:
    assert all({"json_type", "length"} <= field.keys() for field in described(client).values())
    sandbox.switches.metadata_gaps = True
    found = described(client).values()
    assert any("json_type" not in field for field in found)
    assert any("length" not in field for field in found)
    assert all({"api_name", "data_type"} <= field.keys() for field in found)


def test_fields_may_be_formulas(client: Client, sandbox: Sandbox) -> None:
    sandbox.switches.formulas["Leads"] = {"Amount", "Score"}
    found = described(client)
    assert {n for n, f in found.items() if f["data_type"] == "formula"} == {"Amount", "Score"}
    assert found["Score"]["read_only"] is True


def test_metadata_names_every_field_of_the_company(fake_clock: FakeClock) -> None:
    with start(now=fake_clock) as sandbox:
        client = Client(sandbox.url).sign_in()
        for module in ("Leads", "Deals", "Contacts", "Accounts"):
            records = sandbox.store.tables[module].records.values()
            held = {n for record in records for n in record.data if not n.startswith("$")}
            assert held - {"id"} == described(client, module).keys()


def test_credits_are_counted_and_run_out(client: Client, sandbox: Sandbox) -> None:
    name = "X-API-CREDITS-REMAINING"
    assert name not in client.get("/crm/v2/org").headers
    sandbox.switches.credits = 10
    paths = ("/crm/v2/Leads", "/crm/v2/Leads/deleted", "/crm/v2/Contacts?cvid=1", "/crm/v2/org")
    assert [client.get(path).headers[name] for path in paths] == ["9", "7", "4", "3"]
    query = {"select_query": "select id from Leads where id > 1"}
    assert client.post("/crm/v8/coql", json=query).headers[name] == "2"
    client.get("/crm/v2/Leads/deleted")
    answer = client.get("/crm/v2/Leads")
    assert (answer.status_code, answer.headers[name]) == (429, "0")
    assert answer.json()["code"] == "TOO_MANY_REQUESTS"
    assert client.token().status_code == 200
    sandbox.switches.credits = None
    assert client.get("/crm/v2/Leads").status_code == 200


def test_times_are_written_in_the_zone_that_is_switched(serve: Callable) -> None:
    texts = ["2026-03-07T10:00:00+05:30", "2026-03-09T10:00:00+05:30", None, "soon"]
    sandbox = serve([lead(n, text, Last_Name="x_Time") for n, text in enumerate(texts)])
    client = Client(sandbox.url).sign_in()
    as_stored = {r["id"]: r for r in client.walk("/crm/v2/Leads")}
    sandbox.switches.zone = "America/New_York"
    for row in client.walk("/crm/v2/Leads"):
        stored = as_stored[row["id"]]
        assert instant_of(row["Modified_Time"]) == instant_of(stored["Modified_Time"])
        assert row["Created_Time"] == "2025-12-31T22:30:00-05:00"
        changed = {"Modified_Time": None, "Created_Time": None}
        assert row | changed == stored | changed
    offsets = [r["Modified_Time"] for r in client.walk("/crm/v8/Leads", fields="Modified_Time")]
    assert offsets == ["soon", None, "2026-03-09T00:30:00-04:00", "2026-03-06T23:30:00-05:00"]
    query = {"select_query": "select Created_Time from Leads where id > 1"}
    (row, *_) = client.post("/crm/v8/coql", json=query).json()["data"]
    assert instant_of(row["Created_Time"]) == instant_of(as_stored[row["id"]]["Created_Time"])
    assert row["Created_Time"].endswith("-05:00")


@pytest.mark.parametrize("path", ["/crm/v2/Leads", "/crm/v2/Leads/deleted"])
@pytest.mark.parametrize("per_page", [200, 7, 1])
def test_short_pages_lose_nothing(serve: Callable, path: str, per_page: int) -> None:
    sandbox = serve([lead(n) for n in range(60)])
    client = Client(sandbox.url).sign_in()
    if path.endswith("deleted"):
        for id_ in list(sandbox.store.tables["Leads"].records):
            sandbox.store.delete("Leads", id_)
    whole = [row["id"] for row in client.walk(path)]
    sandbox.switches.short_pages = True
    assert [row["id"] for row in client.walk(path, per_page=per_page)] == whole
    second = client.get(path, params={"per_page": 20, "page": 2}).json()
    assert second["info"]["count"] == len(second["data"]) < 20
    assert second["info"]["more_records"] is True


def test_short_pages_go_on_by_token_too(serve: Callable) -> None:
    sandbox = serve([lead(n) for n in range(60)])
    client = Client(sandbox.url).sign_in()
    sandbox.switches.short_pages = True
    found, token = [], {}
    while token is not None:
        asked = {"fields": "Last_Name", "per_page": 7} | token
        page = client.get("/crm/v8/Leads", params=asked).json()
        found += [row["id"] for row in page["data"]]
        on = page["info"]["next_page_token"]
        token = {"page_token": on} if on else None
    assert len(found) == len(set(found)) == 60
