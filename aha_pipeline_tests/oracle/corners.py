"""Records at which definitions part: many of one day, at the last day of a term, corrected later.

Drawn apart and last: what others say is the same with and without them.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from aha_pipeline_tests.oracle.crm_record import CrmRecord, saved

New = Callable[[str, datetime, dict], CrmRecord]
RUSH = 24  # leads of one day, source and owner
ANSWERS = ("Contacted", "Pre-Qualified", "Qualified", "Lost Lead", "Not Qualified", "Junk Lead")
AGES = (0, 1, 2, 7, 8, 29, 30, 31, 90, 91)  # days of a lead
CLOSINGS = (-91, -90, -2, -1, 0, 7, 8, 30, 31)  # days until a deal was to close
REASONS = (None, None, "", " ", "\u00a0", "-", "N/A", "Price", " Too\u2003late ", "Went elsewhere")
REASON_FIELDS = ("Lost_Reason", "Reason_For_Loss__s", "Closed_Lost_Reason")


def rep(number: str) -> dict:
    """Return an owner as a record has it."""
    return {"id": number, "name": f"Rep {number}"}


ONE = {"Owner": rep("1"), "Lead_Source": "Facebook"}


class Corners:
    """Adds to the records of a company that is read at some moments, up to `now`."""

    def __init__(self, random: Random, new: New, reads: list[datetime], now: datetime) -> None:
        self.random, self.new, self.reads, self.now = random, new, reads, now
        self.zone = ZoneInfo("UTC")

    def add(self, records: list[CrmRecord], zone: ZoneInfo) -> None:
        """Add all kinds; `records`: those drawn before."""
        self.zone = zone
        self._correct(records)
        self._rush()
        for age in AGES:
            for number in "13":
                fields = ONE | {"Owner": rep(number), "Lead_Status": "Not Contacted"}
                self.new("Leads", self.now - timedelta(days=age, minutes=1), fields)
        for left in CLOSINGS:
            closing = (self.now.astimezone(zone) + timedelta(days=left)).date()
            self._open({"Closing_Date": closing.isoformat(), "Next_Step": None})
        self._edit(self._open({"Amount": 1000.5}), {"Amount": 1000})
        self._edit(self._open({"Amount": 1000}), {"Amount": None})
        self._twice("Closing_Date", "2000-01-01", "2000-01-02", "2000-02-02")
        self._twice("Stage", "Site visit", "Second visit", "Third visit")
        large = {"Stage": "Qualification", "Amount": 10**8, "Closing_Date": "2000-01-01"}
        self._open(large, self.reads[0] - timedelta(days=25))
        self._reopen()
        self._hurry()
        self._worthless()
        self._months_before()
        early = self._open({"Stage": "Seen late"}, self.reads[0] - timedelta(days=9))
        self._edit(early, {"Amount": 7}, self.reads[0] - timedelta(days=1))
        self._explain(records)
        self._win_late()

    def _correct(self, records: list[CrmRecord]) -> None:
        """Change the amount of some deals some time after their last save, closed ones too."""
        for record in records:
            moment, state = record.events[-1]
            if record.module == "Deals" and state and self.random.random() < 0.2:
                later = moment + (self.now - moment) * self.random.random()
                self._edit(record, {"Amount": self.random.randint(0, 10**6)}, later)

    def _twice(self, name: str, first: str, *later: str) -> None:
        """Let a deal say another thing at the second and at the third read."""
        deal = self._open({name: first})
        for number, value in enumerate(later):
            self._edit(deal, {name: value}, self._between(*self.reads[number : number + 2]))

    def _reopen(self) -> None:
        """Close a deal, and open it again; each time its closing date becomes later."""
        deal = self._open({"Closing_Date": "2010-01-01"})
        for number, stage in enumerate(("Closed Lost", "Qualification")):
            at = self._between(*self.reads[number : number + 2])
            self._edit(deal, {"Stage": stage, "Closing_Date": f"2010-02-0{number + 1}"}, at)

    def _hurry(self) -> None:
        """Let a lead and a deal say something for some minutes of a day, as the second read saw."""
        read, minute = self.reads[1], timedelta(minutes=1)
        for since in (read - 2 * minute, self.reads[0] - minute):
            lead = self.new("Leads", since, ONE | {"Lead_Source": f"Of {since}"})
            deal = self._open({"Lead_Source": f"Of {since}"}, since)
            for record in (lead, deal):
                for moment, owner in ((read - minute, "3"), (read + minute, "4")):
                    self._edit(record, {"Owner": rep(owner)}, moment)
        for _ in range(2):
            came = self.reads[2] - timedelta(days=1)
            unanswered = {"Lead_Source": "Unanswered", "Lead_Status": "Not Contacted"}
            self.new("Leads", came, ONE | unanswered)

    def _worthless(self) -> None:
        """Deals without an amount, of two of which nobody knows what they said at first."""
        for number in range(4):
            since = self.reads[0] - timedelta(days=20 + number)
            deal = self._open({"Amount": None, "Lead_Source": "Worthless"}, since)
            if number < 2:
                self._edit(deal, {"Probability": 20}, self.reads[0] - timedelta(hours=number + 1))

    def _months_before(self) -> None:
        """Deals won in the months before, early and late in each."""
        for number in range(8):
            closing = (self.now - timedelta(days=12 + 15 * number)).date().isoformat()
            won = {"Stage": "Closed Won", "Closing_Date": closing, "Amount": 1000 * number**2 + 9}
            self._open(won, self.now - timedelta(days=150 + number))

    def _win_late(self) -> None:
        """Deals won after they were lost, as many as limits want, and one before it was entered."""
        for _ in range(10):
            deal = self._open({"Stage": "Closed Lost"}, self.reads[0] - timedelta(days=5))
            self._edit(deal, {"Stage": "Closed Won"})
        closing = (self.reads[0] - timedelta(days=30)).date().isoformat()
        won = {"Stage": "Closed Won", "Closing_Date": closing, "Lead_Source": "Worthless"}
        self._open(won, self.reads[0] - timedelta(days=9))

    def _rush(self) -> None:
        """Many leads of a day that are answered later, and some deals of them."""
        came = self.reads[1] - timedelta(days=2)
        for number in range(RUSH):
            # Some were changed before anybody read them: what they said first is not known.
            before = self.random.choice((None, None, "Attempted to Contact", "Contacted"))
            fields = ONE | {"Lead_Status": "Not Contacted"}
            lead = self.new("Leads", came, fields)
            if before:
                self._edit(lead, {"Lead_Status": before}, came + timedelta(days=1, hours=6))
            if number % 4:
                answer = {"Lead_Status": self.random.choice(ANSWERS)}
                self._edit(lead, answer, self._between(self.reads[1], self.reads[2]))
            if number % 3 == 2:
                deal = self._open({}, came)
                end = {
                    "Stage": ("Closed Won", "Closed Lost", "Negotiation/Review")[number % 9 // 3]
                }
                at = self._between(self.reads[1], self.reads[2]) + timedelta(minutes=number)
                self._edit(deal, end, min(at, self.now))
                link = {"Converted_Deal": {"id": deal.id, "name": "D"}}
                # One that only names a deal was not converted.
                state = link | ({"$converted": True} if number % 4 else {})
                self._edit(lead, state, max(at, lead.events[-1][0]))

    def _open(self, fields: dict, created: datetime | None = None) -> CrmRecord:
        """Return a new open deal in the home currency, known to the first read."""
        given = ONE | {
            "Stage": "Needs Analysis", "Closing_Date": None, "Amount": 5000, "Currency": None,
            "Exchange_Rate": None, "Layout": None, "Pipeline": None, "Account_Name": None,
            "Probability": None, "Next_Step": "Call again",
        }  # fmt: skip
        created = created or self.reads[0] - timedelta(hours=1)
        return self.new("Deals", created, given | fields)

    def _between(self, first: datetime, last: datetime) -> datetime:
        return first + (last - first) * self.random.choice((0.1, 0.3, 0.5, 0.5, 0.7, 0.9))

    def _edit(self, record: CrmRecord, fields: dict, moment: datetime | None = None) -> None:
        """Change a record, as the second read sees unless said otherwise."""
        moment = moment or self._between(*self.reads[:2])
        record.events.append((moment, saved(record.last_state() | fields, moment, self.zone)))

    def _explain(self, records: list[CrmRecord]) -> None:
        """Let each deal say in three fields why it is lost, or not."""
        for record in records:
            said = {name: self.random.choice(REASONS) for name in REASON_FIELDS}
            if record.module == "Deals":
                record.events = [(at, state and state | said) for at, state in record.events]
