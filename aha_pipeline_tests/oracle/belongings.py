"""What activities are of, in plain Python, from drawn rows of what they name."""

from dataclasses import dataclass
from datetime import datetime

from aha_pipeline_tests.oracle.figures import Row, Rows
from aha_pipeline_tests.oracle.stand_ins import DAY, HOUR, SINCE, Drawn, Judge
from aha_pipeline_tests.oracle.text import key
from aha_pipeline_tests.oracle.told_records import as_json

BEGIN = SINCE - 9 * DAY
TIMES = [BEGIN + it * HOUR for it in range(5)]
LANDED = [SINCE + it * HOUR for it in (-1, 0, 1, 2)]
IDS = {letter: [f"{letter}{it}" for it in range(6 if letter == "L" else 3)] for letter in "LDCA"}
NAMED = {"L": "lead_id", "D": "deal_id", "C": "contact_id", "A": "account_id"}
LINKS = ("What_Id", "Who_Id", "Parent_Id")
OWNERS = ("1", " 2", "n/a", None)
KINDS = ("call", "task", "note", "email", "email")


@dataclass(frozen=True)
class Kept:
    """What lies in the tables of leads, deals, contacts and accounts, by id."""

    leads: dict[str, Row]
    deals: dict[str, Row]
    contacts: dict[str, Row]
    accounts: dict[str, Row]

    @property
    def of(self) -> dict[str, dict[str, Row]]:
        return dict(zip("LDCA", vars(self).values(), strict=True))

    @property
    def ids(self) -> set[str]:
        return {id_ for records in self.of.values() for id_ in records}


def activities(drawn: Drawn) -> Rows:
    kept = _keep(drawn)
    records, first = [], {}
    for number in range(drawn.random.randrange(1, 9)):
        letters = _letters(drawn)
        record = _record(drawn, number) | {"links": _links(drawn, letters)}
        records.append(record)
        if drawn.random.random() < 0.7:
            named = drawn.one_of(letters, letters, _letters(drawn))
            first[record["module"], record["id"]] = _links(drawn, named)
    held = [_held(drawn, it, kept) for it in records if drawn.random.random() < 0.7]
    drawn.put("analytics.activity_records", records)
    drawn.put("analytics.activities", held)
    _put_versions(drawn, first)
    changed = {it["id"] for it in records if it["synced_at"] > SINCE} - {
        it["id"]
        for record in records
        for it in held
        if it["id"] == record["id"] and it["synced_at"] == record["synced_at"]
    }
    changed |= {it["id"] for it in held if _is_of_changed(it, kept)}
    return {
        (it["module"], it["id"]): _made(it, first.get((it["module"], it["id"]), []), kept)
        for it in records
        if it["id"] in changed
    }


def _keep(drawn: Drawn) -> Kept:
    """Draw and put what activities may name."""

    def some(letter: str, own) -> dict[str, Row]:
        ids = [id_ for id_ in IDS[letter] if drawn.random.random() < 0.8]
        return {id_: {"id": id_, "synced_at": drawn.one_of(*LANDED), **own()} for id_ in ids}

    def lead() -> Row:
        contact = drawn.one_of(None, *IDS["C"][:2])
        return {
            "is_converted": drawn.one_of(True, True, True, True, False),
            "created_time": drawn.one_of(*TIMES[:2], *TIMES[:3]),
            "converted_time": drawn.one_of(None, *TIMES[1:], *TIMES[3:] * 3),
            "deal_id": drawn.one_of(None, *IDS["D"][:2]),
            "raw_data": as_json({"$converted_detail": {"contact": contact}} if contact else {}),
        }

    def deal() -> Row:
        contact, account = drawn.one_of(None, "C0", "C1"), drawn.one_of(None, "A0", "A1")
        return {"contact_id": contact, "account_id": account}

    kept = Kept(some("L", lead), some("D", deal), some("C", dict), some("A", dict))
    tables = ("leads_raw", "crm_deals", "crm_contacts", "crm_accounts")
    for table, records in zip(tables, kept.of.values(), strict=True):
        drawn.put(f"crm.{table}", list(records.values()))
    return kept


def _letters(drawn: Drawn) -> str:
    """Draw of which kinds an activity names up to three records, and who takes part."""
    return drawn.one_of("LLLL", "DDDD", "CCCC", "AAAA", "LDCA", "DC__", "DC__", "DDCC", "____")


def _links(drawn: Drawn, letters: str) -> list[str | None]:
    return [
        drawn.one_of(None, *IDS[it] * 2) if it in IDS else None
        for it in drawn.random.sample(letters, 4)
    ]


def _record(drawn: Drawn, number: int) -> Row:
    kind, at = drawn.one_of(*KINDS), drawn.one_of(None, *TIMES, *TIMES[2:4] * 2)
    return {
        "module": drawn.one_of("Calls", "Tasks"),
        "id": f"T{number}",
        "kind": kind,
        "owner_id": drawn.one_of(*OWNERS),
        "created_time": drawn.one_of(None, *TIMES),
        "modified_time": drawn.one_of(None, *TIMES),
        "at": at,
        "direction": None if kind == "note" else drawn.one_of("inbound", "outbound"),
        "takes_place": drawn.one_of(True, True, False),
        "is_called_off": drawn.one_of(True, False),
        "ends_at": drawn.one_of(None, *TIMES),
        "deleted_at": drawn.one_of(None, None, *TIMES),
        "synced_at": drawn.one_of(*LANDED),
    }


