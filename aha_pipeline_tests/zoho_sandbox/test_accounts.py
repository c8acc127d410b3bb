import re

import pytest

from aha_pipeline_tests.kit.fake_clock import FakeClock
from aha_pipeline_tests.zoho_sandbox.api_client import Client
from zoho_sandbox.server import Sandbox


def test_refresh_token_gives_an_hour_of_access(client: Client, sandbox: Sandbox) -> None:
    answer = client.token().json()
    assert answer["expires_in"] == 3600
    assert answer["api_domain"] == sandbox.url
    assert "refresh_token" not in answer


def test_credentials_may_come_in_the_query(client: Client) -> None:
    answer = client.post(
        "/oauth/v2/token?grant_type=refresh_token&client_id=a&client_secret=b&refresh_token=c"
    )
    assert answer.json()["access_token"]


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("client_id", "", "invalid_client"),
        ("client_id", "invalid-id", "invalid_client"),
        ("client_secret", "invalid", "invalid_client"),
        ("refresh_token", "", "invalid_code"),
        ("refresh_token", "invalid.token", "invalid_code"),
        ("grant_type", "password", "unsupported_grant_type"),
    ],
)
def test_refusals_come_with_status_200(client: Client, field: str, value: str, error: str) -> None:
    answer = client.token(**{field: value})
    assert answer.status_code == 200
    assert answer.json() == {"error": error}


def test_grant_code_is_good_once(client: Client, sandbox: Sandbox) -> None:
    code = sandbox.grants.code(["ZohoCRM.org.READ"])
    first = client.token(grant_type="authorization_code", code=code).json()
    assert client.token(refresh_token=first["refresh_token"]).json()["access_token"]
    second = client.token(grant_type="authorization_code", code=code).json()
    assert second == {"error": "invalid_code"}


def test_grant_code_dies_after_its_minutes(
    client: Client, sandbox: Sandbox, fake_clock: FakeClock
) -> None:
    code = sandbox.grants.code(["ZohoCRM.org.READ"], minutes=3)
    fake_clock.forward(minutes=3)
    answer = client.token(grant_type="authorization_code", code=code)
    assert (answer.status_code, answer.json()) == (200, {"error": "invalid_code"})


def test_grant_code_is_good_for_its_client_only(client: Client, sandbox: Sandbox) -> None:
    code = sandbox.grants.code(["ZohoCRM.org.READ"], client_id="1000.ID")
    asked = {"grant_type": "authorization_code", "code": code}
    assert client.token(**asked, client_id="1000.OTHER").json() == {"error": "invalid_code"}
    assert client.token(**asked, client_secret="invalid").json() == {"error": "invalid_client"}
    assert client.token(**asked).json()["refresh_token"]


def test_code_that_was_never_made_is_refused(client: Client) -> None:
    answer = client.token(grant_type="authorization_code", code="1000.made.up")
    assert answer.json() == {"error": "invalid_code"}


def test_the_console_makes_a_code_with_the_scopes_asked_for(client: Client) -> None:
    assert "ZohoCRM.modules.READ" in client.get("/console").text
    page = client.post("/console", data={"scope": "ZohoCRM.org.READ, ZohoCRM.users.READ"}).text
    (code,) = re.findall(r"1000\.[0-9a-f]{32}\.[0-9a-f]{32}", page)
    made = client.token(grant_type="authorization_code", code=code).json()
    client.headers["Authorization"] = f"Zoho-oauthtoken {made['access_token']}"
    assert client.get("/crm/v2/org").status_code == 200
    assert client.get("/crm/v2/users").status_code == 204
    refused = client.get("/crm/v2/Leads")
    assert (refused.status_code, refused.json()["code"]) == (401, "OAUTH_SCOPE_MISMATCH")
    assert client.post("/console", data={"scope": " , "}).status_code == 400


@pytest.mark.parametrize(
    ("granted", "path", "is_covered"),
    [
        ("ZohoCRM.modules.ALL", "/crm/v2/Leads", True),
        ("ZohoCRM.modules.leads.READ", "/crm/v2/Leads/deleted", True),
        ("ZohoCRM.modules.lead.READ", "/crm/v2/Leads", False),
        ("ZohoCRM.modules.leads.CREATE", "/crm/v2/Leads", False),
        ("ZohoCRM.modules.deals.READ", "/crm/v2/Leads", False),
        ("ZohoCRM.settings.READ", "/crm/v2/settings/fields?module=Leads", True),
        ("ZohoCRM.settings.modules.READ", "/crm/v2/settings/fields?module=Leads", False),
        ("ZohoCRM.modules.READ", "/crm/v8/Leads/actions/count", False),
    ],
)
def test_a_scope_covers_what_lies_below_it(
    client: Client, sandbox: Sandbox, granted: str, path: str, is_covered: bool
) -> None:
    code = sandbox.grants.code([granted])
    made = client.token(grant_type="authorization_code", code=code).json()
    client.headers["Authorization"] = f"Zoho-oauthtoken {made['access_token']}"
    assert (client.get(path).status_code != 401) is is_covered


def test_a_revoked_refresh_token_makes_no_more_access(client: Client, sandbox: Sandbox) -> None:
    assert client.token(refresh_token="mine").json()["access_token"]
    sandbox.grants.revoke("mine")
    assert client.token(refresh_token="mine").json() == {"error": "invalid_code"}


def test_eleventh_token_in_ten_minutes_is_refused(client: Client, fake_clock: FakeClock) -> None:
    answers = [client.token(refresh_token="busy") for _ in range(11)]
    assert [a.status_code for a in answers] == [200] * 10 + [400]
    assert answers[-1].json()["error"] == "Access Denied"
    assert client.token(refresh_token="another").status_code == 200
    fake_clock.forward(minutes=10)
    assert client.token(refresh_token="busy").status_code == 200


def test_throttle_is_as_switched(client: Client, sandbox: Sandbox) -> None:
    sandbox.switches.tokens_per_window, sandbox.switches.throttle_status = 2, 200
    answers = [client.token(refresh_token="busy") for _ in range(3)]
    assert [a.status_code for a in answers] == [200, 200, 200]
    assert answers[-1].json()["error"] == "Access Denied"


def test_life_may_come_in_milliseconds(client: Client, sandbox: Sandbox) -> None:
    sandbox.switches.expires_in_ms = True
    answer = client.token().json()
    assert (answer["expires_in"], answer["expires_in_sec"]) == (3_600_000, 3600)


def test_sixteenth_live_token_kills_the_first(sandbox: Sandbox, fake_clock: FakeClock) -> None:
    tokens = []
    for _ in range(16):
        tokens.append(sandbox.tokens.issue("many"))
        fake_clock.forward(minutes=1.5)
    assert [sandbox.tokens.is_live(t) for t in tokens] == [False] + [True] * 15


def test_token_dies_after_an_hour(client: Client, fake_clock: FakeClock) -> None:
    assert client.get("/crm/v2/org").status_code == 200
    fake_clock.forward(hours=1)
    answer = client.get("/crm/v2/org")
    assert answer.status_code == 401
    assert answer.json()["code"] == "INVALID_TOKEN"


def test_call_without_a_token_is_refused(client: Client) -> None:
    del client.headers["Authorization"]
    answer = client.get("/crm/v2/Leads")
    assert answer.status_code == 401
    assert answer.json() == {
        "code": "AUTHENTICATION_FAILURE",
        "details": {},
        "message": "Authentication failed",
        "status": "error",
    }
