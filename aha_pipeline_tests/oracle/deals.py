"""How a deal stood at the end of a day, when it was won or lost, and what moved."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from fractions import Fraction
from itertools import groupby
from zoneinfo import ZoneInfo

from aha_pipeline_tests.oracle.company import WORTH, Company
from aha_pipeline_tests.oracle.crm_record import State
from aha_pipeline_tests.oracle.memory import Known, Memory
from aha_pipeline_tests.oracle.text import key
from aha_pipeline_tests.oracle.told import Content

# Zoho's own stages (its help, "deal stage and stage probability mapping"), in their order.
STAGES = {
    "qualification": ("open", 10, 10),
    "needs analysis": ("open", 20, 20),
    "value proposition": ("open", 40, 30),
    "identify decision makers": ("open", 60, 40),
    "id. decision makers": ("open", 60, 40),
    "proposal/price quote": ("open", 75, 50),
    "negotiation/review": ("open", 90, 60),
    "closed won": ("won", 100, 70),
    "closed lost": ("lost", 0, 80),
    "closed lost to competition": ("lost", 0, 90),
    "closed-lost to competition": ("lost", 0, 90),
}
UNLISTED = ("open", None, 61)  # counts as open, just after the last open one
EMPTY = ("open", None, 10)  # an empty stage belongs to the first step
NOT_KNOWN = "(not known)"
NONE = "(none)"
PLACES = {"open": 61, "won": 70, "lost": 90}  # where a stage of another meaning stands
PLAUSIBLE = 4  # a rate at most so many times off what the currency is worth


@dataclass(frozen=True)
class Said:
    """What a content of a deal says, from a moment on."""

    since: datetime
    day: date
    stage: str
    meaning: str
    position: float
    amount: Fraction | None  # in the home currency
    is_unconverted: bool
    chance: Fraction | None  # percent; None where nobody knows
    closing: date | None
    owner: str
    state: State = field(compare=False)  # the record that says it first
    is_told: bool = field(default=False, compare=False)  # by Zoho's history: not read
    sure: datetime | None = field(default=None, compare=False)  # until then it is assumed
    is_stage_known: bool = field(default=True, compare=False)

    @property
    def value(self) -> Fraction:
        return self.amount or Fraction(0)

    @property
    def weighted(self) -> Fraction:
        return self.value * (self.chance or 0) / 100


@dataclass(frozen=True)
class Deal:
    """A deal as known: what it said, one after another, and what it is now."""

    id: str
    known: Known
    created: datetime
    day: date
    gone: date | None
    said: tuple[Said, ...]
    source: str

    @property
    def now(self) -> Said:
        return self.said[-1]

    @property
    def is_live(self) -> bool:
        return self.gone is None

    @property
    def closed_day(self) -> date | None:
        """The day it was won or lost; None of an open deal."""
        return None if self.now.meaning == "open" else begin_of(runs(self)[-1])


def deals_of(memory: Memory, company: Company, reading: str | None) -> list[Deal]:
    """Return every deal known, deleted ones too; `reading`: how Exchange_Rate is read."""
    known = [(id_, one) for id_, one in memory.items() if one.module == "Deals"]
    return [_deal(id_, one, company, reading) for id_, one in known]


def read_rates(company: Company, memory: Memory) -> str | None:
    """Return the way in which most rates can only be read; None where none tells."""
    votes: Counter[str] = Counter()
    for deal in (one for one in memory.values() if one.module == "Deals"):
        currency, rate = deal.last.get("Currency"), rate_of(deal.last)
        if currency == company.currency or rate is None or rate <= 0 or currency not in WORTH:
            continue
        can = [way for way in ("multiply", "divide") if is_plausible(company, currency, rate, way)]
        if len(can) == 1:
            votes[can[0]] += 1
    return votes.most_common(1)[0][0] if votes else None


def is_plausible(company: Company, currency: str, rate: Fraction, way: str) -> bool:
    """Return whether a currency can be worth what a rate, read in a way, says of it."""
    worth = float(rate if way == "multiply" else 1 / rate)
    said = worth * WORTH[company.currency] / WORTH[currency]
    return 1 / PLAUSIBLE <= said <= PLAUSIBLE


def rate_of(state: State) -> Fraction | None:
    """Return Exchange_Rate; None where it is no number."""
    rate = state.get("Exchange_Rate")
    return Fraction(str(rate)) if isinstance(rate, int | float) else None


def home_amount(state: State, company: Company, reading: str | None) -> Fraction | None:
    """Return the amount in the home currency; None where it is empty or cannot be converted."""
    if state.get("Amount") is None:
        return None
    amount = Fraction(str(state["Amount"]))
    currency, rate = state.get("Currency"), rate_of(state)
    if not amount or currency == company.currency or (not currency and rate in (None, 1)):
        return amount
    if not currency or rate is None or rate <= 0 or reading is None:
        return None
    if rate == 1:  # nobody has set it: of the currencies there are, no two are at par
        return None
    if not is_plausible(company, currency, rate, reading):
        return None
    return amount * rate if reading == "multiply" else amount / rate


def local_day(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date()


def owner_id(state: State) -> str:
    return (state.get("Owner") or {"id": NONE})["id"]


def _deal(id_: str, known: Known, company: Company, reading: str | None) -> Deal:
    said: list[Said] = []
    before: tuple | None = None
    was_sure = True
    for since, state, told in known.course:
        new = _said(since, state, company, reading)
        if told:
            new = _as_told(new, told)
        names = ("Amount", "Currency", "Exchange_Rate", "Probability", "Closing_Date")
        content = new.stage, new.owner, *(state.get(name) for name in names)
        if content != before or (new.sure and was_sure):
            said.append(new)
        before, was_sure = content, new.sure is None
    created = known.created
    gone = known.deleted_at and local_day(known.deleted_at, company.zone)
    source = key(known.last.get("Lead_Source")) or NONE
    day = local_day(created, company.zone)
    return Deal(id_, known, created, day, gone, tuple(said), source)


def _as_told(said: Said, told: Content) -> Said:
    """Return what is told; nobody takes a deal to have been closed of which that is not known."""
    is_stage_known = "Stage" not in (told.assumed or ())
    said = replace(said, is_told=True, sure=told.assumed_until, is_stage_known=is_stage_known)
    if is_stage_known or said.meaning == "open":
        return said
    own = own_chance(told.said)
    return replace(
        said, stage=NOT_KNOWN, meaning="open", position=0,
        chance=None if own is None else Fraction(own),
    )  # fmt: skip


def own_chance(state: State) -> float | None:
    """Return the deal's own probability in per cent, if it says one that can be."""
    own = state.get("Probability")
    return own if own is not None and 0 <= own <= 100 else None


