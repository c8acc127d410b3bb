"""Each fault, planted alone in a well installation, is named rightly, and nothing else with it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aha_pipeline.crm.permissions import SCOPES
from aha_pipeline.delivery.channels import whatsapp
from aha_pipeline.doctor import clocks, database, machine, orchestration, zoho
from aha_pipeline.instance import home
from aha_pipeline.settings import load
from aha_pipeline.warehouse.connection import connect
from aha_pipeline_tests.doctor.findings import NUMBER, READER, found, wrong
from aha_pipeline_tests.kit.command import SECRETS, aha

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)


def only(what: str, verdict: str, *words: str, stops: bool | None = None) -> None:
    """Check that one thing is not well, and how it is told."""
    faults = wrong(found())
    assert list(faults) == [what], faults
    fault = faults[what]
    assert fault.verdict == verdict
    assert all(word in fault.says for word in words), fault.says
    assert fault.stops_sync is (verdict == "problem" if stops is None else stops)


def execute(url: str, *statements: str) -> None:
    with connect(url, autocommit=True) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def test_a_well_installation_is_well(well):
    assert wrong(found()) == {}
    finished = aha("doctor")
    assert finished.returncode == 0, finished.stdout
    for what in ("Settings", "Zoho token", "Leads", "Schema", "Ollama", "Sender", "Disk"):
        assert f" {what} " in finished.stdout
    for secret in (*SECRETS, "secret-of-twilio"):
        assert secret not in finished.stdout + finished.stderr


def test_a_machine_without_any_setting_is_well_and_nothing_is_made(monkeypatch, tmp_path, ollama):
    monkeypatch.setenv("OLLAMA_BASE_URL", ollama.url)
    assert wrong(found()) == {}
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(
    ("setting", "value", "what", "verdict", "word"),
    [
        ("ZOHO_CLIENT_SECRET", "invalid", "Zoho", "problem", "ZOHO_CLIENT_SECRET"),
        ("ZOHO_CLIENT_ID", "invalid", "Zoho", "problem", "invalid_client"),
        ("ZOHO_REFRESH_TOKEN", "invalid", "Zoho", "problem", "revoked"),
        ("ZOHO_ACCOUNTS_URL", "http://127.0.0.1:9", "Zoho", "problem", "ZOHO_ACCOUNTS_URL"),
        ("ZOHO_API_URL", "http://127.0.0.1:9", "Zoho", "problem", "ZOHO_API_URL"),
        ("ZOHO_MODULES", "Leads,Unicorns", "Unicorns", "warning", "no module of this API name"),
        ("OLLAMA_BASE_URL", "http://127.0.0.1:9", "Ollama", "warning", "No Ollama answers"),
        ("OLLAMA_MODEL", "llama", "Ollama", "warning", "ollama pull llama"),
    ],
)
def test_a_wrong_setting(well, monkeypatch, setting, value, what, verdict, word):
    monkeypatch.setenv(setting, value)
    only(what, verdict, word)


def test_a_revoked_token_is_not_hidden_by_the_access_token_that_is_kept(well):
    well.grants.revoke(load().zoho_refresh_token.get_secret_value())
    only("Zoho", "problem", "revoked", "ZOHO_REFRESH_TOKEN")


def test_an_api_server_of_another_data_centre(well, monkeypatch):
    from zoho_sandbox.server import start

    with start(data_dir=Path("records")) as other:
        monkeypatch.setenv("ZOHO_API_URL", other.url)
        only("Zoho", "problem", "of one data centre")


@pytest.mark.parametrize(
    ("missing", "what", "verdict", "named"),
    [
        ("ZohoCRM.org.READ", "Zoho scopes", "problem", "ZohoCRM.org.READ"),
        ("ZohoCRM.users.READ", "Zoho scopes", "problem", "ZohoCRM.users.READ"),
        ("ZohoCRM.settings.READ", "Zoho scopes", "problem", "ZohoCRM.settings.READ"),
        ("ZohoCRM.coql.READ", "Zoho queries", "warning", "ZohoCRM.coql.READ"),
        ("ZohoSearch.securesearch.READ", "Zoho counts", "warning", "ZohoSearch.securesearch.READ"),
    ],
)
def test_a_missing_scope(well, monkeypatch, granted, missing, what, verdict, named):
    scopes = [scope for scope in SCOPES if scope != missing]
    monkeypatch.setenv("ZOHO_REFRESH_TOKEN", granted(*scopes))
    only(what, verdict, named)


def test_a_missing_scope_of_one_module(well, monkeypatch, granted):
    scopes = [scope for scope in SCOPES if scope != "ZohoCRM.modules.READ"]
    token = granted(*scopes, "ZohoCRM.modules.leads.READ")
    monkeypatch.setenv("ZOHO_REFRESH_TOKEN", token)
    only("Deals", "problem", "ZohoCRM.modules.deals.READ")


def test_a_module_that_may_not_be_read(well):
    well.switches.unreadable.add("Deals")
    only("Deals", "problem", "Deals")


def test_credits_that_the_organisation_has_used_up(well):
    well.switches.credits = 0
    only("Zoho credits", "problem", "used up")


def test_credits_that_are_left_to_others(well):
    well.switches.credits = 1_000
    only("Zoho credits", "problem", "other integrations")


def test_credits_of_this_installation_that_are_spent(well, monkeypatch, database_url):
    monkeypatch.setenv("ZOHO_DAILY_CREDITS", "100")
    execute(database_url, "insert into crm.api_credits (hour, spent) values"
        " (date_trunc('hour', now()) - interval '1 hour', 100)")  # fmt: skip
    only("Zoho credits", "problem", "ZOHO_DAILY_CREDITS")


def test_a_database_that_is_down(well, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:secret-of-database@127.0.0.1:1/x")
    only("Database", "problem", "DATABASE_URL", "refused")
    finished = aha("doctor")
    assert finished.returncode == 1
    assert "could not run" in finished.stdout
    assert "secret-of-database" not in finished.stdout + finished.stderr


def test_a_database_that_does_not_exist(well, monkeypatch, database_url):
    monkeypatch.setenv("DATABASE_URL", database_url.replace("/test_", "/no_such_"))
    only("Database", "problem", "does not exist")


def test_a_role_that_does_not_exist(well, monkeypatch, database_url):
    wrong_role = database_url.replace("postgres:@", "nobody_here@").replace(
        "postgres@", "nobody_here@"
    )
    monkeypatch.setenv("DATABASE_URL", wrong_role)
    only("Database", "problem", "nobody_here")


def test_a_role_without_rights(well, monkeypatch, database_url):
    execute(database_url, "create role weak login", "grant usage on schema crm to weak",
        "grant usage on schema aha_migrations to weak",
        "grant select on all tables in schema crm, aha_migrations to weak",
        "create policy weak on crm.organisation for select to weak using (true)",
        "create policy weak on aha_migrations._yoyo_migration for select to weak "
        "using (true)")  # fmt: skip
    try:
        url = database_url.replace("postgres:@", "weak@").replace("postgres@", "weak@")
        monkeypatch.setenv("DATABASE_URL", url)
        only("Rights", "problem", "create schemas", "another role owns")
    finally:
        execute(database_url, "drop owned by weak", "drop role weak")


def test_a_transaction_pooler_without_sessions(well, monkeypatch, transaction_url):
    monkeypatch.setenv("DATABASE_URL", transaction_url)
    only("Pooler", "problem", "DATABASE_SESSION_URL")


def test_a_server_without_tls_off_this_machine(well, monkeypatch, transaction_url):
    monkeypatch.setenv("DATABASE_URL", f"{transaction_url}?sslmode=require")
    only("Database", "problem", "no encrypted connection")


def test_a_pending_migration(well, database_url):
    execute(database_url, "delete from aha_migrations._yoyo_migration where migration_id ~ '^0015'")
    only("Schema", "warning", "0015.walls", "aha migrate")


def test_a_schema_of_a_newer_version(well, database_url):
    execute(database_url, "insert into aha_migrations._yoyo_migration"
        " (migration_hash, migration_id, applied_at_utc)"
        " values ('x', '9000.later', now())")  # fmt: skip
    only("Schema", "problem", "9000.later", "newer version")


def test_a_database_that_takes_no_writes(well, database_url):
    name = database_url.partition("?")[0].rpartition("/")[2]
    execute(database_url, f"alter database {name} set default_transaction_read_only = on")
    only("Writes", "problem", "read-only", "DATABASE_URL")


def test_another_organisation(well, database_url):
    execute(database_url, "update crm.organisation set org_id = 'other', name = 'Other Ltd'")
    only("Organisation", "problem", "Other Ltd", "AHA_HOME")


@pytest.mark.parametrize(
    ("minutes", "verdict", "side"), [(5, "warning", "behind"), (-45, "problem", "ahead of")]
)
def test_a_clock_that_is_off(well, minutes, verdict, side):
    well.store.now.forward(minutes=minutes)
    only("Clock, Zoho", verdict, side, "timedatectl")


def test_a_wrong_token_of_twilio(well, monkeypatch):
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "invalid-token")
    only("Twilio", "problem", "TWILIO_AUTH_TOKEN", stops=False)
    assert aha("doctor").returncode == 0


def test_twilio_out_of_reach(well, monkeypatch):
    monkeypatch.setenv("TWILIO_API_URL", "http://127.0.0.1:9")
    only("Twilio", "problem", "cannot be reached", stops=False)


def test_a_number_that_is_no_whatsapp_sender(well):
    well.switches.twilio_senders = {"+14155550199"}
    only("Sender", "problem", NUMBER, stops=False)


def test_the_shared_number_of_twilio(well, monkeypatch):
    monkeypatch.setenv("TWILIO_WHATSAPP_NUMBER", "+14155238886")
    only("Sender", "warning", "three days")


@pytest.mark.parametrize(
    ("approval", "verdict", "word"),
    [
        ("unknown", "problem", "TWILIO_CONTENT_SID"),
        ("rejected", "problem", "TAG_CONTENT_MISMATCH"),
        ("pending", "warning", "pending"),
    ],
)
def test_a_template_that_may_not_be_sent(well, approval, verdict, word):
    well.switches.twilio_approval = approval
    faults = wrong(found())
    assert set(faults) == {"Template, briefing", "Template, alert", "Reader +91******5678"}
    assert faults["Template, briefing"].verdict == verdict
    assert word in faults["Template, briefing"].says
    assert not any(fault.stops_sync for fault in faults.values())


def test_a_closed_window_without_a_template(well, monkeypatch):
    monkeypatch.delenv("TWILIO_CONTENT_SID")
    only("Reader +91******5678", "warning", "24 hours", "TWILIO_CONTENT_SID")
    assert READER not in "".join(one.says + one.what for one in found())


def test_a_half_set_group(well, monkeypatch):
    monkeypatch.delenv("TWILIO_AUTH_TOKEN")
    only("Settings", "problem", "TWILIO_AUTH_TOKEN")


def test_a_wrong_value(well, monkeypatch):
    monkeypatch.setenv("AHA_DAILY_AT", "25:99")
    only("Settings", "problem", "AHA_DAILY_AT")


def test_further_channels_out_of_reach(well, monkeypatch):
    for name, value in {
        "SMTP_HOST": "127.0.0.1", "SMTP_PORT": "9", "SMTP_FROM": "sales@example.com",
        "SMTP_TO": "ceo@example.com", "WEBHOOK_URL": "http://127.0.0.1:9/s3cret",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    mail, hook = wrong(found()).values()
    assert (mail.what, hook.what[:17]) == ("E-mail", "Webhook 127.0.0.1")
    assert all("cannot be reached" in one.says and not one.stops_sync for one in (mail, hook))
    assert "s3cret" not in f"{mail} {hook}"


def test_no_twilio_beside_a_real_crm(well, monkeypatch):
    for name in ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_WHATSAPP_NUMBER",
        "TARGET_WHATSAPP_NUMBER"):  # fmt: skip
        monkeypatch.delenv(name)
    only("Messages", "warning", "no message is sent")


def test_an_env_file_that_others_may_read(well):
    Path(".env").chmod(0o644)
    only(".env", "warning", "chmod 600 .env")


def test_a_home_that_others_may_write(well):
    load().home.mkdir(parents=True, exist_ok=True)
    load().home.chmod(0o777)
    only("AHA_HOME", "warning", "chmod")


def test_a_home_that_is_none(well, monkeypatch):
    Path("a-file").touch()
    monkeypatch.setenv("AHA_HOME", "a-file/home")
    assert wrong(found())["AHA_HOME"].stops_sync


def test_a_daemon_that_does_not_beat(well, database_url):
    home.prepare(load())
    with home.open_instance():
        pass
    only("Dagster daemon", "warning", "never run", "aha up")
    execute(database_url, "insert into dagster.daemon_heartbeats"
        " (daemon_type, timestamp, body) values ('X', now() - interval '2 hours', '')")  # fmt: skip


def test_dagster_storage_that_is_broken(well, database_url):
    home.prepare(load())
    with home.open_instance():
        pass
    execute(database_url, "alter table dagster.daemon_heartbeats rename column body to other")
    only("Dagster storage", "problem", "does not answer")


@pytest.mark.parametrize(
    ("finding", "verdict", "word"),
    [
        (database.version(150004), "ok", "15"),
        (database.version(140011), "problem", "15 or later"),
        (database.tls(is_here=False, is_encrypted=False), "warning", "in clear"),
        (database.tls(is_here=True, is_encrypted=False), "ok", "this machine"),
        (machine.disk(10 * 2**30), "ok", "10.0 GiB"),
        (machine.disk(2 * 2**30), "warning", "make room"),
        (machine.disk(2**20), "problem", "too few"),
        (clocks.apart("a", NOW - timedelta(hours=1), NOW), "problem", "60 minutes ahead"),
        (clocks.apart("the database", NOW, NOW), "ok", "0 s"),
        (orchestration.daemon(NOW - timedelta(hours=2), NOW), "warning", "20 Nov 06:00"),
        (orchestration.daemon(NOW - timedelta(seconds=50), NOW), "ok", "Alive"),
        (whatsapp.number(NUMBER, "OFFLINE"), "problem", "OFFLINE"),
        (whatsapp.template("alert", "unknown", ""), "problem", "TWILIO_ALERT_CONTENT_SID"),
        (whatsapp.window("+91******5678", True, False), "ok", "free text"),
        (zoho.credits_left(100_000, 50_000, 20_000, None), "ok", "30,000 of 50,000"),
    ],
)  # fmt: skip
def test_what_cannot_be_planted_is_judged_from_what_would_be_read(finding, verdict, word):
    assert finding.verdict == verdict
    assert word in finding.says


def test_the_report_names_each_fault_on_one_line(well, monkeypatch):
    monkeypatch.setenv("OLLAMA_MODEL", "llama")
    finished = aha("doctor")
    (line,) = [one for one in finished.stdout.splitlines() if one.startswith("warning")]
    assert "Ollama" in line
    assert "ollama pull llama" in line


def test_a_dashboards_login_that_may_more_or_less_than_read(well, monkeypatch, database_url):
    url = database_url.replace("//postgres@", "//aha_test_dashboard@")
    monkeypatch.setenv("AHA_DASHBOARD_DATABASE_URL", url)
    make = "create role aha_test_dashboard login"
    try:
        execute(database_url, f"{make} in role aha_reader")
        assert database.dashboard(load()).verdict == "ok"
        execute(database_url, "grant pg_write_all_data to aha_test_dashboard")
        only("Dashboard's login", "warning", "write records or figures")
        execute(database_url, "revoke aha_reader from aha_test_dashboard")
        only("Dashboard's login", "problem", "grant aha_reader", stops=False)
    finally:
        execute(database_url, "drop role if exists aha_test_dashboard")
    only("Dashboard's login", "problem", "AHA_DASHBOARD_DATABASE_URL", stops=False)
