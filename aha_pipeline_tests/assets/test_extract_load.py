"""One module from Zoho to its table: versions of the API, faults, fields, credits, kills."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import datetime

import dagster as dg
import psycopg2
import pytest

from aha_pipeline import services
from aha_pipeline.assets.modules import module_asset
from aha_pipeline.assets.reconcile import count_check, reconcile
from aha_pipeline.crm.client import ATTEMPTS
from aha_pipeline.crm.errors import CreditsSpent, ModuleUnreadable, ZohoRefused, ZohoUnavailable
from aha_pipeline_tests.assets.world import living, read, rows
from zoho_sandbox.faults.kinds import FAULTS
from zoho_sandbox.faults.switches import Churn


@pytest.fixture
def opened(connected, monkeypatch) -> services.Services:
    """Services on the sandbox, whose retries do not wait."""
    monkeypatch.setattr("aha_pipeline.services.BACKOFF_SECONDS", 0.01)
    connected.switches.tokens_per_window = 10_000
    return services.current()


def served(sandbox, module="Leads") -> dict[str, dict]:
    return {id_: record.data for id_, record in sandbox.store.tables[module].records.items()}


def fill(sandbox, number: int, wide: int = 0, tied: int = 2) -> None:
    """Many records, one of `tied` with a second of its own, some converted; `wide` fields."""
    at = sandbox.store.now().timestamp() - 7 * 86_400
    for n in range(number):
        values = {f"Field_{f}": f"{n}.{f}" for f in range(wide)}
        record = {"Last_Name": f"L{n}", "$converted": n % 3 == 0, **values}
        sandbox.store.create("Leads", record, at=at + (n if n % tied == tied - 1 else 0))


def test_both_versions_bring_the_same_records(opened, connected):
    fill(connected, 700, wide=130)
    connected.switches.formulas = {"Leads": {f"Field_{f}" for f in range(130)}}
    read(opened)
    by_v2 = living(opened)
    assert len(by_v2) == 703
    rows(opened, "delete from crm.leads_raw returning id")
    opened.zoho().version = "v8"
    read(opened)
    now = living(opened)
    # v8 names one more key for what `$converted` says, and no key that v2 has not.
    assert {id_: without(record, "Converted__s") for id_, record in now.items()} == by_v2


def without(record: dict, name: str) -> dict:
    return {key: value for key, value in record.items() if key != name}


def test_a_record_whose_slices_are_of_two_moments_is_not_torn(opened, connected):
    fill(connected, 400, wide=130)
    opened.zoho().version = "v8"
    connected.switches.formulas = {"Leads": {f"Field_{f}" for f in range(130)}}
    connected.switches.churn = Churn(edits=40)
    read(opened)
    connected.switches.churn = None
    for record in living(opened).values():
        edit = record.get("Description")
        assert edit is None or isinstance(edit, str)
    read(opened, since=connected.store.now().replace(hour=0))
    assert {id_: without(r, "Converted__s") for id_, r in living(opened).items()} == {
        id_: without(r, "Converted__s") for id_, r in served(connected).items()
    }


def test_calls_that_fail_in_every_way_lose_nothing(opened, connected):
    fill(connected, 5000)
    connected.switches.fault_rate = 0.05
    connected.switches.token_life_calls = 50
    for attempt in range(6):
        try:
            read(opened)
            break
        except ZohoUnavailable:
            assert attempt < 5
    assert living(opened) == served(connected)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_that_stays_is_one_clear_sentence_and_changes_nothing(opened, connected, fault):
    fill(connected, 300)
    opened.zoho()
    connected.switches.faults, connected.switches.fault_rate = (fault,), 1.0
    with pytest.raises(ZohoUnavailable) as caught:
        read(opened)
    assert "\n" not in str(caught.value)
    assert living(opened) == {}
    connected.switches.fault_rate = 0.0
    read(opened)
    assert living(opened) == served(connected)


def test_a_module_that_cannot_be_read_is_never_an_empty_success(opened, connected):
    connected.switches.unreadable.add("Leads")
    with pytest.raises(ModuleUnreadable, match="Leads"):
        read(opened)
    assert rows(opened, "select status from crm.sync_logs") == [("failed",)]


def test_a_module_that_does_not_exist_is_told_once(opened, connected, caplog):
    with pytest.raises(ModuleUnreadable, match="no module of this API name"):
        read(opened, "Leeds")
    assert "fields" not in caplog.text


def test_fields_and_picklists_land_and_a_change_of_them_is_told(opened, connected):
    assert not read(opened).drift  # the first look finds nothing new
    found = dict(rows(opened, "select api_name, picklist from crm.crm_fields"))
    values = [value["actual_value"] for value in found["Lead_Status"]]
    assert {"Contacted", "Junk Lead"} <= set(values)
    connected.switches.hidden = {"Leads": {"Lead_Source"}}
    connected.switches.formulas = {"Leads": {"Score"}}
    drift = read(opened).drift
    assert (drift.new, drift.vanished) == (("Score",), ("Lead_Source",))
    assert not read(opened).drift
    connected.switches.hidden = {}
    assert read(opened).drift.new == ("Lead_Source",)


def test_records_land_when_the_fields_may_not_be_read(opened, connected):
    connected.switches.metadata_readable = False
    result = read(opened)
    assert "ZohoCRM.settings.READ" in result.fields_error
    assert living(opened) == served(connected)


def test_later_versions_cannot_do_without_the_fields_and_say_so(opened, connected):
    connected.switches.metadata_readable = False
    opened.zoho().version = "v8"
    with pytest.raises(ZohoRefused, match=r"ZohoCRM\.settings\.READ"):
        read(opened)


def test_an_option_that_jsonb_cannot_hold_stops_no_read(opened, connected):
    leads = connected.organisation.modules["Leads"]
    odd = ("Face\0book", "\0", "a\\u0000b")
    fields = (replace(f, values=odd) if f.name == "Lead_Source" else f for f in leads.fields)
    connected.organisation.modules["Leads"] = replace(leads, fields=tuple(fields))
    read(opened)
    values = "jsonb_path_query_array(picklist, '$[*].actual_value')"
    query = f"select {values} from crm.crm_fields where api_name = 'Lead_Source'"  # noqa: S608
    [(options,)] = rows(opened, query)
    assert [o for o in options if o != "-None-"] == ["Face\ufffdbook", "\ufffd", "a\\u0000b"]


def test_a_formula_alone_makes_no_version_and_an_edit_does(opened, connected):
    connected.switches.formulas = {"Leads": {"Score"}}
    read(opened)
    connected.store.edit("Leads", "1", {"Score": 7})
    read(opened)
    assert rows(opened, "select count(*) from crm.record_versions") == [(0,)]
    connected.store.edit("Leads", "1", {"Lead_Status": "Contacted"})
    read(opened)
    assert rows(opened, "select raw_data ->> 'Lead_Status' from crm.record_versions") == [
        ("Junk Lead",)
    ]


def test_a_deletion_of_a_record_with_a_later_time_is_still_one(opened, connected):
    connected.store.edit("Leads", "1", {"Modified_Time": "2031-01-01T00:00:00+05:30"})
    read(opened)
    connected.store.delete("Leads", "1")
    read(opened)
    assert "1" not in living(opened)


@pytest.mark.parametrize("version", ["v2", "v8"])
def test_a_restored_record_lives_again_without_a_new_time(opened, connected, version):
    opened.zoho().version = "v8"
    read(opened)
    connected.store.delete("Leads", "1")
    read(opened)
    assert "1" not in living(opened)
    connected.store.restore("Leads", "1")
    since = connected.store.now().replace(hour=0, minute=0)
    read(opened, since=since)
    records = {id_: without(record, "Converted__s") for id_, record in living(opened).items()}
    assert records == served(connected)


def test_credits_that_run_out_pause_the_read_and_the_next_day_it_goes_on(opened, connected):
    fill(connected, 4000, tied=1)
    opened.zoho().per_page = 20
    budget = opened.zoho().budget
    budget._limit = 120
    first = read(opened)
    assert "go" in first.load.stop_reason
    assert rows(opened, "select status, error from crm.sync_logs") == [
        ("paused", first.load.stop_reason)
    ]
    kept = len(living(opened))
    assert 0 < kept < 4003
    assert first.load.api_calls <= 120
    with pytest.raises(CreditsSpent):  # the same day nothing more is spent
        read(opened)
    rows(opened, "update crm.api_credits set hour = hour - interval '25 hours' returning hour")
    budget._limit = 400
    second = read(opened)
    assert second.load.stop_reason is None
    assert second.load.api_calls < 260 - 60  # what was read is not read again
    assert living(opened) == served(connected)
    assert rows(opened, "select count(*) from crm.paused_reads") == [(0,)]


def test_what_others_need_of_the_organisations_credits_is_left_to_them(opened, connected):
    fill(connected, 2000)
    opened.zoho().per_page = 20
    connected.switches.credits = opened.zoho().budget._floor + 30
    stopped = read(opened).load.stop_reason
    assert "other integrations" in stopped
    connected.switches.credits = 1_000_000
    opened.zoho().budget.update(1_000_000)
    assert read(opened).load.stop_reason is None
    assert living(opened) == served(connected)


READ = """
import sys
from aha_pipeline import services
from aha_pipeline_tests.assets.world import read
opened = services.current()
opened.zoho()
print("reading", flush=True)
read(opened)
"""


def start_reading() -> subprocess.Popen:
    """Return a process that has just begun to read."""
    child = subprocess.Popen([sys.executable, "-c", READ], stdout=subprocess.PIPE, text=True)
    assert child.stdout.readline() == "reading\n"
    return child


def test_a_read_that_is_killed_at_any_moment_leaves_no_hole_and_no_duplicate(
    opened, connected, monkeypatch
):
    """Edits between two kills, so that each read that came through has something to do."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    fill(connected, 3000)
    began = time.monotonic()
    start_reading().wait()
    seconds = time.monotonic() - began
    rows(opened, "with gone as (delete from crm.leads_raw returning 1) select count(*) from gone")
    seed = random.randrange(10**9)
    print("seed of the moments:", seed)  # pytest shows it where the test fails
    chance, states = random.Random(seed), [{}, served(connected)]
    for _ in range(int(os.environ.get("AHA_TEST_KILLS", "4"))):
        child = start_reading()
        time.sleep(chance.uniform(0, seconds))
        child.send_signal(signal.SIGKILL)
        child.wait()
        assert living(opened) in states
        for id_ in chance.sample(sorted(served(connected)), 500):
            connected.store.edit("Leads", id_, {"Company": str(chance.random())})
        # The one before too: a commit that was under way may come a moment after the kill.
        states = [living(opened), states[-1], served(connected)]
    read(opened)
    assert living(opened) == served(connected)
    assert rows(opened, "select count(*), count(distinct id) from crm.leads_raw") == [(3003, 3003)]


