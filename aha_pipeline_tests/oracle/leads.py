"""What a lead said at the end of a day, and how far it came."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from aha_pipeline_tests.oracle.company import Company
from aha_pipeline_tests.oracle.crm_record import State
from aha_pipeline_tests.oracle.deals import NONE, local_day, owner_id
from aha_pipeline_tests.oracle.memory import Known, Memory
from aha_pipeline_tests.oracle.text import key
from aha_pipeline_tests.oracle.told import Content

# Zoho's own statuses, in the order of the work.
STATUSES = {
    "not contacted": ("open", 10),
    "attempted to contact": ("open", 20),
    "contact in future": ("open", 30),
    "contacted": ("open", 40),
    "pre-qualified": ("qualified", 50),
    "qualified": ("qualified", 60),
    "converted": ("converted", 70),
    "not qualified": ("lost", 80),
    "lost lead": ("lost", 90),
    "junk lead": ("junk", 100),
}


UNLISTED = 41  # just after the last open one


@dataclass(frozen=True)
class Said:
    """What a content of a lead says, from a moment on."""

    since: datetime
    day: date
    source: str
    status: str
    meaning: str
    owner: str
    is_told: bool = False  # by Zoho's history: not read
    sure: datetime | None = None  # until then it is assumed

    @property
    def step(self) -> str:
        return "converted" if self.meaning == "converted" else self.status

    @property
    def place(self) -> float:
        """Where its step stands; an empty status belongs to the first one."""
        return 10 if self.step == NONE else STATUSES.get(self.step, ("open", UNLISTED))[1]

    @property
    def is_qualified(self) -> bool:
        return self.meaning in ("qualified", "converted")


@dataclass(frozen=True)
class Lead:
    """A lead as known: what it said, one after another, and what it is now."""

    id: str
    known: Known
    created: datetime
    day: date
    gone: date | None
    said: tuple[Said, ...]
    converted_day: date | None
    deal_id: str | None

    @property
    def now(self) -> Said:
        return self.said[-1]

    @property
    def is_live(self) -> bool:
        return self.gone is None

    def at(self, day: date) -> Said | None:
        """Return what it said at the end of a day; None where it was not there."""
        if day < self.day or (self.gone and day >= self.gone):
            return None
        written = [said for said in self.said if said.day <= day]
        return written[-1] if written else self.said[0]


def leads_of(memory: Memory, company: Company) -> list[Lead]:
    """Return every lead known, deleted ones too."""
    known = [(id_, one) for id_, one in memory.items() if one.module == "Leads"]
    return [_lead(id_, one, company) for id_, one in known]


def _lead(id_: str, known: Known, company: Company) -> Lead:
    said: list[Said] = []
    before: Said | None = None
    for since, state, told in _course(known):
        new = _said(since, state, company)
        if told:
            new = replace(new, is_told=True, sure=told.assumed_until)
        if not before or _content(new) != _content(before) or (new.sure and not before.sure):
            said.append(new)
        before = new
    last = known.last
    converted = last.get("Converted_Date_Time")
    gone = known.deleted_at and local_day(known.deleted_at, company.zone)
    return Lead(
        id=id_,
        known=known,
        created=known.created,
        day=local_day(known.created, company.zone),
        gone=gone,
        said=tuple(said),
        converted_day=(
            local_day(datetime.fromisoformat(converted), company.zone) if converted else None
        ),
        deal_id=_deal_of(last),
    )


def _course(known: Known) -> Iterator[tuple[datetime, State, Content | None]]:
    """Yield what a lead said, of which Zoho's history does not tell when it was converted."""
    text = known.last.get("Converted_Date_Time")
    converted = datetime.fromisoformat(text) if text else None
    for since, state, told in known.course:
        if not told or not state.get("$converted"):
            yield since, state, told
            continue
        if converted and since < converted:
            yield since, state | {"$converted": False}, told
        if converted is None or converted < told.until:
            yield max(since, converted or since), state, told


def _said(since: datetime, state: State, company: Company) -> Said:
    status = key(state.get("Lead_Status"))
    meaning = "converted" if state.get("$converted") else STATUSES.get(status or "", ("open",))[0]
    return Said(
        since=since,
        day=local_day(since, company.zone),
        source=key(state.get("Lead_Source")) or NONE,
        status=status or NONE,
        meaning=meaning,
        owner=owner_id(state),
    )


def _content(said: Said) -> tuple[str, ...]:
    return said.source, said.status, said.meaning, said.owner


def _deal_of(state: State) -> str | None:
    detail = state.get("$converted_detail") or {}
    deal = detail.get("deal") or state.get("Converted_Deal")
    return deal["id"] if isinstance(deal, dict) else deal


def live(leads: Sequence[Lead]) -> list[Lead]:
    return [lead for lead in leads if lead.is_live]
