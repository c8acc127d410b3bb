"""What changes from v2 to v8, and that no other version is served."""

from collections.abc import Callable

import pytest
import requests

from aha_pipeline_tests.kit.fake_clock import FakeClock
from aha_pipeline_tests.zoho_sandbox.api_client import Client, lead
from zoho_sandbox.server import Sandbox

VERSIONS = ("v2", "v8")
LATER = VERSIONS[1:]
MINIMUM = {"fields": "Last_Name,Modified_Time"}


def api_error(answer: requests.Response) -> tuple[str, dict]:
    assert answer.status_code == 400
    return answer.json()["code"], answer.json()["details"]


@pytest.fixture
def many(serve: Callable) -> Sandbox:
    return serve([lead(n, f"2026-01-01T10:{n // 10:02d}:00+05:30") for n in range(450)])


@pytest.fixture
def reader(many: Sandbox) -> Client:
    return Client(many.url).sign_in()


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_answers_every_call(client: Client, version: str) -> None:
    base = f"/crm/{version}"
    assert client.get(f"{base}/Leads", params=MINIMUM).status_code == 200
    assert client.get(f"{base}/Leads/deleted").status_code == 204
    assert client.get(f"{base}/Leads/123").status_code == 204
    assert client.get(f"{base}/org").json()["org"]
    assert client.get(f"{base}/users").status_code == 204
    assert client.get(f"{base}/settings/modules").json()["modules"]
    assert client.get(f"{base}/settings/modules/Leads").json()["modules"]
    assert client.get(f"{base}/settings/fields?module=Leads").json()["fields"]


@pytest.mark.parametrize("version", ["v2.1", "v3", "v7", "v9"])
def test_no_other_version_is_served(client: Client, version: str) -> None:
    answer = client.get(f"/crm/{version}/Leads", params=MINIMUM)
    assert (answer.status_code, answer.json()["code"]) == (404, "INVALID_URL_PATTERN")


@pytest.mark.parametrize("version", LATER)
def test_lists_want_at_most_fifty_named_fields(client: Client, version: str) -> None:
    path = f"/crm/{version}/Leads"
    assert api_error(client.get(path)) == ("REQUIRED_PARAM_MISSING", {"param_name": "fields"})
    names = ",".join(f"Field_{n}" for n in range(51))
    limit = {"limit": 50, "param_name": "fields"}
    assert api_error(client.get(path, params={"fields": names})) == ("LIMIT_EXCEEDED", limit)
    rows = client.get(path, params={"fields": "Last_Name,$converted,Nonsense"}).json()["data"]
    assert rows[0] == {"id": rows[0]["id"], "Last_Name": "Bala", "$converted": False}


@pytest.mark.parametrize("version", ["v2", "v8"])
def test_single_record_needs_no_fields(client: Client, sandbox: Sandbox, version: str) -> None:
    id_ = next(iter(sandbox.store.tables["Leads"].records))
    path = f"/crm/{version}/Leads/{id_}"
    assert client.get(path).json()["data"][0]["Created_Time"]
    assert client.get(path, params=MINIMUM).json()["data"][0].keys() == {
        "id",
        "Last_Name",
        "Modified_Time",
    }


def test_conversion_has_a_flag_of_its_own_by_name(client: Client) -> None:
    asked = {"fields": "Converted__s,$converted", "converted": "both"}
    rows = client.get("/crm/v8/Leads", params=asked).json()["data"]
    assert {row["Converted__s"] for row in rows} == {True, False}
    assert all(row["Converted__s"] is row["$converted"] for row in rows)
    assert "Converted__s" not in client.get("/crm/v2/Leads", params=asked).json()["data"][0]
    described = client.get("/crm/v8/settings/fields?module=Leads").json()["fields"]
    assert "Converted__s" in {field["api_name"] for field in described}