def test_a_lost_database_connection_leaves_the_tables_as_they_were(opened, connected):
    fill(connected, 3000)
    connected.switches.latency = 0.01
    calls = []
    real = connected.store.now

    def now():
        calls.append(1)
        if len(calls) == 60:
            rows(
                opened,
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where pid <> pg_backend_pid() and datname = current_database()",
            )
        return real()

    connected.store.now = now
    with pytest.raises((psycopg2.OperationalError, psycopg2.InterfaceError)):
        read(opened)
    connected.store.now = real
    assert living(opened) == {}
    read(opened)
    assert living(opened) == served(connected)


def test_a_reconcile_heals_what_no_incremental_read_can_see(opened, connected):
    fill(connected, 500)
    read(opened)
    store = connected.store
    ids = sorted(served(connected), key=int)
    rows(
        opened,
        "update crm.leads_raw set raw_data = raw_data - 'Last_Name' where id = '1' returning id",
    )
    store.derive("Leads", ids[10], {"Score": 5})
    rows(opened, "delete from crm.leads_raw where id = %s returning id", ids[20])
    store.tables["Leads"].remove(ids[30])  # gone, and in no list of deletions
    certificate = reconcile(opened, "Leads", "sweep")
    assert certificate.verdict == "healed"
    assert (certificate.missing, certificate.stale, certificate.extra) == (1, 2, 1)
    assert living(opened) == served(connected)
    again = reconcile(opened, "Leads", "sweep-again")
    assert (again.verdict, again.healed) == ("equal", 0)
    assert again.records_in_crm == again.records_here == len(served(connected))


