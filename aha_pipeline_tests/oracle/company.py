"""Random messy companies in a CRM, and what a read of one sees at a moment.

A company is a list of records; a record is the list of what it was made to say, with times. Nothing
here knows the product: records look as Zoho sends them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from aha_pipeline_tests.oracle.afterwards import save_afterwards
from aha_pipeline_tests.oracle.corners import Corners
from aha_pipeline_tests.oracle.crm_record import CrmRecord, State, saved, written
from aha_pipeline_tests.oracle.diary import Diary

ZONES = (
    "Asia/Kolkata",
    "America/New_York",
    "Pacific/Auckland",
    "America/Sao_Paulo",
    "Europe/London",
    "UTC",
)
# Money as the markets had it, about: units of a dollar. None has a worth near that of another, but
# the euro and the dollar, whose rates tell nothing of how they are to be read.
WORTH = {"USD": 1.0, "EUR": 1.1, "INR": 0.0118, "JPY": 0.0067, "AED": 0.27, "KWD": 3.25}
STATUSES = (
    "Not Contacted", "Attempted to Contact", "Contact in Future", "Contacted", "Pre-Qualified",
    "Qualified", "Lost Lead", "Not Qualified", "Junk Lead", "Odd one", None, "-",
)  # fmt: skip
STAGES = (
    "Qualification", "Needs Analysis", "Value Proposition", "Negotiation/Review", "Site visit",
    "Closed Won", "Closed Won", "Closed Lost", "Closed-Lost to Competition", "Finished", None,
)  # fmt: skip
# What a stage means by layout and pipeline: some mean the same in each, some do not.
PIPELINES = {
    ("10", "Standard"): {"Finished": "won", "Closed Won": "won", "Site visit": "open"},
    ("10", "Renewals"): {"Finished": "open", "Closed Won": "won", "Needs Analysis": "lost"},
    ("20", "Standard"): {"Finished": "lost", "Needs Analysis": "open", "Negotiation/Review": "won"},
    ("20", "Projects"): {"Negotiation/Review": "open", "Site visit": "open"},
}
SOURCES = ("Facebook", "Web Form", "Référral", "विज्ञापन", "Trade\u3000Show", "n/a", "", None)
SOURCES_OF_LEADS, SOURCES_OF_DEALS = (*SOURCES, "Exhibition"), (*SOURCES, "Partner")
OWNERS = tuple({"id": str(n), "name": f"Rep {n}"} for n in range(1, 5))
OF_LEADS, OF_DEALS = {"id": "8", "name": "Only leads"}, {"id": "9", "name": "Only deals"}
FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)} | {0x20: 0x3000}


@dataclass
class Company:
    """A company, the moments at which it is read, and how it counts."""

    zone: ZoneInfo
    currency: str
    rate_setting: str | None  # how Exchange_Rate is read: multiply, divide; None: not set
    records: list[CrmRecord]
    reads: list[datetime]
    sweeps: set[int]  # numbers of the reads, from 0, of everything and not of changes alone
    first_day: date
    pipelines: dict[tuple[str, str], dict[str, str]]  # layout and pipeline: stage and meaning
    activities: list[CrmRecord] = field(default_factory=list)
    accounts: list[CrmRecord] = field(default_factory=list)
    left: frozenset[str] = frozenset()  # owners who have left Zoho

    @property
    def everything(self) -> list[CrmRecord]:
        """All of its records."""
        return [*self.records, *self.activities, *self.accounts]

    def since(self, number: int) -> datetime | None:
        """Return since when a read asks for changes; None: it asks for everything."""
        return None if number in self.sweeps else self.reads[number - 1]


def draw_company(seed: int, now: datetime, size: int = 1, watched: int = 35) -> Company:
    """Return a random company; the same one for the same seed and moment.

    size: how many times as many records it has. watched: days ago it is read first, at most.
    """
    draw = _Draw(Random(seed), now)
    company = draw.company(size, watched)
    random = Random(f"{seed} diary")
    diary = Diary(random, company.records, now.replace(microsecond=0), company.zone)
    diary.note()
    if random.random() < 0.75:
        diary.put_off(company.reads)
        company.activities = diary.activities()
    company.left = frozenset(random.sample([owner["id"] for owner in OWNERS], random.randint(0, 2)))
    company.accounts = diary.accounts()
    save_afterwards(Random(f"{seed} afterwards"), company)
    random = Random(f"{seed} corners")
    if size > 1 or random.random() < 0.5:
        corners = Corners(random, draw.corner, company.reads, draw.now)
        corners.add(company.records, company.zone)
    return company


class _Draw:
    """Draws one company; `now` is the present moment, of which nothing lies later."""

    def __init__(self, random: Random, now: datetime) -> None:
        self.random = random
        self.now = now.replace(microsecond=0)
        self.begin = self.now - timedelta(days=random.choice((40, 100)))
        self.zone = ZoneInfo(random.choice(ZONES))
        self.home = random.choice(("INR", "USD", "EUR"))
        self.reading = random.choice(("multiply", "divide"))
        self.pipelines = random.choice(({}, PIPELINES))
        self.number = 0
        self.records: list[CrmRecord] = []

    def company(self, size: int, watched: int) -> Company:
        reads = sorted(self._moment(self.now - timedelta(days=watched)) for _ in range(3))
        for _ in range(self.random.randint(0, 60) if size == 1 else 60 * size):
            self._add("Leads")
        for _ in range(self.random.randint(0, 40) if size == 1 else 40 * size):
            self._add("Deals")
        for _ in range(self.random.choice((0, 20)) if size == 1 else 20 * size):
            self._close(reads)
        self._convert()
        self._repeat()
        self._merge()
        for _ in range(self.random.randint(0, 3)):
            self._import_late(reads[self.random.choice((0, 1))])
        setting = self.random.choice((None, None, self.reading))
        told = timedelta(days=self.random.randint(2, 60))
        first_day = (reads[0] - told).astimezone(self.zone).date()
        sweeps = {0, self.random.choice((0, 1, 2))}
        return Company(
            self.zone, self.home, setting, self.records, reads, sweeps, first_day, self.pipelines
        )

    def _moment(self, since: datetime) -> datetime:
        seconds = int((self.now - since).total_seconds())
        return since + timedelta(seconds=self.random.randint(0, max(seconds, 0)))

    def _new(self, module: str, created: datetime) -> CrmRecord:
        record = CrmRecord(module)
        record.events.append((created, self._first(module, created, created)))
        self.records.append(record)
        return record

    def corner(self, module: str, created: datetime, fields: State) -> CrmRecord:
        """Add a record that says these things and else what any says."""
        self.random = Random(self.number)
        record = self._new(module, created)
        record.events = [(moment, state | fields) for moment, state in record.events]
        return record

    def _add(self, module: str) -> CrmRecord:
        record = self._new(module, self._moment(self.begin))
        moment = record.events[0][0]
        for _ in range(self.random.choice((0, 0, 1, 1, 2, 3, 5))):
            moment = self._moment(moment)
            record.events.append((moment, self._edited(module, record.last_state(), moment)))
        if self.random.random() < 0.15:
            moment = self._moment(moment)
            record.events.append((moment, None))
            if self.random.random() < 0.4:
                self._restore(record, self._moment(moment))
        return record

    def _restore(self, record: CrmRecord, moment: datetime) -> None:
        """Zoho gives a restored record back as it was, or saves it anew."""
        state = record.last_state()
        is_saved = self.random.random() < 0.5
        given = saved(state, moment, self.zone) if is_saved else dict(state)
        record.events.append((moment, given))

    def _first(self, module: str, created: datetime, modified: datetime) -> State:
        self.number += 1
        base = {"id": f"{module[0]}{self.number}", "Created_Time": written(created, self.zone)}
        draw = self._lead if module == "Leads" else self._deal
        return saved(base | draw(), modified, self.zone)

    def _lead(self) -> State:
        return {
            "Last_Name": "L",
            "Owner": self._owner(OF_LEADS),
            "Lead_Source": self._source(SOURCES_OF_LEADS),
            "Lead_Status": self._spelt(self.random.choice(STATUSES)),
            "$converted": False,
            "$converted_detail": {},
        }

    def _deal(self) -> State:
        return {
            "Deal_Name": "D",
            "Owner": self._owner(OF_DEALS),
            "Lead_Source": self._source(SOURCES_OF_DEALS),
            "Stage": self._spelt(self.random.choice(STAGES)),
            "Amount": self._amount(),
            "Probability": self.random.choice((None, 150, 0, 10, 35, 100)),
            "Closing_Date": self._closing(),
            **self._money(),
            **self._pipeline(),
        }

    def _owner(self, other: State) -> State | None:
        return self.random.choice((*OWNERS, other, None))

    def _source(self, sources: tuple[str | None, ...]) -> str | None:
        return self._spelt(self.random.choice(sources))

    def _amount(self) -> float | int | None:
        whole = self.random.randint(0, 10**7)
        return self.random.choice((None, 0, whole, whole / 100, 1000))

    def _closing(self) -> str | None:
        if self.random.random() < 0.2:
            return None
        day = self.now.date() + timedelta(days=self.random.randint(-110, 40))
        return day.isoformat()

    def _money(self) -> State:
        """Return the currency and rate of a deal, mostly right ones."""
        if self.random.random() < 0.6:
            return self.random.choice(({}, {"Currency": self.home, "Exchange_Rate": 1}))
        currency = self.random.choice([name for name in WORTH if name != self.home])
        rate = WORTH[currency] / WORTH[self.home] * self.random.uniform(0.9, 1.1)
        rate = rate if self.reading == "multiply" else 1 / rate
        broken = (None, 0, -rate, rate * 10**6, "abc")
        rate = self.random.choice(broken) if self.random.random() < 0.15 else round(rate, 9)
        if self.random.random() < 0.05:
            return {"Currency": None, "Exchange_Rate": 84.5}
        return {"Currency": currency, "Exchange_Rate": rate}

    def _pipeline(self) -> State:
        """Return layout and pipeline of a deal, as far as the record tells."""
        layout, pipeline = self.random.choice(sorted(PIPELINES))
        told = {"Layout": {"id": layout, "name": "A layout"}, "Pipeline": self._spelt(pipeline)}
        kept = self.random.choice((("Layout", "Pipeline"), ("Layout", "Pipeline"), ("Layout",), ()))
        return {name: told[name] if name in kept else None for name in told}

    def _spelt(self, word: str | None) -> str | None:
        """Return a word as somebody may have typed it."""
        if not word or self.random.random() < 0.85:
            return word
        odd = (
            word.upper(),
            word.lower(),
            f"\u00a0{word}\u2003",
            word[:1] + "\u200b" + word[1:],
            word.translate(FULL_WIDTH),
            word.replace(" ", "\u202f \u3000"),
            f"\u200f{word}\u200e",
        )
        return self.random.choice(odd)

    def _edited(self, module: str, state: State, moment: datetime) -> State:
        """Return what a record says after one save: often the same, or what no figure rests on."""
        drawn = self._lead() if module == "Leads" else self._deal()
        drawn.pop("$converted", None)
        drawn.pop("$converted_detail", None)
        kind = self.random.choice(("touched", "described", "one field", "one field", "some fields"))
        if kind == "described":
            state = state | {"Description": str(self.random.random())}
        elif kind == "one field":
            name = self.random.choice(sorted(drawn))
            state = state | {name: drawn[name]}
        elif kind == "some fields":
            names = [name for name in drawn if self.random.random() < 0.5]
            state = state | {name: drawn[name] for name in names}
        return saved(state, moment, self.zone)

    def _living(self, module: str) -> list[CrmRecord]:
        return [r for r in self.records if r.module == module and r.events[-1][1] is not None]

    def _convert(self) -> None:
        """Convert some leads, mostly into a deal, mostly with a link to it."""
        deals = self._living("Deals")
        for lead in self._living("Leads"):
            if self.random.random() > 0.25:
                continue
            moment = self._moment(lead.events[-1][0])
            state = lead.last_state() | {"$converted": True}
            if self.random.random() < 0.9:
                state["Converted_Date_Time"] = written(moment, self.zone)
            deal = self.random.choice(deals) if deals and self.random.random() < 0.8 else None
            if deal and self.random.random() < 0.5:
                state["$converted_detail"] = {"deal": deal.id}
            elif deal:
                state["Converted_Deal"] = {"id": deal.id, "name": "D"}
            lead.events.append((moment, saved(state, moment, self.zone)))

    def _close(self, reads: list[datetime]) -> None:
        """Enter a deal before the first read, that is mostly won between it and the next one."""
        record = self._new("Deals", reads[0] - timedelta(seconds=self.random.randint(0, 10**6)))
        stage = {"Stage": "Qualification", "Closing_Date": None}
        record.events = [(moment, state | stage) for moment, state in record.events]
        seconds = int((reads[1] - reads[0]).total_seconds())
        moment = reads[0] + timedelta(seconds=self.random.randint(0, seconds))
        outcome = {"Stage": self.random.choice(("Closed Won", "Closed Won", "Closed Lost"))}
        record.events.append((moment, saved(record.last_state() | outcome, moment, self.zone)))

    def _repeat(self) -> None:
        """Enter some records twice, as a form does that is sent twice."""
        for record in self.random.sample(self.records, len(self.records) // 6):
            self.number += 1
            own = {"id": f"{record.module[0]}{self.number}"}
            own |= self.random.choice(({}, {"Owner": OWNERS[0]}))
            events = [(moment, state and state | own) for moment, state in record.events]
            self.records.append(CrmRecord(record.module, events))

    def _merge(self) -> None:
        """Merge some pairs: the one record is saved with the other's values, the other goes."""
        for module in ("Leads", "Deals"):
            living = self._living(module)
            for _ in range(min(2, len(living) // 8)):
                master, other = self.random.sample(living, 2)
                if master.events[-1][1] is None or other.events[-1][1] is None:
                    continue
                moment = self._moment(max(master.events[-1][0], other.events[-1][0]))
                taken = {"Lead_Source": other.last_state()["Lead_Source"]}
                merged = saved(master.last_state() | taken, moment, self.zone)
                master.events.append((moment, merged))
                other.events.append((moment, None))

    def _import_late(self, read: datetime) -> None:
        """Import a record of an old CRM after a read: created long ago, and saved just now."""
        module = self.random.choice(("Leads", "Deals"))
        created = self.begin - timedelta(days=self.random.randint(-30, 400))
        imported = self._moment(read)
        record = CrmRecord(module)
        record.events.append((imported, self._first(module, min(created, imported), imported)))
        self.records.append(record)


def seen(
    company: Company, module: str, since: datetime | None, until: datetime
) -> Iterator[tuple[CrmRecord, State]]:
    """Yield the living records of a module that a read at `until` is shown as changed."""
    for record in company.everything:
        event = record.at(until) if record.module == module else None
        if event and event[1] is not None:
            modified = datetime.fromisoformat(event[1]["Modified_Time"])
            if since is None or modified >= since:
                yield record, event[1]


def deletions(company: Company, module: str, until: datetime) -> dict[str, datetime]:
    """Return the ids of a module that are deleted at a moment, and since when."""
    found = {}
    for record in company.everything:
        event = record.at(until) if record.module == module else None
        if event and event[1] is None:
            found[record.id] = event[0]
    return found
