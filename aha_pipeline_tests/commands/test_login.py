"""`aha login`: a code becomes a refresh token in `.env`, or one sentence says why not."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from aha_pipeline.crm.data_centres import accounts_url_for
from aha_pipeline.crm.permissions import SCOPES
from aha_pipeline.settings import load
from aha_pipeline_tests.kit.command import aha, assert_refused
from aha_pipeline_tests.kit.waiting import LONGEST
from zoho_sandbox.server import Sandbox

CLIENT = {"ZOHO_CLIENT_ID": "1000.MINE", "ZOHO_CLIENT_SECRET": "secret-of-client"}
ENV = "# my settings\nAHA_CURRENCY=INR   # rupees\nZOHO_REFRESH_TOKEN=\nAHA_DAILY_AT=07:30\n"


@pytest.fixture
def env(company: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that names the stand-in's accounts server, as it would name a data centre's."""
    file = Path(".env")
    file.write_text(f"{ENV}ZOHO_ACCOUNTS_URL={company.url}\nZOHO_MODULES=Leads,Deals\n")
    file.chmod(0o644)
    return file


def log_in(code: str, **settings: str) -> subprocess.CompletedProcess:
    return aha("login", "--code", code, **(CLIENT | settings))


def test_a_code_becomes_a_refresh_token_in_env(company: Sandbox, env: Path) -> None:
    finished = log_in(company.grants.code(list(SCOPES)))
    assert finished.returncode == 0, finished.stderr
    assert company.organisation.name in finished.stdout
    assert all(scope in finished.stdout for scope in SCOPES)
    settings = load()
    assert settings.zoho_client_id == "1000.MINE"
    assert settings.zoho_accounts_url == company.url
    assert settings.aha_daily_at.hour == 7
    assert env.read_text().startswith("# my settings\nAHA_CURRENCY=INR   # rupees\n")
    assert stat.S_IMODE(env.stat().st_mode) == 0o600
    token = settings.zoho_refresh_token.get_secret_value()
    assert token.startswith("1000.")
    for secret in (token, "secret-of-client"):
        assert secret not in finished.stdout + finished.stderr
    assert sorted(path.name for path in env.parent.glob(".env*")) == [".env"]


def test_what_is_not_given_is_asked_for_and_the_secret_is_not_shown(company, env) -> None:
    code = company.grants.code(list(SCOPES))
    finished = subprocess.run(
        [sys.executable, "-m", "aha_pipeline", "login"],
        input=f"1000.TYPED\nsecret-typed\n{code}\n",
        capture_output=True, text=True, timeout=LONGEST,
    )  # fmt: skip
    assert finished.returncode == 0, finished.stderr
    assert "secret-typed" not in finished.stdout + finished.stderr
    assert load().zoho_client_id == "1000.TYPED"


def test_where_there_is_no_env_file_one_is_made_for_its_owner(company: Sandbox) -> None:
    finished = log_in(company.grants.code(list(SCOPES)), ZOHO_ACCOUNTS_URL=company.url)
    assert finished.returncode == 0, finished.stderr
    assert stat.S_IMODE(Path(".env").stat().st_mode) == 0o600
    assert load().zoho


@pytest.mark.parametrize(
    ("missing", "named"),
    [
        ("ZohoCRM.org.READ", "ZohoCRM.org.READ"),
        ("ZohoCRM.users.READ", "ZohoCRM.users.READ"),
        ("ZohoCRM.settings.READ", "ZohoCRM.settings.READ"),
        ("ZohoCRM.modules.READ", "ZohoCRM.modules.leads.READ"),
    ],
)
def test_a_token_that_lacks_a_scope_is_refused_and_nothing_is_written(
    company: Sandbox, env: Path, missing: str, named: str
) -> None:
    before = env.read_bytes()
    finished = log_in(company.grants.code([scope for scope in SCOPES if scope != missing]))
    assert_refused(finished, f"lacks {named}", "Nothing was written")
    assert env.read_bytes() == before


def test_one_module_without_its_scope_is_named(company: Sandbox, env: Path) -> None:
    scopes = ["ZohoCRM.settings.READ", "ZohoCRM.users.READ", "ZohoCRM.org.READ"]
    finished = log_in(company.grants.code([*scopes, "ZohoCRM.modules.leads.READ"]))
    assert_refused(finished, "lacks ZohoCRM.modules.deals.READ:")


def test_a_scope_that_can_be_missed_is_told_and_the_token_kept(company, env) -> None:
    finished = log_in(company.grants.code(list(SCOPES[:4])))
    assert finished.returncode == 0, finished.stderr
    assert "lacks the scope ZohoCRM.coql.READ" in finished.stdout
    assert "lacks the scope ZohoSearch.securesearch.READ" in finished.stdout
    assert load().zoho


def test_a_module_that_the_organisation_has_not_is_refused(company: Sandbox, env: Path) -> None:
    finished = log_in(company.grants.code(list(SCOPES)), ZOHO_MODULES="Leads,Unicorns")
    assert_refused(finished, "Unicorns", "no module of this API name", "ZOHO_MODULES")
    assert load().zoho is None


@pytest.mark.parametrize(
    ("client", "word"),
    [
        ({}, "make a new one"),
        ({"ZOHO_CLIENT_SECRET": "invalid-secret-of-client"}, "ZOHO_CLIENT_SECRET"),
        ({"ZOHO_CLIENT_ID": "1000.ANOTHER"}, "another client"),
    ],
)
def test_a_code_that_is_not_good_says_what_to_do(company, env, client, word) -> None:
    code = company.grants.code(list(SCOPES), client_id="1000.MINE")
    if not client:
        assert log_in(code).returncode == 0
    before = env.read_bytes()
    finished = log_in(code, **client)
    assert_refused(finished, word)
    assert "secret-of-client" not in finished.stderr
    assert env.read_bytes() == before


def test_a_token_in_the_environment_that_hides_the_new_one_is_told(company, env) -> None:
    finished = log_in(company.grants.code(list(SCOPES)), ZOHO_REFRESH_TOKEN="1000.old.one")
    assert finished.returncode == 0, finished.stderr
    assert "unset it" in finished.stdout


def test_an_api_server_of_another_data_centre_is_refused(company: Sandbox, env: Path) -> None:
    finished = log_in(company.grants.code(list(SCOPES)), ZOHO_API_URL="https://www.zohoapis.eu")
    assert_refused(finished, "ZOHO_API_URL", "www.zohoapis.eu")


def test_a_data_centre_is_known_by_its_api_server() -> None:
    assert accounts_url_for("https://www.zohoapis.com.au") == "https://accounts.zoho.com.au"
    assert accounts_url_for("https://sandbox.zohoapis.in") == "https://accounts.zoho.in"
    assert accounts_url_for("https://www.zohoapis.ca") == "https://accounts.zohocloud.ca"
    assert accounts_url_for("http://127.0.0.1:8700") is None
