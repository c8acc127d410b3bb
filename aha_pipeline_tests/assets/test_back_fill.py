"""Zoho's own history, read back: whatever happens meanwhile, no row is wrong and none is missing.

Judged by the list of deeds that the test itself did to the stand-in's records.
"""

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from aha_pipeline import services
from aha_pipeline.assets.back_fill import BackFill, back_fill
from aha_pipeline.assets.load_plan import LoadPlan, plan
from aha_pipeline.assets.record_by_record import allowed_credits
from aha_pipeline.crm import history
from aha_pipeline.crm.errors import ZohoUnavailable
from aha_pipeline.doctor import history as doctor
from aha_pipeline.warehouse import record_history
from aha_pipeline.warehouse.connection import connect
from aha_pipeline_tests.assets import world as warehouse
from aha_pipeline_tests.kit.databases import fresh_database
from aha_pipeline_tests.kit.environment import have_own_time
from aha_pipeline_tests.kit.fake_clock import FakeClock
from aha_pipeline_tests.kit.sessions import kept_sessions
from aha_pipeline_tests.warehouse.marts_company import build
from aha_pipeline_tests.warehouse.told_histories import MARTS, contents
from zoho_sandbox.faults.switches import Churn, Switches
from zoho_sandbox.server import Sandbox, start

HISTORIES = int(os.environ.get("AHA_TEST_BACK_FILLS", "3"))
WATCHED = int(os.environ.get("AHA_TEST_WATCHED_YEARS", "1"))
DAY = 86_400
NOW = datetime.now(UTC).replace(microsecond=0)
STAGES = ("Qualification", "Needs Analysis", "Negotiation/Review", "Closed Won", "Closed Lost")
STATUSES = ("Not Contacted", "Contacted", "Pre-Qualified", "Junk Lead")
# An id is of one thing in all of Zoho: none of these is ever that of a record.
REPS = [{"id": str(9_000_000 + n), "name": f"Rep {n}"} for n in range(4)]
OURS = ("Stage", "Amount", "Closing_Date", "Lead_Status", "Owner")
FIELD = {"Deals": "Stage", "Leads": "Lead_Status"}
EMPTY = "crm.record_history, crm.record_history_reads, crm.leads_raw, crm.crm_deals, crm.sync_logs"


