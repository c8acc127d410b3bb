"""Forget persons: nothing of them is left anywhere, and no figure of any day moves.

Fifty persons are planted with a string of their own in every field, and go through conversions,
former contents, quarantine, a briefing, a message, Dagster's events and logs.
"""

import gzip
import hashlib
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import msgspec
import psycopg2.errors
import pytest

from aha_pipeline import services, sql
from aha_pipeline.assets.reconcile import reconcile
from aha_pipeline.automation import erasure
from aha_pipeline.automation.sensors import erasure_on_request
from aha_pipeline.definitions import defs
from aha_pipeline.warehouse import erasure as records
from aha_pipeline.warehouse import person
from aha_pipeline.warehouse.connection import connect
from aha_pipeline.warehouse.mart_files import read_marts
from aha_pipeline.warehouse.marts import refresh
from aha_pipeline.warehouse.meanings import derive_meanings
from aha_pipeline.warehouse.redaction import Redactor
from aha_pipeline_tests.assets.world import read
from aha_pipeline_tests.kit.command import aha, running
from aha_pipeline_tests.kit.fake_clock import FakeClock
from aha_pipeline_tests.kit.mart_contents import figures, rows
from aha_pipeline_tests.kit.programs import pg_tool
from aha_pipeline_tests.kit.waiting import LONGEST, wait_until
from zoho_sandbox.server import Sandbox, start

PERSONS, OTHERS, CONVERTED = 50, 12, 12
MET = (*range(30, 40), 102)  # leads with activities of each kind, one of them of the others
ZONE = ZoneInfo("Asia/Kolkata")
NOON = datetime.now(ZONE).replace(hour=12, minute=0, second=0, microsecond=0)
REP = {"id": "77", "name": "Asha Rao", "email": "asha@example.com"}
ACTIVITIES = ("Calls", "Tasks", "Events", "Notes")
MODULES = ("Leads", "Deals", "Contacts", "Accounts", *ACTIVITIES)
CANARY = "kanari"
PLANTED = (CANARY, "98765 000", "9876-5000", "7391000")
# Columns of marts that say who, when Zoho was last saved, or how long something lasts by now.
NO_FIGURES = {"name", "account_name", "modified_time", "median_days_in_stage"}
TEXTS = (
    "First_Name", "Last_Name", "Company", "Designation", "Street", "City", "State", "Country",
    "Website", "Skype_ID", "Twitter", "Description", "Dream_House",
)  # fmt: skip


def ago(days: int) -> str:
    return (NOON - timedelta(days=days)).isoformat()


def number(n: int) -> str:
    return f"98765{n:05d}"


def lead(n: int, word: str = CANARY) -> dict:
    return {
        "id": str(1000 + n),
        **{field: f"{word} {field} {n}q" for field in TEXTS},
        "Email": f"{word.title()}.{n}q@zoo.example",
        "Secondary_Email": f"{word}.second.{n}q@zoo.example",
        "Phone": f"+91 {number(n)[:5]} {number(n)[5:]}",
        "Mobile": f"0{number(n)[:4]}-{number(n)[4:]}",
        "No_of_Employees": 739_100_000 + n,
        "Tag": [{"id": "5", "name": f"{word} tag {n}q"}],
        "Referred_By": {"id": str(9000 + n), "name": f"{word} friend {n}q"},
        "Owner": REP,
        "Lead_Status": ("Contacted", "Junk Lead", "Lost Lead")[n % 3],
        "Lead_Source": ("Facebook", "Referral")[n % 2],
        "Created_Time": ago(3),
        "Modified_Time": ago(3),
    }


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Sandbox]:
    """Fifty persons and twelve others as leads, one of them with a text that jsonb cannot hold."""
    folder = tmp_path / "records"
    folder.mkdir()
    leads = [lead(n) for n in range(PERSONS)]
    leads += [lead(n, "stays") for n in range(100, 100 + OTHERS)]
    leads[5]["Description"] = f"{CANARY} \0 quarantined"
    served = {"Leads": leads, **{module: [] for module in MODULES[1:]}}
    for module, made in served.items():
        lines = b"\n".join(msgspec.json.encode(record) for record in made)
        (folder / f"{module}.jsonl.gz").write_bytes(gzip.compress(lines))
    clock = FakeClock(datetime.now(UTC))
    with start(data_dir=folder, outbox_path=tmp_path / "home/outbox.jsonl", now=clock) as served:
        yield served


