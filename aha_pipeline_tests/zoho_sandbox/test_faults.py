from collections.abc import Callable

import pytest
import requests

from aha_pipeline_tests.zoho_sandbox.api_client import Client, lead
from zoho_sandbox.faults.kinds import FAULTS
from zoho_sandbox.server import Sandbox

STATUS = {
    "429": 429,
    "429_retry_after": 429,
    "500": 500,
    "502_html": 502,
    "503": 503,
    "html": 200,
    "denied": 400,
    "401": 401,
    "200_error": 200,
    "truncated": 200,
}


def leads(client: Client) -> requests.Response:
    return client.get("/crm/v2/Leads", params={"converted": "both", "approved": "both"})


@pytest.mark.parametrize("kind", [k for k in FAULTS if k in STATUS])
def test_failed_call_answers_as_its_kind_says(client: Client, sandbox: Sandbox, kind: str) -> None:
    sandbox.switches.faults, sandbox.switches.fault_rate = (kind,), 1.0
    answer = leads(client)
    assert answer.status_code == STATUS[kind]
    assert ("Retry-After" in answer.headers) == (kind == "429_retry_after")
    if kind in ("502_html", "html", "truncated"):
        with pytest.raises(requests.JSONDecodeError):
            answer.json()
    else:
        assert answer.json().get("code") or answer.json()["error"] == "Access Denied"
    sandbox.switches.fault_rate = 0
    assert len(leads(client).json()["data"]) == 4


@pytest.mark.parametrize("kind", ["timeout_reset", "truncated_length"])
def test_connection_is_closed_without_a_whole_answer(
    client: Client, sandbox: Sandbox, kind: str
) -> None:
    sandbox.switches.faults, sandbox.switches.fault_rate = (kind,), 1.0
    for _ in range(3):
        with pytest.raises(requests.RequestException):
            leads(client)
    sandbox.switches.fault_rate = 0
    assert len(leads(client).json()["data"]) == 4


@pytest.mark.parametrize("kind", ["truncated", "truncated_length"])
def test_answer_without_a_body_cannot_be_cut(client: Client, sandbox: Sandbox, kind: str) -> None:
    sandbox.switches.faults, sandbox.switches.fault_rate = (kind,), 1.0
    assert client.get("/crm/v2/Contacts").status_code == 204


def test_every_kind_is_known(client: Client, sandbox: Sandbox) -> None:
    assert {*STATUS, "timeout_reset", "truncated_length"} == set(FAULTS)


def test_share_of_failures_is_as_switched_and_the_same_again(serve: Callable) -> None:
    def statuses(seed: int) -> list[int]:
        sandbox = serve([lead(1)])
        client = Client(sandbox.url).sign_in()
        switches = sandbox.switches
        switches.faults, switches.fault_rate, switches.seed = ("500", "503"), 0.2, seed
        return [leads(client).status_code for _ in range(200)]

    first = statuses(1)
    assert 20 <= sum(status >= 500 for status in first) <= 60
    assert statuses(1) == first
    assert statuses(2) != first


def test_token_calls_fail_too_but_never_for_a_dead_token(client: Client, sandbox: Sandbox) -> None:
    sandbox.switches.fault_rate, sandbox.switches.faults = 1.0, ("401", "500")
    assert {client.token().status_code for _ in range(5)} == {500}
    sandbox.switches.faults = ("401",)
    assert client.token().json()["access_token"]


def test_token_dies_after_its_calls(client: Client, sandbox: Sandbox) -> None:
    sandbox.switches.token_life_calls = 3
    assert [leads(client).status_code for _ in range(4)] == [200, 200, 200, 401]
    assert leads(client).json()["code"] == "INVALID_TOKEN"
    assert leads(client.sign_in()).status_code == 200