def _held(drawn: Drawn, record: Row, kept: Kept) -> Row:
    """Draw what an activity was when it was taken in; most of it stands as it is."""
    deal_id = drawn.one_of(None, "D0", "D1", "D2")
    deal = kept.deals.get(deal_id, {"contact_id": None, "account_id": None})
    missing = drawn.random.sample([id_ for ids in IDS.values() for id_ in ids], 2)
    return {
        "module": record["module"],
        "id": record["id"],
        "synced_at": drawn.one_of(*[record["synced_at"]] * 5, *LANDED),
        "at": drawn.one_of(record["at"], *TIMES),
        "missing_ids": drawn.one_of(None, None, None, missing),
        "carried_lead_id": drawn.one_of(*[None] * 8, *IDS["L"]),
        "deal_id": deal_id,
        "contact_id": drawn.one_of(*[deal["contact_id"]] * 5, None, "C0", "C1"),
        "account_id": drawn.one_of(*[deal["account_id"]] * 5, None, "A0", "A1"),
    }


def _put_versions(drawn: Drawn, first: dict[tuple, list[str | None]]) -> None:
    """Put what activities said before; what they named first is what counts."""
    versions = []
    for number, ((module, id_), links) in enumerate(first.items()):
        for place, said in enumerate(
            [links, *[_links(drawn, _letters(drawn))] * drawn.one_of(0, 1)]
        ):
            raw = {name: {"id": it} for name, it in zip(LINKS, said, strict=False) if it}
            guests = [{"type": "contact", "participant": "L2"}]
            guests += [{"type": "lead", "participant": it} for it in [said[3]] if it]
            guests += [{"type": "lead", "participant": "L2"}] if said[3] else []
            versions.append({
                "module": module, "id": id_, "version": 2 * number + place,
                "raw_data": as_json(raw | {"Participants": guests}),
            })  # fmt: skip
    # Of another module, and of what is not there.
    strange = as_json({"What_Id": {"id": "L0"}})
    versions += [
        {"module": "Events", "id": "T0", "version": -1, "raw_data": strange},
        {"module": "Calls", "id": "T99", "version": -2, "raw_data": strange},
    ]
    drawn.put("crm.record_versions", drawn.random.sample(versions, len(versions)))


def _landed(records: dict[str, Row]) -> dict[str, Row]:
    return {id_: it for id_, it in records.items() if it["synced_at"] > SINCE}


def _became(lead: Row) -> dict[str, str | None]:
    """Return which deal and contact a lead became."""
    contact = next((id_ for id_ in IDS["C"] if id_ in lead["raw_data"]), None)
    return {"deal_id": lead["deal_id"], "contact_id": contact}


def _was_open(lead: Row, at: datetime | None) -> bool:
    """Return whether a lead that was converted was still one at some time."""
    until = lead["converted_time"]
    return bool(lead["is_converted"] and at and until and lead["created_time"] <= at <= until)


def _is_of_changed(held: Row, kept: Kept) -> bool:
    """Return whether an activity may be of something else now that more has landed."""
    leads, deal = _landed(kept.leads), _landed(kept.deals).get(held["deal_id"])
    missing = set(held["missing_ids"] or ())
    return bool(
        any(missing & _landed(records).keys() for records in kept.of.values())
        or held["carried_lead_id"] in leads
        or any(
            it and it == held[name] and _was_open(lead, held["at"])
            for lead in leads.values()
            for name, it in _became(lead).items()
        )
        or (deal and any(deal[name] != held[name] for name in ("contact_id", "account_id")))
    )


def _made(record: Row, first: list[str | None], kept: Kept) -> Row:
    links = {link for link in record["links"] if link}
    before = {link for link in first if link}
    named: dict[str, str | None] = {}
    for letter, column in NAMED.items():
        found = [sorted(ids & kept.of[letter].keys()) for ids in (before, before | links)]
        named[column] = next((ids[0] for ids in found if ids), None)
    carried = None if named["lead_id"] else _carried(record, named, kept.leads)
    deal = kept.deals.get(named["deal_id"], {})
    is_received = record["kind"] == "email" and record["direction"] == "inbound"
    own = ("kind", "direction", "at", "takes_place", "is_called_off", "ends_at", "created_time",
           "modified_time", "synced_at")  # fmt: skip
    return {name: record[name] for name in own} | {
        "is_touch": record["takes_place"] and record["kind"] != "note" and not is_received,
        "owner_id": (record["owner_id"] or "").strip() if key(record["owner_id"]) else None,
        "lead_id": named["lead_id"] or carried,
        "carried_lead_id": carried,
        "deal_id": named["deal_id"],
        "contact_id": named["contact_id"] or deal.get("contact_id"),
        "account_id": named["account_id"] or deal.get("account_id"),
        "missing_ids": sorted((before | links) - kept.ids) or None,
        "is_deleted": record["deleted_at"] is not None,
        "is_present": True,
    }


def _carried(record: Row, named: Row, leads: dict[str, Row]) -> str | None:
    """Return the lead that became what it is of: the deal before the contact, then the newest."""
    found = [
        (name == "contact_id", -lead["created_time"].timestamp(), id_)
        for id_, lead in leads.items()
        for name, it in _became(lead).items()
        if it and it == named[name] and _was_open(lead, record["at"])
    ]
    return min(found)[2] if found else None


JUDGES = {
    "activities": Judge(
        activities, ("module", "id"),
        ("analytics.activity_records", "analytics.activities", "crm.leads_raw", "crm.crm_deals",
         "crm.crm_contacts", "crm.crm_accounts", "crm.record_versions"),
    ),
}  # fmt: skip