@pytest.mark.parametrize("version", LATER)
def test_only_three_fields_sort(client: Client, version: str) -> None:
    path = f"/crm/{version}/Leads"
    assert client.get(path, params=MINIMUM | {"sort_by": "Created_Time"}).ok
    code, details = api_error(client.get(path, params=MINIMUM | {"sort_by": "Amount"}))
    assert code == "INVALID_DATA"
    assert details["supported_values"] == ["id", "Created_Time", "Modified_Time"]


@pytest.mark.parametrize("version", VERSIONS)
def test_at_most_a_hundred_ids(client: Client, sandbox: Sandbox, version: str) -> None:
    path = f"/crm/{version}/Leads"
    id_ = list(sandbox.store.tables["Leads"].records)[3]
    rows = client.get(path, params=MINIMUM | {"ids": f"{id_},999"}).json()["data"]
    assert [row["id"] for row in rows] == [id_]
    too_many = ",".join(str(n) for n in range(101))
    limit = {"limit": 100, "param_name": "ids"}
    answer = client.get(path, params=MINIMUM | {"ids": too_many})
    assert api_error(answer) == ("LIMIT_EXCEEDED", limit)


def test_token_walks_on_and_back(reader: Client) -> None:
    asked = MINIMUM | {"sort_by": "Modified_Time", "sort_order": "asc"}
    first = reader.get("/crm/v8/Leads", params=asked).json()
    info = first["info"]
    assert (info["page"], info["count"], info["more_records"]) == (1, 200, True)
    assert (info["sort_by"], info["sort_order"]) == ("Modified_Time", "asc")
    assert info["previous_page_token"] is None
    assert info["page_token_expiry"] == "2026-05-05T11:30:00+05:30"
    rows, token = first["data"], info["next_page_token"]
    while token:
        page = reader.get("/crm/v8/Leads", params=asked | {"page_token": token}).json()
        rows, token = rows + page["data"], page["info"]["next_page_token"]
    assert len({row["id"] for row in rows}) == len(rows) == 450
    assert page["info"]["page"] == 3
    assert page["info"]["more_records"] is False
    back = page["info"]["previous_page_token"]
    page = reader.get("/crm/v8/Leads", params=asked | {"page_token": back}).json()
    assert page["data"] == rows[200:400]


def test_token_pins_no_snapshot(reader: Client, many: Sandbox) -> None:
    asked = MINIMUM | {"sort_by": "id", "sort_order": "asc"}
    first = reader.get("/crm/v8/Leads", params=asked).json()
    many.store.delete("Leads", first["data"][0]["id"])
    token = {"page_token": first["info"]["next_page_token"]}
    second = reader.get("/crm/v8/Leads", params=asked | token).json()
    assert int(second["data"][0]["id"][-4:]) == 201


def test_token_is_bound_to_its_list(reader: Client, fake_clock: FakeClock) -> None:
    def go_on(**params: object) -> tuple[str, dict]:
        return api_error(reader.get("/crm/v8/Leads", params=MINIMUM | params))

    info = reader.get("/crm/v8/Leads", params=MINIMUM).json()["info"]
    token, named = info["next_page_token"], {"param_name": "page_token"}
    assert go_on(page_token=token, fields="Last_Name") == ("TOKEN_BOUND_DATA_MISMATCH", named)
    assert go_on(page_token=token, per_page=10) == ("TOKEN_BOUND_DATA_MISMATCH", named)
    assert go_on(page_token="x" + token) == ("INVALID_DATA", named)
    code, details = go_on(page_token=token, page=2)
    assert code == "AMBIGUITY_DURING_PROCESSING"
    assert details["ambiguity_due_to"] == [{"param_name": "page"}, {"param_name": "page_token"}]
    fake_clock.forward(hours=23)
    reader.sign_in()
    assert reader.get("/crm/v8/Leads", params=MINIMUM | {"page_token": token}).ok
    fake_clock.forward(hours=1)
    reader.sign_in()
    assert go_on(page_token=token) == ("EXPIRED_VALUE", named)


