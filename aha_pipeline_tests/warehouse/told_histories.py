"""The lives of an invented company's leads and deals: as they were watched, and as Zoho tells them.

Nothing here is read from the product: the events are the stand-in company's own, and what Zoho's
timeline and stage tracker say of them is written down from the change of one state to the next.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from psycopg2.extras import execute_values

from aha_pipeline_tests.kit.databases import fresh_database
from aha_pipeline_tests.warehouse.marts_company import TABLES, as_json, company, put_told
from zoho_sandbox.clock import ZONE
from zoho_sandbox.company.simulation import BLANKS, Calendar

State = dict
BEGIN = datetime(2025, 7, 1, tzinfo=UTC)
CONNECTED = BEGIN + timedelta(days=365)
NOW = CONNECTED + timedelta(days=40)
FIRST_DAY, LAST_DAY = BEGIN.date(), NOW.date() - timedelta(days=1)
TIMELINE, TRACKER = "timeline", "stage_tracker"
TRACKED = {"Deals": "Stage", "Leads": "Lead_Status"}
# The marts that read histories, and of each what depends on who knows it and on when it is built.
MARTS = {
    "deal_history": ["known_by", "synced_at", "version"],
    "lead_history": ["known_by", "synced_at"],
    "pipeline_movements": [],
    "stage_stays": ["days"],
    "time_in_stage": ["standing_median_days"],
    "entered_funnel": [],
    "lead_cohorts": [],
    "slipping_deals": ["days_in_stage"],
    "kpis": [],
}


@dataclass
class Life:
    """What a record said, one after another, and when it was deleted."""

    module: str
    id: str
    states: list[tuple[datetime, State]] = field(default_factory=list)
    deleted: datetime | None = None

    @property
    def created(self) -> datetime:
        return self.states[0][0]

    def until(self, moment: datetime) -> "Life":
        """Return the life as far as it had come at a moment."""
        states = [one for one in self.states if one[0] <= moment]
        gone = self.deleted if self.deleted and self.deleted <= moment else None
        return Life(self.module, self.id, states, gone)


def lives(seed: str, until: datetime, every: int) -> list[Life]:
    """Return the leads and deals of a company up to a moment, of one customer in so many."""
    found: dict[str, Life] = {}
    for event in Calendar(seed).until(until.timestamp()):
        if event.module not in TABLES or event.serial // 1000 % every:
            continue
        at = datetime.fromtimestamp(event.at, UTC)
        written = at.astimezone(ZONE).isoformat(timespec="seconds")
        stamp = {"Modified_Time": written}
        if event.action == "create":
            state = BLANKS[event.module] | event.changes | stamp | {"Created_Time": written}
            found[event.id] = Life(event.module, event.id, [(at, state)])
            continue
        life = found[event.id]
        last = life.states[-1][1]
        if event.action == "delete":
            life.deleted = at
        elif event.action == "restore":
            life.deleted = None
        elif event.action == "edit":
            life.states.append((at, last | event.changes | stamp))
        else:
            converted = {"$converted": True, "Converted_Date_Time": written}
            life.states.append(
                (at, last | converted | {"$converted_detail": event.changes} | stamp)
            )
    return [life for life in found.values() if life.module in TRACKED]


def watch(connection, found: list[Life], since: datetime | None = None) -> None:
    """Land records as reads do that see each change from a moment on; before it, only the last."""
    records, versions = [], []
    for life in found:
        seen = [s for at, s in life.states if since is None or at > since]
        first = [s for at, s in life.states if since is not None and at <= since][-1:]
        contents = first + seen
        records.append((life.module, life.id, as_json(contents[-1]), life.deleted))
        versions += [
            (life.module, life.id, old["Modified_Time"], new["Modified_Time"], as_json(old))
            for old, new in pairwise(contents)
        ]
    with connection.cursor() as cursor:
        for module in TRACKED:
            rows = [row[1:] for row in records if row[0] == module]
            insert = f"insert into crm.{TABLES[module]} (id, raw_data, deleted_at) values %s"  # noqa: S608
            execute_values(cursor, insert, rows)
        insert = (
            "insert into crm.record_versions (module, id, modified_time, replaced_by, raw_data) "
            "values %s"
        )
        execute_values(cursor, insert, versions)


@contextmanager
def connected(postgres: str, template: str, found: list[Life], since: datetime | None) -> Iterator:
    """Yield a connection to the company, watched from a moment on, nothing built."""
    with fresh_database(postgres, template) as address, company(address) as connection:
        watch(connection, found, since)
        with connection.cursor() as cursor:
            cursor.execute("update crm.organisation set connected_at = %s", [since or BEGIN])
        connection.commit()
        yield connection


def existing(found: list[Life]) -> list[Life]:
    """Return the lives that had begun when the company was connected."""
    return [life.until(CONNECTED) for life in found if life.created <= CONNECTED]


@dataclass
class Told:
    """What Zoho holds of a record by one way: entries by time and id, and since when all."""

    life: Life
    way: str
    entries: list[tuple[datetime, str, dict]]
    reaches: datetime | None


def timeline(life: Life) -> Told:
    """Return the timeline of a record: an entry an event, with all that changed in it."""
    entries = [(life.created, f"{life.id}0", {"action": "added", "field_history": None})]
    for number, ((_, old), (at, new)) in enumerate(pairwise(life.states), 1):
        owners = {"old": old["Owner"], "new": new["Owner"]}
        is_handed_over = owners["old"] != owners["new"]
        entry = {
            "action": "owner_reassigned" if is_handed_over else "updated",
            "audited_time": new["Modified_Time"],
            "automation_details": {"owner": owners} if is_handed_over else None,
            "field_history": [
                {"api_name": name, "_value": {"old": text(old.get(name)), "new": text(value)}}
                for name, value in new.items()
                if value != old.get(name) and name not in ("Owner", "Modified_Time")
            ],
        }
        entries.append((at, f"{life.id}{number}", entry))
    return Told(life, TIMELINE, entries, life.created)


def tracker(life: Life) -> Told:
    """Return the rows of the stage tracker: one a stay, from its beginning."""
    name = TRACKED[life.module]
    entries: list[tuple[datetime, str, dict]] = []
    for number, (at, state) in enumerate(life.states):
        if not entries or entries[-1][2][name] != state[name]:
            row = {name: state[name], "Modified_Time": state["Modified_Time"], "Amount": 1}
            entries.append((at, f"{life.id}{number}", row))
    return Told(life, TRACKER, entries, entries[0][0])


def text(value: object) -> str | None:
    """Return a value as the timeline writes it."""
    return value if value is None or isinstance(value, str) else str(value)


def tell(connection, histories: list[Told] | Iterator[Told]) -> None:
    """Land histories as Zoho sends them."""
    entries, reads = [], []
    for told in histories:
        module, id_ = told.life.module, told.life.id
        entries += [(module, id_, told.way, key, at, raw) for at, key, raw in told.entries]
        reads.append((module, id_, told.way, told.reaches, None))
    with connection.cursor() as cursor:
        put_told(cursor, entries, reads)


def contents(connection, mart: str) -> list[str]:
    """Return the rows of a mart as texts."""
    query = f"select to_jsonb(m) - %s::text[] from analytics.{mart} m"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(query, [MARTS[mart]])
        return sorted(str(sorted(row.items())) for (row,) in cursor)
