"""The life of one lead as time-stamped events: worked, lost or converted, its deals won or lost.

A life depends on nothing but its random numbers: no other lead, no present day. So the events of
all leads, put in order of time, give the state of the company at any instant.
"""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import NamedTuple

from aha_pipeline.sandbox.cast import EPOCH, REPS, USER, Source, User
from aha_pipeline.sandbox.chance import pick, weighted, whole
from aha_pipeline.sandbox.clock import stamp
from aha_pipeline.sandbox.fields import LOST_REASONS, STAGES, metadata_id
from aha_pipeline.sandbox.hours import CLOSES, DAY, date_of, day_of, first_second, working
from aha_pipeline.sandbox.person import Person

FIRST_ID = 5_249_870_010_000_000_000
NEVER = 1 << 40
CLOSED_STATUSES = frozenset({"Junk Lead", "Lost Lead", "Not Qualified"})

# How a lead may go: each step is a status, its probability, and the mean days until it.
ATTEMPTED, CONTACTED = "Attempted to Contact", "Contacted"
PATHS = {
    "junk": ((ATTEMPTED, 0.45, 0.2), ("Junk Lead", 1, 0.9)),
    "converted": ((ATTEMPTED, 0.4, 0.1), (CONTACTED, 1, 0.5), ("Pre-Qualified", 1, 4)),
    "lost": (
        (ATTEMPTED, 0.6, 0.2),
        (CONTACTED, 0.9, 1),
        ("Pre-Qualified", 0.25, 4),
        ("Lost Lead", 1, 12),
    ),
    "unqualified": ((ATTEMPTED, 0.4, 0.2), (CONTACTED, 1, 0.8), ("Not Qualified", 1, 2)),
    "later": (
        (CONTACTED, 1, 0.8),
        ("Contact in Future", 1, 2),
        (CONTACTED, 0.4, 45),
        ("Lost Lead", 0.5, 30),
    ),
    "idle": ((ATTEMPTED, 0.75, 0.6), (CONTACTED, 0.45, 3), ("Lost Lead", 0.6, 75)),
}
_other_fate = weighted(("lost", "unqualified", "later", "idle"), (4, 2, 1.5, 2))
OPEN_STAGES = tuple(stage for stage, percent in STAGES.items() if 0 < percent < 100)
TAGS = ("Hot", "VIP", "EMI asked", "Builder referral")
NEXT_STEPS = ("Send quotation", "Site visit", "Demo at experience centre", "Call after possession")


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


