"""The list of deletions is read whole, though it shifts while it is read."""

from aha_pipeline.crm.deletions import read_deletions
from aha_pipeline_tests.crm.records import create, held_by


def test_deletions_are_listed_over_pages_with_their_kind(sandbox, client, fake_clock):
    create(sandbox, 450, every_seconds=1)
    for id_ in list(held_by(sandbox))[:430]:
        sandbox.store.delete("Leads", id_)
    fake_clock.forward(days=61)
    sandbox.store.delete("Leads", next(iter(held_by(sandbox))))
    found = read_deletions(client, "Leads", None)
    assert len(found) == 431
    assert [d.kind for d in found].count("permanent") == 430


def test_deletions_are_read_from_a_day_before_the_time_asked_for(sandbox, client, fake_clock):
    create(sandbox, 2)
    first, second = held_by(sandbox)
    sandbox.store.delete("Leads", first)
    fake_clock.forward(days=3)
    since = fake_clock.moment
    fake_clock.forward(hours=-1)
    sandbox.store.delete("Leads", second)
    fake_clock.forward(hours=2)
    assert [d.id for d in read_deletions(client, "Leads", since)] == [second]


def test_deletions_that_go_on_while_they_are_read_have_an_end(
    sandbox, client, fake_clock, monkeypatch
):
    create(sandbox, 900)
    ids = iter(held_by(sandbox))
    before = {next(ids) for _ in range(12)}
    for id_ in before:
        sandbox.store.delete("Leads", id_)
    fake_clock.forward(seconds=60)
    client.get("Leads")
    client.per_page, ask = 5, client.get

    def get(*args, **options):
        fake_clock.forward(seconds=1)
        sandbox.store.delete("Leads", next(ids))
        return ask(*args, **options)

    monkeypatch.setattr(client, "get", get)
    assert before <= {deletion.id for deletion in read_deletions(client, "Leads", None)}
