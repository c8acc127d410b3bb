"""The client: one token, transient faults retried, every refusal one clear sentence."""

import pytest

from aha_pipeline.crm.client import ATTEMPTS
from aha_pipeline.crm.errors import (
    ModuleUnreadable,
    TokenRefused,
    ZohoError,
    ZohoRefused,
    ZohoUnavailable,
)
from aha_pipeline.crm.organisation import read_organisation
from aha_pipeline_tests.crm.connections import GOOD, connect


@pytest.mark.parametrize(
    "fault",
    [
        (429, b'{"code": "TOO_MANY_REQUESTS", "message": "slow", "status": "error"}'),
        (500, b'{"code": "INTERNAL_ERROR"}'),
        (502, b"<html>Bad gateway</html>"),
        (200, b"<html>Please log in</html>"),
        (200, b'{"data": [{"id": "1"'),
        (400, b'{"message": "Access Denied"}'),
    ],
)
def test_a_transient_fault_is_retried(scripted, answers, fault):
    answers[:] = [fault, fault, (200, GOOD)]
    client = connect(scripted)
    assert client.get("Leads").text == GOOD.decode()
    assert client.calls == 3


def test_a_persistent_fault_is_reported_after_a_bounded_number_of_attempts(scripted, answers):
    answers[:] = [(503, b"")]
    client = connect(scripted)
    with pytest.raises(ZohoUnavailable, match="503"):
        client.get("Leads")
    assert client.calls == ATTEMPTS


def test_an_unreachable_server_is_reported_in_one_sentence():
    with pytest.raises(ZohoUnavailable, match="ZOHO_ACCOUNTS_URL"):
        connect("http://127.0.0.1:1").get("Leads")


def test_a_connection_that_is_not_secure_is_told_as_that(sandbox):
    """As with a certificate that has expired, or one of a proxy that reads along."""
    with pytest.raises(ZohoUnavailable, match=r"securely.*ZOHO_ACCOUNTS_URL.*REQUESTS_CA_BUNDLE"):
        connect(sandbox.url.replace("http:", "https:")).get("Leads")


@pytest.mark.parametrize("page", [b"<html>Please log in</html>", b"\n <!DOCTYPE html>", b"<?xml?>"])
def test_a_web_page_instead_of_an_answer_is_told_as_that(scripted, answers, page):
    answers[:] = [(200, page)]
    with pytest.raises(ZohoUnavailable, match=r"A web page came .* Zoho CRM.*ZOHO_API_URL"):
        connect(scripted).get("Leads")


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_without_a_body_is_none(scripted, answers, status):
    answers[:] = [(status, b"")]
    assert connect(scripted).get("Leads") is None


def test_a_refusal_is_not_retried(scripted, answers):
    answers[:] = [(400, b'{"code": "INVALID_DATA", "message": "bad"}')]
    client = connect(scripted)
    with pytest.raises(ZohoRefused, match="INVALID_DATA"):
        client.get("Leads")
    assert client.calls == 1


@pytest.mark.parametrize(
    ("credentials", "named"),
    [
        ({"refresh_token": "invalid-secret-word"}, "ZOHO_REFRESH_TOKEN"),
        ({"client_id": "invalid-secret-word"}, "ZOHO_CLIENT_ID"),
        ({"client_secret": "invalid-secret-word"}, "ZOHO_CLIENT_SECRET"),
    ],
)
def test_a_refused_token_names_the_setting_and_no_secret(sandbox, credentials, named):
    with pytest.raises(TokenRefused, match=named) as caught:
        connect(sandbox.url, **credentials).get("org")
    assert "invalid-secret-word" not in str(caught.value)


def test_one_token_serves_all_calls(sandbox, client):
    for _ in range(30):
        read_organisation(client)
    assert client.calls == 30


def test_a_token_that_dies_early_is_replaced(sandbox, client):
    read_organisation(client)
    sandbox.tokens.revoke_all()
    assert read_organisation(client).id


def test_the_limit_of_ten_tokens_in_ten_minutes_is_reported(sandbox):
    for _ in range(10):
        read_organisation(connect(sandbox.url))
    with pytest.raises(ZohoUnavailable, match="ten minutes"):
        read_organisation(connect(sandbox.url))


def test_a_module_outside_the_scope_is_named_with_what_to_do(sandbox, client):
    sandbox.switches.unreadable.add("Deals")
    with pytest.raises(ModuleUnreadable, match=r"Deals.*ZohoCRM\.modules\.deals\.READ"):
        client.get("Deals", module="Deals")


def test_a_module_that_does_not_exist_is_named(client):
    with pytest.raises(ModuleUnreadable, match="Unicorns"):
        client.get("Unicorns", module="Unicorns")


def test_no_error_holds_a_credential(sandbox, client):
    sandbox.switches.unreadable.add("Leads")
    with pytest.raises(ZohoError) as caught:
        client.get("Leads", module="Leads")
    assert not {"se-cret", "re-fresh"} & set(str(caught.value).split())


def test_the_servers_clock_is_known_after_a_call(client, fake_clock):
    assert client.server_time is None
    read_organisation(client)
    assert client.server_time == fake_clock.moment.replace(microsecond=0)
