"""The stand-in's e-mails of a record, as Zoho documents them, and whose they are."""

from collections.abc import Iterator

import pytest

from aha_pipeline_tests.zoho_sandbox.api_client import Client
from zoho_sandbox.clock import instant_of
from zoho_sandbox.server import Sandbox

FIRST = 1_770_000_000
LEAD, OTHER = "610000000000001", "610000000000002"


@pytest.fixture
def with_emails(sandbox: Sandbox) -> Iterator[list[str]]:
    """Return the ids of the 23 e-mails of a lead, oldest first, which came in no order."""
    numbers = [*range(0, 23, 2), *range(1, 23, 2)]
    names = {n: sandbox.store.emails.add("Leads", LEAD, FIRST + n) for n in numbers}
    return [names[number] for number in range(23)]


def test_ten_at_a_time_the_newest_first(client: Client, with_emails: list[str]) -> None:
    found, sizes, params = [], [], {}
    while True:
        answer = client.get(f"/crm/v8/Leads/{LEAD}/Emails", params=params).json()
        found += answer["Emails"]
        info = answer["info"]
        sizes.append(info["count"])
        if not info["more_records"]:
            break
        params = {"index": info["next_index"]}
    assert sizes == [10, 10, 3]
    assert [mail["message_id"] for mail in found] == with_emails[::-1]
    assert [instant_of(mail["time"]) for mail in found] == [*range(FIRST + 22, FIRST - 1, -1)]
    assert info["next_index"] is None


@pytest.mark.parametrize(
    ("switch", "status", "code"),
    [
        ("no_scope", 401, "OAUTH_SCOPE_MISMATCH"),
        ("no_right", 403, "NO_PERMISSION"),
        ("no_mailbox", 400, "CANNOT_PROCESS"),
        ("no_call", 404, "INVALID_URL_PATTERN"),
    ],
)
def test_refusals(sandbox: Sandbox, client: Client, switch: str, status: int, code: str) -> None:
    sandbox.switches.emails = switch
    answer = client.get(f"/crm/v8/Leads/{LEAD}/Emails")
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_none_is_no_content_and_no_record_an_error(client: Client, with_emails: list[str]) -> None:
    assert client.get(f"/crm/v8/Leads/{OTHER}/Emails").status_code == 204
    for path in ("Leads/77/Emails", f"Leads/{LEAD}/Emails?index=x"):
        answer = client.get(f"/crm/v8/{path}")
        assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_DATA")