@dataclass
class Company:
    """The stand-in and the deeds done to it: by record, what was set at which UTC second."""

    sandbox: Sandbox
    services: services.Services
    clock: FakeClock
    rng: Random = field(default_factory=Random)
    deeds: dict[tuple[str, str], list[tuple[int, dict]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def begin(self, seed: int) -> None:
        self.rng, self.clock.moment = Random(f"back fill {seed}"), NOW
        store = self.sandbox.store
        store.tables.clear()
        store.history.__init__()
        self.deeds.clear()
        for name, value in vars(Switches()).items():
            setattr(self.sandbox.switches, name, value)
        self.sandbox.switches.tokens_per_window = 1_000_000
        with connect(self.services.database_url) as connection, connection.cursor() as cursor:
            cursor.execute(f"truncate {EMPTY}")

    def live(
        self,
        records: int,
        seen: Callable[[int, str], object] = lambda at, module: None,
        apart: int = 0,
    ) -> None:
        """Let records be made and changed in the year before now, in the order of time.

        seen: called after each change, with its second and module. apart: seconds that are between
        two changes of a record at least.
        """
        changes = []
        for number in range(records):
            module = self.rng.choice(("Deals", "Leads"))
            at = NOW.timestamp() - self.rng.uniform(1, 360) * DAY
            changes.append((int(at), number, module))
            for _ in range(self.rng.choice((0, 1, 2, 3, 8))):
                at += apart + self.rng.uniform(0, NOW.timestamp() - at - 600)
                changes.append((int(at), number, module))
        ids: dict[int, str] = {}
        for at, number, module in sorted(changes):
            if number in ids:
                self.edit(module, ids[number], at)
            else:
                ids[number] = self.create(module, at, number)
            seen(at, module)

    def create(self, module: str, at: int, number: int) -> str:
        values = {"Last_Name": f"x {number}", "Owner": self.rng.choice(REPS)} | self._values(module)
        id_ = self.sandbox.store.create(module, values, at)
        self.deeds[module, id_].append((at, values))
        return id_

    def edit(self, module: str, id_: str, at: int) -> None:
        values = self._values(module)
        if self.rng.random() < 0.3:
            values["Owner"] = self.rng.choice(REPS)
        for name in self.rng.sample(sorted(values), self.rng.randrange(len(values))):
            del values[name]
        self.sandbox.store.edit(module, id_, values, at)
        self.deeds[module, id_].append((at, values))

    def _values(self, module: str) -> dict:
        if module == "Leads":
            return {"Lead_Status": self.rng.choice(STATUSES)}
        closing = (NOW - timedelta(days=self.rng.randrange(300))).date().isoformat()
        amount = self.rng.choice((None, 0, 1000, 250000.5))
        return {"Stage": self.rng.choice(STAGES), "Amount": amount, "Closing_Date": closing}

    def sync(self) -> None:
        for module in ("Deals", "Leads"):
            warehouse.read(self.services, module)

    def rows(self, query: str, *parameters: object) -> list[tuple]:
        return warehouse.rows(self.services, query, *parameters)

    def told(self) -> dict[tuple[str, str], list[tuple[int, dict]]]:
        """Return what was done, as the landed timelines tell it: what each change set, oldest
        first, with creations as empty ones."""
        found = defaultdict(list)
        for module, id_, entry in self.rows(
            "select module, record_id, raw_data from crm.record_history where way = 'timeline' "
            "order by audited_time, entry_id::numeric"
        ):
            at = int(datetime.fromisoformat(entry["audited_time"]).timestamp())
            values = {f["api_name"]: f["_value"]["new"] for f in entry["field_history"] or ()}
            if entry["automation_details"]:
                values["Owner"] = entry["automation_details"]["owner"]["new"]["id"]
            if entry["action"] in ("added", "updated", "owner_reassigned"):
                found[module, id_].append((at, values))
        return found


@pytest.fixture
def company(connected: Sandbox, tmp_path, monkeypatch) -> Iterator[Company]:
    clock = FakeClock(NOW)
    with kept_sessions(), start(data_dir=tmp_path / "records", now=clock) as sandbox:
        have_own_time(monkeypatch)
        monkeypatch.setattr(services, "BACKOFF_SECONDS", 0.002)
        monkeypatch.setenv("ZOHO_HISTORY_SHARE", "10")
        monkeypatch.setenv("ZOHO_API_URL", sandbox.url)
        monkeypatch.setenv("ZOHO_ACCOUNTS_URL", sandbox.url)
        opened = services.current()
        opened.zoho().concurrency = 4
        yield Company(sandbox, opened, clock)


def _text(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, dict):
        return value["id"]
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _done(deeds: list[tuple[int, dict]], until: float = float("inf")) -> list[tuple[int, str, str]]:
    """Return the single changes that the deeds made, as (second, field, new value)."""
    held: dict[str, str | None] = {}
    changes = []
    for number, (at, values) in enumerate(deeds):
        for name, value in values.items():
            if name != "Last_Name" and number and held.get(name) != _text(value) and at <= until:
                changes.append((at, name, _text(value)))
            held[name] = _text(value)
    return sorted(changes, key=str)


def _told(entries: list[tuple[int, dict]]) -> list[tuple[int, str, str]]:
    return sorted(
        ((at, name, value) for at, values in entries for name, value in values.items()), key=str
    )


@pytest.mark.parametrize("seed", range(HISTORIES))
def test_no_row_is_wrong_and_none_is_missing(company: Company, seed: int) -> None:
    company.begin(seed)
    rng, switches = company.rng, company.sandbox.switches
    company.live(rng.randrange(5, 30))
    switches.trackers = set(rng.sample(("Deals", "Leads"), rng.randrange(3)))
    switches.coql = rng.random() < 0.7
    company.sync()
    wanted = {(m, i) for m, i in company.deeds if company.sandbox.store.holds(m, i)}
    switches.fault_rate, switches.seed = rng.choice((0.0, 0.05, 0.2)), seed
    # A denied token is waited for by the clock of this machine, and not by the stand-in's.
    switches.faults = tuple(fault for fault in switches.faults if fault != "denied")
    switches.token_life_calls = rng.choice((None, 30, 100))
    deleted = set()
    for number in range(40):
        if rng.random() < 0.3:
            company.clock.forward(seconds=2)
            _disturb(company, deleted)
        switches.credits = rng.choice((None, 3, 12))
        if rng.random() < 0.25:
            warehouse.killed_within(company.services, rng.uniform(0.02, 0.2), back_fill)
        switches.credits = rng.choice((None, 3, 12)) if number < 6 else None
        switches.fault_rate = switches.fault_rate if number < 10 else 0.0
        company.rows(
            "update crm.record_history_reads set read_at = now() - interval '2 days' returning 1"
        )
        company.rows("delete from crm.api_credits returning 1")
        warehouse.know_credits(company.services)
        done = back_fill(company.services)
        if done.left == 0 and not done.stopped and switches.fault_rate == 0:
            break
    assert done.left == 0, done
    _judge(company, wanted, deleted)


@pytest.mark.parametrize("seed", range(WATCHED))
def test_a_year_read_back_says_what_the_year_watched_said(
    company: Company, postgres: str, template_database: str, monkeypatch, seed: int
) -> None:
    """The same year by HTTP: one warehouse reads each change, another is connected at its end."""
    company.begin(seed)

    def watch(at: int, module: str) -> None:
        company.clock.moment = datetime.fromtimestamp(at + 60, UTC)
        warehouse.read(company.services, module, datetime.fromtimestamp(at - 60, UTC))

    # Of two changes in one second Zoho's history, which knows no parts of one, tells the outcome.
    company.live(10, watch, apart=2)
    for (module, id_), deeds in company.deeds.items():
        if _value_at(deeds, FIELD[module], NOW.timestamp()) == "Junk Lead":  # its past is not read
            company.sandbox.store.edit(
                module, id_, {"Lead_Status": "Contacted"}, int(NOW.timestamp()) - 300
            )
    company.clock.moment = NOW
    company.sync()
    with fresh_database(postgres, template_database) as address:
        monkeypatch.setenv("DATABASE_URL", address)
        later = Company(company.sandbox, services.current(), company.clock)
        later.sync()
        assert back_fill(later.services).left == 0
        watched, told = _histories(company), _histories(later)
        known = "select distinct known_by from analytics.history_known where records > 0"
        # Watched: what never changed. Nothing is assumed.
        assert {("zoho_history",)} <= set(later.rows(known)) <= {("watched",), ("zoho_history",)}
    assert [mart for mart in MARTS if watched[mart] != told[mart]] == []
    assert watched["deal_history"]
    assert watched["lead_history"]


def _histories(company: Company) -> dict[str, list[str]]:
    """Return what the marts that read histories say, of each day of the year."""
    with connect(company.services.database_url) as connection:
        build(connection, (NOW - timedelta(days=365)).date(), NOW.date() - timedelta(days=1))
        return {mart: contents(connection, mart) for mart in MARTS}


def _disturb(company: Company, deleted: set[tuple[str, str]]) -> None:
    """Change and delete records between two reads."""
    rng, at = company.rng, int(company.clock.moment.timestamp())
    alive = [key for key in company.deeds if company.sandbox.store.holds(*key)]
    for key in rng.sample(alive, min(2, len(alive))):
        company.edit(*key, at)
    for key in rng.sample(alive, min(1, len(alive))):
        company.sandbox.store.delete(*key, at)
        deleted.add(key)


def _judge(company: Company, wanted: set[tuple[str, str]], deleted: set[tuple[str, str]]) -> None:
    told, since = company.told(), NOW.timestamp()
    true = {key: Counter(_done(deeds)) for key, deeds in company.deeds.items()}
    for key, entries in told.items():
        assert not Counter(_told(entries)) - true[key], key
    read = {
        (module, id_): (reaches, created)
        for module, id_, reaches, created in company.rows(
            "select r.module, r.record_id, reaches_back_to,"
            " coalesce(d.created_time, l.created_time) from crm.record_history_reads r"
            " left join crm.crm_deals d on r.module = 'Deals' and d.id = r.record_id"
            " left join crm.leads_raw l on r.module = 'Leads' and l.id = r.record_id"
            " where r.way = 'timeline' and r.complete and r.record_id <> ''"
        )
    }
    meanings = {"Closed Won", "Closed Lost", "Junk Lead"}
    for key in wanted - deleted:
        module, _ = key
        held = _value_at(company.deeds[key], FIELD[module], since)
        if module == "Deals" or held not in meanings:
            assert key in read, key
    for key, (reaches, created) in read.items():
        if key not in deleted:
            assert reaches == created, key
            missing = Counter(_done(company.deeds[key], since)) - Counter(_told(told[key]))
            assert not missing, (key, missing)
    _judge_stays(company, deleted)


def _value_at(deeds: list[tuple[int, dict]], name: str, until: float) -> object:
    return [values[name] for at, values in deeds if name in values and at <= until][-1]


def _judge_stays(company: Company, deleted: set[tuple[str, str]]) -> None:
    stays = defaultdict(set)
    for module, id_, at, row in company.rows(
        "select module, record_id, audited_time, raw_data from crm.record_history "
        "where way = 'stage_tracker'"
    ):
        value = row[FIELD[module]]
        if value is not None:
            stays[module, id_].add((int(at.timestamp()), value))
    covered = {
        module
        for (module,) in company.rows(
            "select module from crm.record_history_reads where record_id = '' and complete "
            "and way = 'stage_tracker'"
        )
    }
    assert covered == company.sandbox.switches.trackers
    for key, deeds in company.deeds.items():
        module = key[0]
        true = {(at, v[FIELD[module]]) for at, v in deeds if FIELD[module] in v}
        assert stays[key] <= true, key
        if module in covered and key not in deleted:
            assert {stay for stay in true if stay[0] <= NOW.timestamp()} <= stays[key], key


@pytest.mark.parametrize("apart", [DAY, 0], ids=["apart", "in one second"])
@pytest.mark.parametrize("ways", [(True, False), (False, True)], ids=["query, list", "list, query"])
def test_a_tracker_is_read_on_by_another_way(
    company: Company, monkeypatch: pytest.MonkeyPatch, ways: tuple[bool, bool], apart: int
) -> None:
    company.begin(8)
    monkeypatch.setattr(history, "QUERY_ROWS", 5)
    monkeypatch.setattr(company.services.zoho(), "per_page", 5)
    # The later a record was made, the earlier it is changed: by id they come in another order.
    for number in range(12):
        at = int(NOW.timestamp()) - (100 - number) * DAY
        id_ = company.create("Deals", at, number)
        company.edit("Deals", id_, at + 2 * (12 - number) * apart + DAY)
    company.sync()
    land, landed_pages = record_history.land_rows, Counter[bool]()

    def landing(connection: object, module: str, rows: list[bytes]) -> int:
        switches = company.sandbox.switches
        if landed_pages[switches.coql] == 2 and switches.coql == ways[0]:
            switches.coql = ways[1]
            raise ZohoUnavailable("Cut short.")
        landed_pages[switches.coql] += 1
        return land(connection, module, rows)

    monkeypatch.setattr(record_history, "land_rows", landing)
    company.sandbox.switches.coql = ways[0]
    assert back_fill(company.services).stopped == "Cut short."
    assert back_fill(company.services).stopped is None
    assert landed_pages[ways[0]] == 2 <= landed_pages[ways[1]]
    _judge_stays(company, set())


def test_a_query_refused_half_way_is_gone_on_with_by_list(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.begin(9)
    monkeypatch.setattr(history, "QUERY_ROWS", 5)
    company.live(30)
    company.sync()
    land, queried = record_history.land_rows, company.sandbox.switches

    def landing(connection: object, module: str, rows: list[bytes]) -> int:
        queried.coql = False
        return land(connection, module, rows)

    monkeypatch.setattr(record_history, "land_rows", landing)
    assert back_fill(company.services).stopped is None
    _judge_stays(company, set())


def test_changes_made_while_a_page_is_read_cost_nothing(company: Company) -> None:
    company.begin(1)
    company.live(25)
    company.sync()
    company.services.zoho().per_page = 2
    company.sandbox.switches.churn = Churn(creates=1, edits=3, deletes=0)
    done = back_fill(company.services)
    assert (done.left, done.stopped) == (0, None)
    assert company.sandbox.switches.churn.done["edits"] > 50
    told = company.told()
    for key, deeds in company.deeds.items():
        if key in told:
            ours = [change for change in _told(told[key]) if change[1] in OURS]
            assert ours == _done(deeds), key
    company.services.zoho().per_page = 200


def test_only_its_share_of_the_credits_is_spent(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.begin(2)
    company.live(60)
    company.sync()
    company.services.zoho()
    monkeypatch.setattr(company.services, "_daily_credits", 150)
    assert allowed_credits(company.services) == 15
    before = company.sandbox.credits.spent
    first = back_fill(company.services)
    assert "ZOHO_HISTORY_SHARE" in (first.stopped or "")
    assert company.sandbox.credits.spent - before == first.credits <= 15
    again = back_fill(company.services)
    assert again.timelines == 0
    company.rows(
        "update crm.record_history_reads set read_at = now() - interval '2 days' returning 1"
    )
    days = 1
    while back_fill(company.services).left:
        company.rows(
            "update crm.record_history_reads set read_at = now() - interval '2 days' returning 1"
        )
        days += 1
    assert days > 1


def test_what_zoho_refuses_is_a_sentence(company: Company) -> None:
    company.begin(3)
    company.live(10)
    company.sync()
    switches = company.sandbox.switches
    switches.trackers, switches.timeline = set(), False
    done = back_fill(company.services)
    assert (done.stopped, done.timelines) == (None, 0)
    assert done.left > 0
    assert [problem for problem in done.problems if "ZohoCRM.modules.READ" in problem]
    switches.timeline = True
    done = back_fill(company.services)
    assert (done.left, done.problems) == (0, ())


def test_history_that_does_not_reach_the_creation_says_so(company: Company) -> None:
    company.begin(4)
    old, new = int(NOW.timestamp()) - 200 * DAY, int(NOW.timestamp()) - 20 * DAY
    id_ = company.create("Deals", old, 0)
    company.sandbox.store.edit("Deals", id_, {"Stage": "Qualification", "Amount": 7}, new)
    company.sync()
    company.sandbox.switches.history_days = 30
    company.sandbox.switches.trackers = set()
    done = back_fill(company.services)
    [(complete, reaches)] = company.rows(
        "select complete, reaches_back_to from crm.record_history_reads where record_id = %s", id_
    )
    assert (complete, int(reaches.timestamp())) == (True, new)
    assert done.progress.share == 1
    assert done.progress.sentence.startswith("History read back to")


def test_the_open_and_the_newest_come_first(company: Company) -> None:
    company.begin(5)
    company.live(40)
    company.sync()
    done: BackFill = back_fill(company.services)
    assert done.left == 0
    company.rows("truncate crm.record_history_reads; select 1")
    with connect(company.services.database_url) as connection:
        order = record_history.to_read(connection)
    ranks = []
    for module, id_ in order:
        stage = company.sandbox.store.tables[module].records[id_].data.get("Stage", "lead")
        ranks.append(3 if stage == "lead" else 2 if stage.startswith("Closed") else 1)
    assert ranks == sorted(ranks)


@pytest.mark.parametrize("version", ["v2", "v8"])
def test_a_plan_is_within_a_tenth_of_what_is_spent(
    company: Company, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.begin(6)
    company.live(400)
    company.sandbox.switches.trackers = {"Deals", "Leads"}
    client = company.services.zoho()
    monkeypatch.setattr(client, "per_page", 5)
    monkeypatch.setattr(client, "version", version)
    planned = plan(company.services, ("Deals", "Leads"))
    before = company.sandbox.credits.spent
    company.sync()
    loaded = company.sandbox.credits.spent - before
    monkeypatch.setattr(client, "per_page", 200)
    done = back_fill(company.services)
    spent = company.sandbox.credits.spent - before
    assert (done.left, done.stopped) == (0, None)
    assert planned is not None
    assert planned.timelines == done.timelines
    assert planned.load_credits == pytest.approx(loaded, rel=0.1)
    assert planned.credits == pytest.approx(spent, rel=0.1)
    assert f"{planned.credits:,} API credits" in planned.sentence


def test_days_of_a_plan() -> None:
    def told(load: int, of_history: int) -> int:
        return LoadPlan({"Deals": 9}, load, 0, of_history, 30_000, 6_000).days

    assert [told(5_000, 1_200), told(5_000, 11_000), told(61_000, 0)] == [1, 2, 3]


def test_the_doctor_tells_how_far_history_is_known(company: Company) -> None:
    def said() -> list[tuple[str, str]]:
        return [(one.verdict, one.says) for one in doctor.examine(company.services.settings)]

    company.begin(7)
    assert said() == []
    company.live(12)
    company.sandbox.switches.timeline = False
    company.sync()
    back_fill(company.services)
    [*refused, (verdict, left)] = said()
    assert {verdict for verdict, _ in refused} == {"warning"}
    assert (verdict, "records are left" in left) == ("ok", True)
    company.sandbox.switches.timeline = True
    back_fill(company.services)
    [(verdict, told)] = said()
    assert (verdict, "records are left" in told) == ("ok", False)
