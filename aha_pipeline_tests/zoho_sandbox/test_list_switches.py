"""What a list call may answer one way or the other."""

from collections.abc import Callable

import pytest

from aha_pipeline_tests.zoho_sandbox.api_client import Client, lead
from zoho_sandbox.server import Sandbox

BY_TIME = {"sort_by": "Modified_Time", "sort_order": "asc", "approved": "both"}


def ids(client: Client, **params: object) -> list[str]:
    return [row["id"] for row in client.walk("/crm/v2/Leads", **params)]


@pytest.mark.parametrize("sort_by", ["Modified_Time", "id"])
def test_strict_since_excludes_its_own_second(
    client: Client, sandbox: Sandbox, sort_by: str
) -> None:
    client.headers["If-Modified-Since"] = "2026-01-03T10:00:00+05:30"
    asked = {"approved": "both", "sort_by": sort_by}
    assert len(ids(client, **asked)) == 2
    sandbox.switches.strict_since = True
    assert client.get("/crm/v2/Leads", params=asked).status_code == 304
    client.headers["If-Modified-Since"] = "2026-01-03T09:59:59+05:30"
    assert len(ids(client, **asked)) == 2


def test_strict_since_holds_for_deleted_records(client: Client, sandbox: Sandbox) -> None:
    sandbox.store.delete("Leads", next(iter(sandbox.store.tables["Leads"].records)))
    since = {"If-Modified-Since": "2026-05-04T11:30:00+05:30"}
    assert client.get("/crm/v2/Leads/deleted", headers=since).status_code == 200
    sandbox.switches.strict_since = True
    assert client.get("/crm/v2/Leads/deleted", headers=since).status_code == 304


@pytest.mark.parametrize("status", [204, 304])
@pytest.mark.parametrize(
    "path", ["/crm/v2/Contacts", "/crm/v2/Leads?page=9", "/crm/v2/Leads/deleted"]
)
def test_empty_answer_to_a_since_is_as_switched(
    client: Client, sandbox: Sandbox, path: str, status: int
) -> None:
    sandbox.switches.empty_status = status
    assert client.get(path).status_code == 204
    answer = client.get(path, headers={"If-Modified-Since": "2025-01-01T00:00:00+05:30"})
    assert (answer.status_code, answer.content) == (status, b"")


def test_pages_beyond_the_cap_are_refused(serve: Callable) -> None:
    sandbox = serve([lead(n) for n in range(30)])
    client = Client(sandbox.url).sign_in()
    sandbox.switches.page_cap = 20
    assert len(client.get("/crm/v2/Leads?page=2&per_page=10").json()["data"]) == 10
    answer = client.get("/crm/v2/Leads?page=3&per_page=10")
    assert answer.status_code == 400
    assert answer.json()["code"] == "DISCRETE_PAGINATION_LIMIT_EXCEEDED"
    assert answer.json()["details"] == {"limit": 20}


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_ties_are_in_the_order_that_is_switched(serve: Callable, order: str) -> None:
    """Three seconds, ten records each, pages that cut through them."""
    leads = [lead(n, f"2026-01-01T10:00:0{n % 3}+05:30") for n in range(30)]
    sandbox = serve(leads)
    client = Client(sandbox.url).sign_in()

    def walked(tie_order: str) -> list[int]:
        sandbox.switches.tie_order = tie_order
        found = ids(client, sort_by="Modified_Time", sort_order=order, per_page=7)
        return [int(id_[-4:]) for id_ in found]

    def by_second(numbers: list[int]) -> list[list[int]]:
        return [numbers[0:10], numbers[10:20], numbers[20:30]]

    first, turned = walked("id"), walked("id_desc")
    assert sorted(turned) == list(range(30))
    assert [group[::-1] for group in by_second(turned)] == by_second(first)
    sandbox.switches.tie_order = "random"
    whole = [ids(client, sort_by="Modified_Time", sort_order=order) for _ in range(3)]
    numbers = [[int(id_[-4:]) for id_ in found] for found in whole]
    assert len({tuple(found) for found in numbers}) == 3
    for found in numbers:
        assert [sorted(g) for g in by_second(found)] == [sorted(g) for g in by_second(first)]


def test_random_ties_change_from_page_to_page(serve: Callable) -> None:
    sandbox = serve([lead(n) for n in range(60)])
    client = Client(sandbox.url).sign_in()
    sandbox.switches.tie_order = "random"
    client.headers["If-Modified-Since"] = "2026-01-01T10:00:00+05:30"
    assert len(set(ids(client, per_page=20, **BY_TIME))) < 60
    assert len(set(ids(client, per_page=20, sort_by="id"))) == 60
