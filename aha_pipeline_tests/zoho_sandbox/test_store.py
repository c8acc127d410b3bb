from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from aha_pipeline_tests.kit.fake_clock import FakeClock
from zoho_sandbox.clock import stamp
from zoho_sandbox.faults.switches import Switches
from zoho_sandbox.zoho.records import Query
from zoho_sandbox.zoho.store import Store

FIELDS = ("id", "Modified_Time", "Amount")
QUERIES = st.builds(
    Query,
    sort_by=st.sampled_from(FIELDS),
    descending=st.booleans(),
    converted=st.sampled_from((True, False, None)),
    since=st.none() | st.integers(0, 12),
    page=st.integers(1, 3),
    per_page=st.integers(1, 5),
)
STEPS = st.tuples(
    st.sampled_from(("create", "edit", "convert", "delete", "restore")),
    st.integers(0, 9),
    st.integers(0, 12),
    st.none() | st.integers(-5, 5),
)


def expected(store: Store, query: Query) -> list[str]:
    """The page as a plain scan and sort would find it."""

    def key(data: dict) -> tuple:
        value = data[query.sort_by]
        return (value is not None, int(value) if query.sort_by == "id" else value, data["id"])

    rows = [r.data for r in store.tables["Leads"].records.values()]
    if query.converted is not None:
        rows = [r for r in rows if r["$converted"] is query.converted]
    if query.since is not None:
        rows = [r for r in rows if r["Modified_Time"] >= stamp(query.since)]
    empty = [r for r in rows if r[query.sort_by] is None]
    full = [r for r in rows if r[query.sort_by] is not None]
    ordered = sorted(empty, key=lambda r: r["id"]) + sorted(full, key=key)
    if query.descending:
        ordered.reverse()
    start = (query.page - 1) * query.per_page
    return [r["id"] for r in ordered[start : start + query.per_page]]


@settings(max_examples=200, deadline=None)
@given(st.lists(STEPS, max_size=30), st.lists(QUERIES, min_size=1, max_size=4))
def test_pages_equal_a_plain_scan_after_any_history(steps: list, queries: list[Query]) -> None:
    store = Store()
    table = store.tables["Leads"]
    for action, number, at, amount in steps:
        id_ = str(1000 + number)
        if action == "create" and id_ not in table.records | table.deletions:
            store.create("Leads", {"id": id_, "Amount": amount, "$converted": False}, at)
        elif action == "edit" and id_ in table.records:
            store.edit("Leads", id_, {"Amount": amount}, at)
        elif action == "convert" and id_ in table.records:
            store.convert(id_, {}, at)
        elif action == "delete" and id_ in table.records:
            store.delete("Leads", id_, at)
        elif action == "restore" and id_ in table.deletions:
            store.restore("Leads", id_)
        for query in queries:
            assert [r.id for r in table.page(query)[0]] == expected(store, query)


def test_new_records_get_growing_ids() -> None:
    store = Store()
    store.create("Leads", {"id": "6100000000000000041"}, 0)
    first, second = (store.create(m, {"Last_Name": "X"}, 0) for m in ("Leads", "Deals"))
    assert (first, second) == ("6100000000000000042", "6100000000000000043")


def test_malformed_times_never_match_a_since() -> None:
    store = Store()
    store.create("Leads", {"Modified_Time": "soon"}, 5)
    store.create("Leads", {"Modified_Time": None}, 5)
    page, total = store.tables["Leads"].page(Query(since=0, sort_by="Modified_Time"))
    assert (page, total) == ([], 0)
    assert store.tables["Leads"].page(Query(sort_by="Modified_Time"))[1] == 2


@settings(max_examples=100, deadline=None)
@given(st.lists(STEPS, max_size=30), st.integers(1, 20))
def test_lag_delays_what_is_served_and_changes_nothing_else(steps: list, lag: int) -> None:
    clock = FakeClock(datetime.fromtimestamp(12, UTC))
    at_once, delayed = Store(clock), Store(clock, Switches(commit_lag=lag))
    for action, number, at, amount in steps:
        id_ = str(1000 + number)
        for store in (at_once, delayed):
            if action == "create" and not store.holds("Leads", id_):
                store.create("Leads", {"id": id_, "Amount": amount}, at)
            elif action == "edit" and store.holds("Leads", id_):
                store.edit("Leads", id_, {"Amount": amount}, at)
            elif action == "convert" and store.holds("Leads", id_):
                store.convert(id_, {}, at)
    clock.forward(seconds=lag)
    delayed.settle()
    texts = [
        {r.id: r.text for r in store.tables["Leads"].records.values()}
        for store in (at_once, delayed)
    ]
    assert texts[0] == texts[1]
