"""The reader misses no record, whatever happens to the others while it reads."""

from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from aha_pipeline.crm.budget import Unlimited
from aha_pipeline.crm.errors import ZohoRefused
from aha_pipeline.crm.metadata import read_fields
from aha_pipeline.crm.reading import scheduler
from aha_pipeline.crm.reading.clock import COMMIT_LAG, ReadClock
from aha_pipeline.crm.reading.module_reader import ModuleReader
from aha_pipeline.crm.reading.scheduler import RangeScheduler
from aha_pipeline.crm.reading.time_range import TimeRange
from aha_pipeline.crm.reading.timestamp_group import MembershipIndex
from aha_pipeline.crm.records_endpoint import RecordsEndpoint, field_batches
from aha_pipeline_tests.crm.connections import connect
from aha_pipeline_tests.crm.records import create, held_by
from aha_pipeline_tests.kit.examples import examples
from zoho_sandbox.faults.switches import Churn

RANDOM = settings(
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # to shrink one takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@dataclass
class Seen:
    """The newest Modified_Time that a reader saw of each id, and the reader itself."""

    reader: ModuleReader
    times: dict = field(default_factory=dict)

    def add(self, page):
        for id_, time in page.keys:
            stamp = time.timestamp() if time else None
            self.times[id_] = max(filter(None, [self.times.get(id_), stamp]), default=None)


def read(client, since=None, until=None, between=lambda: None, per_page=5, done=()):
    """Read all pages; call `between` after each."""
    fields = () if client.version == "v2" else read_fields(client, "Leads")
    names = [row["api_name"] for row in fields]
    client.per_page = per_page
    endpoint = RecordsEndpoint(client, "Leads", field_batches(names, client.version))
    seen = Seen(ModuleReader(endpoint, since, until, done))
    for page in seen.reader.pages():
        seen.add(page)
        between()
    return seen


def read_twice(sandbox, client, **options):
    """Read all, then undisturbed what changed meanwhile; return the newest times seen."""
    first = read(client, **options)
    sandbox.switches.churn = None
    began = first.reader.bookmark
    second = read(client, began and began - COMMIT_LAG, per_page=client.per_page)
    return first.times | second.times


class Allowance(Unlimited):
    """A number of credits, and a reserve for essential calls."""

    def __init__(self, credits, reserve=1_000_000):
        self.left = credits
        self.reserve = reserve
        self.is_spent = False

    def consume(self, credits, *, essential):
        if self.left + (self.reserve if essential else 0) < credits:
            self.is_spent = True
            return "No credits are left."
        self.left -= credits
        return None


def between_times(start, time, end):
    begin = start.timestamp() if start else float("-inf")
    return begin <= time < (end.timestamp() if end else float("inf"))


def test_an_empty_module_is_read_in_two_calls(client):
    assert read(client).times == {}
    assert client.calls == 2  # the list, and the list of deletions


def test_every_record_is_seen_over_many_pages(sandbox, client):
    create(sandbox, 40, every_seconds=60)
    assert read(client).times == held_by(sandbox)


def test_what_fits_on_a_page_takes_two_calls_however_many_are_allowed(sandbox):
    create(sandbox, 40, every_seconds=60)
    client = connect(sandbox.url, concurrency=10)
    assert read(client, per_page=200).times == held_by(sandbox)
    assert client.calls == 2


def test_more_records_in_one_second_than_a_page_holds(sandbox, client, fake_clock):
    create(sandbox, 23)
    fake_clock.forward(seconds=60)
    create(sandbox, 4, every_seconds=60)
    assert read(client).times == held_by(sandbox)


def test_converted_and_unapproved_records_are_seen(sandbox, client):
    create(sandbox, 3, every_seconds=5)
    converted, unapproved, _ = held_by(sandbox)
    sandbox.store.convert(converted, {"deal": "1"})
    sandbox.store.edit("Leads", unapproved, {"$approved": False})
    assert read(client).times == held_by(sandbox)


@pytest.mark.parametrize("time", [None, "", "yesterday", "2026-02-30T10:00:00+05:30"])
def test_records_without_a_proper_modified_time_are_seen(sandbox, client, time):
    create(sandbox, 12, every_seconds=60)
    create(sandbox, 8, Modified_Time=time)
    create(sandbox, 12, every_seconds=60)
    assert read(client).times == held_by(sandbox)


def test_records_without_a_time_are_seen_where_all_others_are_later_than_asked_for(
    sandbox, client, fake_clock
):
    create(sandbox, 2, Modified_Time=None)
    until = fake_clock.moment
    fake_clock.forward(seconds=60)
    create(sandbox, 12, every_seconds=60)
    seen = read(client, until=until).times
    assert [id_ for id_, time in held_by(sandbox).items() if time is None] == [
        id_ for id_, time in seen.items() if time is None
    ]


def test_a_record_created_between_two_field_batches_of_a_page_is_seen_by_the_next_read(
    sandbox, fake_clock, monkeypatch
):
    since = fake_clock.moment
    create(sandbox, 3, every_seconds=10)
    client, made = connect(sandbox.url, version="v8"), []
    ask = client.get

    def get(path, params=None, **options):
        answer = ask(path, params, **options)
        if path == "Leads" and not made:
            fake_clock.forward(seconds=10)
            made.append(sandbox.store.create("Leads", {"Last_Name": "late"}))
            fake_clock.forward(seconds=590)
        return answer

    monkeypatch.setattr(client, "get", get)
    first = read(client, since, per_page=200)
    second = read(client, first.reader.bookmark - COMMIT_LAG, per_page=200)
    assert made[0] in second.times


@pytest.mark.parametrize("seed", range(6, 10))
def test_a_record_that_left_a_group_and_shows_up_late_hides_none_of_it(
    sandbox, client, fake_clock, monkeypatch, seed
):
    sandbox.switches.tie_order, sandbox.switches.seed = "random", seed
    create(sandbox, 12)
    fake_clock.forward(seconds=3600)
    sandbox.switches.commit_lag = 60
    for id_ in list(held_by(sandbox))[:3]:
        sandbox.store.edit("Leads", id_, {"Last_Name": "moved"})
    sandbox.switches.commit_lag = 0
    fake_clock.forward(seconds=5)
    create(sandbox, 12)
    fake_clock.forward(seconds=10)
    ask, waited = client.get, []

    def get(path, *args, **options):
        if path.endswith("deleted") and not waited:
            waited.append(fake_clock.forward(seconds=120))
        return ask(path, *args, **options)

    monkeypatch.setattr(client, "get", get)
    seen = read_twice(sandbox, client, per_page=4)
    assert held_by(sandbox).items() <= seen.items()


def test_a_read_cancelled_during_verification_ends(sandbox, client, fake_clock):
    sandbox.switches.tie_order = "random"
    create(sandbox, 60)
    fake_clock.forward(seconds=600)
    client.per_page = 4
    cancelled = Event()
    pages = ModuleReader(RecordsEndpoint(client, "Leads"), None, None, (), cancelled).pages()
    while client.calls <= 25:  # the scan takes 17
        next(pages)
    cancelled.set()
    with pytest.raises(KeyboardInterrupt):
        next(pages)


def test_a_record_without_a_time_before_a_group_hides_none_of_it(sandbox, client, fake_clock):
    create(sandbox, 1, Modified_Time=None)
    create(sandbox, 5)
    fake_clock.forward(seconds=600)
    assert read(client, per_page=2).times == held_by(sandbox)


def test_only_what_changed_since_is_read(sandbox, client, fake_clock):
    create(sandbox, 10, every_seconds=60)
    since = fake_clock.moment
    create(sandbox, 2, every_seconds=60)
    assert len(read(client, since).times) == 2


def test_a_read_stops_at_the_end_of_its_range(sandbox, client, fake_clock):
    until = fake_clock.moment + timedelta(minutes=3)
    create(sandbox, 200, every_seconds=60)
    read(client, fake_clock.moment - timedelta(days=1), until)
    assert client.calls <= 6


def test_ranges_that_are_done_are_skipped(sandbox, client, fake_clock):
    start = fake_clock.moment
    create(sandbox, 300, every_seconds=60)
    middle = start + timedelta(minutes=280)
    assert len(read(client, done=[(None, middle)]).times) <= 30


@pytest.mark.parametrize("order", ["id", "id_desc", "random"])
def test_a_second_of_many_pages_is_read_whole_in_any_order(sandbox, client, order):
    sandbox.switches.tie_order = order
    create(sandbox, 60)
    create(sandbox, 9, every_seconds=7)
    assert read(client).times == held_by(sandbox)


@pytest.mark.parametrize("order", ["id", "random"])
def test_a_second_of_many_pages_is_read_whole_while_its_records_leave_it(sandbox, client, order):
    sandbox.switches.tie_order = order
    create(sandbox, 300)
    sandbox.store.now.forward(seconds=600)
    sandbox.switches.churn = Churn(edits=2, deletes=1)
    seen = read_twice(sandbox, client, per_page=20)
    assert held_by(sandbox).items() <= seen.items()


def test_a_list_that_changes_faster_than_it_is_read_comes_to_an_end(sandbox, fake_clock):
    create(sandbox, 40)
    fake_clock.forward(seconds=600)
    fake_clock.step = timedelta(seconds=0.02)
    sandbox.switches.churn = Churn(creates=3, edits=3, deletes=1)
    client = connect(sandbox.url, concurrency=4)
    first = read(client, per_page=3)
    assert client.calls < 2_000
    sandbox.switches.churn = None
    second = read(client, first.reader.bookmark - COMMIT_LAG, per_page=200)
    assert held_by(sandbox).items() <= (first.times | second.times).items()


@pytest.mark.parametrize("seed", [1, 2])
def test_a_record_that_left_a_group_among_more_changes_than_are_read_does_not_count_as_seen(
    sandbox, client, fake_clock, seed
):
    create(sandbox, 120)
    fake_clock.forward(seconds=600)
    fake_clock.step = timedelta(seconds=1)
    sandbox.switches.seed = seed
    sandbox.switches.churn = Churn(creates=4, edits=6)
    seen = read_twice(sandbox, client)
    assert held_by(sandbox).items() <= seen.items()


@pytest.mark.parametrize("most", range(1, 60, 4))
def test_a_read_that_runs_out_of_credits_during_verification_says_what_is_verified(
    sandbox, fake_clock, most
):
    create(sandbox, 40, every_seconds=7)
    create(sandbox, 40)
    fake_clock.forward(seconds=600)
    sandbox.switches.churn = Churn(edits=1)
    client = connect(sandbox.url)
    client.budget = Allowance(most)
    seen = read(client, per_page=3)
    sandbox.switches.churn = None
    assert bool(seen.reader.stop_reason) == client.budget.is_spent
    if seen.reader.stop_reason:
        held = held_by(sandbox)
        for start, end in seen.reader.verified_ranges:
            owed = {id_ for id_, time in held.items() if between_times(start, time, end)}
            assert owed <= set(seen.times)


def test_more_records_in_one_second_than_the_list_reaches_are_asked_for_by_id(sandbox, client):
    sandbox.switches.page_cap = 50
    create(sandbox, 10, every_seconds=60)
    create(sandbox, 130)
    sandbox.store.now.forward(seconds=60)
    create(sandbox, 10, every_seconds=60)
    assert read(client).times == held_by(sandbox)


@pytest.mark.parametrize("strict", [True, False])
def test_what_follows_a_second_asked_for_by_id_is_read(sandbox, client, strict):
    sandbox.switches.page_cap, sandbox.switches.strict_since = 50, strict
    create(sandbox, 130)
    sandbox.store.now.forward(seconds=1)
    create(sandbox, 70, every_seconds=1)
    assert read(client).times == held_by(sandbox)


def test_a_second_that_cannot_be_read_whole_is_a_failure_that_names_the_scope(sandbox, client):
    sandbox.switches.page_cap, sandbox.switches.coql = 50, False
    create(sandbox, 130)
    with pytest.raises(ZohoRefused, match=r"ZohoCRM\.coql\.READ"):
        read(client)


def test_a_query_that_leaves_converted_records_out_is_not_trusted(sandbox, client):
    sandbox.switches.page_cap, sandbox.switches.coql_converted = 50, False
    create(sandbox, 130, **{"$converted": True})
    with pytest.raises(ZohoRefused, match="ZOHO_API_VERSION=v8"):
        read(client)


def test_a_long_window_is_read_by_as_many_calls_at_a_time_as_are_allowed(sandbox):
    create(sandbox, 2000, every_seconds=30)
    sandbox.switches.max_calls = 8
    sandbox.switches.latency = 0.02
    client = connect(sandbox.url, concurrency=8)
    seen = read(client, per_page=20)
    assert seen.times == held_by(sandbox)
    assert client.calls < 130  # of which 101 are the least that is possible


@pytest.mark.parametrize(("latency", "workers"), [(0.0, 1), (0.25, 3), (0.9, 8)])
def test_no_more_calls_at_a_time_are_made_than_pages_can_be_landed(
    sandbox, monkeypatch, latency, workers
):
    monkeypatch.setattr(scheduler, "LANDING_SECONDS", 0.1)
    create(sandbox, 600, every_seconds=30)
    sandbox.switches.max_calls, sandbox.switches.latency = 8, latency
    client = connect(sandbox.url, concurrency=8)
    client.per_page = 20
    asking = RangeScheduler(
        RecordsEndpoint(client, "Leads"), ReadClock(None), MembershipIndex(), Event()
    )
    seen = {key for page in asking.pages([TimeRange(None, None)]) for key in page.keys}
    assert len(seen) == 600
    assert len(asking.scans) == 1 if workers == 1 else len(asking.scans) >= workers


@st.composite
def changes(draw):
    """What happens to the records between two pages."""
    kinds = st.sampled_from(["create", "edit", "delete", "convert"])
    return draw(st.lists(st.tuples(kinds, st.integers(0, 10_000), st.integers(0, 2)), max_size=4))


@settings(RANDOM, max_examples=examples(200))
@given(
    start=st.lists(st.integers(0, 2), max_size=30),
    meanwhile=st.lists(changes(), max_size=25),
    per_page=st.integers(1, 6),
    strict=st.booleans(),
    order=st.sampled_from(["id", "id_desc", "random"]),
    concurrency=st.sampled_from([1, 3]),
)
def test_nothing_is_missed_while_records_change_under_the_reader(
    sandbox, fake_clock, start, meanwhile, per_page, strict, order, concurrency
):
    store = sandbox.store
    store.load("Leads", [])
    sandbox.switches.strict_since, sandbox.switches.tie_order = strict, order
    sandbox.switches.tokens_per_window = 10_000
    client = connect(sandbox.url, concurrency=concurrency)
    for pause in start:
        create(sandbox, 1, every_seconds=pause)
    fake_clock.forward(seconds=600)
    script = iter(meanwhile)

    def act():
        for kind, number, pause in next(script, []):
            ids = list(store.tables["Leads"].records)
            chosen = ids[number % len(ids)] if ids else None
            if kind == "create" or chosen is None:
                create(sandbox, 1)
            elif kind == "edit":
                store.edit("Leads", chosen, {"Company": str(number)})
            elif kind == "convert":
                store.convert(chosen, {})
            else:
                store.delete("Leads", chosen)
            fake_clock.forward(seconds=pause)

    seen = read_twice(sandbox, client, between=act, per_page=per_page)
    assert held_by(sandbox).items() <= seen.items()


@settings(RANDOM, max_examples=examples(50))
@given(
    start=st.lists(st.sampled_from([0, 0, 1, 2, 400]), min_size=5, max_size=40),
    allowances=st.lists(st.integers(1, 40), min_size=1, max_size=6),
    churn=st.sampled_from([None, Churn(edits=1), Churn(edits=1, deletes=1), Churn(2, 2, 1, 1)]),
    per_page=st.integers(2, 6),
    order=st.sampled_from(["id", "id_desc", "random"]),
    strict=st.booleans(),
    concurrency=st.sampled_from([1, 3]),
    timeless=st.sampled_from([0, 0, 1, 8]),
    reserve=st.sampled_from([0, 3, 1_000_000]),
)
def test_nothing_is_missed_by_reads_that_stop_and_resume(
    sandbox,
    fake_clock,
    start,
    allowances,
    churn,
    per_page,
    order,
    strict,
    concurrency,
    timeless,
    reserve,
):
    sandbox.store.load("Leads", [])
    sandbox.switches.strict_since, sandbox.switches.tie_order = strict, order
    sandbox.switches.tokens_per_window = 10_000
    fake_clock.step = timedelta()
    create(sandbox, timeless, Modified_Time=None)
    for pause in start:
        create(sandbox, 1, every_seconds=pause)
    fake_clock.forward(seconds=600)
    fake_clock.step = timedelta(seconds=0.1)
    finished, times = [], {}
    for credits in [*allowances, 1_000_000]:
        sandbox.switches.churn = churn if credits < 1_000_000 else None
        client = connect(sandbox.url, concurrency=concurrency)
        client.budget = Allowance(credits, reserve)
        seen = read(client, per_page=per_page, done=finished)
        times |= seen.times
        fake_clock.forward(seconds=3600)
        if not seen.reader.stop_reason:
            break
        finished += seen.reader.verified_ranges
    sandbox.switches.churn = None
    times |= read(connect(sandbox.url), seen.reader.bookmark - COMMIT_LAG).times
    assert held_by(sandbox).items() <= times.items()