@pytest.mark.parametrize(("version", "cap"), [("v2", None), ("v2", 300), ("v8", None), ("v8", 300)])
def test_reach_of_page_numbers(reader: Client, many: Sandbox, version: str, cap: int) -> None:
    many.switches.page_cap = cap
    reach = cap or (2000 if version == "v8" else 10_000)
    path = f"/crm/{version}/Leads"
    assert reader.get(path, params=MINIMUM | {"page": reach // 100, "per_page": 100}).ok
    beyond = reader.get(path, params=MINIMUM | {"page": reach // 100 + 1, "per_page": 100})
    if cap or version == "v8":
        assert api_error(beyond) == ("DISCRETE_PAGINATION_LIMIT_EXCEEDED", {"limit": reach})
    else:
        assert beyond.status_code == 204


def test_cap_cannot_reach_further_than_zohos(reader: Client, many: Sandbox) -> None:
    many.switches.page_cap = 5000
    answer = reader.get("/crm/v8/Leads", params=MINIMUM | {"page": 11})
    assert api_error(answer) == ("DISCRETE_PAGINATION_LIMIT_EXCEEDED", {"limit": 2000})


def test_reach_of_page_tokens(reader: Client, many: Sandbox) -> None:
    many.switches.token_cap = 200
    token = reader.get("/crm/v8/Leads", params=MINIMUM).json()["info"]["next_page_token"]
    answer = reader.get("/crm/v8/Leads", params=MINIMUM | {"page_token": token})
    assert api_error(answer) == ("PAGINATION_LIMIT_EXCEEDED", {"limit": 200})


@pytest.mark.parametrize("version", VERSIONS[1:])
def test_count_hides_converted_leads_unless_asked(client: Client, version: str) -> None:
    path = f"/crm/{version}/Leads/actions/count"
    assert client.get(path).json() == {"count": 2}
    assert client.get(path, params={"converted": "both"}).json() == {"count": 3}


@pytest.mark.parametrize("version", VERSIONS[1:])
def test_pipeline_tells_which_stages_are_closed(client: Client, version: str) -> None:
    base = f"/crm/{version}/settings"
    (layout,) = client.get(f"{base}/layouts?module=Deals").json()["layouts"]
    (pipeline,) = client.get(f"{base}/pipeline?layout_id={layout['id']}").json()["pipeline"]
    told = {stage["actual_value"]: stage for stage in pipeline["maps"]}
    assert [stage["sequence_number"] for stage in pipeline["maps"]] == list(range(1, 10))
    assert told["Closed Won"]["forecast_type"] == "Closed Won"
    assert told["Closed Lost"]["forecast_category"]["name"] == "Omitted"
    assert told["Qualification"]["forecast_type"] == "Open"
    code, details = api_error(client.get(f"{base}/pipeline"))
    assert (code, details) == ("REQUIRED_PARAM_MISSING", {"param_name": "layout_id"})
    assert api_error(client.get(f"{base}/pipeline?layout_id=1"))[0] == "INVALID_DATA"


def test_v2_has_layouts_and_no_pipeline(client: Client) -> None:
    (layout,) = client.get("/crm/v2/settings/layouts?module=Deals").json()["layouts"]
    answer = client.get(f"/crm/v2/settings/pipeline?layout_id={layout['id']}")
    assert answer.json()["code"] == "INVALID_URL_PATTERN"


@pytest.mark.parametrize("version", VERSIONS)
def test_only_the_fields_of_v8_tell_what_a_stage_means(client: Client, version: str) -> None:
    fields = client.get(f"/crm/{version}/settings/fields?module=Deals").json()["fields"]
    stage = next(field for field in fields if field["api_name"] == "Stage")
    told = [value.get("deal_category") for value in stage["pick_list_values"]]
    chances = [value.get("probability") for value in stage["pick_list_values"]]
    if version == "v8":
        assert told == ["Open"] * 6 + ["Closed Won", "Closed Lost", "Closed Lost"]
        assert chances == [10, 20, 40, 60, 75, 90, 100, 0, 0]
    else:
        assert set(told) == set(chances) == {None}
