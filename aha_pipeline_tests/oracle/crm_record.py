"""A record of a CRM: what it was made to say, one thing after another, as Zoho sends it."""

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

State = dict


@dataclass
class CrmRecord:
    """A record: (when, what it says from then on); what it says is None while it is deleted."""

    module: str
    events: list[tuple[datetime, State | None]] = field(default_factory=list)

    @property
    def id(self) -> str:
        """Zoho's id."""
        return self.events[0][1]["id"]

    def at(self, moment: datetime) -> tuple[datetime, State | None] | None:
        """Return the last event up to a moment; None before the first one."""
        past = [event for event in self.events if event[0] <= moment]
        return past[-1] if past else None

    def last_state(self) -> State:
        """Return what it said last while it lived."""
        return [state for _, state in self.events if state is not None][-1]


def written(moment: datetime, zone: ZoneInfo) -> str:
    """Return a moment as Zoho writes it."""
    return moment.astimezone(zone).isoformat(timespec="seconds")


def saved(state: State, moment: datetime, zone: ZoneInfo) -> State:
    """Return what a record says once it was saved at a moment."""
    return state | {"Modified_Time": written(moment, zone)}
