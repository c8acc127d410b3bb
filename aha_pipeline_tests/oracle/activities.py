"""What each read has told of calls, tasks, meetings and notes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from aha_pipeline_tests.oracle.crm_record import State
from aha_pipeline_tests.oracle.memory import Known, Memory

CALLED_OFF = ("cancelled", "canceled")


@dataclass(frozen=True)
class Activity:
    """An activity that is not deleted, and which lead and deal it is of."""

    kind: str
    created: datetime
    at: datetime | None
    ends: datetime | None
    takes_place: bool
    is_off: bool
    lead: str | None
    deal: str | None

    @property
    def is_touch(self) -> bool:
        return self.takes_place and self.kind != "Notes"


def activities_of(memory: Memory) -> list[Activity]:
    """Return every activity known that is not deleted."""
    return [
        _activity(one, memory)
        for one in memory.values()
        if one.module in SAYS and not one.deleted_at
    ]


def _activity(known: Known, memory: Memory) -> Activity:
    at, takes_place, is_off = SAYS[known.module](known.last)
    # What it was first seen on, it is of: conversion may move it.
    states = (known.contents[0][1], known.last)
    links = {
        memory[id_].module: id_ for state in reversed(states) if (id_ := _link(state)) in memory
    }
    return Activity(
        kind=known.module,
        created=known.created,
        at=at,
        ends=time_of(known.last, "End_DateTime"),
        takes_place=takes_place,
        is_off=is_off,
        lead=links.get("Leads"),
        deal=links.get("Deals"),
    )


def _link(state: State) -> str:
    """Return the id of what it is on."""
    leads = [one["participant"] for one in state.get("Participants", ()) if one["type"] == "lead"]
    on = state.get("What_Id") or state.get("Parent_Id")
    return on["id"] if on else leads[0]


def time_of(state: State, name: str) -> datetime | None:
    """Return a time that a record tells."""
    return datetime.fromisoformat(state[name]) if state.get(name) else None


def word(state: State, name: str) -> str:
    return (state.get(name) or "").strip().lower()


Says = tuple[datetime | None, bool, bool]  # when it is, whether it takes place, or was called off


def _call(state: State) -> Says:
    names = (
        "Outgoing_Call_Status",
        "Outbound_Call_Status",
        "Call_Status",
    )  # as Zoho's versions say
    status = next(filter(None, (word(state, name) for name in names)), "")
    is_missed = word(state, "Call_Type") == "missed"
    takes_place = not is_missed and status not in ("scheduled", "overdue", *CALLED_OFF)
    at = time_of(state, "Call_Start_Time") or time_of(state, "Created_Time")
    return at, takes_place, status in CALLED_OFF


def _task(state: State) -> Says:
    closed, is_completed = time_of(state, "Closed_Time"), word(state, "Status") == "completed"
    at = closed or (time_of(state, "Modified_Time") if is_completed else None)
    return at, closed is not None or is_completed, False


def _meeting(state: State) -> Says:
    at = time_of(state, "Start_DateTime")
    return at, at is not None, False


def _note(state: State) -> Says:
    return time_of(state, "Created_Time"), True, False


SAYS: dict[str, Callable[[State], Says]] = {
    "Calls": _call, "Tasks": _task, "Events": _meeting, "Notes": _note,
}  # fmt: skip
