"""What the store can do to records, and when it shows."""

from collections.abc import Callable

import pytest

from aha_pipeline_tests.kit.fake_clock import FakeClock
from aha_pipeline_tests.zoho_sandbox.api_client import Client, lead
from zoho_sandbox.faults.switches import Churn
from zoho_sandbox.server import Sandbox

BOTH = {"converted": "both", "approved": "both"}


def rows(client: Client) -> dict[str, dict]:
    return {row["id"]: row for row in client.walk("/crm/v2/Leads", **BOTH)}


def bin_(client: Client) -> dict[str, dict]:
    answer = client.get("/crm/v2/Leads/deleted")
    return {r["id"]: r for r in answer.json()["data"]} if answer.status_code == 200 else {}


def ids_of(sandbox: Sandbox) -> list[str]:
    return list(sandbox.store.tables["Leads"].records)


def test_changes_show_after_their_commit(
    client: Client, sandbox: Sandbox, fake_clock: FakeClock
) -> None:
    edited, converted, *_ = ids_of(sandbox)
    sandbox.switches.commit_lag = 10
    sandbox.store.edit("Leads", edited, {"Last_Name": "Yash"})
    sandbox.store.convert(converted, {})
    created = sandbox.store.create("Leads", {"Last_Name": "New"})
    before = rows(client)
    assert before[edited]["Last_Name"] == "Asha"
    assert before[converted]["Modified_Time"] == "2026-01-02T10:00:00+05:30"
    assert created not in before
    fake_clock.forward(seconds=9)
    assert rows(client) == before
    fake_clock.forward(seconds=1)
    after = rows(client)
    assert after[edited]["Last_Name"] == "Yash"
    assert after[created]["Last_Name"] == "New"
    assert {after[i]["Modified_Time"] for i in (edited, converted, created)} == {
        "2026-05-04T11:30:00+05:30"
    }


def test_each_state_shows_at_its_own_time(
    client: Client, sandbox: Sandbox, fake_clock: FakeClock
) -> None:
    first = ids_of(sandbox)[0]
    sandbox.switches.commit_lag = 10
    sandbox.store.edit("Leads", first, {"Last_Name": "One"})
    fake_clock.forward(seconds=5)
    sandbox.store.edit("Leads", first, {"Amount": 7})
    fake_clock.forward(seconds=5)
    assert (rows(client)[first]["Last_Name"], rows(client)[first]["Amount"]) == ("One", 5)
    fake_clock.forward(seconds=5)
    assert (rows(client)[first]["Last_Name"], rows(client)[first]["Amount"]) == ("One", 7)


def test_change_without_lag_holds_what_was_not_seen_yet(
    client: Client, sandbox: Sandbox, fake_clock: FakeClock
) -> None:
    first = ids_of(sandbox)[0]
    sandbox.switches.commit_lag = 10
    sandbox.store.edit("Leads", first, {"Last_Name": "One"})
    sandbox.switches.commit_lag = 0
    sandbox.store.edit("Leads", first, {"Amount": 7})
    assert (rows(client)[first]["Last_Name"], rows(client)[first]["Amount"]) == ("One", 7)
    fake_clock.forward(seconds=10)
    assert rows(client)[first]["Amount"] == 7


def test_deletion_shows_at_once_and_drops_the_change(
    client: Client, sandbox: Sandbox, fake_clock: FakeClock
) -> None:
    first = ids_of(sandbox)[0]
    sandbox.switches.commit_lag = 10
    sandbox.store.edit("Leads", first, {"Last_Name": "Yash"})
    never_seen = sandbox.store.create("Leads", {"Last_Name": "Brief"})
    for id_ in (first, never_seen):
        sandbox.store.delete("Leads", id_)
    assert bin_(client).keys() == {first, never_seen}
    fake_clock.forward(seconds=20)
    assert not rows(client).keys() & {first, never_seen}
    sandbox.store.restore("Leads", first)
    assert rows(client)[first]["Last_Name"] == "Asha"