def test_a_reconcile_takes_no_loss_of_rights_for_deletions(opened, connected):
    fill(connected, 500)
    read(opened)
    for id_ in sorted(served(connected), key=int)[:300]:
        connected.store.tables["Leads"].remove(id_)
    certificate = reconcile(opened, "Leads", "sweep")
    assert certificate.verdict == "refused"
    assert "rights" in certificate.reason
    assert len(living(opened)) == 503


def test_a_reconcile_that_cannot_read_is_a_refusal_with_its_reason(opened, connected):
    connected.switches.unreadable.add("Leads")
    certificate = reconcile(opened, "Leads", "sweep")
    assert certificate.verdict == "refused"
    assert "Leads cannot be read" in certificate.reason
    assert rows(opened, "select verdict, reason from crm.reconciliations") == [
        ("refused", certificate.reason)
    ]


def test_what_changed_since_the_last_sync_is_no_loss(opened, connected):
    read(opened)
    connected.store.now.forward(hours=1)
    connected.store.edit("Leads", "1", {"Company": "new"})
    connected.store.create("Leads", {"Last_Name": "newer"})
    connected.store.delete("Leads", "2")
    certificate = reconcile(opened, "Leads", "sweep")
    assert (certificate.verdict, certificate.healed) == ("equal", 0)
    assert living(opened) == served(connected)


