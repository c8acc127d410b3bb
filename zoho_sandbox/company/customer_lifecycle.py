"""The life of one lead as time-stamped events: worked, lost or converted, its deals won or lost.

A life depends on nothing but its random numbers: no other lead, no present day. So the events of
all leads, put in order of time, give the state of the company at any instant.
"""

from __future__ import annotations

from zoho_sandbox.clock import stamp
from zoho_sandbox.company.deal import Deal
from zoho_sandbox.company.event_recorder import KINDS, Event, EventRecorder, record_id
from zoho_sandbox.company.hours import date_of, day_of
from zoho_sandbox.company.person import Person
from zoho_sandbox.company.profile import REPS, USER, Source, User
from zoho_sandbox.company.random_choices import pick, weighted

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
_other_outcome = weighted(("lost", "unqualified", "later", "idle"), (4, 2, 1.5, 2))


class CustomerLifecycle:
    """Decides what becomes of one customer, and has it written down."""

    def __init__(self, recorder: EventRecorder, person: Person, source: Source) -> None:
        self._recorder, self._person, self._source = recorder, person, source
        self._rng = recorder.rng

    def lead(self) -> list[Event]:
        """Return all events of a new lead."""
        self._arrive()
        if not self._deleted_as_duplicate():
            outcome = self._outcome()
            self._follow_path(PATHS[outcome])
            if outcome == "converted":
                self._convert()
        return self._recorder.finish()

    def imported(self) -> list[Event]:
        """Return the events of a customer whose account was imported when the CRM began."""
        self._contact(self._account())
        return self._recorder.finish()

    def further_deal(self, account: dict, contact: dict) -> list[Event]:
        """Return the events of one more deal of an old customer."""
        self._deal(account, contact, "Existing Business")
        return self._recorder.finish()

    def _arrive(self) -> None:
        rng = self._rng
        self._lead = self._recorder.create(
            "Leads",
            self._person.fields
            | {
                "Lead_Source": self._source.name,
                "Lead_Status": "Not Contacted" if rng.random() > 0.01 else None,
                "Tag": self._recorder.tags(),
            },
            by=None if self._source.at_counter else USER["Web Forms"].reference,
        )
        if rng.random() < 0.03:
            self._recorder.wait(0.2)
            self._recorder.hand_over(
                pick(rng, reps_on(day_of(self._recorder.at))), self._recorder.at
            )

    def _deleted_as_duplicate(self) -> bool:
        """Delete a few leads; whether this one is gone for good."""
        if self._rng.random() > 0.009:
            return False
        self._recorder.wait(0.7)
        self._recorder.write("delete", "Leads", self._lead)
        self._recorder.open.clear()
        if self._rng.random() > 0.25:
            return True
        self._recorder.wait(2)
        self._recorder.write("restore", "Leads", self._lead)
        self._recorder.open["Leads", self._lead] = None
        return False

    def _outcome(self) -> str:
        skill, rng = self._recorder.rep.skill, self._rng
        if rng.random() < self._source.junk:
            return "junk"
        if rng.random() < min(0.8, self._source.conversion * skill / (1 - self._source.junk)):
            return "converted"
        return _other_outcome(rng)

    def _follow_path(self, path: tuple[tuple[str, float, float], ...]) -> None:
        for status, probability, days in path:
            if self._rng.random() >= probability:
                continue
            self._recorder.wait(days / self._recorder.rep.skill)
            self._recorder.edit("Leads", self._lead, Lead_Status=status)
            if status in CLOSED_STATUSES:
                self._recorder.open.clear()
            elif status in (CONTACTED, "Pre-Qualified"):
                self._add_call_notes()

    def _add_call_notes(self) -> None:
        """What a rep enters after a talk."""
        if self._rng.random() < 0.3:
            self._recorder.wait(0.3)
            self._recorder.edit(
                "Leads",
                self._lead,
                Property_Type=self._person.property_type,
                Site_Visit_Done=self._rng.random() < 0.6,
                Last_Activity_Time=stamp(self._recorder.at),
            )

    def _convert(self) -> None:
        self._recorder.wait(1.5)
        del self._recorder.open["Leads", self._lead]
        account = self._account()
        contact = self._contact(account)
        has_deal = self._rng.random() < 0.85
        detail = {"account": account["id"], "contact": contact["id"]}
        if has_deal:
            detail["deal"] = record_id(
                self._recorder.at, self._recorder.number, KINDS.index("Deals")
            )
        detail["converted_by"] = self._recorder.rep.reference["id"]
        self._recorder.write("convert", "Leads", self._lead, detail)
        if has_deal:
            self._deal(account, contact, "New Business")
            if self._rng.random() < 0.12:
                self._recorder.wait(90)
                self._deal(account, contact, "Existing Business")

    def _deal(self, account: dict, contact: dict, kind: str) -> None:
        Deal(self._recorder, self._person, self._source).play(account, contact, kind)

    def _account(self) -> dict:
        """Create the account and return it as a lookup."""
        fields, rng, name = self._person.fields, self._rng, self._person.account
        account = self._recorder.create(
            "Accounts",
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
        return {"name": name, "id": account}

    def _contact(self, account: dict) -> dict:
        """Create the contact of an account and return it as a lookup."""
        fields = self._person.fields
        contact = self._recorder.create(
            "Contacts",
            {
                "First_Name": fields["First_Name"],
                "Last_Name": fields["Last_Name"],
                "Full_Name": fields["Full_Name"],
                "Account_Name": account,
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
        return {"name": fields["Full_Name"], "id": contact}


def reps_on(day: int) -> list[User]:
    """Return the reps who work on a day."""
    today = date_of(day)
    return [r for r in REPS if r.joined <= today and (r.left is None or today <= r.left)]
