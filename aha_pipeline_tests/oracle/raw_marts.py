"""Marts that say of single records what they are and belong to, in plain Python.

{key of a row: {column: value}}, of records as they lie in the tables.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from aha_pipeline_tests.oracle import activities as logged
from aha_pipeline_tests.oracle.activities import SAYS, time_of
from aha_pipeline_tests.oracle.comparison import differences, key_of, spelt_twice
from aha_pipeline_tests.oracle.crm_record import State
from aha_pipeline_tests.oracle.raw_records import (
    FIRST_LANDING,
    TOLD,
    USERS,
    ZONE,
    Kept,
    RawRecords,
    Records,
)
from aha_pipeline_tests.oracle.text import key
from aha_pipeline_tests.warehouse.marts_company import build, company, rows

Row = dict[str, object]
Rows = dict[tuple, Row]
KINDS = {"Calls": "call", "Tasks": "task", "Events": "meeting", "Notes": "note", "Emails": "email"}
OF_PROGRAMS = ("workflow", "respon", "mass", "follow", "consent", "form")
NOT_SENT, NOT_ARRIVED = {"scheduled", "draft"}, {"bounced", "failed"}
NONE = "(none)"
VOLUMES = ("records_read", "inserted", "updated", "deleted", "api_calls")
NAMED = {"Leads": "lead_id", "Deals": "deal_id", "Contacts": "contact_id", "Accounts": "account_id"}


def tidy(word: str | None) -> str | None:
    """Return a word of these records without the blanks around it; None where it says nothing."""
    return " ".join(word.split()) if key(word) else None


def id_of(state: State, name: str) -> str | None:
    return (state.get(name) or {"id": None})["id"]


def of_module(records: Records, *modules: str) -> dict[str, Kept]:
    return {id_: kept for id_, kept in records.items() if kept.module in modules}


def activity_records(raw: RawRecords) -> Rows:
    """Return what each activity says of itself."""
    return {
        (kept.module, id_): (_email if kept.module == "Emails" else _activity)(kept)
        for id_, kept in of_module(raw.records, *KINDS).items()
    }


def _email(kept: Kept) -> Row:
    said, status = kept.last, set(kept.last["status"])
    sent_at = time_of(said, "time")
    is_of_program = said["sent"] and any(it in (said["source"] or "").lower() for it in OF_PROGRAMS)
    is_through = not (status & (NOT_SENT | NOT_ARRIVED) or is_of_program)
    return {
        "kind": "email",
        "owner_id": said["owner"]["id"],
        "created_time": sent_at,
        "modified_time": sent_at,
        "at": None if status & NOT_SENT else sent_at,
        "direction": "outbound" if said["sent"] else "inbound",
        "takes_place": sent_at is not None and is_through,
        "is_called_off": False,
        "ends_at": None,
        "links": {said["record"]},
        "deleted_at": None,
        "synced_at": kept.landed,
    }


def _activity(kept: Kept) -> Row:
    said, module = kept.last, kept.module
    at, takes_place, is_called_off = SAYS[module](said)
    is_inbound = module == "Calls" and logged.word(said, "Call_Type") in ("inbound", "missed")
    return {
        "kind": KINDS[module],
        "owner_id": id_of(said, "Owner"),
        "created_time": time_of(said, "Created_Time"),
        "modified_time": time_of(said, "Modified_Time"),
        "at": at,
        "direction": None if module == "Notes" else "inbound" if is_inbound else "outbound",
        "takes_place": takes_place,
        "is_called_off": is_called_off,
        "ends_at": time_of(said, "End_DateTime"),
        "links": links_of(said),
        "deleted_at": kept.deleted_at,
        "synced_at": kept.landed,
    }


def links_of(state: State) -> set[str]:
    """Return the ids of what an activity names."""
    ids = {id_of(state, name) for name in ("What_Id", "Who_Id", "Parent_Id")} | {
        state.get("record")
    }
    guests = [it["participant"] for it in state.get("Participants", ()) if it["type"] == "lead"]
    return ids.union(guests[:1]) - {None}


def activities(raw: RawRecords) -> Rows:
    """Return what each activity is, and what it belongs to."""
    records = raw.records
    rows = {}
    for place, said in activity_records(raw).items():
        kept = records[place[1]]
        named = _named(records, links_of(kept.contents[0]), links_of(kept.last))
        carried = None if named["lead_id"] else _carried(records, named, said["at"])
        deal = records[named["deal_id"]].last if named["deal_id"] else {}
        missing = (links_of(kept.contents[0]) | links_of(kept.last)) - records.keys()
        is_received = said["kind"] == "email" and said["direction"] == "inbound"
        own = ("kind", "direction", "at", "takes_place", "is_called_off", "ends_at",
               "created_time", "modified_time", "synced_at")  # fmt: skip
        rows[place] = {name: said[name] for name in own} | {
            "is_touch": bool(said["takes_place"] and said["kind"] != "note" and not is_received),
            "owner_id": tidy(said["owner_id"]),
            "lead_id": named["lead_id"] or carried,
            "carried_lead_id": carried,
            "deal_id": named["deal_id"],
            "contact_id": named["contact_id"] or id_of(deal, "Contact_Name"),
            "account_id": named["account_id"] or id_of(deal, "Account_Name"),
            "missing_ids": sorted(missing) or None,
            "is_deleted": said["deleted_at"] is not None,
            "is_present": True,
        }
    return rows


def _named(records: Records, first: set[str], now: set[str]) -> dict[str, str | None]:
    """Return what an activity names of each module: what it first named, else what it does now."""

    def of(module: str) -> str | None:
        found = [sorted(ids & of_module(records, module).keys()) for ids in (first, first | now)]
        return next((ids[0] for ids in found if ids), None)

    return {column: of(module) for module, column in NAMED.items()}


def became(lead: Kept) -> dict[str, str | None]:
    """Return which deal and contact a lead became."""
    detail = lead.last.get("$converted_detail") or {}

    def of(name: str) -> str | None:
        told = detail.get(name) or lead.last.get(f"Converted_{name.title()}")
        return told["id"] if isinstance(told, dict) else told

    return {"deal_id": of("deal"), "contact_id": of("contact")}


def was_open(lead: Kept, at: datetime | None) -> bool:
    """Return whether a lead that was converted was still one at some time."""
    converted = time_of(lead.last, "Converted_Date_Time")
    is_between = at and converted and time_of(lead.last, "Created_Time") <= at <= converted
    return bool(lead.last["$converted"] and is_between)


def _carried(records: Records, named: dict, at: datetime | None) -> str | None:
    """Return the lead that became what it is of: the deal before the contact, then the newest."""
    found = []
    for id_, lead in of_module(records, "Leads").items():
        for name, became_id in became(lead).items():
            if became_id and became_id == named[name] and was_open(lead, at):
                age = -time_of(lead.last, "Created_Time").timestamp()
                found.append((name == "contact_id", age, id_))
    return min(found)[2] if found else None


def made_anew(raw: RawRecords, held: Rows, since: datetime) -> set[tuple]:
    """Return the activities that are other ones once what landed since then is taken in."""
    landed = {id_: kept for id_, kept in raw.records.items() if kept.landed > since}
    leads = of_module(landed, "Leads")
    found = {
        place
        for place in activity_records(raw)
        if (kept := landed.get(place[1])) and held.get(place, {}).get("synced_at") != kept.landed
    }
    for place, row in held.items():
        deal = landed.get(row["deal_id"])
        if (
            set(row["missing_ids"] or ()) & of_module(landed, *NAMED).keys()
            or row["carried_lead_id"] in leads
            or any(
                was_open(lead, row["at"]) and it and it == row[name]
                for lead in leads.values()
                for name, it in became(lead).items()
            )
            or (deal and _is_of_another(deal, row))
        ):
            found.add(place)
    return found


def _is_of_another(deal: Kept, row: Row) -> bool:
    names = {"contact_id": "Contact_Name", "account_id": "Account_Name"}
    return any(row[column] != id_of(deal.last, name) for column, name in names.items())


def owners(raw: RawRecords) -> Rows:
    """Return what each owner is called: by the youngest record, else by one of before."""
    called: dict[str, list[tuple]] = defaultdict(list)
    for kept in of_module(raw.records, *NAMED).values():
        modified = time_of(kept.last, "Modified_Time")
        age = -modified.timestamp() if modified else float("inf")
        for id_, name in _who(kept.last):
            called[id_].append((1, age, name))
    for number, (module, state) in enumerate(raw.former):
        if module in ("Leads", "Deals"):
            for id_, name in _who(state):
                called[id_].append((2, -number, name))
    for owner in TOLD:
        called[owner["id"]].append((3, 0, owner["name"]))
    names = {id_: tidy(min(told)[2]) for id_, told in called.items()}
    alike = Counter(map(key, names.values()))
    return {
        (id_,): {
            "name": name,
            "has_left": USERS.get(id_) is False,
            "owner_name": name
            + (f" (…{id_[-5:]})" if alike[key(name)] > 1 else "")
            + (" (left)" if USERS.get(id_) is False else ""),
        }
        for id_, name in names.items()
    }


def _who(state: State) -> Iterator[tuple[str, str]]:
    """Yield the owner of a record, if he has an id and a name."""
    owner = state["Owner"] or {"id": None, "name": None}
    if tidy(owner["id"]) and tidy(owner["name"]):
        yield owner["id"], owner["name"]


def accounts(raw: RawRecords) -> Rows:
    return {
        (id_,): _owned(raw, kept)
        | {
            "name": kept.last["Account_Name"],
            "industry": key(kept.last["Industry"]) or NONE,
            "annual_revenue": kept.last["Annual_Revenue"],
        }
        for id_, kept in _living(raw, "Accounts").items()
    }


def contacts(raw: RawRecords) -> Rows:
    return {
        (id_,): _owned(raw, kept)
        | {
            "name": f"{kept.last['First_Name'] or ''} Iyer".strip(),
            "source": key(kept.last["Lead_Source"]) or NONE,
            "account_id": id_of(kept.last, "Account_Name"),
            "account_name": (kept.last["Account_Name"] or {"name": None})["name"],
        }
        for id_, kept in _living(raw, "Contacts").items()
    }


def _living(raw: RawRecords, module: str) -> dict[str, Kept]:
    return {i: kept for i, kept in of_module(raw.records, module).items() if not kept.deleted_at}


def _owned(raw: RawRecords, kept: Kept) -> Row:
    id_ = tidy(id_of(kept.last, "Owner"))
    called = owners(raw).get((id_,), {"owner_name": id_ or NONE})
    created = time_of(kept.last, "Created_Time")
    return {
        "owner_id": id_ or NONE,
        "owner_name": called["owner_name"],
        "created_time": created,
        "day": created.astimezone(ZONE).date(),
        "modified_time": time_of(kept.last, "Modified_Time"),
    }


def contacts_by_owner(raw: RawRecords) -> Rows:
    counts = Counter((row["owner_id"], row["owner_name"]) for row in contacts(raw).values())
    return {place: {"contacts": number} for place, number in counts.items()}


def sync_volume(raw: RawRecords, zone: tzinfo = ZONE) -> Rows:
    """Return what was read on each day of a time zone."""
    sums: dict[tuple, Counter] = defaultdict(Counter)
    for window in raw.windows:
        row = sums[window["started_at"].astimezone(zone).date(), window["module"]]
        row["windows"] += 1
        row["failed"] += window["status"] in ("failed", "interrupted")
        row.update({name: window[name] for name in VOLUMES})
    names = (*VOLUMES, "windows", "failed")
    return {place: {name: row[name] for name in names} for place, row in sums.items()}


MARTS: dict[str, tuple[tuple[str, ...], Callable[[RawRecords], Rows]]] = {
    "activity_records": (("module", "id"), activity_records),
    "activities": (("module", "id"), activities),
    "owners": (("owner_id",), owners),
    "accounts": (("id",), accounts),
    "contacts": (("id",), contacts),
    "contacts_by_owner": (("owner_id", "owner_name"), contacts_by_owner),
    "sync_volume": (("day", "module"), sync_volume),
}


@dataclass(frozen=True)
class RawStage:
    """Records in a database, in a transaction that stays open: landed, and landed once more.

    held: the activities as they were taken in before the second landing, and still lie there.
    """

    connection: object
    raw: RawRecords
    held: Rows
    right: dict[str, Rows]


@contextmanager
def landed(database_url: str, seed: int) -> Iterator[RawStage]:
    """Yield records that landed, with the marts of them; rolled back afterwards."""
    with company(database_url) as connection:
        raw = RawRecords(seed)
        raw.land_first(connection)
        build(connection, only=("activities",))
        held = activities(raw)
        raw.land_second(connection)
        build(connection, only=("accounts", "contacts_by_owner"))
        right = {mart: compute(raw) for mart, (_, compute) in MARTS.items()}
        yield RawStage(connection, raw, held, right)
        connection.rollback()


def faults_of_raw(stage: RawStage, mart: str, select: str) -> list[str]:
    """Return what a mart that is made by a query says otherwise."""
    if mart == "activities":
        return _faults_of_activities(stage, select)
    faults = _faults(mart, stage.right[mart], _asked(stage, select))
    if mart == "sync_volume":  # the first reads come before the organisation is known
        with stage.connection.cursor() as cursor:
            cursor.execute("savepoint known; delete from crm.organisation")
            faults += _faults(mart, sync_volume(stage.raw, UTC), _asked(stage, select))
            cursor.execute("rollback to savepoint known")
    return faults


def _faults_of_activities(stage: RawStage, select: str) -> list[str]:
    """Compare what is made of what landed since, of all at first, and since, of what is known."""
    faults = _wrongly_made_anew(stage, select, stage.held)
    with stage.connection.cursor() as cursor:
        cursor.execute("savepoint held; delete from analytics.activities")
        faults += _faults("activities", stage.right["activities"], _asked(stage, select))
        cursor.execute(f"insert into analytics.activities {select}", {"since": "-infinity"})
        faults += _wrongly_made_anew(stage, select, stage.right["activities"])
        cursor.execute("rollback to savepoint held")
    return faults


def _faults(mart: str, right: Rows, listed: list[Row]) -> list[str]:
    found = {key_of(row, MARTS[mart][0]): row for row in listed}
    faults = [f"{it} is there or not" for it in right.keys() ^ found.keys()]
    faults += ["has rows twice"] if len(found) < len(listed) else []
    faults = faults or differences(right, found)
    return faults + (spelt_twice(listed) if mart != "owners" else [])


def _wrongly_made_anew(stage: RawStage, select: str, held: Rows) -> list[str]:
    """Return of which activities rows are made, or not, of what landed the second time."""
    found = [key_of(row, ("module", "id")) for row in _asked(stage, select, FIRST_LANDING)]
    right = made_anew(stage.raw, held, FIRST_LANDING)
    return [f"{place} is made anew or not" for place in right ^ set(found)]


def _asked(stage: RawStage, select: str, since: object = "-infinity") -> list[Row]:
    with stage.connection.cursor() as cursor:
        listed = rows(stage.connection, cursor.mogrify(select, {"since": since}).decode())
    for row in listed:
        if "links" in row:
            row["links"] = {link for link in row["links"] if link}
    return listed