def test_zohos_own_count_is_compared_without_what_it_leaves_out(opened, connected):
    check = count_check("Leads")
    fill(connected, 50)
    read(opened)
    assert check(services=opened).passed
    rows(opened, "delete from crm.leads_raw where id = '2' returning id")
    result = check(services=opened)
    assert not result.passed
    assert "aha reconcile" in result.description
    connected.switches.count = False
    assert "ZohoSearch" in check(services=opened).description


def test_each_way_in_which_zoho_may_count_is_compared(opened, connected):
    check = count_check("Leads")
    fill(connected, 5)
    read(opened)
    for id_, fields, way in (
        ("c", {"$converted": True}, "without converted"),
        ("a", {"$approved": False}, "without unapproved"),
        ("b", {"$converted": True, "$approved": False}, "without unapproved"),
    ):
        land = "insert into crm.leads_raw (id, raw_data) values ('{}', '{}') returning id"
        rows(opened, land.format(id_, json.dumps(fields)))
        result = check(services=opened)
        assert result.passed
        assert result.description.endswith(f": {way} here.")
    rows(opened, "insert into crm.leads_raw (id, raw_data) values ('n', '{}') returning id")
    assert not check(services=opened).passed


def test_all_modules_are_those_the_organisation_has(connected, monkeypatch):
    monkeypatch.setenv("ZOHO_MODULES", "all")
    names = services.configured_modules()
    assert services.current().settings.zoho_modules == names
    assert {"Leads", "Deals", "Contacts", "Accounts", "Tasks", "Products"} <= set(names)
    assert not {"Home", "Feeds", "Deals_X_Products"} & set(names)


@pytest.mark.parametrize("fault", ["500", "429", "html"])
def test_one_layer_repeats_a_call_and_counts_it(opened, connected, fault):
    client, switches = opened.zoho(), connected.switches
    asset = module_asset("Leads", ["Leads"], opened.settings)
    day = datetime.now(opened.settings.zone).date().isoformat()
    switches.fault_rate, switches.faults = 1.0, (fault,)
    before = client.calls_for("Leads")
    with dg.DagsterInstance.ephemeral() as instance:
        run = dg.materialize(
            [asset],
            partition_key=day,
            resources={"services": opened},
            instance=instance,
            raise_on_error=False,
        )
        retries = [e for e in run.all_events if e.event_type_value == "STEP_UP_FOR_RETRY"]
    assert not run.success
    assert not retries
    assert client.calls_for("Leads") - before == ATTEMPTS