@pytest.fixture(autouse=True)
def configured(connected, monkeypatch):
    settings = {
        "AHA_START_DATE": ago(3)[:10],
        "AHA_PURGE_AFTER_DAYS": "0",
        "BRIEFING_NAMES": "full",
        "ZOHO_MODULES": ",".join(MODULES),
        "ZOHO_HISTORY_SHARE": "10",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def with_whatsapp(connected, monkeypatch):
    """Return what turns messages on."""
    settings = {
        "TWILIO_API_URL": connected.url,
        "TWILIO_ACCOUNT_SID": "AC" + "1" * 32,
        "TWILIO_AUTH_TOKEN": "secret-of-twilio",
        "TWILIO_WHATSAPP_NUMBER": "+14155238886",
        "TARGET_WHATSAPP_NUMBER": "+919811111111",
    }

    def turn_on() -> None:
        for name, value in settings.items():
            monkeypatch.setenv(name, value)

    return turn_on


def convert(store, n: int) -> None:
    """Make of a lead a contact, an account and a deal, won, overdue or due soon, and call them."""
    said = store.tables["Leads"].records[str(1000 + n)].data
    name = f"{said['First_Name']} {said['Last_Name']}"
    account = {"id": str(4000 + n), "name": said["Company"]}
    contact = {"id": str(3000 + n), "name": name}
    store.create("Accounts", {"id": account["id"], "Account_Name": account["name"], "Owner": REP})
    texts = {field: said[field] for field in ("First_Name", "Last_Name", "Email", "Phone")}
    store.create(
        "Contacts",
        {"id": contact["id"], **texts, "Account_Name": account, "Owner": REP,
         "Lead_Source": "Referral"},
    )  # fmt: skip
    store.create(
        "Deals",
        {"id": str(2000 + n), "Deal_Name": f"{name} - Villa", "Contact_Name": contact,
         "Account_Name": account, "Amount": 900_000 + n, "Owner": REP,
         "Stage": ("Closed Won", "Negotiation/Review", "Negotiation/Review")[n % 3],
         "Closing_Date": ago((1, 5, -3)[n % 3])[:10], "Next_Step": f"ask {name}",
         "Created_Time": ago(2)},
    )  # fmt: skip
    store.create(
        "Calls",
        {"id": str(6000 + n), "Subject": f"Call {name}", "Who_Id": contact,
         "What_Id": {"id": str(2000 + n), "name": f"{name} - Villa"}, "Owner": REP},
    )  # fmt: skip
    made = {"contact": contact["id"], "account": account["id"], "deal": str(2000 + n)}
    store.convert(str(1000 + n), made)


def meet(store, n: int) -> None:
    """Call a lead, be called by it in vain, do a task, meet it, take a note and write to it."""
    said = store.tables["Leads"].records[str(1000 + n)].data
    name = f"{said['First_Name']} {said['Last_Name']}"
    there = {"What_Id": {"id": said["id"], "name": name}, "$se_module": "Leads", "Owner": REP}
    logged = {"Created_Time": ago(3), "Modified_Time": ago(2)}
    person = {"type": "lead", "participant": said["id"], "name": name, "Email": said["Email"]}
    guest = {"type": "email", "participant": said["Secondary_Email"]}
    for id_, module, fields in (
        (10_000, "Calls", {"Subject": name, "Call_Type": "Inbound", "Call_Start_Time": ago(1)}),
        (11_000, "Calls", {"Subject": name, "Call_Type": "Missed", "Call_Start_Time": ago(2)}),
        (12_000, "Calls", {"Subject": name, "Call_Type": "Outbound", "Call_Start_Time": ago(2),
                           "Outgoing_Call_Status": "Cancelled"}),
        (13_000, "Tasks", {"Subject": name, "Status": "Completed", "Closed_Time": ago(1)}),
        (14_000, "Tasks", {"Subject": name, "Status": "Deferred"}),
        (15_000, "Notes", {"Note_Content": name, "Parent_Id": there["What_Id"]}),
    ):  # fmt: skip
        store.create(module, {"id": str(id_ + n), **there, **logged, **fields})
    store.emails.add(
        "Leads", said["id"], (NOON - timedelta(days=2)).timestamp(), subject=f"Dear {name}",
        to=[{"user_name": name, "email": said["Email"]}], summary=name,
        message_id=f"<{said['Email']}>", status=[{"type": "opened", "first_open": name}],
    )  # fmt: skip
    # By the participants alone, and the first touch of all.
    store.create(
        "Events",
        {"id": str(16_000 + n), "Event_Title": name, "Owner": REP, **logged,
         "Start_DateTime": ago(3), "End_DateTime": ago(3), "Participants": [guest, person]},
    )  # fmt: skip


def everything(url: str) -> dict[str, int]:
    """Return by table of all schemas how many rows hold a canary."""
    found = rows(
        url,
        "select format('%%I.%%I', relnamespace::regnamespace, relname) from pg_class"
        " where relkind in ('r', 'm') and relnamespace::regnamespace::text"
        " not in ('pg_catalog', 'information_schema', 'pg_toast')",
    )
    held = " or ".join(f"t::text ilike '%%{text}%%'" for text in PLANTED)
    counts = {
        table: rows(url, f"select count(*) from {table} t where {held}")[0][0]  # noqa: S608
        for (table,) in found
    }
    return {table: count for table, count in counts.items() if count}


def dumped(url: str, folder: Path) -> list[str]:
    """Return the lines of a dump of the whole database that hold a canary."""
    file = folder / "everything.sql"
    pg_tool("pg_dump", url, f"--file={file}", url)
    lines = file.read_text().lower().splitlines()
    return [line for line in lines if any(text in line for text in PLANTED)]


def files(home: Path) -> list[str]:
    """Return the files below a folder that hold a canary."""
    return [
        str(path)
        for path in home.rglob("*")
        if path.is_file() and CANARY.encode() in path.read_bytes().lower()
    ]


def told(url: str) -> dict[str, list]:
    """Return the rows of every mart without the columns that say who."""
    return {
        mart: sorted(
            json.dumps({k: v for k, v in json.loads(row).items() if k not in NO_FIGURES})
            for row in contents
        )
        for mart, contents in figures(url).items()
    }


def every_person(connection) -> dict:
    """Return the records of all fifty, found by number, address and id in turn."""
    found = {}
    for n in range(PERSONS):
        selector = (
            person.by_phone(f"({number(n)[:3]}) {number(n)[3:]}", "IN"),
            person.by_email(f"{CANARY.upper()}.{n}Q@ZOO.example"),
            person.by_id(str(1000 + n)),
        )[n % 3]
        found |= person.find(connection, selector)
    return found


def test_nothing_of_fifty_persons_is_left_and_no_figure_moves(
    connected, database_url, tmp_path, monkeypatch, with_whatsapp, run_days
):
    home, store, opened = tmp_path / "home", connected.store, services.current()
    for module in MODULES:
        read(opened, module)
    for n in (*range(CONVERTED), 100, 101):
        convert(store, n)
    for n in MET:
        meet(store, n)
    for n in range(20, 30):  # so that there are former contents
        store.edit("Leads", str(1000 + n), {"Phone": f"{CANARY} new phone {n}", "City": CANARY})
    store.edit("Contacts", "3100", {"Reporting_To": {"id": "3001", "name": f"{CANARY} 1q"}})
    with_whatsapp()
    assert aha("sync", "--from", ago(3)[:10]).returncode == 0
    assert run_days(ago(3)[:10], ago(0)[:10]).success  # figures take in the history just read
    (home / "logs").mkdir(exist_ok=True)
    (home / "logs" / "embedded.log").write_text(f"refused: {lead(3)['Email']} twice\n")
    before = told(database_url)
    planted = everything(database_url)
    assert {"crm.leads_raw", "crm.crm_deals", "crm.crm_contacts", "crm.crm_accounts"} <= {*planted}
    assert {"crm.record_versions", "crm.quarantine", "crm.record_history"} <= {*planted}
    assert {f"crm.crm_{module.lower()}" for module in ACTIVITIES} <= {*planted}
    assert {"analytics.ai_briefings_log", "analytics.briefing_items"} <= {*planted}
    # Of an e-mail nothing of a person is kept in the first place.
    emails = "select record_id from crm.record_emails order by 1"
    written_to = rows(database_url, emails)
    assert written_to == [(str(1000 + n),) for n in MET]
    assert "crm.record_emails" not in planted
    assert len(files(home)) >= 2  # the log and the messages
    assert len(dumped(database_url, tmp_path)) >= sum(planted.values())

    with opened.connect() as connection:
        found = every_person(connection)
    # The contact, account, deal and call of each; and seven activities.
    assert len(found) == PERSONS + 4 * CONVERTED + 7 * (len(MET) - 1)
    touched = [json.loads(row) for row in before["first_touch"]]
    touched = {row["id"]: row["first_touch_at"] for row in touched if row["first_touch_at"]}
    assert {str(1000 + n) for n in MET} <= {*touched}
    killed_at_each_step(opened, found, monkeypatch)

    assert everything(database_url) == {}
    assert dumped(database_url, tmp_path) == []
    assert files(home) == []
    assert told(database_url) == before
    kept = "select count(*) from crm.crm_contacts where raw_data ->> 'Last_Name' like 'stays%%'"
    assert rows(database_url, kept) == [(2,)]

    with opened.connect() as connection, connection.cursor() as cursor:
        cursor.execute("update crm.record_email_reads set asked_at = '-infinity', read_at = null")
    store.emails.add("Leads", "1031", NOON.timestamp(), subject=f"{CANARY} again")
    for round_ in range(3):  # three reads from the beginning, as of a backfill
        store.edit("Leads", "1004", {"Description": f"{CANARY} again {round_}"})
        store.edit("Deals", "2004", {"Deal_Name": f"{CANARY} again {round_}"})
        store.create("Calls", {"Subject": f"{CANARY} {round_}", "Who_Id": {"id": "3001"}})
        store.edit("Calls", "10031", {"Subject": f"{CANARY} again {round_}"})
        store.edit("Events", "16031", {"Event_Title": f"{CANARY} again {round_}"})
        for module in MODULES:
            read(opened, module)
    verdicts = {module: reconcile(opened, module, "run-r").verdict for module in MODULES}
    assert {*verdicts.values()} == {"equal"}, verdicts
    assert run_days(ago(3)[:10], ago(0)[:10]).success
    assert dumped(database_url, tmp_path) == []
    assert files(home) == []
    assert rows(database_url, emails) == written_to
    after = told(database_url)
    for mart in ("activity_records", "activities"):
        since = sorted({*after[mart]} - {*before[mart]})
        after[mart] = [row for row in after[mart] if row not in since]
    calls = [json.loads(row) for row in since]  # what happens later counts, without its words
    assert [(c["kind"], c["contact_id"]) for c in calls] == [("call", "3001")] * 3
    assert {k: v for k, v in after.items() if v != before[k]} == {}
    with opened.connect() as connection:
        [certificate] = records.certificates(connection)
    assert certificate.records == len(found)
    assert certificate.purged_at is not None
    assert certificate.erased["crm.leads_raw"] >= PERSONS


def killed_at_each_step(opened, found, monkeypatch):
    """Begin the erasure and let each of its steps fail once, as if the process had been killed."""

    def interrupted(owner, name, at, call):
        whole, calls = getattr(owner, name), iter(range(1, at))

        def fail(*arguments):
            if next(calls, None) is None:
                raise KeyboardInterrupt
            return whole(*arguments)

        with monkeypatch.context() as patched:
            patched.setattr(owner, name, fail)
            with pytest.raises(KeyboardInterrupt):
                call()

    def begin():
        erasure.begin(opened, records.REQUEST, found, "all of them")

    interrupted(records, "suppress_names", 1, begin)
    begin()
    for owner, name, at in (
        (erasure, "refresh", 3),
        (erasure, "redact_table", 9),
        (Redactor, "file", 2),
        (records, "mark_suppressed", 1),
        (records, "purge", 1),
    ):
        interrupted(owner, name, at, lambda: erasure.finish(opened))
    erasure.finish(opened)


def test_a_killed_command_goes_on_at_the_next_and_says_what_it_did(connected, database_url):
    """Kill the process itself, after it has begun; the person is found by a number in any form."""
    opened = services.current()
    read(opened, "Leads")
    with running("forget", "--yes", "--phone", "098765 00007") as command:
        wait_until(lambda: rows(database_url, "select id from crm.erasures"), step=0.01)
        command.send_signal(signal.SIGKILL)
    listed = aha("forget")
    assert "request" in listed.stdout
    assert "not yet" not in listed.stdout
    again = aha("forget", "--yes", "--phone", "+91 98765-00007")
    assert "No record here is theirs." in again.stdout
    [(left,)] = rows(database_url, "select raw_data::text from crm.leads_raw where id = '1007'")
    assert CANARY not in left
    assert rows(database_url, "select count(*) from aha_private.suppressed") == [(0,)]


def test_it_is_sealed_until_the_day_that_the_company_chose(connected, database_url, monkeypatch):
    monkeypatch.setenv("AHA_PURGE_AFTER_DAYS", "365")
    read(services.current(), "Leads")
    asked = subprocess.run(
        [sys.executable, "-m", "aha_pipeline", "forget", "--email", "KANARI.3q@zoo.EXAMPLE"],
        input="y\n", capture_output=True, text=True, timeout=LONGEST, check=True,
    )  # fmt: skip
    assert "kanari First_Name 3q" in asked.stdout  # shown before it asks
    assert "deleted for good after 365 days" in asked.stdout
    assert "sealed until it is purged" in asked.stdout
    receipt = asked.stdout.split("Receipt ")[1].split(":")[0]
    digest = hashlib.sha256(f"{receipt}:kanari.3q@zoo.example".encode()).hexdigest()
    assert digest in asked.stdout
    held = everything(database_url)
    assert held.pop("aha_private.suppressed") == 1
    rows(database_url, "delete from crm.leads_raw where id <> '1003'")
    assert everything(database_url).keys() == {"aha_private.suppressed", "crm.quarantine"}
    rows(database_url, "update crm.erasures set suppressed_at = now() - interval '366 days'")
    erasure.finish(services.current())
    assert everything(database_url).keys() == {"crm.quarantine"}  # of another person


def test_leads_lost_too_long_ago_are_forgotten_by_the_daily_job(
    connected, database_url, monkeypatch, instance, tmp_path
):
    monkeypatch.setenv("AHA_KEEP_PERSONAL_DAYS", "2")
    opened = services.current()
    read(opened, "Leads")
    connected.store.edit("Leads", "1000", {"Lead_Status": "Lost Lead"})  # only now
    read(opened, "Leads")
    marts = {mart.name: mart for mart in read_marts()}
    with opened.connect() as connection:
        derive_meanings(connection, tmp_path / "none.csv")
        refresh(connection, marts["owners"])
        refresh(connection, marts["lead_history"])
    job = defs().resolve_job_def("erase_personal_data")
    assert job.execute_in_process(instance=instance).success
    left = rows(
        database_url,
        "select lead_status, count(*) from crm.leads_raw"
        " where raw_data ->> 'Last_Name' like 'kanari%%' group by 1 order by 1",
    )
    assert left == [("Contacted", 16), ("Lost Lead", 1)]
    assert rows(database_url, "select count(*) from crm.leads_raw") == [(PERSONS + OTHERS,)]
    assert rows(database_url, "select count(*) from aha_private.suppressed") == [(0,)]


def test_a_file_says_what_is_personal(connected, database_url, tmp_path):
    (tmp_path / "home").mkdir(exist_ok=True)
    (tmp_path / "home" / "personal_fields.csv").write_text(
        "module,field,personal\nLeads,Dream_House,no\nLeads,Lead_Source,yes\n"
    )
    opened = services.current()
    read(opened, "Leads")
    erasure.begin(opened, records.REQUEST, {("Leads", "1003"): ""})
    [(said,)] = rows(database_url, "select raw_data from crm.leads_raw where id = '1003'")
    assert said["Dream_House"] == f"{CANARY} Dream_House 3q"
    assert said["Lead_Source"] == "(erased)"
    assert (said["Email"], said["First_Name"], said["Lead_Status"]) == (
        "(erased)",
        None,
        "Contacted",
    )


def test_what_is_asked_for_in_the_dashboard_is_carried_out_for_who_may_ask(
    connected, database_url, monkeypatch, instance
):
    monkeypatch.setenv("AHA_DASHBOARD_ERASERS", "head@example.com, @law.example.com")
    read(services.current(), "Leads")
    digest = records.receipt("1003")[1]
    asked = {
        "head@example.com": ("1003", digest),
        "asha@law.example.com": ("1004", None),
        "mallory@example.com": ("1005", None),
        "head@example.com.evil.example": ("1006", None),
    }
    for viewer, (id_, subject) in asked.items():  # by the dashboard's own statement and role
        with connect(database_url) as connection, connection.cursor() as cursor:
            named = {"modules": ["Leads"], "ids": [id_], "basis": "request"}
            told = {"viewer": viewer, "digest": subject, **named}
            cursor.execute(sql.read("dashboard/ask_erasure"), told)
    job = defs().resolve_job_def("erase_personal_data")
    with dg.build_sensor_context(instance=instance) as context:
        resources = {"services": services.current()}
        assert isinstance(erasure_on_request(context, **resources), dg.RunRequest)
        assert job.execute_in_process(instance=instance).success
        assert isinstance(erasure_on_request(context, **resources), dg.SkipReason)
    left = "select id from crm.leads_raw where raw_data ->> 'Last_Name' like 'kanari%%'"
    assert {id_ for (id_,) in rows(database_url, left)}.isdisjoint({"1003", "1004"})
    assert {("1005",), ("1006",)} <= {*rows(database_url, left)}
    done = "select asked_by, e.subject_digest, e.purged_at is not null from crm.erasure_requests r"
    assert rows(database_url, f"{done} join crm.erasures e on e.id = r.erasure order by r.id") == [
        ("head@example.com", digest, True),
        ("asha@law.example.com", None, True),
    ]


def test_the_dashboards_role_can_ask_and_neither_change_nor_answer(database_url):
    for statement in (
        "update crm.erasure_requests set ids = '{1}'",
        "delete from crm.erasure_requests",
        "insert into crm.erasure_requests (asked_by, basis, modules, ids, erasure) "
        "values ('a@b.example', 'request', '{Leads}', '{1}', 1)",
    ):
        with connect(database_url) as connection, connection.cursor() as cursor:
            cursor.execute("set local role aha_reader")
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.execute(statement)
            connection.rollback()


def test_zohos_own_signals_propose_it(connected, database_url):
    opened, store = services.current(), connected.store
    store.edit("Leads", "1001", {"Data_Processing_Basis": "Delete"})
    store.edit("Leads", "1002", {"$stop_processing": True})
    store.edit("Leads", "1003", {"Data_Processing_Basis": "Consent - Obtained"})
    read(opened, "Leads")
    store.delete("Leads", "1004")  # in the recycle bin, from where it may come back
    store.purge("Leads", "1005")
    read(opened, "Leads")
    with opened.connect() as connection:
        found = person.proposed(connection)
        assert {id_: why for (_, id_), why in found.items()} == {
            "1001": "its basis of processing in Zoho is Delete",
            "1002": "its processing is stopped in Zoho",
            "1005": "deleted for good in Zoho",
        }
    erasure.begin(opened, records.CRM, found)
    with opened.connect() as connection:
        assert person.proposed(connection) == {}


@pytest.mark.parametrize("given", ["12", "no number", "+999 1"])
def test_what_is_no_number_is_refused_in_one_sentence(given):
    with pytest.raises(person.PersonError, match="country code"):
        person.by_phone(given, "IN")
