"""What the reps do about one customer and log: calls, tasks, meetings and notes; and e-mails.

Read off the events of the customer's life by random numbers of its own, so that leads and deals
are the same whether anybody asks for activities or not. Not every call is logged, some incoming
ones are missed, some tasks are never done and some meetings have no outcome. Some leads are
answered by e-mail and not by a call, some had a mail that no person sent, and some write back.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from random import Random

from zoho_sandbox.clock import stamp
from zoho_sandbox.company.event_recorder import FIRST_ID, Event
from zoho_sandbox.company.hours import DAY, date_of, day_of, working
from zoho_sandbox.company.profile import USER
from zoho_sandbox.company.random_choices import pick, whole

FIRST_ACTIVITY = FIRST_ID + 10**15
FIRST_EMAIL = 900  # of the thousand numbers of a customer's events
MINUTE, HOUR = 60, 3600
WEB_FORMS = USER["Web Forms"].reference
RESULTS = ("Interested", "Not interested", "Requested call back")
TALKS = ("Asked for a quotation", "Wants to see the demo flat", "Decides with family", "Will call")


def activities(life: Iterable[Event]) -> list[Event]:
    """Return the events of the activities that go with the events of one customer."""
    events = sorted(life)
    return _Desk(events).work() if events else []


class _Desk:
    """One customer as the reps see them: the lead, then its contact and deals."""

    def __init__(self, life: list[Event]) -> None:
        self._life, self._events = life, []
        self._number = life[0].serial // 1000
        self._rng = Random(f"activities/{self._number}")
        self._mail_rng = Random(f"emails/{self._number}")
        self._mails: list[Event] = []
        self._of_lead: list[tuple[str, str]] = []
        self._lead: dict | None = None
        self._contact: dict | None = None
        self._deals: dict[str, dict] = {}
        self._owners: dict[str, dict] = {}

    def work(self) -> list[Event]:
        """Return all events."""
        for event in self._life:
            if "Owner" in event.changes:
                self._owners[event.id] = event.changes["Owner"]
            match event.module, event.action:
                case "Leads", "create":
                    self._lead = {"name": event.changes["Full_Name"], "id": event.id}
                    self._welcome(event)
                    if self._mail_rng.random() < 0.3:
                        self._email(event, event.at + 30, source="auto_responder")
                case "Leads", "edit" if "Lead_Status" in event.changes:
                    self._lead_moved(event)
                case "Leads", "convert":
                    self._carry_over(event)
                case "Deals", "create":
                    self._contact = event.changes["Contact_Name"]
                    deal = {"name": event.changes["Deal_Name"], "id": event.id}
                    self._deals[event.id] = deal
                case "Deals", "edit" if "Stage" in event.changes:
                    self._deal_moved(event)
        return self._events + self._mails

    def _welcome(self, event: Event) -> None:
        """Meet who walks in; some of the others ring up themselves, and nobody answers."""
        if event.changes["Created_By"] != WEB_FORMS:
            if self._rng.random() < 0.8:
                end = event.at + whole(self._rng, 15, 50) * MINUTE
                self._meeting(event, event.at, end, "Visit to the showroom", at=end)
        elif self._rng.random() < 0.08:
            answered = self._rng.random() < 0.3
            at = event.at + whole(self._rng, 1, 40) * MINUTE
            self._call(event, at, "Inbound" if answered else "Missed", 140 if answered else 0)

    def _lead_moved(self, event: Event) -> None:
        rng, drawn = self._rng, self._rng.random()
        match event.changes["Lead_Status"]:
            case "Attempted to Contact" if drawn < 0.85:
                self._call(event, event.at - 90, "Outbound", 0)
            case "Attempted to Contact":
                self._answer_by_email(event)
            case "Contacted":
                if drawn < 0.8:
                    seconds = whole(rng, 40, 900)
                    self._call(event, event.at - seconds - 30, "Outbound", seconds)
                elif drawn < 0.9:
                    self._task(event, "WhatsApp message", event.at, done_after=0)
                else:
                    self._answer_by_email(event)
                if rng.random() < 0.5:
                    done = rng.expovariate(1 / (2.5 * DAY)) if rng.random() < 0.6 else None
                    self._task(event, "Call again", event.at + 20, done_after=done)
            case "Pre-Qualified" if drawn < 0.6:
                start = working(rng, event.at + rng.uniform(0.5, 3) * DAY)
                self._meeting(event, start, start + HOUR, "Site visit", at=event.at)
            case "Junk Lead" if drawn < 0.3:
                self._call(event, event.at - 60, "Outbound", 0)
            case "Lost Lead" if drawn < 0.4:
                self._note(event, event.at, "Lost")

    def _deal_moved(self, event: Event) -> None:
        rng, stage = self._rng, event.changes["Stage"]
        if rng.random() < 0.8:
            seconds = whole(rng, 60, 1500)
            self._call(event, event.at - seconds - 30, "Outbound", seconds)
        if stage == "Value Proposition":
            start = working(rng, event.at + rng.uniform(0.5, 4) * DAY)
            self._meeting(event, start, start + HOUR, "Demo", at=event.at)
        elif stage == "Proposal/Price Quote":
            done = rng.uniform(0.1, 3) * DAY if rng.random() < 0.8 else None
            self._task(event, "Send the quotation", event.at + 30, done_after=done)
            if self._mail_rng.random() < 0.6:
                self._correspond(event, event.at + HOUR)

    def _carry_over(self, event: Event) -> None:
        """Let what was done for the lead belong to its contact and deal from now on."""
        detail = event.changes
        contact = {"name": self._lead["name"], "id": detail["contact"]}
        deal = {"name": None, "id": detail["deal"]} if "deal" in detail else None
        for module, id_ in self._of_lead:
            if module == "Notes":
                links = {"Parent_Id": deal or contact}
            else:
                links = {"What_Id": deal, "Who_Id": contact}
            links["$se_module"] = "Deals" if deal else "Contacts"
            self._write(event, "edit", module, id_, links, event.at)
        self._of_lead.clear()
        kind, owner = ("Deals", deal) if deal else ("Contacts", contact)
        for mail in [each for each in self._mails if each.at <= event.at]:
            said = {**mail.changes, "time": stamp(mail.at)}
            self._note_email(event.at, kind, owner["id"], mail.by, said)

    def _answer_by_email(self, event: Event) -> None:
        """Let the rep write before the status says so; some reach whom they do in no way logged."""
        if self._mail_rng.random() < 0.75:
            self._correspond(event, event.at - whole(self._mail_rng, 2, 50) * MINUTE)

    def _correspond(self, event: Event, at: int) -> None:
        """Let the rep write, and some customers answer."""
        self._email(event, at)
        if self._mail_rng.random() < 0.5:
            later = at + whole(self._mail_rng, 20, 4000) * MINUTE
            self._email(event, later, sent=False, status=[{"type": "received"}])

    def _email(self, event: Event, at: int, **said: object) -> None:
        owner = self._owners.get(event.id, event.by)
        who = {"name": owner["name"], "id": owner["id"]}
        at = max(at, self._life[0].at + 20)
        name = sha256(f"email/{self._number}/{len(self._mails)}".encode()).hexdigest()
        mail = {"message_id": name, "owner": who, **said}
        self._note_email(at, event.module, event.id, event.by, mail)

    def _note_email(self, at: int, module: str, id_: str, by: dict, mail: dict) -> None:
        serial = self._number * 1000 + FIRST_EMAIL + len(self._mails)
        self._mails.append(Event(at, serial, "email", module, id_, by, mail))

    def _call(self, event: Event, at: int, kind: str, seconds: int) -> None:
        said = {"Outbound": "Attended Dialled" if seconds else "Unattended Dialled"}
        at = max(at, self._life[0].at + 20)
        self._create(event, "Calls", at + seconds, {
            "Subject": f"{kind} call",
            "Call_Type": kind,
            "Call_Start_Time": stamp(at),
            "Call_Duration": f"{seconds // 60:02}:{seconds % 60:02}",
            "Call_Duration_in_seconds": seconds,
            "Call_Status": said.get(kind, "Received" if seconds else "Missed"),
            "Outgoing_Call_Status": "Completed" if kind == "Outbound" else None,
            "Call_Result": pick(self._rng, RESULTS) if seconds else None,
        })  # fmt: skip

    def _task(self, event: Event, subject: str, at: int, done_after: float | None) -> None:
        due = date_of(day_of(at) + (3 if done_after != 0 else 0))
        is_done = {"Status": "Completed", "Closed_Time": stamp(at)} if done_after == 0 else {}
        fields = {"Subject": subject, "Due_Date": due.isoformat(), "Status": "Not Started"}
        id_ = self._create(event, "Tasks", at, fields | {"Priority": "Normal"} | is_done)
        if done_after:
            done = working(self._rng, at + done_after)
            closed = {"Status": "Completed", "Closed_Time": stamp(done)}
            self._write(event, "edit", "Tasks", id_, closed, done)

    def _meeting(self, event: Event, start: int, end: int, title: str, at: int) -> None:
        who = self._lead if event.module == "Leads" else self._contact
        kind = "lead" if event.module == "Leads" else "contact"
        people = [{"type": kind, "participant": who["id"], "name": who["name"], "invited": True}]
        self._create(event, "Events", at, {
            "Event_Title": title,
            "Start_DateTime": stamp(start),
            "End_DateTime": stamp(end),
            "All_day": False,
            "Participants": people if self._rng.random() < 0.7 else [],
        })  # fmt: skip
        if self._rng.random() < 0.6:
            self._note(event, max(end, at) + 10 * MINUTE, title)

    def _note(self, event: Event, at: int, title: str) -> None:
        self._create(
            event, "Notes", at, {"Note_Title": title, "Note_Content": pick(self._rng, TALKS)}
        )

    def _create(self, event: Event, module: str, at: int, fields: dict) -> str:
        """Write down a new activity of what an event is about, and return its id."""
        id_ = str(FIRST_ACTIVITY + self._number * 1000 + len(self._events))
        owner = self._owners.get(event.id, event.by)
        people = {"Owner": owner, "Created_By": owner, "Modified_By": owner}
        links = self._links(event, "Parent_Id" if module == "Notes" else "What_Id")
        self._write(event, "create", module, id_, {"id": id_, **fields, **links, **people}, at)
        if event.module == "Leads":
            self._of_lead.append((module, id_))
        return id_

    def _links(self, event: Event, what: str) -> dict:
        if event.module == "Leads":
            return {what: self._lead, "$se_module": "Leads"}
        who = {"Who_Id": self._contact} if what == "What_Id" else {}
        return {what: self._deals[event.id], "$se_module": "Deals", **who}

    def _write(
        self, event: Event, action: str, module: str, id_: str, changes: dict, at: int
    ) -> None:
        serial = self._number * 1000 + len(self._events)
        by = self._owners.get(event.id, event.by)
        self._events.append(Event(at, serial, action, module, id_, by, changes))
