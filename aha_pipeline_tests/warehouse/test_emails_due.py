"""Of which records Zoho's e-mails are wanted, and of which they were read, judged record by record.

Moments lie at their limits, and a second beside them.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

import pytest
from psycopg2.extras import execute_values

from aha_pipeline.warehouse.measures import install_measures
from aha_pipeline.warehouse.state import save_configured_modules
from aha_pipeline_tests.oracle.mutants import alive_of_measure
from aha_pipeline_tests.warehouse.marts_company import TABLES, build, company, put, rows

# As Zoho's defaults mean it.
MEANINGS = {
    "Leads": {"Contacted": "open", "Qualified": "qualified", "Junk Lead": "junk",
        "Lost Lead": "lost"},
    "Deals": {"Qualification": "open", "Closed Won": "won", "Closed Lost": "lost"},
}  # fmt: skip
NOT_SAID = "not in the list"
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
DAY = 24 * HOUR
REST = {1: 20 * HOUR, 2: 3 * DAY}
# Ages at which something changes, each with the moments beside it.
AGES = [limit + beside for limit in (2 * DAY, 90 * DAY) for beside in (-SECOND, 0 * SECOND, SECOND)]
READ = [limit + beside for limit in (HOUR, 20 * HOUR, 3 * DAY)
    for beside in (-SECOND, 0 * SECOND, SECOND)]  # fmt: skip


@dataclass
class Record:
    """A lead or deal, and what is known of its e-mails."""

    module: str
    id: str
    created: datetime
    modified: datetime
    said: str
    landed: datetime
    converted: datetime | None = None
    is_converted: bool = False
    touched: datetime | None = None
    ended: datetime | None = None
    is_touch_known: bool = False
    is_deleted: bool = False
    is_forgotten: bool = False
    read: datetime | None = None
    asked: datetime | None = None
    problem: str | None = None

    def until(self, now: datetime) -> datetime | None:
        """Return when it was touched or ended, after which no e-mail of a lead matters."""
        if self.is_touch_known and self.touched and self.touched <= now:
            return self.touched
        if self.is_converted or MEANINGS["Leads"].get(self.said) in ("junk", "lost"):
            ended = self.ended if self.is_touch_known else None
            return self.converted or ended or self.modified
        return None

    def right(self, now: datetime) -> tuple | None:
        """Return its rank, what is known of it, and whether it is due; None if it is not wanted."""
        if self.is_deleted or self.is_forgotten:
            return None
        until = None
        if self.module == "Deals":
            if MEANINGS["Deals"].get(self.said) in ("won", "lost"):
                return None
            rank, rest = 2, REST[2]
        else:
            if self.created <= now - 90 * DAY:
                return None
            until = self.until(now)
            rank = 3 if until else 1
            rest = HOUR if self.created > now - 2 * DAY else REST[1]
        if self.problem and self.asked > now - 20 * HOUR:
            is_due = False
        elif self.read is None:
            is_due = True
        elif rank == 3:
            is_due = self.read < until
        else:
            is_due = self.read < self.landed or self.read < now - rest
        return rank, self.modified, self.read, is_due


def draw(seed: int, now: datetime, records: int = 600) -> list[Record]:
    rng = Random(f"e-mails due {seed}")
    # A lead and a deal may have the same id, and say the same word.
    return [drawn(rng, ("Leads", "Leads", "Deals")[n % 3], f"R{n // 3}{'x' * (n % 3 == 1)}", now)
        for n in range(records)]  # fmt: skip


def drawn(rng: Random, module: str, id_: str, now: datetime) -> Record:
    created = now - rng.choice([*AGES, *AGES, rng.random() * 100 * DAY, rng.random() * 3 * DAY])
    words = [*MEANINGS[module], *MEANINGS["Leads"], *MEANINGS["Deals"], NOT_SAID]
    one = Record(
        module, id_, created, created + DAY, rng.choice(words), landed=now - rng.choice(READ)
    )
    if module == "Leads":
        one.is_touch_known = rng.random() < 0.8
        one.touched = rng.choice([None, now, now - SECOND, now + SECOND, created])
        one.is_converted = rng.random() < 0.3
        one.converted = rng.choice([None, created + HOUR]) if one.is_converted else None
        one.ended = rng.choice([None, created + 2 * HOUR])
    one.is_deleted, one.is_forgotten = rng.random() < 0.1, rng.random() < 0.1
    if rng.random() < 0.8:
        until = one.until(now) or now
        near = [until, until - SECOND, until + SECOND, one.landed, one.landed - SECOND]
        one.read = rng.choice([None, *near, *(now - age for age in READ), *(now - a for a in READ)])
        one.asked = now - rng.choice(READ)
        one.problem = rng.choice([None, None, "denied"])
    return one


def write(connection, found: list[Record], now: datetime) -> None:
    for one in found:
        said = {"Lead_Status" if one.module == "Leads" else "Stage": one.said, "id": one.id,
            "Created_Time": one.created.isoformat(), "Modified_Time": one.modified.isoformat(),
            "$converted": one.is_converted}  # fmt: skip
        if one.converted:
            said["Converted_Date_Time"] = one.converted.isoformat()
        put(connection, one.module, said, deleted_at=now.isoformat() if one.is_deleted else None)
    with connection.cursor() as cursor:
        for module, table in (("Leads", "leads_raw"), ("Deals", "crm_deals")):
            execute_values(
                cursor,
                f"update crm.{table} l set synced_at = v.at from (values %s) v (id, at) "  # noqa: S608
                "where l.id = v.id",
                [(one.id, one.landed) for one in found if one.module == module],
            )
        execute_values(
            cursor,
            "insert into analytics.first_touch (id, first_touch_at, ended_at) values %s",
            [(one.id, one.touched, one.ended) for one in found if one.is_touch_known],
        )
        execute_values(
            cursor,
            "insert into crm.record_email_reads (module, record_id, asked_at, read_at, problem) "
            "values %s",
            [
                *((o.module, o.id, o.asked, o.read, o.problem) for o in found if o.asked),
                *((module, "", now, None, f"Not to be had of {module}.") for module in TABLES),
            ],
        )
        cursor.execute("insert into crm.erasures (basis) values ('request') returning id")
        [(erasure,)] = cursor
        execute_values(
            cursor,
            "insert into crm.forgotten (module, id, erasure) values %s",
            [(one.module, one.id, erasure) for one in found if one.is_forgotten],
        )


def faults(connection, found: list[Record], now: datetime) -> bool:
    """Return whether anything differs, where calls are read and where they are not."""
    right = {(one.module, one.id): it for one in found if (it := one.right(now))}
    counts = {"leads": 0, "read_leads": 0, "deals": 0, "read_deals": 0}
    for (module, _), (_, _, read, _) in right.items():
        counts[module.lower()] += 1
        counts[f"read_{module.lower()}"] += read is not None
    problem = " ".join(sorted(f"Not to be had of {module}." for module in TABLES))
    for modules in ((*TABLES,), (*TABLES, "Calls")):
        save_configured_modules(connection, modules)
        are_read = "Calls" in modules
        told = rows(connection, "select * from measures.email_records()")
        listed = {
            (row["module"], row["id"]): (row["rank"], row["modified_time"], row["read_at"],
            row["is_due"])
            for row in told
        }  # fmt: skip
        if len(told) > len(listed) or listed != (right if are_read else {}):
            return True
        [all_] = rows(connection, "select * from measures.emails_read()")
        wanted = counts if are_read else dict.fromkeys(counts, 0)
        if all_ != wanted | {"problem": problem}:
            return True
    return False


@pytest.fixture
def written(database_url):
    with company(database_url) as connection:
        build(connection, only=("first_touch",))
        install_measures(connection)
        connection.commit()
        [row] = rows(connection, "select now() as now")
        found = draw(0, row["now"])
        write(connection, found, row["now"])
        yield connection, found, row["now"]
        connection.rollback()


@pytest.mark.parametrize("name", ["email_records", "emails_read"])
def test_each_mutant_is_found_out(written, name, capsys):
    connection, found, now = written
    with connection.cursor() as cursor:

        def is_right() -> bool:
            return not faults(connection, found, now)

        assert alive_of_measure(cursor, name, is_right, capsys) == []
