"""What SECURITY.md promises and no room's tests show; and that its tests exist."""

import re
from pathlib import Path

import pytest

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
    monkeypatch.setenv(name, "http://crm.example.com")
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
