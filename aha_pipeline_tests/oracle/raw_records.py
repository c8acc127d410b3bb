"""Records of every module drawn at random, as they lie in the tables of what was read.

Nothing of them has a figure in it: they are for marts that say of each record what it says itself,
and what it belongs to.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import msgspec

from aha_pipeline_tests.oracle.crm_record import State
from aha_pipeline_tests.warehouse.marts_company import ACTIVITIES, TABLES, put_emails

ZONE = ZoneInfo("Asia/Kolkata")
BEGIN = datetime(2026, 1, 5, tzinfo=UTC)
FIRST_LANDING, SECOND_LANDING = (datetime(2026, 3, day, tzinfo=UTC) for day in (20, 21))
NUMBERS = {"Leads": 30, "Deals": 12, "Contacts": 12, "Accounts": 20} | dict.fromkeys(ACTIVITIES, 70)
EMAILS = 240
NOT_READ = ["L90", "D90", "C90", "A90", "L91", "Z1"]  # at first; the last one never
OWNERS = (
    {"id": "1", "name": "Asha"}, {"id": "1", "name": "Asha Rao"}, {"id": "2", "name": "Bala"},
    {"id": "100003", "name": "\u00a0bala "}, {"id": "4", "name": "Chitra"},
    {"id": "5", "name": None}, {"id": "6", "name": " "}, {"id": " ", "name": "Nobody"},
    {"id": None, "name": "By name"}, None,
)  # fmt: skip
ONCE = ({"id": "7", "name": "Devi"}, {"id": "7", "name": "Devi Nair"})  # who owned some before
TOLD = ({"id": "8", "name": "Esha"}, {"id": "1", "name": "Once"}, {"id": "7", "name": "Once"})
USERS = {"1": True, "2": False, "100003": True, "7": False}
SOURCES = ("Facebook", "facebook ", "Référral", "n/a", "", None)
INDUSTRIES = ("Retail", "retail ", "Real\u00a0Estate", "n/a", "", None)
CALL_TYPES = ("Outbound", "outbound ", "Inbound", "Missed", None)
CALL_STATUSES = ("Completed", None, "Scheduled ", "Overdue", "Cancelled", "canceled")
EMAIL_STATUSES = ([], ["sent"], ["sent", "opened"], ["scheduled"], ["draft"], ["bounced"],
                  ["sent", "failed"])  # fmt: skip
EMAIL_SOURCES = ("Individual", None, "Workflow", "auto_responder", "MassMail", "follow-up",
                 "consent", "web form", "crm_ui")  # fmt: skip
HOUR = timedelta(hours=1)


@dataclass
class Kept:
    """A record as it lies in the tables: what it said, oldest first, and when it landed."""

    module: str
    contents: list[State] = field(default_factory=list)
    landed: datetime = FIRST_LANDING
    deleted_at: datetime | None = None

    @property
    def last(self) -> State:
        return self.contents[-1]


Records = dict[str, Kept]  # by id


class RawRecords:
    """Draws records, and puts them where a read does, in two landings."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.records: Records = {}
        self.windows: list[State] = []  # of the log of reads
        self.former: list[tuple[str, State]] = []  # contents that others took the place of

    def land_first(self, connection) -> None:
        """Land records of all modules, each as it was and as it is."""
        for module, numbers in NUMBERS.items():
            for number in range(numbers):
                id_ = f"{module[0] if module in TABLES else module}{number}"
                contents = self.random.choice((1, 1, 2, 3))
                former = ONCE if contents > 1 else ()
                self._land(connection, id_, module, FIRST_LANDING, former)
                for _ in range(1, contents):
                    self._land(connection, id_, module, FIRST_LANDING)
        for number in range(EMAILS):
            self._land_email(connection, number, FIRST_LANDING)
        self._delete(connection, FIRST_LANDING)
        with connection.cursor() as cursor:
            cursor.executemany("insert into crm.users values (%s, %s)", list(USERS.items()))
            cursor.executemany(
                "insert into crm.record_history (module, record_id, way, entry_id, audited_time, "
                "raw_data) values ('Leads', 'L1', 'timeline', %s, now(), %s)",
                [
                    (owner["id"], _json({"automation_details": {"owner": {"old": owner}}}))
                    for owner in TOLD
                ],
            )

        self._log(connection)

    def _log(self, connection) -> None:
        counts = ("records_read", "inserted", "updated", "deleted", "api_calls")
        statuses = ("running", "success", "success", "failed", "interrupted")
        for number in range(60):
            window = {
                "run_id": f"run {number}",
                "module": self.random.choice(("Leads", "Deals")),
                "status": self.random.choice(statuses),
                "started_at": BEGIN + HOUR * self.random.randint(0, 24 * 6),
            }
            window |= {name: self.random.randint(0, 9) for name in counts}
            self.windows.append(window)
            marks = ", ".join(["%s"] * len(window))
            with connection.cursor() as cursor:
                cursor.execute(
                    f"insert into crm.sync_logs (window_start, window_end, {', '.join(window)}) "  # noqa: S608
                    f"values (now(), now(), {marks})",
                    list(window.values()),
                )

    def land_second(self, connection) -> None:
        """Land what links led to before it was read, and changes."""
        modules = {module[0]: module for module in TABLES}
        for id_ in NOT_READ[:-1]:
            self._land(connection, id_, modules[id_[0]], SECOND_LANDING)
        read = [id_ for id_, kept in self.records.items() if kept.module != "Emails"]
        leads = [id_ for id_ in read if self.records[id_].module == "Leads"]
        for id_ in self.random.sample(sorted(leads) + sorted(read), len(read) // 4):
            self._land(connection, id_, self.records[id_].module, SECOND_LANDING)
        for number in range(EMAILS, EMAILS + 10):
            self._land_email(connection, number, SECOND_LANDING)
        self._delete(connection, SECOND_LANDING)

    def _land(
        self, connection, id_: str, module: str, landed: datetime, former: tuple = ()
    ) -> None:
        # Some own records of one module alone.
        own = [{"id": f"{module} {number}", "name": f"Of {module}"} for number in (1, 2)]
        owners = (*OWNERS, *own, *former)
        kept = self.records.setdefault(id_, Kept(module))
        created = kept.last["Created_Time"] if kept.contents else self._time()
        state = {"id": id_, "Owner": self.random.choice(owners), "Created_Time": created}
        state["Modified_Time"] = self.random.choice((self._time(), self._time(), None))
        state |= DRAWN[module](self)
        with connection.cursor() as cursor:
            if kept.contents:
                cursor.execute(
                    "insert into crm.record_versions (module, id, modified_time, raw_data) "
                    "values (%s, %s, %s, %s)",
                    [module, id_, kept.last["Modified_Time"], _json(kept.last)],
                )
            cursor.execute(
                f"insert into crm.{(TABLES | ACTIVITIES)[module]} (id, raw_data, synced_at) "  # noqa: S608
                "values (%s, %s, %s) on conflict (id) do update set "
                "raw_data = excluded.raw_data, synced_at = excluded.synced_at",
                [id_, _json(state), landed],
            )
        self.former += [(module, kept.last)] if kept.contents else []
        kept.contents.append(state)
        kept.landed = landed

    def _land_email(self, connection, number: int, landed: datetime) -> None:
        record_id = self._id("LLD")
        email = {
            "message_id": f"M{number}",
            "time": self.random.choice((self._time(), self._time(), None)),
            "sent": self.random.choice((True, True, False)),
            "source": self.random.choice(EMAIL_SOURCES),
            "owner": {"id": self.random.choice(("1", "2", None))},
            "status": self.random.choice(EMAIL_STATUSES),
        }
        put_emails(connection, "Leads", record_id, email)
        with connection.cursor() as cursor:
            cursor.execute(
                "update crm.record_emails set synced_at = %s where message_id = %s",
                [landed, email["message_id"]],
            )
        id_ = f"{record_id}/{email['message_id']}"
        self.records[id_] = Kept("Emails", [email | {"record": record_id}], landed)

    def _delete(self, connection, landed: datetime) -> None:
        living = [
            i for i, it in self.records.items() if not it.deleted_at and it.module != "Emails"
        ]
        for id_ in self.random.sample(sorted(living), len(living) // 12):
            kept = self.records[id_]
            kept.deleted_at = kept.landed = landed
            with connection.cursor() as cursor:
                cursor.execute(
                    f"update crm.{(TABLES | ACTIVITIES)[kept.module]} "  # noqa: S608
                    "set deleted_at = %s, synced_at = %s where id = %s",
                    [landed, landed, id_],
                )

    def _time(self) -> str:
        moment = BEGIN + HOUR * self.random.randint(0, 24 * 60)
        return moment.astimezone(ZONE).isoformat()

    def _id(self, kinds: str) -> str:
        """Return an id of modules, by their letters; of few records, so that many meet in one."""
        kind = self.random.choice(kinds)
        module = next(name for name in TABLES if name[0] == kind)
        return f"{kind}{self.random.randrange(NUMBERS[module])}"

    def _link(self, kinds: str) -> State | None:
        ids = (
            None,
            self._id(kinds),
            self._id(kinds),
            self._id(kinds),
            self.random.choice(NOT_READ),
        )
        id_ = self.random.choice(ids)
        return id_ and {"id": id_, "name": "It"}

    def _lead(self) -> State:
        deal, contact = self._id("D"), self._id("C")
        became = self.random.choice((
            {"$converted_detail": {"deal": deal}},
            {"$converted_detail": {"contact": contact}},
            {"$converted_detail": {"deal": {"id": deal}, "contact": {"id": contact}}},
            {"Converted_Deal": {"id": deal}, "Converted_Contact": {"id": contact}},
        ))  # fmt: skip
        return became | {
            "$converted": self.random.choice((True, True, False, None)),
            "Converted_Date_Time": self.random.choice((self._time(), self._time(), None)),
            "Lead_Source": self.random.choice(SOURCES),
        }

    def _deal(self) -> State:
        return {"Contact_Name": self._link("C"), "Account_Name": self._link("A")}

    def _contact(self) -> State:
        return {
            "First_Name": self.random.choice(("Ravi", None)),
            "Last_Name": "Iyer",
            "Account_Name": self._link("A"),
            "Lead_Source": self.random.choice(SOURCES),
        }

    def _account(self) -> State:
        return {
            "Account_Name": self.random.choice(("Rao Villa", "Das Flat")),
            "Industry": self.random.choice(INDUSTRIES),
            "Annual_Revenue": self.random.choice((None, 0, 125000.5)),
        }

    def _on(self) -> State:
        return {"What_Id": self._link("LDDCA"), "Who_Id": self._link("CCL")}

    def _call(self) -> State:
        names = ("Outgoing_Call_Status", "Outbound_Call_Status", "Call_Status")
        return self._on() | {
            "Call_Type": self.random.choice(CALL_TYPES),
            self.random.choice(names): self.random.choice(CALL_STATUSES),
            "Call_Start_Time": self.random.choice((self._time(), self._time(), None)),
        }

    def _task(self) -> State:
        return self._on() | {
            "Status": self.random.choice(("Completed", " completed", "Not Started", None)),
            "Closed_Time": self.random.choice((self._time(), None)),
        }

    def _meeting(self) -> State:
        guests = [{"type": "contact", "participant": "C1"}]
        if self.random.random() < 0.5:
            guests.append({"type": "lead", "participant": self._id("L")})
        return self._on() | {
            "Participants": guests,
            "Start_DateTime": self.random.choice((self._time(), self._time(), None)),
            "End_DateTime": self.random.choice((self._time(), None)),
        }

    def _note(self) -> State:
        return {"Parent_Id": self._link("LDCA"), "Note_Content": self.random.random()}


def _json(state: State) -> str:
    return msgspec.json.encode(state).decode()


DRAWN: dict[str, Callable[[RawRecords], State]] = {
    "Leads": RawRecords._lead,
    "Deals": RawRecords._deal,
    "Contacts": RawRecords._contact,
    "Accounts": RawRecords._account,
    "Calls": RawRecords._call,
    "Tasks": RawRecords._task,
    "Events": RawRecords._meeting,
    "Notes": RawRecords._note,
}
