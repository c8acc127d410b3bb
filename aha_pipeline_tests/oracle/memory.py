"""What all reads so far have told of each record: its contents, and whether it is deleted."""

from dataclasses import dataclass, field
from datetime import datetime

from aha_pipeline_tests.oracle.company import Company, deletions, seen
from aha_pipeline_tests.oracle.crm_record import State
from aha_pipeline_tests.oracle.diary import ACTIVITIES
from aha_pipeline_tests.oracle.told import Content

BY_THEMSELVES = {"Modified_Time", "Last_Activity_Time", "Record_Image"}


@dataclass
class Known:
    """A record as known here: (since when, what it says), oldest first.

    told: what Zoho's own history tells of the time before it was first read.
    """

    module: str
    contents: list[tuple[datetime, State]] = field(default_factory=list)
    deleted_at: datetime | None = None
    told: list[Content] = field(default_factory=list)

    @property
    def last(self) -> State:
        """What it says now, or said before it was deleted."""
        return self.contents[-1][1]

    @property
    def created(self) -> datetime:
        """Created_Time."""
        return datetime.fromisoformat(self.last["Created_Time"])

    @property
    def course(self) -> list[tuple[datetime, State, Content | None]]:
        """Since when it said what, and what of that is told and was not read, oldest first."""
        _, first = self.contents[0]
        past = [(content.since, first | _as_read(content.said), content) for content in self.told]
        return [*past, *((since, state, None) for since, state in self.contents)]

    def tell(self, state: State) -> None:
        """Take in what a read saw: a save that changes nothing leaves the time as it was."""
        self.deleted_at = None
        modified = datetime.fromisoformat(state["Modified_Time"])
        if self.contents and _said(state) == _said(self.last):
            self.contents[-1] = (self.contents[-1][0], state)
        else:
            self.contents.append((modified, state))


Memory = dict[str, Known]


def remember(memory: Memory, company: Company, since: datetime | None, until: datetime) -> set[str]:
    """Take in a read of what changed; one of everything also shows what is there again.

    A record that was deleted and restored as it was has no new Modified_Time.

    Returns the ids of the records that it brought or found deleted.
    """
    touched: set[str] = set()
    for module in ("Leads", "Deals", "Accounts", *ACTIVITIES):
        changed = {record.id for record, _ in seen(company, module, since, until)}
        for record, state in seen(company, module, None, until):
            if record.id in changed:
                memory.setdefault(record.id, Known(module)).tell(state)
                touched.add(record.id)
        for id_, moment in deletions(company, module, until).items():
            if id_ in memory:
                memory[id_].deleted_at = moment
                touched.add(id_)
    return touched


def _as_read(said: State) -> State:
    """Return fields that are told as a record has them."""
    owner = said.get("Owner")
    return said | {"Owner": owner and {"id": owner}}


def _said(state: State) -> State:
    return {name: value for name, value in state.items() if name not in BY_THEMSELVES}
