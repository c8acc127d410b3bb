from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from aha_pipeline_tests.kit.fake_clock import FakeClock
from aha_pipeline_tests.zoho_sandbox.api_client import Client, lead
from zoho_sandbox.faults.switches import Switches
from zoho_sandbox.server import Sandbox


def names(client: Client, path: str = "/crm/v2/Leads", **params: object) -> list[str]:
    return [row["Last_Name"] for row in client.walk(path, **params)]


def test_converted_and_unapproved_are_absent_unless_asked_for(client: Client) -> None:
    assert names(client) == ["Bala", "Asha"]
    assert names(client, converted="both") == ["Bala", "Zara", "Asha"]
    assert names(client, converted="true") == ["Zara"]
    assert names(client, approved="false") == ["Meera"]
    assert names(client, converted="both", approved="both") == ["Bala", "Meera", "Zara", "Asha"]


def test_any_field_sorts_and_an_unknown_one_falls_back_to_the_id(client: Client) -> None:
    both = {"converted": "both", "approved": "both"}
    ascending = names(client, sort_by="Amount", sort_order="asc", **both)
    assert ascending == ["Bala", "Asha", "Meera", "Zara"]
    assert names(client, sort_by="Amount", **both) == ascending[::-1]
    assert names(client, sort_by="Last_Name", sort_order="asc", **both)[0] == "Asha"
    assert names(client, sort_by="Nonsense", **both) == names(client, **both)


def test_info_counts_the_page_and_says_whether_there_is_more(serve: Callable) -> None:
    client = Client(serve([lead(n) for n in range(450)]).url).sign_in()
    infos = [client.get(f"/crm/v2/Leads?page={page}").json()["info"] for page in (1, 2, 3)]
    assert infos == [
        {"per_page": 200, "count": 200, "page": 1, "more_records": True},
        {"per_page": 200, "count": 200, "page": 2, "more_records": True},
        {"per_page": 200, "count": 50, "page": 3, "more_records": False},
    ]
    assert client.get("/crm/v2/Leads?page=4").status_code == 204
    assert client.get("/crm/v2/Leads?per_page=500").json()["info"]["per_page"] == 200
    assert len({r["id"] for r in client.walk("/crm/v2/Leads", per_page=7)}) == 450


def test_empty_module_answers_204_without_a_body(client: Client) -> None:
    answer = client.get("/crm/v2/Contacts")
    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("field", ["Modified_Time", "id", "Last_Name"])
def test_if_modified_since_is_inclusive_and_compares_instants(
    client: Client, field: str, order: str
) -> None:
    def since(text: str) -> set[str]:
        client.headers["If-Modified-Since"] = text
        return set(names(client, converted="both", sort_by=field, sort_order=order))

    assert since("2026-01-02T10:00:00+05:30") == {"Zara", "Bala"}
    assert since("2026-01-02T04:30:00+00:00") == {"Zara", "Bala"}
    assert since("2026-01-02T10:00:01+05:30") == {"Bala"}


def test_nothing_newer_is_a_304_without_a_body(client: Client) -> None:
    answer = client.get("/crm/v2/Leads", headers={"If-Modified-Since": "2027-01-01T00:00:00+05:30"})
    assert (answer.status_code, answer.content) == (304, b"")


def test_converted_lead_stays_hidden_from_a_delta(client: Client) -> None:
    since = {"If-Modified-Since": "2026-01-02T00:00:00+05:30"}
    rows = client.get("/crm/v2/Leads", headers=since).json()["data"]
    assert [row["Last_Name"] for row in rows] == ["Bala"]


def test_fields_and_ids_narrow_the_answer(client: Client, sandbox: Sandbox) -> None:
    ids = ",".join(list(sandbox.store.tables["Leads"].records)[:2])
    params = {"ids": ids, "fields": "Amount,Last_Name", "converted": "both"}
    rows = client.get("/crm/v2/Leads", params=params).json()["data"]
    assert [(row["Last_Name"], row["Amount"]) for row in rows] == [("Zara", 30), ("Asha", 5)]
    assert all(row.keys() == {"id", "Last_Name", "Amount"} for row in rows)


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"page": "0"}, "PATTERN_NOT_MATCHED"),
        ({"per_page": "many"}, "PATTERN_NOT_MATCHED"),
        ({"converted": "yes"}, "PATTERN_NOT_MATCHED"),
        ({"sort_order": "up"}, "PATTERN_NOT_MATCHED"),
    ],
)
def test_wrong_parameter_is_named(client: Client, params: dict, code: str) -> None:
    answer = client.get("/crm/v2/Leads", params=params)
    assert answer.status_code == 400
    assert answer.json()["code"] == code
    assert answer.json()["details"]["param_name"] in params


def test_unreadable_header_is_refused(client: Client) -> None:
    answer = client.get("/crm/v2/Leads", headers={"If-Modified-Since": "yesterday"})
    assert answer.json()["details"] == {"header_name": "If-Modified-Since"}


def test_edits_and_deletes_show_at_once_in_every_order(client: Client, sandbox: Sandbox) -> None:
    by_time = {"sort_by": "Modified_Time", "sort_order": "asc", "converted": "both"}
    assert names(client, **by_time) == ["Asha", "Zara", "Bala"]
    assert names(client, sort_by="Last_Name", sort_order="asc") == ["Asha", "Bala"]
    asha, _, meera, bala = sandbox.store.tables["Leads"].records
    sandbox.store.edit("Leads", asha, {"Last_Name": "Yash"})
    assert names(client, **by_time) == ["Zara", "Bala", "Yash"]
    assert names(client, sort_by="Last_Name", sort_order="asc") == ["Bala", "Yash"]
    sandbox.store.delete("Leads", bala)
    assert names(client, **by_time) == ["Zara", "Yash"]
    sandbox.store.restore("Leads", bala)
    sandbox.store.convert(asha, {"contact": "1"})
    assert names(client) == ["Bala"]
    assert meera in {row["id"] for row in client.walk("/crm/v2/Leads", approved="both")}


def test_date_header_is_the_servers_clock(client: Client, fake_clock: FakeClock) -> None:
    assert client.get("/crm/v2/org").headers["Date"] == "Mon, 04 May 2026 06:00:00 GMT"
    fake_clock.forward(minutes=5)
    assert client.get("/crm/v2/Contacts").headers["Date"] == "Mon, 04 May 2026 06:05:00 GMT"


def test_calls_beyond_the_limit_answer_429(client: Client, sandbox: Sandbox) -> None:
    sandbox.switches.max_calls, sandbox.switches.latency = 2, 0.4
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda _: client.get("/crm/v2/Leads"), range(5)))
    assert sorted(a.status_code for a in answers) == [200, 200, 429, 429, 429]
    assert {a.json().get("code") for a in answers} == {None, "TOO_MANY_REQUESTS"}
    assert min(a.elapsed.total_seconds() for a in answers if a.ok) >= 0.4
    assert client.get("/crm/v2/Leads").status_code == 200


def test_module_without_scope_is_refused(serve: Callable) -> None:
    client = Client(serve([lead(1)], switches=Switches(unreadable={"Deals"})).url).sign_in()
    for path in ("/crm/v2/Deals", "/crm/v2/Deals/deleted", "/crm/v2/Deals/123"):
        answer = client.get(path)
        assert answer.status_code == 401
        assert answer.json()["code"] == "OAUTH_SCOPE_MISMATCH"
    assert client.get("/crm/v2/Leads").status_code == 200
