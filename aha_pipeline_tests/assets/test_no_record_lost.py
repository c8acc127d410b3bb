"""Whatever happens in the CRM while it is read, the warehouse ends up with what the CRM holds.

Random histories: records are created, edited, converted, merged, deleted, restored and changed
without a trace, between and during the syncs, behind a server whose undocumented ways are drawn
too. After a quiet sync the warehouse may differ from the server only in what moves no
Modified_Time, and after a reconcile in nothing.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from aha_pipeline import services
from aha_pipeline.assets.extract_load import sync_window
from aha_pipeline.assets.reconcile import reconcile
from aha_pipeline.crm.reading.clock import COMMIT_LAG
from aha_pipeline.warehouse.connection import connect
from aha_pipeline.warehouse.landing import Window
from aha_pipeline_tests.kit.environment import have_own_time
from aha_pipeline_tests.kit.examples import examples
from aha_pipeline_tests.kit.fake_clock import FakeClock
from zoho_sandbox.faults.switches import Churn
from zoho_sandbox.server import Sandbox, start

HISTORIES = int(os.environ.get("AHA_TEST_HISTORIES", examples(100)))
BEGIN = datetime(2026, 5, 4, 6, 0, tzinfo=UTC)
NEVER = datetime(2040, 1, 1, tzinfo=UTC)
RUNS = count()
TABLES = "crm.leads_raw, crm.record_versions, crm.sync_logs, crm.quarantine, crm.crm_fields"


@dataclass
class World:
    """Server and warehouse; `unseen` are records that changed in ways no incremental read sees."""

    sandbox: Sandbox
    services: services.Services
    clock: FakeClock
    unseen: set[str] = field(default_factory=set)
    since: datetime | None = None

    def begin(self) -> None:
        self.clock.moment = BEGIN
        self.sandbox.store.load("Leads", [])
        self.sandbox.store.tables["Leads"].deletions.clear()
        self.unseen.clear()
        self.since = None
        with connect(self.services.database_url) as connection, connection.cursor() as cursor:
            cursor.execute(f"truncate {TABLES}, crm.reconciliations")

    def ids(self) -> list[str]:
        return sorted(self.sandbox.store.tables["Leads"].records, key=int)

    def do(self, kind: str, number: int) -> None:
        """One deed; those that move no Modified_Time make their record unseen until the next."""
        store, ids = self.sandbox.store, self.ids()
        in_bin = [i for i in store.tables["Leads"].deletions if store.is_in_bin("Leads", i)]
        if kind == "restore":
            for id_ in in_bin[number % 7 :][:1]:
                store.restore("Leads", id_)
                self.unseen.add(id_)
        elif kind == "timeless":
            values = {"Last_Name": "x", "Company": "timeless", "Modified_Time": None}
            made = store.create("Leads", values)
            if self.since is not None or self.sandbox.switches.commit_lag:
                self.unseen.add(made)  # no list of changes will ever show it
        elif kind == "create" or not ids:
            store.create("Leads", {"Last_Name": "x", "Company": f"made {number}"})
        else:
            self._touch(kind, ids[number % len(ids)], number)

    def _touch(self, kind: str, id_: str, number: int) -> None:
        store, ids = self.sandbox.store, self.ids()
        if kind == "convert":
            store.convert(id_, {"deal": str(number)})
            if not self.sandbox.switches.conversion_bumps:
                self.unseen.add(id_)
        elif kind == "derive":
            store.derive("Leads", id_, {"Score": number})
            self.unseen.add(id_)
        elif kind == "merge" and len(ids) > 1:
            store.merge("Leads", id_, [ids[(ids.index(id_) + 1) % len(ids)]])
        elif kind in ("delete", "purge"):
            getattr(store, kind)("Leads", id_)
        else:
            changes = {"unapprove": {"$approved": False}}
            store.edit("Leads", id_, changes.get(kind, {"Company": f"edited {number}"}))

    def sync(self) -> None:
        """One daily sync of one module, from the last moment that is surely read."""
        window = Window(
            f"run-{next(RUNS)}",
            "Leads",
            self.since or datetime(2026, 1, 1, tzinfo=UTC),
            NEVER,
            from_the_beginning=self.since is None,
            is_open=True,
        )
        sync_window(self.services, window)
        with connect(self.services.database_url) as connection, connection.cursor() as cursor:
            cursor.execute(
                "select read_until from crm.sync_logs where run_id = %s", [window.run_id]
            )
            self.since = cursor.fetchone()[0] - COMMIT_LAG

    def differences(self) -> dict[str, object]:
        """Return what differs, by id: here, and on the server."""
        records = self.sandbox.store.tables["Leads"].records
        held = {id_: as_instants(record.data) for id_, record in records.items()}
        with connect(self.services.database_url) as connection, connection.cursor() as cursor:
            cursor.execute("select id, raw_data from crm.leads_raw where deleted_at is null")
            here = {id_: as_instants(data) for id_, data in cursor}
        return {
            id_: (here.get(id_), held.get(id_))
            for id_ in held.keys() | here.keys()
            if here.get(id_) != held.get(id_)
        }


def as_instants(record: dict) -> dict:
    """Return a record with its times as instants: the server writes them in any zone."""
    return {
        name: datetime.fromisoformat(value) if name.endswith("_Time") and value else value
        for name, value in record.items()
    }


@pytest.fixture
def world(connected: Sandbox, tmp_path, monkeypatch) -> Iterator[World]:
    clock = FakeClock(BEGIN)
    with start(data_dir=tmp_path / "records", now=clock) as sandbox:
        sandbox.switches.tokens_per_window = 1_000_000
        have_own_time(monkeypatch)
        monkeypatch.setenv("ZOHO_API_URL", sandbox.url)
        monkeypatch.setenv("ZOHO_ACCOUNTS_URL", sandbox.url)
        monkeypatch.setenv("ZOHO_DAILY_CREDITS", "100000000")
        yield World(sandbox, services.current(), clock)


KINDS = (
    "create", "create", "edit", "edit", "convert", "unapprove", "delete", "restore", "derive",
    "merge", "purge", "timeless",
)  # fmt: skip
DEEDS = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 999)), max_size=12)
FEW = st.integers(0, 2)
EDITS = st.sampled_from([0, 1, 2, 6])  # of 6 a list of short pages is never read to its end
CHURN = st.one_of(st.none(), st.builds(Churn, FEW, EDITS, FEW, FEW))


@settings(
    max_examples=HISTORIES,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # to shrink one takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    pauses=st.lists(st.sampled_from([0, 0, 0, 1, 1, 2, 400, None]), max_size=40),
    phases=st.lists(st.tuples(DEEDS, CHURN), min_size=1, max_size=3),
    step=st.sampled_from([0.02, 0.1, 0.4, 1.0]),
    per_page=st.sampled_from([3, 5, 200]),
    concurrency=st.sampled_from([1, 4]),
    ways=st.fixed_dictionaries(
        {
            "strict_since": st.booleans(),
            "empty_status": st.sampled_from([204, 304]),
            "tie_order": st.sampled_from(["id", "id_desc", "random"]),
            "conversion_bumps": st.booleans(),
            "restore_bumps": st.booleans(),
            "short_pages": st.booleans(),
            "commit_lag": st.sampled_from([0.0, 0.0, 3.0, 40.0]),
            "zone": st.sampled_from([None, "America/New_York"]),
        }
    ),
)
def test_after_a_quiet_sync_nothing_is_lost_and_after_a_reconcile_nothing_differs(
    world, pauses, phases, step, per_page, concurrency, ways
):
    world.begin()
    client = world.services.zoho()
    client.per_page, client.concurrency = per_page, concurrency
    for name, value in ways.items():
        setattr(world.sandbox.switches, name, value)
    for number, pause in enumerate(pauses):
        world.do("timeless" if pause is None else "create", number)
        world.clock.forward(seconds=pause or 0)
    for deeds, churn in phases:
        world.clock.step = timedelta(seconds=step)
        world.sandbox.switches.churn = churn
        world.sync()
        world.sandbox.switches.churn = None
        for kind, number in deeds:
            world.do(kind, number)
            world.clock.forward(seconds=number % 3)
    world.clock.step = timedelta()
    world.clock.forward(minutes=10)
    world.sandbox.store.settle()
    world.sync()
    wrong = world.differences()
    assert wrong.keys() <= world.unseen | converted_in_silence(world), wrong
    certificate = reconcile(world.services, "Leads", f"sweep-{next(RUNS)}")
    assert world.differences() == {}
    assert certificate.verdict == ("healed" if wrong else "equal"), certificate
    assert certificate.records_in_crm == len(world.ids())


def converted_in_silence(world: World) -> set[str]:
    """The leads that churn converted, where a conversion does not move Modified_Time."""
    if world.sandbox.switches.conversion_bumps:
        return set()
    records = world.sandbox.store.tables["Leads"].records
    return {id_ for id_, record in records.items() if record.data.get("$converted")}
