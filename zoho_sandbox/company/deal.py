"""The life of one deal: through the stages to won or lost, or stalled and closed late or never."""

from __future__ import annotations

from datetime import timedelta

from zoho_sandbox.company.event_recorder import EventRecorder
from zoho_sandbox.company.hours import DAY, date_of, day_of
from zoho_sandbox.company.person import Person
from zoho_sandbox.company.profile import Source
from zoho_sandbox.company.random_choices import pick, whole
from zoho_sandbox.zoho.fields import LOST_REASONS, STAGES

OPEN_STAGES = tuple(stage for stage, percent in STAGES.items() if 0 < percent < 100)
NEXT_STEPS = ("Send quotation", "Site visit", "Demo at experience centre", "Call after possession")


class Deal:
    """Writes the events of one deal of a customer."""

    def __init__(self, recorder: EventRecorder, person: Person, source: Source) -> None:
        self._recorder, self._person, self._source = recorder, person, source

    def play(self, account: dict, contact: dict, kind: str) -> None:
        """Open the deal and take it to its end."""
        rng = self._recorder.rng
        self._amount = round(self._person.amount * rng.uniform(0.8, 1.2) / 1000) * 1000
        days = self._person.segment.days * rng.gammavariate(4, 0.25)
        known = rng.random() < 0.88
        self._stage = "Qualification" if rng.random() < 0.8 else "Needs Analysis"
        self._closing = date_of(day_of(self._recorder.at) + 3 + int(days * rng.uniform(0.7, 1.4)))
        self._id = self._recorder.create(
            "Deals",
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
                "Tag": self._recorder.tags(),
            }
            | self._valued(self._amount if known else None),
        )
        self._began = self._recorder.at
        self._advance(days, known)

    def _advance(self, days: float, known: bool) -> None:
        """Move the deal through its stages to its end; a stalled one is closed late or never."""
        rng = self._recorder.rng
        chance = 0.26 * self._recorder.rep.skill + 0.35 * self._source.conversion
        won = rng.random() < min(0.75, chance * self._person.segment.win)
        stalled = not won and rng.random() < 0.18
        steps = OPEN_STAGES[OPEN_STAGES.index(self._stage) + 1 :]
        reached = len(steps) if won else whole(rng, 0, len(steps))
        for stage in steps[:reached]:
            if rng.random() < 0.2:
                continue
            self._recorder.wait(days / len(OPEN_STAGES))
            known = known or (stage == "Proposal/Price Quote" and rng.random() < 0.9)
            self._move(stage, known)
        self._recorder.wait(days / len(OPEN_STAGES) if not stalled else rng.uniform(80, 200))
        if not stalled or rng.random() < 0.85:
            self._close(won, known or (won and rng.random() < 0.8))

    def _move(self, stage: str, known: bool) -> None:
        rng, changes = self._recorder.rng, {}
        self._stage = stage
        if stage == "Negotiation/Review":
            self._amount = round(self._amount * rng.uniform(0.88, 1.0) / 100) * 100
        if self._closing <= date_of(day_of(self._recorder.at)) and rng.random() < 0.6:
            self._closing = date_of(day_of(self._recorder.at)) + timedelta(days=whole(rng, 5, 25))
            changes["Closing_Date"] = self._closing.isoformat()
        if stage == "Value Proposition":
            changes["Site_Visit_Done"] = rng.random() < 0.8
        self._recorder.edit(
            "Deals", self._id, **changes, **self._valued(self._amount if known else None)
        )

    def _close(self, won: bool, known: bool) -> None:
        rng, today = self._recorder.rng, date_of(day_of(self._recorder.at))
        lost = "Closed Lost" if rng.random() < 0.7 else "Closed Lost to Competition"
        self._stage = "Closed Won" if won else lost
        days = (self._recorder.at - self._began) // DAY
        moved = rng.random() < (0.93 if won else 0.7)
        self._recorder.edit(
            "Deals",
            self._id,
            Closing_Date=(today if moved else min(today, self._closing)).isoformat(),
            Lost_Reason=None if won else pick(rng, LOST_REASONS),
            Sales_Cycle_Duration=days,
            Overall_Sales_Duration=days,
            **self._valued(self._amount if known else None),
        )
        del self._recorder.open["Deals", self._id]

    def _valued(self, amount: int | None) -> dict:
        percent = STAGES[self._stage]
        expected = None if amount is None else round(amount * percent / 100, 2)
        return {
            "Stage": self._stage,
            "Probability": percent,
            "Amount": amount,
            "Expected_Revenue": expected,
        }
