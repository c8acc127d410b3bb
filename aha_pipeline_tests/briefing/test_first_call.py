"""Leads that wait for a first contact, in the briefing: counted by hand, and lies refused."""

from datetime import timedelta

import pytest

from aha_pipeline.briefing.facts import gather
from aha_pipeline.briefing.verify import is_true, proven
from aha_pipeline.warehouse.mart_files import read_marts
from aha_pipeline.warehouse.mart_inputs import write_inputs
from aha_pipeline.warehouse.state import save_configured_modules
from aha_pipeline_tests.briefing.by_hand import DAY, at
from aha_pipeline_tests.briefing.lies import untrue
from aha_pipeline_tests.warehouse.marts_company import call, lead, put, put_sync

MODULES = ("Leads", "Deals", "Contacts", "Accounts")


@pytest.fixture
def told(connection, built):
    """Leads that waited, were called in time, too late, or by nobody before they were lost."""
    put(
        connection,
        "Leads",
        lead(1, at(2)),  # called the day after the briefing's
        lead(2, at(5)),  # missed, never called
        lead(3, at(9)),  # never called
        lead(4, at(9)),  # called at once
        lead(5, at(8)),  # called later
        lead(6, at(7), "Junk Lead", Modified_Time=at(6)),
        lead(7, at(7), "Junk Lead", Modified_Time=at(-2)),  # lost afterwards
        lead(8, at(0, 22)),  # not long ago
        lead(9, at(40)),  # too old
        lead(10, at(29)),  # never called
    )
    put(
        connection,
        "Calls",
        call(1, at(60), "L0"),
        call(2, at(-1), "L1"),
        call(3, at(4), "L2", Call_Type="Missed"),
        call(4, at(9, 11), "L4"),
        call(5, at(2), "L5"),
    )
    put_sync(connection, "Calls", at(0))

    def facts(*modules: str) -> list:
        save_configured_modules(connection, [*MODULES, *modules])
        built()
        return [fact for fact in gather(connection, DAY) if fact.stance == "uncalled"]

    return facts


def test_leads_that_waited_longer_than_a_working_day_are_told(connection, told, write):
    [fact] = told("Calls")
    assert fact.figures == {"n": 5, "of": 9, "since": DAY - timedelta(days=29)}
    assert fact.first_day == DAY - timedelta(days=29)
    assert proven(connection, DAY, [fact]) == ([fact], [])
    lies = list(untrue(fact))
    assert lies
    assert not any(is_true(connection, DAY, lie) for lie in lies if lie.stance == fact.stance)
    message = write().messages["en"]
    assert "a first contact" in message["text"] + message["report"]


@pytest.mark.parametrize("module", ["Calls", "Events", "Tasks"])
@pytest.mark.parametrize(("read", "is_told"), [(-1, True), (2, False)])
def test_what_may_have_been_a_contact_was_read_or_nothing_is_told(
    connection, told, module, read, is_told
):
    """Read last two days ago, the calls of these days are unknown, and no lead waited for one."""
    [fact] = told("Calls", "Events", "Tasks")
    write_inputs(connection, read_marts())
    with connection.cursor() as cursor:
        cursor.execute("delete from crm.sync_logs")
        for number, name in enumerate((*MODULES, "Calls", "Events", "Tasks")):
            reads = [("success", at(read if name == module else -1, 6))]
            reads += [("failed", at(-1, 7))] if name == module else []
            for status, when in reads:
                cursor.execute(
                    "insert into crm.sync_logs (run_id, module, window_start, window_end, status, "
                    "started_at, finished_at) values (%s, %s, %s, %s, %s, %s, %s)",
                    [f"{number} {status}", name, when, when, status, when, when],
                )
    found = [one for one in gather(connection, DAY) if one.stance == "uncalled"]
    assert found == ([fact] if is_told else [])
    assert is_true(connection, DAY, fact) is is_told


def test_who_does_not_read_calls_is_told_nothing_of_them(told):
    assert told() == []
