"""What SECURITY.md promises and no room's tests show; and that its tests exist."""

import re
from pathlib import Path

import pytest

from aha_pipeline.doctor import machine, model
from aha_pipeline.instance.home import create_schema
from aha_pipeline.settings import SettingsError, load
from aha_pipeline.warehouse.connection import connect

TESTS = Path(__file__).parent
SCHEMAS = ("crm", "analytics", "aha_private", "aha_migrations", "dagster")


def test_every_test_that_the_list_of_threats_names_exists():
    folder, named = None, 0
    for path, name in re.findall(
        r"`([\w/]+\.py)?(?:::(test_\w+))?`", (TESTS.parent / "SECURITY.md").read_text()
    ):
        if not path and not name:
            continue
        folder = TESTS / path if path else folder
        assert folder.exists(), folder
        if name:
            assert f"def {name}(" in folder.read_text(), name
        named += 1
    assert named > 20


def test_no_schema_is_open_to_a_role_of_the_same_database(database_url):
    """As Supabase's roles `anon` and `authenticated` are."""
    create_schema(database_url)
    with connect(database_url) as connection, connection.cursor() as cursor:
        cursor.execute("create role stranger_of_tests nologin")
        cursor.execute(
            "select s, has_schema_privilege('stranger_of_tests', s, 'usage') from unnest(%s) s",
            (list(SCHEMAS),),
        )
        assert dict(cursor.fetchall()) == dict.fromkeys(SCHEMAS, False)
        connection.rollback()


@pytest.mark.parametrize("name", ["ZOHO_ACCOUNTS_URL", "ZOHO_API_URL"])
def test_credentials_go_over_https_or_stay_on_this_machine(monkeypatch, name):
    for address in (
        "http://crm.example.com",
        "HTTP://crm.example.com",
        "hTTp://127.0.0.1.evil.org",
    ):
        monkeypatch.setenv(name, address)
        with pytest.raises(SettingsError, match=f"{name}.*https"):
            load()
    monkeypatch.setenv(name, "http://127.0.0.1:8700")
    assert load()


def test_messages_and_their_token_go_to_twilio_or_a_stand_in_of_this_machine(monkeypatch):
    monkeypatch.setenv("TWILIO_API_URL", "https://twilio.example.com")
    with pytest.raises(SettingsError, match="TWILIO_API_URL"):
        load()


def test_a_wrong_setting_is_told_without_its_value(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "mysql://someone:s3cret-word@host/name")
    with pytest.raises(SettingsError) as caught:
        load()
    assert "s3cret-word" not in str(caught.value)


def test_a_model_elsewhere_is_asked_in_clear_only_with_a_warning():
    for address in ("http://192.0.2.1:9", "http://model.invalid:11434"):
        first = next(iter(model.examine(address, "mistral")))
        assert "in clear" in first.says
    assert "in clear" not in next(iter(model.examine("http://127.0.0.1:9", "mistral"))).says


def test_the_secrets_of_the_login_are_for_their_owner(tmp_path):
    secrets = tmp_path / ".streamlit" / "secrets.toml"
    secrets.parent.mkdir()
    secrets.write_text("[auth]")
    secrets.chmod(0o644)
    assert any(".streamlit" in finding.says for finding in machine.env(tmp_path / ".env"))
    secrets.chmod(0o600)
    assert not any(".streamlit" in finding.says for finding in machine.env(tmp_path / ".env"))
