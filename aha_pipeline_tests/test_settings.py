"""Settings whose meaning depends on where and when they are read."""

from datetime import UTC, date, datetime

import pytest
import time_machine

from aha_pipeline import local
from aha_pipeline.delivery import channel
from aha_pipeline.settings import SettingsError, load

# In India it is the next day since half past six in the evening.
LATE = datetime(2026, 3, 14, 19, 0, tzinfo=UTC)


@pytest.mark.parametrize(("zone", "today"), [("Asia/Kolkata", 15), ("America/New_York", 14)])
def test_the_first_day_may_be_today_where_the_business_is(monkeypatch, zone, today):
    monkeypatch.setenv("AHA_TIMEZONE", zone)
    with time_machine.travel(LATE, tick=False):
        monkeypatch.setenv("AHA_START_DATE", f"2026-03-{today}")
        assert load().aha_start_date == date(2026, 3, today)
        monkeypatch.setenv("AHA_START_DATE", f"2026-03-{today + 1}")
        with pytest.raises(SettingsError, match=r"AHA_START_DATE .*must not be in the future"):
            load()


def test_a_wrong_zone_is_told_once(monkeypatch):
    monkeypatch.setenv("AHA_TIMEZONE", "Asia/Nowhere")
    monkeypatch.setenv("AHA_START_DATE", "2026-03-15")
    with pytest.raises(SettingsError) as raised:
        load()
    assert str(raised.value).count("AHA_") == 1


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("leads,DEALS", ("Leads", "Deals")),
        ("price_books,Rooms__c", ("Price_Books", "Rooms__c")),
        ("ALL", ("all",)),
        ('"Leads, contacts"\r', ("Leads", "Contacts")),
    ],
)
def test_a_module_of_zohos_own_is_known_in_any_case(written, read):
    assert load(zoho_modules=written).zoho_modules == read


@pytest.mark.parametrize("version", ["v2.1", "v3", "v7", "2", "latest"])
def test_other_versions_of_the_api_are_refused_in_one_sentence(version):
    with pytest.raises(SettingsError, match="ZOHO_API_VERSION is wrong: must be v2 or v8"):
        load(zoho_api_version=version)


@pytest.mark.parametrize(
    "written",
    [
        "https://www.zohoapis.in/crm/v2",
        "https://www.zohoapis.in/crm/v8/",
        "https://www.zohoapis.in/crm",
        "https://www.zohoapis.in/",
        " 'https://www.zohoapis.in/crm/v2.1'\r\n",
    ],
)
def test_the_path_of_the_api_is_cut_off_its_address(written):
    assert load(zoho_api_url=written).zoho_api_url == "https://www.zohoapis.in"


@pytest.mark.parametrize(
    "written",
    ["https://www.zohoapis.in/api", "https://www.zohoapis.in?x=1", "https://a.in/crm/v2/Leads"],
)
def test_another_path_is_refused(written):
    with pytest.raises(SettingsError, match="ZOHO_API_URL is wrong: must be the server alone"):
        load(zoho_api_url=written)


@pytest.mark.parametrize("written", ['"tok"', "'tok'", "tok\r", " tok\r\n", '"tok"\r'])
def test_what_copying_adds_to_a_token_is_taken_off(written):
    settings = load(zoho_client_id=written, zoho_client_secret=written, zoho_refresh_token=written)
    assert settings.zoho_client_id == "tok"
    assert settings.zoho_refresh_token.get_secret_value() == "tok"


@pytest.mark.parametrize(
    ("query", "left"),
    [
        ("?pgbouncer=true", ""),
        ("?pgbouncer=true&connection_limit=1", ""),
        ("?sslmode=disable&pgbouncer=true", "?sslmode=disable"),
        ("?schema=public&application_name=aha", "?application_name=aha"),
    ],
)
def test_parameters_of_an_orm_are_left_out_of_the_database_address(query, left):
    base = "postgresql://u:p@127.0.0.1:6543/postgres"
    assert load(database_url=base + query).database_url.get_secret_value() == base + left


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("TARGET_WHATSAPP_NUMBER", "+٩١٩٨١٢٣٤٥٦٧٨"),
        ("TARGET_WHATSAPP_NUMBER", "+919812345678,+९१९८१२३४५६७८"),
        ("TARGET_WHATSAPP_NUMBER", "+0919812345678"),  # no country has a code that begins with 0
        ("TARGET_WHATSAPP_NUMBER", "\u200e+919812345678"),
        ("AHA_DAILY_AT", "०८:००"),
        ("AHA_START_DATE", "२०२६-०१-०१"),
    ],
)
def test_what_no_phone_and_no_clock_reads_is_refused(monkeypatch, variable, value):
    twilio = {
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "TWILIO_AUTH_TOKEN": "x",
        "TWILIO_WHATSAPP_NUMBER": "+14155238886",
        "TARGET_WHATSAPP_NUMBER": "+919812345678",
    }
    for name, text in (twilio | {variable: value}).items():
        monkeypatch.setenv(name, text)
    with pytest.raises(SettingsError, match=variable):
        load()


