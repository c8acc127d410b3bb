"""What there is beside leads and deals: calls, tasks, meetings, notes, next steps, and accounts.

Drawn apart: what leads and deals say of themselves is the same with and without it.
"""

from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from aha_pipeline_tests.oracle.crm_record import CrmRecord, State, saved, written

ACTIVITIES = ("Calls", "Tasks", "Events", "Notes")
DRAWN = (*ACTIVITIES, "Calls", "Events", "Events")
NEXT_STEPS = (None, "", " ", "-", "N/A", "\u00a0", "Send the offer", "Call again")
CALL_TYPES = ("Outbound", "Outbound", "outbound ", "Inbound", "Missed", None)
CALL_STATUSES = ("Completed", "completed", None, "Scheduled", "Cancelled", "canceled", "Overdue")
TASK_STATUSES = ("Completed", "completed ", "Not Started", None)
HOURS = (-100, -30, -1, 0, 0, 2, 200, 500, 900)  # from when it was written to when it is
AGES = (1, 3, 13, 14, 15, 29, 30, 31)  # days, at which reasons come and go
MINUTE = timedelta(minutes=1)
INDUSTRIES = ("Retail", "retail", "Real\u00a0Estate", "Real Estate", "विनिर्माण", "n/a", "", None)


class Diary:
    """Draws what was done on some records up to the present moment `now`."""

    def __init__(
        self, random: Random, records: list[CrmRecord], now: datetime, zone: ZoneInfo
    ) -> None:
        self.random, self.records, self.now, self.zone = random, records, now, zone

    def note(self) -> None:
        """Let each record say when something was last done on it, and a deal what comes next."""
        for record in self.records:
            noted: State = {}
            for number, (moment, state) in enumerate(record.events):
                before = record.events[number - 1][1] if number else None
                if state is None or (before and before == state | noted):
                    continue  # deleted, or restored as it was
                noted = self._noted(record, moment, noted)
                record.events[number] = (moment, state | noted)
            if all(state for _, state in record.events) and self.random.random() < 0.3:
                moment, state = record.events[-1]
                later = self._moment(moment)  # a call: Modified_Time stays
                done = {"Last_Activity_Time": written(later, self.zone)}
                record.events.append((later, state | done))

    def _noted(self, record: CrmRecord, moment: datetime, before: State) -> State:
        created = datetime.fromisoformat(record.events[0][1]["Created_Time"])
        done = created + (moment - created) * self.random.random()
        last = self.random.choice((None, created + 4 * MINUTE, created + 6 * MINUTE, done))
        noted = {"Last_Activity_Time": last and written(last, self.zone)}
        if record.module == "Deals":
            step = self.random.choice(NEXT_STEPS)
            kept = before and self.random.random() < 0.7
            noted["Next_Step"] = before["Next_Step"] if kept else step
        return noted

    def put_off(self, reads: list[datetime]) -> None:
        """Let the closing date of some deals become later after each read."""
        for record in self.records:
            if record.module != "Deals" or self.random.random() > 0.15:
                continue
            if record.events[-1][1] is None or record.events[-1][0] >= reads[0]:
                continue
            closing = self.now.date() - timedelta(days=self.random.randint(0, 140))
            for first, last in zip([record.events[-1][0], *reads], reads, strict=False):
                moment = first + (last - first) * self.random.uniform(0.1, 0.9)
                closing += timedelta(days=self.random.choice((10, 20, 45)))
                later = record.last_state() | {"Closing_Date": closing.isoformat()}
                record.events.append((moment, saved(later, moment, self.zone)))

    def activities(self) -> list[CrmRecord]:
        """Return activities since some day, fewer than there are records."""
        begin = min((record.events[0][0] for record in self.records), default=self.now)
        since = begin + (self.now - begin) * self.random.uniform(0, 0.5)
        return [
            self._activity(f"A{number}", since)
            for number in range(int(len(self.records) * self.random.uniform(0.5, 1)))
        ]

    def accounts(self) -> list[CrmRecord]:
        """Return accounts, and let most deals name one of them."""
        accounts = [self._account(f"X{number}") for number in range(self.random.randint(0, 12))]
        for record in self.records:
            account = self.random.choice((None, *accounts, *accounts))
            named = {"Account_Name": account and {"id": account.id, "name": "An account"}}
            if record.module == "Deals":
                record.events = [(at, state and state | named) for at, state in record.events]
        return accounts

    def _account(self, id_: str) -> CrmRecord:
        since = self.now - timedelta(days=90)
        times = sorted(self._moment(since) for _ in range(self.random.randint(2, 4)))
        *saves, end = times
        state: State = {"id": id_, "Owner": None, "Created_Time": written(times[0], self.zone)}
        record = CrmRecord("Accounts")
        for moment in saves:
            state = saved(state, moment, self.zone)
            state["Industry"] = self.random.choice(INDUSTRIES)
            record.events.append((moment, state))
        if self.random.random() < 0.2:
            record.events.append((end, None))
        return record

    def _moment(self, since: datetime) -> datetime:
        seconds = int((self.now - since).total_seconds())
        return since + timedelta(seconds=self.random.randint(0, max(seconds, 0)))

    def _activity(self, id_: str, since: datetime) -> CrmRecord:
        module = self.random.choice(DRAWN)
        target = self.random.choice(self.records)
        made = self._moment(max(since, target.events[0][0]))
        state = {"id": id_, "Owner": None, "Created_Time": written(made, self.zone)}
        state |= self._on(module, target) | self._says(module, made)
        record = CrmRecord(module, [(made, saved(state, made, self.zone))])
        if self.random.random() < 0.3:
            moment = self._moment(made)
            changed = self.random.choice((
                {}, self._says(module, moment), self._on(module, self.random.choice(self.records)),
            ))  # fmt: skip
            record.events.append((moment, saved(state | changed, moment, self.zone)))
        if self.random.random() < 0.1:
            record.events.append((self._moment(record.events[-1][0]), None))
        return record

    def _on(self, module: str, target: CrmRecord) -> State:
        if module == "Notes":
            return {"Parent_Id": {"id": target.id}}
        if module == "Events" and target.module == "Leads":
            return {"What_Id": None, "Participants": [{"type": "lead", "participant": target.id}]}
        return {"What_Id": {"id": target.id}, "Participants": []}

    def _says(self, module: str, made: datetime) -> State:
        age = self.random.choice(AGES) * timedelta(days=1) + self.random.choice((-1, 1)) * MINUTE
        at = self.random.choice((made + timedelta(hours=self.random.choice(HOURS)), self.now - age))
        if module == "Calls":
            return {
                "Call_Type": self.random.choice(CALL_TYPES),
                "Outgoing_Call_Status": self.random.choice(CALL_STATUSES),
                "Call_Start_Time": self.random.choice((None, *[written(at, self.zone)] * 5)),
            }
        if module == "Tasks":
            closed = self.random.choice((None, written(min(at, self.now), self.zone)))
            return {"Status": self.random.choice(TASK_STATUSES), "Closed_Time": closed}
        if module == "Events":
            length = timedelta(hours=self.random.choice((1, 1, 30)))
            start, end = written(at - length, self.zone), written(at, self.zone)
            return {"Start_DateTime": start, "End_DateTime": end}
        return {"Note_Content": str(self.random.random())}
