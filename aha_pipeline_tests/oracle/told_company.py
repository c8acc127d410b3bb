"""A company that was read from some day on, and whose past Zoho tells in part."""

from collections.abc import Sequence
from datetime import date, datetime
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

from psycopg2.extras import execute_values

from aha_pipeline.warehouse.meanings import derive_meanings
from aha_pipeline_tests.oracle import product
from aha_pipeline_tests.oracle.company import PIPELINES, Company
from aha_pipeline_tests.oracle.crm_record import State, written
from aha_pipeline_tests.oracle.figures import Picture, take_picture
from aha_pipeline_tests.oracle.memory import Known
from aha_pipeline_tests.oracle.told import Told, contents_before
from aha_pipeline_tests.oracle.told_records import (
    CREATED,
    DAY,
    FIELDS,
    HOUR,
    LANDED,
    NAMES,
    OWNERS,
    STAMPS,
    TEXTS,
    content_of,
    drawn,
    land,
)
from aha_pipeline_tests.warehouse.marts_company import TABLES, as_json, build, rows

ZONE = ZoneInfo("America/Sao_Paulo")
HISTORIES = {"lead_history": "Leads", "deal_history": "Deals"}


def built(connection, records: int) -> Picture:
    """Put a company into an empty database, with its histories; return what is known of it.

    records: how many are drawn, of which those are taken that say something of each field.
    """
    random = Random(2)
    told = [
        one
        for one in drawn(random, records)
        if one.content.keys() == set(FIELDS[one.module]) and one.read >= one.created
    ]
    known = [_known(random, one) for one in told]
    company = Company(ZONE, "INR", "multiply", [], [CREATED], {0}, CREATED.date(), PIPELINES)
    product.empty(connection, company)
    for module, table in TABLES.items():
        _put(connection, module, table, [one for one in known if one.module == module])
    derive_meanings(connection, product.NO_FILE, product.NO_FILE)
    build(connection, only=("owners", *HISTORIES), derive=False)
    with connection.cursor() as cursor:
        land(cursor, told)
    memory = {one.last["id"]: one for one in known}
    return take_picture(memory, company, date(2026, 3, 1), date(2026, 5, 1), LANDED)


def _known(random: Random, one: Told) -> Known:
    """Return a record with what it said since it was first read."""
    draw = _lead if one.module == "Leads" else _deal
    state: State = {
        "id": one.id,
        "Created_Time": written(one.created, ZONE),
        **one.content,
        **draw(random, one),
        "Owner": _owner(one.content["Owner"]),
    }
    at, known = one.read, Known(one.module)
    for number in range(random.choice([1, 1, 2, 3])):
        if number:
            at += random.choice([HOUR, DAY, 3 * DAY])
            names = [name for name in FIELDS[one.module] if random.random() < 0.4]
            said = {name: content_of(name, random.choice(TEXTS[name])) for name in names}
            said |= {"Owner": _owner(said["Owner"])} if "Owner" in said else {}
            state = state | said | {"Description": str(number)}
        known.tell(state | {"Modified_Time": written(at, ZONE)})
    if random.random() < 0.2:
        known.deleted_at = at + random.choice([-DAY, HOUR, 2 * DAY])
    if one.entries or one.reach:
        known.told = contents_before(one, NAMES)
    return known


def _owner(id_: str | None) -> State | None:
    return id_ and {"id": id_, "name": dict(OWNERS)[id_]}


def _lead(random: Random, one: Told) -> State:
    if random.random() < 0.7:
        return {"Last_Name": "L", "$converted": False, "$converted_detail": {}}
    times = [at for it in STAMPS if one.created <= (at := one.created + it) <= one.read]
    time = random.choice([None, *times, one.read])
    return {
        "Last_Name": "L",
        "$converted": True,
        "$converted_detail": {"deal": "D1"},
        "Converted_Date_Time": time and written(time, ZONE),
    }


def _deal(random: Random, _: Told) -> State:
    return {
        "Deal_Name": "D",
        "Lead_Source": random.choice(["Partner", "partner", None]),
        "Account_Name": random.choice([None, {"id": "A1", "name": "Account"}]),
        "Layout": random.choice([None, {"id": "10"}, {"id": "20"}]),
        "Pipeline": random.choice([None, "Standard", "Renewals", "Projects"]),
        **random.choice(
            [
                {},
                {"Currency": "INR", "Exchange_Rate": 1},
                {"Currency": "USD", "Exchange_Rate": 85},
                {"Currency": "USD", "Exchange_Rate": 1},
            ]
        ),
    }


def _put(connection, module: str, table: str, known: Sequence[Known]) -> None:
    """Put records as they are now, and what they said before."""
    records = [(one.last["id"], as_json(one.last), one.deleted_at, LANDED + HOUR) for one in known]
    versions: list[tuple] = []
    for one in known:
        for (_, old), (at, _) in pairwise(one.contents):
            # A record that has no time of its own took the place when it landed.
            replaced_by = None if len(versions) % 7 == 0 else at
            modified = old["Modified_Time"]
            versions.append((module, old["id"], modified, replaced_by, at, as_json(old)))
    with connection.cursor() as cursor:
        execute_values(
            cursor,
            f"insert into crm.{table} (id, raw_data, deleted_at, synced_at) values %s",  # noqa: S608
            records,
        )
        execute_values(
            cursor,
            "insert into crm.record_versions "
            "(module, id, modified_time, replaced_by, replaced_at, raw_data) values %s",
            versions,
        )


def faults_of_landing(connection, mart: str) -> list[dict]:
    """Return what is said to have landed at another moment than the last of what is told of it."""
    module = HISTORIES[mart]
    query = (
        f"select h.id, h.synced_at, max(p.read_at) as read_at from analytics.{mart} h "  # noqa: S608
        f"left join crm.record_history_reads p on p.record_id = h.id and p.module = '{module}' "
        "group by 1, 2"
    )

    def landed(row: dict) -> datetime:
        return max(filter(None, (row["read_at"], LANDED + HOUR)))

    return [row for row in rows(connection, query) if row["synced_at"] != landed(row)]
