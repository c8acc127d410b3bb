"""Who may see the page: a real login through OpenID Connect in a real browser, and the lists."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from streamlit import config

from aha_pipeline.settings import SettingsError, load
from aha_pipeline.warehouse.connection import connect
from aha_pipeline_tests.dashboard.clicks import click, open_tab
from aha_pipeline_tests.kit.identity_provider import CLIENT, SECRET, IdentityProvider, running
from aha_pipeline_tests.kit.ports import free_port
from aha_pipeline_tests.kit.serving import served
from aha_pipeline_tests.kit.waiting import LONGEST, MILLISECONDS
from dashboard import login

COMPANY = "Test company"
RECORD = "?tab=Contacts+%26+Accounts&module=Leads&record=L17"
MISSING = object()
KELVIN = "\N{KELVIN SIGN}"
SECRETS = """
[auth]
redirect_uri = "{address}/oauth2callback"
cookie_secret = "{cookie_secret}"
client_id = "{client}"
client_secret = "{secret}"
server_metadata_url = "{provider}/.well-known/openid-configuration"
issuer = "{provider}"
hosted_domain = "company.example"
"""


def write_secrets(folder: Path, **changed: str) -> None:
    values = {
        "address": "http://127.0.0.1:8501",
        "cookie_secret": "0123456789" * 4,
        "client": CLIENT,
        "secret": SECRET,
        "provider": "http://127.0.0.1:1",
        **changed,
    }
    (folder / ".streamlit").mkdir()
    (folder / ".streamlit" / "secrets.toml").write_text(SECRETS.format(**values))


@pytest.fixture(scope="module")
def provider() -> Iterator[IdentityProvider]:
    with running(free_port()) as provider:
        yield provider


@pytest.fixture(scope="module")
def with_login(filled_url, provider, tmp_path_factory) -> Iterator[str]:
    """Address of the page with a login; it listens everywhere, as in a container."""
    folder, port = tmp_path_factory.mktemp("with-login"), free_port()
    write_secrets(folder, address=f"http://127.0.0.1:{port}", provider=provider.url)
    settings = {
        "DATABASE_URL": filled_url,
        "AHA_DASHBOARD_VIEWERS": "Head@Example.com, @sales.example.com",
        "AHA_DASHBOARD_RAW_VIEWERS": "head@example.com, law@sales.example.com",
        "AHA_DASHBOARD_ERASERS": "@sales.example.com",
    }
    with served(folder, port, settings, "--server.address", "0.0.0.0") as address:  # noqa: S104
        yield address


@pytest.fixture
def visit(chromium, with_login, provider):
    """Return a function that logs somebody in, in a browser of their own, and returns the page."""
    contexts = []

    def log_in(email: str | None, **claims: object):
        usual = {"email": email, "email_verified": True, "hd": "company.example"}
        provider.claims = {k: v for k, v in {**usual, **claims}.items() if v is not MISSING}
        context = chromium.new_context()
        contexts.append(context)
        page = context.new_page()
        page.goto(with_login)
        page.get_by_role("button", name="Log in").click(timeout=MILLISECONDS)
        page.get_by_role("button", name="Log out").wait_for(timeout=MILLISECONDS)
        return page

    yield log_in
    for context in contexts:
        context.close()


def test_nobody_sees_anything_before_the_login(chromium, with_login):
    with chromium.new_context() as context:
        page = context.new_page()
        page.goto(f"{with_login}/{RECORD}")
        page.get_by_role("button", name="Log in").wait_for(timeout=MILLISECONDS)
        assert COMPANY not in page.content()
        assert "Lead 17" not in page.content()


def test_who_is_on_both_lists_sees_records(visit, with_login):
    page = visit("HEAD@example.com", email_verified=True)
    page.get_by_role("heading", name=COMPANY).wait_for(timeout=MILLISECONDS)
    page.get_by_text("Logged in as head@example.com").wait_for(timeout=MILLISECONDS)
    page.goto(f"{with_login}/{RECORD}")
    page.get_by_text("Lead 17").first.wait_for(timeout=MILLISECONDS)


def test_who_may_erase_asks_for_it_from_a_record(visit, with_login, filled_url):
    page = visit("law@sales.example.com")
    page.goto(f"{with_login}/record?kind=Leads&id=L17")
    page.get_by_text("Erase what is personal").click(timeout=MILLISECONDS)
    page.get_by_text("1 record loses what is personal").wait_for(timeout=MILLISECONDS)
    erase = page.get_by_role("button", name="Erase", exact=True)
    assert erase.is_disabled()
    page.get_by_text("I have read this, and want them erased").click()
    page.get_by_role("button", name="Erase", exact=True, disabled=False).click(timeout=MILLISECONDS)
    said = page.get_by_text("give it to the person")
    said.wait_for(timeout=MILLISECONDS)
    page.get_by_text("It has been asked for and is carried out").wait_for(timeout=MILLISECONDS)
    receipt, id_ = re.search(r'"(\w+):(\w+)"', said.inner_text()).groups()
    asked = "select asked_by, modules, ids, subject_digest from crm.erasure_requests"
    with connect(filled_url) as connection, connection.cursor() as cursor:
        cursor.execute(asked)
        found = cursor.fetchall()
        cursor.execute("delete from crm.erasure_requests")  # others read this database too
    digest = hashlib.sha256(f"{receipt}:{id_}".encode()).hexdigest()
    assert found == [("law@sales.example.com", ["Leads"], [id_], digest)]


def test_who_may_see_records_may_not_erase_by_that(visit, with_login):
    page = visit("head@example.com")
    page.goto(f"{with_login}/record?kind=Leads&id=L17")
    page.get_by_text("Raw data and earlier versions").wait_for(timeout=MILLISECONDS)
    assert page.get_by_text("Erase what is personal").count() == 0


def test_who_may_not_see_records_sees_figures_only(visit, with_login):
    page = visit("asha@sales.example.com")
    page.get_by_role("heading", name=COMPANY).wait_for(timeout=MILLISECONDS)
    page.goto(f"{with_login}/{RECORD}")
    page.get_by_text(login.NO_RECORDS).wait_for(timeout=MILLISECONDS)
    assert "Lead 17" not in page.content()


@pytest.mark.parametrize(
    ("email", "claims", "words"),
    [
        ("eve@example.com", {}, "eve@example.com may not see this dashboard"),
        ("x@sales.example.com.evil.org", {}, "may not see this dashboard"),
        ("x@evil.org@sales.example.com", {}, "with plain letters and one @"),
        (f"as{KELVIN}a@sales.example.com", {}, "with plain letters and one @"),
        ("x@evil.org\n@sales.example.com", {}, "with plain letters and one @"),
        ("head@example.com", {"email_verified": False}, "has verified head@example.com"),
        ("head@example.com", {"email_verified": "true"}, "has verified head@example.com"),
        ("head@example.com", {"email_verified": "False"}, "has verified head@example.com"),
        ("head@example.com", {"email_verified": 1}, "has verified head@example.com"),
        ("head@example.com", {"email_verified": None}, "has verified head@example.com"),
        ("head@example.com", {"email_verified": MISSING}, "has verified head@example.com"),
        ("head@example.com", {"hd": "evil.example"}, "of another hosted domain"),
        ("head@example.com", {"hd": MISSING}, "of another hosted domain"),
        (MISSING, {}, "Your login names no e-mail address"),
    ],
)
def test_who_is_not_on_the_list_is_refused(secrets_here, monkeypatch, email, claims, words):
    write_secrets(secrets_here, provider="https://accounts.example.com")
    monkeypatch.setenv("AHA_DASHBOARD_VIEWERS", "head@example.com, @sales.example.com")
    usual = {"email": email, "email_verified": True, "hd": "company.example"}
    usual["iss"] = "https://accounts.example.com"
    given = {k: v for k, v in {**usual, **claims}.items() if v is not MISSING}
    with pytest.raises(login.NoEntry, match=re.escape(words)):
        login._admitted(load(), given)


def test_a_login_of_another_issuer_is_refused(secrets_here, monkeypatch):
    write_secrets(secrets_here, provider="https://accounts.example.com")
    monkeypatch.setenv("AHA_DASHBOARD_VIEWERS", "head@example.com")
    claims = {"email": "head@example.com", "email_verified": True, "hd": "company.example"}
    assert login._admitted(load(), {**claims, "iss": "https://accounts.example.com"})
    for issuer in ("https://accounts.example.com.evil.org", "https://evil.org", None):
        with pytest.raises(login.NoEntry, match="of another issuer"):
            login._admitted(load(), {**claims, "iss": issuer})


def test_who_is_refused_sees_nothing(visit):
    page = visit("head@example.com", email_verified=False)
    page.get_by_text("has verified head@example.com").wait_for(timeout=MILLISECONDS)
    assert COMPANY not in page.content()


def test_a_download_is_made_when_asked_for_and_only_for_who_may_see_records(visit, with_login):
    page = visit("head@example.com")
    page.set_viewport_size({"width": 1366, "height": 2600})
    open_tab(page, with_login, "Deal Pipeline")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    click(page, "reps-values", ".barlayer .point path", 0)
    button = page.get_by_role("dialog").get_by_role("button", name="Download all as CSV")
    button.wait_for(timeout=MILLISECONDS)
    assert not any("/media/" in url for url in asked)
    with page.expect_download(timeout=MILLISECONDS) as download:
        button.click()
    address = download.value.url
    assert "/media/" in address
    assert requests.get(address, timeout=LONGEST).status_code == 403
    cookies = {c["name"]: c["value"] for c in page.context.cookies()}
    assert requests.get(address, cookies=cookies, timeout=LONGEST).content.startswith(
        b"\xef\xbb\xbf"
    )
    figures_only = visit("asha@sales.example.com")
    cookies = {c["name"]: c["value"] for c in figures_only.context.cookies()}
    assert requests.get(address, cookies=cookies, timeout=LONGEST).status_code == 403


def test_log_out_ends_it(visit, with_login):
    page = visit("head@example.com")
    page.get_by_role("button", name="Log out").click()
    page.get_by_role("button", name="Log in").wait_for(timeout=MILLISECONDS)
    page.goto(with_login)
    page.get_by_role("button", name="Log in").wait_for(timeout=MILLISECONDS)
    assert COMPANY not in page.content()


def test_without_a_login_it_shows_nothing_to_others(chromium, filled_url, tmp_path):
    settings = {"DATABASE_URL": filled_url}
    options = ["--server.address", "0.0.0.0"]  # noqa: S104
    with (
        served(tmp_path, free_port(), settings, *options) as address,
        chromium.new_context() as context,
    ):
        page = context.new_page()
        page.goto(address)
        page.get_by_text("it may not listen on 0.0.0.0: use 127.0.0.1").wait_for(
            timeout=MILLISECONDS
        )
        assert COMPANY not in page.content()


def test_a_name_that_points_here_from_outside_is_refused(chromium, filled_url, tmp_path):
    """What a hostile page does to reach a service of this machine by the browser of its user."""
    port = free_port()
    with (
        served(tmp_path, port, {"DATABASE_URL": filled_url}) as address,
        chromium.new_context() as context,
    ):
        page = context.new_page()
        assert page.goto(f"http://hostile.test:{port}").status == 403
        assert COMPANY not in page.content()
        page.goto(address.replace("127.0.0.1", "localhost"))
        page.get_by_role("heading", name=COMPANY).wait_for(timeout=MILLISECONDS)


@pytest.fixture
def secrets_here(monkeypatch, tmp_path) -> Iterator[Path]:
    """A folder whose secrets Streamlit reads."""
    monkeypatch.setenv("HOME", str(tmp_path))
    config.get_config_options(force_reparse=True)
    login.st.secrets._reset()
    yield tmp_path
    login.st.secrets._reset()


@pytest.mark.parametrize("address", ["127.0.0.1", "localhost", "::1", "127.3.2.1"])
def test_without_a_login_this_machine_is_served(secrets_here, address):
    login.check(load(), address, "localhost:8501")


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "10.0.0.5", None, "example.com", ""])  # noqa: S104
def test_without_a_login_nothing_else_is_served(secrets_here, address):
    with pytest.raises(SettingsError, match=r"has no login.*\[auth\]"):
        login.check(load(), address)


@pytest.mark.parametrize(
    ("changed", "viewers", "words"),
    [
        ({"client": ""}, "a@b.example", "has no client_id"),
        ({"cookie_secret": "short"}, "a@b.example", "cookie_secret .* is shorter than 32"),
        ({"cookie_secret": '"'}, "a@b.example", "not a file that can be read as TOML"),
        ({}, "", "AHA_DASHBOARD_VIEWERS is empty"),
    ],
)
def test_half_a_login_is_refused(secrets_here, monkeypatch, changed, viewers, words):
    write_secrets(secrets_here, **changed)
    monkeypatch.setenv("AHA_DASHBOARD_VIEWERS", viewers)
    with pytest.raises(SettingsError, match=words):
        login.check(load(), "127.0.0.1")


def test_a_viewer_that_is_no_address_is_refused(monkeypatch):
    monkeypatch.setenv("AHA_DASHBOARD_VIEWERS", "head@example.com, everybody")
    with pytest.raises(SettingsError, match="AHA_DASHBOARD_VIEWERS is wrong: 'everybody'"):
        load()