@pytest.mark.parametrize("bumps", [True, False])
def test_conversion_and_restore_move_the_time_as_switched(
    client: Client, sandbox: Sandbox, bumps: bool
) -> None:
    first, second, *_ = ids_of(sandbox)
    sandbox.switches.conversion_bumps = sandbox.switches.restore_bumps = bumps
    sandbox.store.convert(first, {})
    sandbox.store.delete("Leads", second)
    sandbox.store.restore("Leads", second)
    found = rows(client)
    assert found[first]["$converted"] is True
    assert {found[i]["Modified_Time"] >= "2026-05" for i in (first, second)} == {bumps}


def test_derived_value_changes_without_a_new_time(
    client: Client, sandbox: Sandbox, fake_clock: FakeClock
) -> None:
    first = ids_of(sandbox)[0]
    sandbox.store.derive("Leads", first, {"Score": 8})
    assert rows(client)[first]["Score"] == 8
    assert rows(client)[first]["Modified_Time"] == "2026-01-01T10:00:00+05:30"
    sandbox.switches.commit_lag = 10
    sandbox.store.edit("Leads", first, {"Last_Name": "Yash"})
    sandbox.store.derive("Leads", first, {"Score": 9})
    assert (rows(client)[first]["Last_Name"], rows(client)[first]["Score"]) == ("Asha", 9)
    fake_clock.forward(seconds=10)
    assert (rows(client)[first]["Last_Name"], rows(client)[first]["Score"]) == ("Yash", 9)
    with pytest.raises(KeyError):
        sandbox.store.derive("Leads", "999", {})


def test_merge_deletes_the_losers_and_edits_the_master(client: Client, sandbox: Sandbox) -> None:
    *losers, master = ids_of(sandbox)
    sandbox.store.merge("Leads", master, losers)
    found = rows(client)
    assert found.keys() == {master}
    assert found[master]["Amount"] == 5
    assert found[master]["Last_Name"] == "Bala"
    assert found[master]["Modified_Time"] == "2026-05-04T11:30:00+05:30"
    assert bin_(client).keys() == set(losers)


def test_purged_record_is_permanently_deleted(
    client: Client, sandbox: Sandbox, fake_clock: FakeClock
) -> None:
    first, second, *_ = ids_of(sandbox)
    sandbox.store.delete("Leads", second)
    fake_clock.forward(minutes=1)
    for id_ in (first, second):
        sandbox.store.purge("Leads", id_)
    found = bin_(client)
    assert found.keys() == {first, second}
    for row in found.values():
        assert row["type"] == "permanent"
        assert row["deleted_time"] == "2026-05-04T11:31:00+05:30"
        assert row["display_name"] is row["deleted_by"] is row["created_by"] is None
    with pytest.raises(KeyError):
        sandbox.store.restore("Leads", first)


def test_churn_follows_each_list_call(serve: Callable) -> None:
    sandbox = serve([lead(n) for n in range(50)])
    client = Client(sandbox.url).sign_in()
    churn = sandbox.switches.churn = Churn(creates=3, edits=4, deletes=2, converts=1)
    served = client.get("/crm/v2/Leads", params=BOTH).json()["data"]
    assert len(served) == 50
    assert churn.done == {"creates": 3, "edits": 4, "deletes": 2, "converts": 1}
    client.get("/crm/v2/Deals")
    client.get("/crm/v2/Leads/deleted")
    assert churn.done["edits"] == 4
    sandbox.switches.churn = None
    found = rows(client)
    assert len(found) == 51
    assert len(bin_(client)) == 2
    assert len(found.keys() - {row["id"] for row in served}) == 3
    assert any(row["$converted"] for row in found.values())


def test_churn_is_the_same_for_the_same_seed(serve: Callable) -> None:
    def history(seed: int) -> dict:
        sandbox = serve([lead(n) for n in range(50)])
        client = Client(sandbox.url).sign_in()
        sandbox.switches.seed, sandbox.switches.churn = seed, Churn(edits=5, deletes=3)
        for _ in range(4):
            client.get("/crm/v2/Leads")
        sandbox.switches.churn = None
        return rows(client)

    assert history(1) == history(1) != history(2)


def test_churn_of_an_empty_module_ends(client: Client, sandbox: Sandbox) -> None:
    sandbox.switches.churn = Churn(creates=1, edits=1, deletes=9)
    for _ in range(3):
        client.get("/crm/v2/Leads")
    assert client.get("/crm/v2/Contacts").status_code == 204