def pipeline_meaning(state: State, company: Company) -> str | None:
    """Return what a stage means in the deal's layout and pipeline, if not the same in each."""
    stage, pipeline = key(state.get("Stage")), key(state.get("Pipeline"))
    layout = (state.get("Layout") or {}).get("id")
    told = [
        (where, meaning)
        for where, stages in company.pipelines.items()
        for name, meaning in stages.items()
        if key(name) == stage
    ]
    if len({meaning for _, meaning in told}) < 2:
        return None
    here = {
        meaning
        for (of_layout, of_pipeline), meaning in told
        if layout in (None, of_layout) and pipeline in (None, key(of_pipeline))
    }
    return here.pop() if len(here) == 1 else None


def stage_of(state: State, company: Company) -> tuple[str, str, int | None, float]:
    """Return stage, meaning, usual probability and position."""
    stage = key(state.get("Stage"))
    meaning, usual, position = STAGES.get(stage, UNLISTED) if stage else EMPTY
    told = pipeline_meaning(state, company)
    if not told:
        return stage or NONE, meaning, usual, position
    name = f"{stage} ({told})"
    if told == meaning and stage in STAGES:
        return name, meaning, usual, position
    return name, told, {"won": 100, "lost": 0, "open": None}[told], PLACES[told]


def _said(since: datetime, state: State, company: Company, reading: str | None) -> Said:
    stage, meaning, usual, position = stage_of(state, company)
    own = own_chance(state)
    chance = usual if own is None or meaning != "open" else own
    amount = home_amount(state, company, reading)
    closing = state.get("Closing_Date")
    return Said(
        since=since,
        day=local_day(since, company.zone),
        stage=stage,
        meaning=meaning,
        position=position,
        amount=amount,
        is_unconverted=amount is None and state.get("Amount") is not None,
        chance=None if chance is None else Fraction(chance),
        closing=date.fromisoformat(closing) if closing else None,
        owner=owner_id(state),
        state=state,
    )


Run = list[Said]


def runs(deal: Deal) -> list[Run]:
    """Return what a deal said, in runs of one meaning: open, won, open again ..."""
    return [list(group) for _, group in groupby(deal.said, key=lambda said: said.meaning)]


def begin_of(run: Run) -> date:
    """Return the day on which a deal was won or lost: its closing date, or the day it was seen."""
    seen, closing = run[0].day, run[-1].closing
    return min(seen, closing) if closing else seen


def standing(deal: Deal, day: date) -> Said | None:
    """Return how a deal stood at the end of a day; None where it was not there.

    What it was before the first content is known, is what that content says; and where it was
    closed in it, the deal counts as open, at a stage and with a probability that nobody knows.
    """
    if day < deal.day or (deal.gone and day >= deal.gone):
        return None
    found: Said | None = None
    for number, run in enumerate(runs(deal)):
        for place, said in enumerate(run):
            begin = said.day
            if place == 0 and said.meaning != "open":
                begin = begin_of(run)
            elif place == number == 0:
                begin = deal.day
            if begin <= day:
                found = said
    first = deal.said[0]
    return found or Said(
        **vars(first) | {"stage": NOT_KNOWN, "meaning": "open", "position": 0, "chance": None}
    )
