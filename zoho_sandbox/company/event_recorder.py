"""Writes down the life of one customer: the time it has come to, who looks after it, its events."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from zoho_sandbox.company.hours import CLOSES, DAY, first_second, working
from zoho_sandbox.company.profile import EPOCH, USER, User
from zoho_sandbox.company.random_choices import pick
from zoho_sandbox.ids import metadata_id

FIRST_ID = 5_249_870_010_000_000_000
KINDS = ("Leads", "Accounts", "Contacts", "Deals")
NEVER = 1 << 40
TAGS = ("Hot", "VIP", "EMI asked", "Builder referral")


class Event(NamedTuple):
    """One change: at `at` (UTC seconds) `by` does `action` to a record of `module`.

    `serial` is unique and puts the events of one second in order.
    """

    at: int
    serial: int
    action: str
    module: str
    id: str
    by: dict
    changes: dict


class EventRecorder:
    """`at` moves on as the customer does; `open` holds what a leaving rep would hand over."""

    def __init__(self, rng: Random, at: int, number: int, rep: User) -> None:
        self.rng, self.at, self.number, self.rep = rng, at, number, rep
        self.events: list[Event] = []
        self.open: dict[tuple[str, str], None] = {}

    def create(self, module: str, fields: dict, by: dict | None = None) -> str:
        """Write down a new record and return its id."""
        id_ = record_id(self.at, self.number, KINDS.index(module))
        owner = self.rep.reference
        author = by or owner
        people = {"Owner": owner, "Created_By": author, "Modified_By": author}
        self.write("create", module, id_, {"id": id_, **fields, **people})
        self.open[module, id_] = None
        return id_

    def edit(self, module: str, id_: str, **changes: object) -> None:
        """Write down an edit."""
        self.write("edit", module, id_, changes)

    def write(
        self, action: str, module: str, id_: str, changes: dict | None = None, at: int = 0
    ) -> None:
        """Write down any change, now or at an earlier moment."""
        serial = self.number * 1000 + len(self.events)
        by = self.rep.reference
        self.events.append(Event(at or self.at, serial, action, module, id_, by, changes or {}))

    def wait(self, mean_days: float) -> None:
        """Go on to a working hour about that many days later."""
        later = working(self.rng, self.at + 60 + self.rng.expovariate(1 / mean_days) * DAY)
        self._hand_over_until(later)
        self.at = later

    def hand_over(self, rep: User, at: int) -> None:
        """Give everything open to another rep."""
        self.rep = rep
        for module, id_ in self.open:
            self.write("edit", module, id_, {"Owner": rep.reference}, at)

    def finish(self) -> list[Event]:
        """Return all events; what stays open is handed over when its rep leaves."""
        self._hand_over_until(NEVER)
        return self.events

    def tags(self) -> list[dict]:
        """Return the tags of a new record, mostly none."""
        if self.rng.random() > 0.08:
            return []
        tag = pick(self.rng, TAGS)
        return [{"name": tag, "id": metadata_id(f"tag {tag}")}]

    def _hand_over_until(self, later: int) -> None:
        if self.rep.left and self.rep.successor:
            leaves = first_second(self.rep.left) + CLOSES
            if self.at < leaves <= later:
                self.hand_over(USER[self.rep.successor], leaves)


def record_id(at: int, number: int, kind: int) -> str:
    """Return an id that grows with the time of creation; `number` counts the lives of a day."""
    since = at - first_second(EPOCH)
    return str(FIRST_ID + since * 1000 + number % 250 * 4 + kind)