WHATSAPP = {
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": "x",
    "TWILIO_WHATSAPP_NUMBER": "+14155238886",
    "TARGET_WHATSAPP_NUMBER": "+919812345678, IN.13491208655302741918",
}
EMAIL = {"SMTP_HOST": "smtp.example.com", "SMTP_FROM": "Sales <sales@example.com>"}


def readers_of(monkeypatch, **settings) -> dict[str, tuple]:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    loaded = load()
    return {
        one.name: (one.language, *((way.channel.name, way.address) for way in one.routes))
        for one in channel.readers(channel.configured(loaded), loaded)
    }


def test_a_reader_is_known_by_the_first_address_and_has_further_ones(monkeypatch):
    found = readers_of(
        monkeypatch,
        **WHATSAPP,
        **EMAIL,
        SMTP_TO="ceo@example.com, whatsapp:+91 98123 45678=rao@example.com",
        BRIEFING_LANGUAGE="en, +919812345678=hi, ceo@example.com=hi",
    )
    assert found == {
        "+919812345678": ("hi", ("whatsapp", "+919812345678"), ("email", "rao@example.com")),
        "IN.13491208655302741918": ("en", ("whatsapp", "IN.13491208655302741918")),
        "ceo@example.com": ("hi", ("email", "ceo@example.com")),
    }


def test_e_mail_alone_needs_no_whatsapp(monkeypatch):
    found = readers_of(monkeypatch, **EMAIL, SMTP_TO="ceo@example.com")
    assert found == {"ceo@example.com": ("en", ("email", "ceo@example.com"))}


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({**EMAIL}, "SMTP_TO"),
        ({**EMAIL, "SMTP_TO": "ceo@example.com", "SMTP_USER": "x"}, "SMTP_PASSWORD"),
        ({**EMAIL, "SMTP_TO": "ceo"}, "SMTP_TO"),
        ({**EMAIL, "SMTP_TO": ","}, "SMTP_TO"),
        ({**EMAIL, "SMTP_TO": "a@example.com", "SMTP_FROM": "Sales"}, "SMTP_FROM"),
        ({**EMAIL, "SMTP_TO": "+919812345679=a@example.com", **WHATSAPP}, "SMTP_TO has an address"),
        ({**WHATSAPP, "BRIEFING_LANGUAGE": "en, +919812345679=hi"}, "BRIEFING_LANGUAGE names"),
        ({**WHATSAPP, "TARGET_WHATSAPP_NUMBER": "IN.1349-1208"}, "TARGET_WHATSAPP_NUMBER"),
        ({**WHATSAPP, "TARGET_WHATSAPP_NUMBER": "in.13491208"}, "TARGET_WHATSAPP_NUMBER"),
        ({"AHA_ESCALATE_AFTER_MINUTES": "0"}, "AHA_ESCALATE_AFTER_MINUTES"),
    ],
)
def test_a_reader_who_cannot_be_reached_so_is_refused(monkeypatch, settings, word):
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=word) as caught:
        load()
    assert "9812345679" not in str(caught.value)


def test_what_is_started_here_is_kept_as_the_settings_keep_it(tmp_path, monkeypatch):
    monkeypatch.setattr(local.embedded, "start", lambda home: f"postgresql://u:p@/db?host={home}")
    monkeypatch.setattr(local.sandbox, "start", lambda home: "http://127.0.0.1:9000")
    monkeypatch.setattr(local.os, "environ", {})
    opened = local.complete(load(aha_home=str(tmp_path)))
    assert opened.session_url.startswith("postgresql://u:p@/db")
    assert opened.zoho is not None
    assert "u:p@" not in repr(opened)
    for secret in (opened.database_url, opened.zoho_client_secret, opened.twilio_auth_token):
        assert secret.get_secret_value()
