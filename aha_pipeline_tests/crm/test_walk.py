"""The walk: no record is missed, whatever happens to the others while it reads."""

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aha_pipeline.crm.walk import walk, walk_deleted

FUTURE = timedelta(days=2)


def create(sandbox, count, every_seconds=0):
    for _ in range(count):
        sandbox.store.create("Leads", {"Last_Name": "x"})
        sandbox.store.now.forward(seconds=every_seconds)


def seen_by(client, hands, since=None, until=None, between=lambda: None, per_page=5):
    """Return the newest Modified_Time that a walk saw of each id; `between` acts after a page."""
    seen = {}
    for page in walk(client, "Leads", since, until or hands.moment + FUTURE, per_page=per_page):
        for id_, time in page.keys:
            seen[id_] = max(filter(None, [seen.get(id_), time]))
        between()
    return seen


def held_by(sandbox):
    records = sandbox.store.tables["Leads"].records
    return {id_: record.facts.modified for id_, record in records.items()}


def times(seen):
    return {id_: time.timestamp() for id_, time in seen.items()}


def test_an_empty_module_is_read_in_one_call(client, hands):
    assert seen_by(client, hands) == {}
    assert client.calls == 1


def test_every_record_is_seen_over_many_pages(sandbox, client, hands):
    create(sandbox, 40, every_seconds=60)
    assert times(seen_by(client, hands)) == held_by(sandbox)


def test_more_records_in_one_second_than_a_page_holds(sandbox, client, hands):
    create(sandbox, 23)
    hands.forward(seconds=60)
    create(sandbox, 4, every_seconds=60)
    assert times(seen_by(client, hands)) == held_by(sandbox)


def test_converted_and_unapproved_records_are_seen(sandbox, client, hands):
    create(sandbox, 3, every_seconds=5)
    converted, unapproved, _ = held_by(sandbox)
    sandbox.store.convert(converted, {"deal": "1"})
    sandbox.store.edit("Leads", unapproved, {"$approved": False})
    assert times(seen_by(client, hands)) == held_by(sandbox)


def test_only_what_changed_since_is_read(sandbox, client, hands):
    create(sandbox, 10, every_seconds=60)
    since = hands.moment
    create(sandbox, 2, every_seconds=60)
    assert len(seen_by(client, hands, since)) == 2


def test_reading_stops_at_the_end_of_the_window(sandbox, client, hands):
    until = hands.moment + timedelta(minutes=3)
    create(sandbox, 200, every_seconds=60)
    seen_by(client, hands, until=until)
    assert client.calls <= 3


@st.composite
def deeds(draw):
    """What happens to the records between two pages."""
    kinds = st.sampled_from(["create", "edit", "delete", "convert"])
    return draw(st.lists(st.tuples(kinds, st.integers(0, 10_000), st.integers(0, 2)), max_size=4))


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    start=st.lists(st.integers(0, 2), max_size=30),
    meanwhile=st.lists(deeds(), max_size=25),
    per_page=st.integers(1, 6),
)
def test_nothing_is_missed_while_records_change_under_the_walk(
    sandbox, client, hands, start, meanwhile, per_page
):
    store = sandbox.store
    store.load("Leads", [])
    for pause in start:
        create(sandbox, 1, every_seconds=pause)
    hands.forward(seconds=5)
    script = iter(meanwhile)
    held = held_by(sandbox)

    def act():
        held.clear()
        held.update(held_by(sandbox))
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
            hands.forward(seconds=pause)

    seen = times(seen_by(client, hands, between=act, per_page=per_page))
    # What happens after the last page came is for the next walk, or for the list of deletions.
    owed = {id_: time for id_, time in held.items() if id_ in held_by(sandbox)}
    assert {id_: time for id_, time in owed.items() if seen.get(id_, 0) < time} == {}


def test_deletions_are_listed_over_pages_with_their_kind(sandbox, client, hands):
    create(sandbox, 450, every_seconds=1)
    for id_ in list(held_by(sandbox))[:430]:
        sandbox.store.delete("Leads", id_)
    found = walk_deleted(client, "Leads", None)
    assert len({d.id for d in found}) == 430
    assert {d.kind for d in found} == {"recycle"}


def test_only_deletions_since_are_listed(sandbox, client, hands):
    create(sandbox, 2)
    first, second = held_by(sandbox)
    sandbox.store.delete("Leads", first)
    hands.forward(seconds=60)
    since = hands.moment
    sandbox.store.delete("Leads", second)
    assert [d.id for d in walk_deleted(client, "Leads", since)] == [second]