class Life:
    """Writes the events of one customer; `at` moves on as the customer does."""

    def __init__(
        self, rng: Random, person: Person, source: Source, at: int, number: int, rep: User
    ) -> None:
        self.events: list[Event] = []
        self._rng, self._person, self._source = rng, person, source
        self._at, self._number, self._rep = at, number, rep
        self._open: dict[tuple[str, str], None] = {}

    def lead(self) -> list[Event]:
        """Return all events of a new lead."""
        self._arrive()
        if not self._deleted_as_duplicate():
            fate = self._fate()
            self._walk(PATHS[fate])
            if fate == "converted":
                self._convert()
        self._hand_over_until(NEVER)
        return self.events

    def imported(self) -> list[Event]:
        """Return the events of a customer whose account was imported when the CRM began."""
        self._customer()
        self._hand_over_until(NEVER)
        return self.events

    def further_deal(self, account: dict, contact: dict) -> list[Event]:
        """Return the events of one more deal of an old customer."""
        self._deal(account, contact, "Existing Business")
        self._hand_over_until(NEVER)
        return self.events

    # The lead

    def _arrive(self) -> None:
        rng = self._rng
        self._lead = self._create(
            "Leads",
            0,
            self._person.fields
            | {
                "Lead_Source": self._source.name,
                "Lead_Status": "Not Contacted" if rng.random() > 0.01 else None,
                "Tag": self._tags(),
            },
            by=None if self._source.at_counter else USER["Web Forms"].reference,
        )
        if rng.random() < 0.03:
            self._wait(0.2)
            self._hand_over(pick(rng, reps_on(day_of(self._at))), self._at)

    def _deleted_as_duplicate(self) -> bool:
        """Delete a few leads; whether this one is gone for good."""
        if self._rng.random() > 0.009:
            return False
        self._wait(0.7)
        self._emit("delete", "Leads", self._lead)
        if self._rng.random() > 0.25:
            self._open.clear()
            return True
        self._wait(2)
        self._emit("restore", "Leads", self._lead)
        return False

    def _fate(self) -> str:
        skill, rng = self._rep.skill, self._rng
        if rng.random() < self._source.junk:
            return "junk"
        if rng.random() < min(0.8, self._source.conversion * skill / (1 - self._source.junk)):
            return "converted"
        return _other_fate(rng)

    def _walk(self, path: tuple[tuple[str, float, float], ...]) -> None:
        for status, probability, days in path:
            if self._rng.random() >= probability:
                continue
            self._wait(days / self._rep.skill)
            self._edit("Leads", self._lead, Lead_Status=status)
            if status in CLOSED_STATUSES:
                self._open.clear()
            elif status in (CONTACTED, "Pre-Qualified"):
                self._learn()

    def _learn(self) -> None:
        """What a rep enters after a talk."""
        if self._rng.random() < 0.3:
            self._wait(0.3)
            self._edit(
                "Leads",
                self._lead,
                Property_Type=self._person.property_type,
                Site_Visit_Done=self._rng.random() < 0.6,
                Last_Activity_Time=stamp(self._at),
            )

    # The customer

    def _convert(self) -> None:
        self._wait(1.5)
        lead = self._lead
        del self._open["Leads", lead]
        account, contact = self._customer()
        detail = {"account": account["id"], "contact": contact["id"]}
        converted_by, at = self._rep.reference, self._at
        if self._rng.random() < 0.85:
            detail["deal"] = record_id(at, self._number, 3)
            self._emit_conversion(lead, detail, converted_by)
            self._deal(account, contact, "New Business")
            if self._rng.random() < 0.12:
                self._wait(90)
                self._deal(account, contact, "Existing Business")
        else:
            self._emit_conversion(lead, detail, converted_by)

    def _emit_conversion(self, lead: str, detail: dict, by: dict) -> None:
        self._emit("convert", "Leads", lead, detail | {"converted_by": by["id"]})

    def _customer(self) -> tuple[dict, dict]:
        """Create the account and its contact; return both as lookups."""
        fields, rng = self._person.fields, self._rng
        name = self._person.account
        account = self._create(
            "Accounts",
            1,
            {
                "Account_Name": name,
                "Account_Type": "Partner" if self._source.business > 0.7 else "Customer",
                "Industry": fields["Industry"],
                "Employees": fields.get("No_of_Employees"),
                "Annual_Revenue": fields.get("Annual_Revenue"),
                "Website": fields["Website"],
                "Phone": fields["Phone"],
                "Billing_Street": fields["Street"],
                "Billing_City": fields["City"],
                "Billing_State": fields["State"],
                "Billing_Code": fields["Zip_Code"],
                "Billing_Country": "India",
                "GST_Registered": bool(self._person.segment.firms) and rng.random() < 0.9,
                "City_Zone": fields["City_Zone"],
            },
        )
        lookup = {"name": name, "id": account}
        contact = self._create(
            "Contacts",
            2,
            {
                "First_Name": fields["First_Name"],
                "Last_Name": fields["Last_Name"],
                "Full_Name": fields["Full_Name"],
                "Account_Name": lookup,
                "Lead_Source": self._source.name,
                "Title": fields.get("Designation"),
                "Email": fields["Email"],
                "Phone": fields["Phone"],
                "Mobile": fields["Mobile"],
                "Email_Opt_Out": fields["Email_Opt_Out"],
                "Mailing_Street": fields["Street"],
                "Mailing_City": fields["City"],
                "Mailing_State": fields["State"],
                "Mailing_Zip": fields["Zip_Code"],
                "Mailing_Country": "India",
                "City_Zone": fields["City_Zone"],
            },
        )
        return lookup, {"name": fields["Full_Name"], "id": contact}

    # The deal

    def _deal(self, account: dict, contact: dict, kind: str) -> None:
        rng = self._rng
        self._amount = round(self._person.amount * rng.uniform(0.8, 1.2) / 1000) * 1000
        days = self._person.segment.days * rng.gammavariate(4, 0.25)
        known = rng.random() < 0.88
        self._stage = "Qualification" if rng.random() < 0.8 else "Needs Analysis"
        self._closing = date_of(day_of(self._at) + 3 + int(days * rng.uniform(0.7, 1.4)))
        self._deal_id = self._create(
            "Deals",
            3,
            {
                "Deal_Name": f"{account['name']} - {self._person.property_type}"[:120],
                "Account_Name": account,
                "Contact_Name": contact,
                "Closing_Date": self._closing.isoformat(),
                "Type": kind,
                "Lead_Source": self._source.name,
                "Next_Step": pick(rng, NEXT_STEPS) if rng.random() < 0.4 else None,
                "Property_Type": self._person.property_type,
                "Site_Visit_Done": False,
                "City_Zone": self._person.fields["City_Zone"],
                "Tag": self._tags(),
            }
            | self._valued(self._amount if known else None),
        )
        self._began = self._at
        self._advance_deal(days, known)

    def _advance_deal(self, days: float, known: bool) -> None:
        """Move the deal through its stages to its end; a stalled one is closed late or never."""
        rng = self._rng
        chance = 0.26 * self._rep.skill + 0.35 * self._source.conversion
        won = rng.random() < min(0.75, chance * self._person.segment.win)
        stalled = not won and rng.random() < 0.18
        steps = OPEN_STAGES[OPEN_STAGES.index(self._stage) + 1 :]
        reached = len(steps) if won else whole(rng, 0, len(steps))
        for stage in steps[:reached]:
            if rng.random() < 0.2:
                continue
            self._wait(days / len(OPEN_STAGES))
            known = known or (stage == "Proposal/Price Quote" and rng.random() < 0.9)
            self._move(stage, known)
        self._wait(days / len(OPEN_STAGES) if not stalled else rng.uniform(80, 200))
        if not stalled or rng.random() < 0.85:
            self._close(won, known or (won and rng.random() < 0.8))

    def _move(self, stage: str, known: bool) -> None:
        rng, changes = self._rng, {}
        self._stage = stage
        if stage == "Negotiation/Review":
            self._amount = round(self._amount * rng.uniform(0.88, 1.0) / 100) * 100
        if self._closing <= date_of(day_of(self._at)) and rng.random() < 0.6:
            self._closing = date_of(day_of(self._at)) + timedelta(days=whole(rng, 5, 25))
            changes["Closing_Date"] = self._closing.isoformat()
        if stage == "Value Proposition":
            changes["Site_Visit_Done"] = rng.random() < 0.8
        self._edit(
            "Deals", self._deal_id, **changes, **self._valued(self._amount if known else None)
        )

    def _close(self, won: bool, known: bool) -> None:
        rng, today = self._rng, date_of(day_of(self._at))
        lost = "Closed Lost" if rng.random() < 0.7 else "Closed Lost to Competition"
        self._stage = "Closed Won" if won else lost
        days = (self._at - self._began) // DAY
        moved = rng.random() < (0.93 if won else 0.7)
        self._edit(
            "Deals",
            self._deal_id,
            Closing_Date=(today if moved else min(today, self._closing)).isoformat(),
            Lost_Reason=None if won else pick(rng, LOST_REASONS),
            Sales_Cycle_Duration=days,
            Overall_Sales_Duration=days,
            **self._valued(self._amount if known else None),
        )
        del self._open["Deals", self._deal_id]

    def _valued(self, amount: int | None) -> dict:
        percent = STAGES[self._stage]
        expected = None if amount is None else round(amount * percent / 100, 2)
        return {
            "Stage": self._stage,
            "Probability": percent,
            "Amount": amount,
            "Expected_Revenue": expected,
        }

    # The pen

    def _tags(self) -> list[dict]:
        if self._rng.random() > 0.08:
            return []
        tag = pick(self._rng, TAGS)
        return [{"name": tag, "id": metadata_id(f"tag {tag}")}]

    def _create(self, module: str, kind: int, fields: dict, by: dict | None = None) -> str:
        id_ = record_id(self._at, self._number, kind)
        owner = self._rep.reference
        author = by or owner
        people = {"Owner": owner, "Created_By": author, "Modified_By": author}
        self._emit("create", module, id_, {"id": id_, **fields, **people})
        self._open[module, id_] = None
        return id_

    def _edit(self, module: str, id_: str, **changes: object) -> None:
        self._emit("edit", module, id_, changes)

    def _emit(
        self, action: str, module: str, id_: str, changes: dict | None = None, at: int = 0
    ) -> None:
        serial = self._number * 1000 + len(self.events)
        by = self._rep.reference
        self.events.append(Event(at or self._at, serial, action, module, id_, by, changes or {}))

    def _wait(self, mean_days: float) -> None:
        """Go on to a working hour about that many days later."""
        later = working(self._rng, self._at + 60 + self._rng.expovariate(1 / mean_days) * DAY)
        self._hand_over_until(later)
        self._at = later

    def _hand_over_until(self, later: int) -> None:
        """Give a leaving rep's records to the successor, if that day comes before `later`."""
        if self._rep.left and self._rep.successor:
            leaves = first_second(self._rep.left) + CLOSES
            if self._at < leaves <= later:
                self._hand_over(USER[self._rep.successor], leaves)

    def _hand_over(self, rep: User, at: int) -> None:
        self._rep = rep
        for module, id_ in self._open:
            self._emit("edit", module, id_, {"Owner": rep.reference}, at)


def record_id(at: int, number: int, kind: int) -> str:
    """Return an id that grows with the time of creation; `number` counts the leads of a day."""
    since = at - first_second(EPOCH)
    return str(FIRST_ID + since * 1000 + number % 250 * 4 + kind)


def reps_on(day: int) -> list[User]:
    """Return the reps who work on a day."""
    today = date_of(day)
    return [r for r in REPS if r.joined <= today and (r.left is None or today <= r.left)]
