"""What each owner is called, in plain Python, from drawn rows of who owns and owned what."""

from collections import Counter, defaultdict
from datetime import timedelta

from aha_pipeline_tests.oracle.figures import Row, Rows
from aha_pipeline_tests.oracle.stand_ins import Drawn, Judge
from aha_pipeline_tests.oracle.text import key
from aha_pipeline_tests.warehouse.marts_company import as_json

RECORDS = ("crm.leads_raw", "crm.crm_deals", "crm.crm_contacts", "crm.crm_accounts")
IDS = ("1", "2", "300003", "400003", " ", "n/a")
CALLED = ("Asha", "Asha ", "Bala", "bala", "Devi", " ")
Told = dict[str, list[tuple]]  # id: rank, what comes first within it, and the name


def owners(drawn: Drawn) -> Rows:
    """Return the name on the youngest record, else what was said last, else what Zoho told."""
    told: Told = defaultdict(list)
    for table in RECORDS:
        _own(drawn, table, told)
    _owned(drawn, told)
    _tell(drawn, told)
    users = {id_: drawn.one_of(True, False) for id_ in IDS[:3]}
    drawn.put("crm.users", [{"id": id_, "is_active": it} for id_, it in users.items()])
    names = {id_: " ".join(min(said)[2].split()) for id_, said in told.items() if key(id_)}
    alike = Counter(map(key, names.values()))
    return {
        (id_,): {
            "name": name,
            "has_left": users.get(id_) is False,
            "owner_name": name
            + (f" (…{id_[-5:]})" if alike[key(name)] > 1 else "")
            + (" (left)" if users.get(id_) is False else ""),
        }
        for id_, name in names.items()
    }


def _own(drawn: Drawn, table: str, told: Told) -> None:
    """Put records of who owns them now."""

    def draw() -> Row:
        age = drawn.one_of(None, timedelta(seconds=drawn.random.randrange(10**6)))
        return {
            "owner_id": drawn.one_of(None, *IDS),
            "owner_name": drawn.one_of(None, *(CALLED if age else ("Asha", "Devi"))),
            "modified_time": age and drawn.now - age,
        }

    records = drawn.some(draw, drawn.one_of(1, 5))

    # Of two names that are used in turn the one used last counts.
    def in_turn() -> Row:
        return draw() | {"owner_id": "1", "owner_name": drawn.one_of("Asha", "Devi")}

    records += drawn.some(in_turn, 4)
    drawn.put(table, [{"id": str(number)} | it for number, it in enumerate(records)])
    for it in records:
        if it["owner_id"] and key(it["owner_name"]):
            used = it["modified_time"]
            age = (drawn.now - used).total_seconds() if used else float("inf")
            told[it["owner_id"]].append((1, age, it["owner_name"]))


def _owned(drawn: Drawn, told: Told) -> None:
    """Put what records said before; of what leads and deals said the last counts."""
    last: dict[str, str] = {}
    versions = []
    for version in range(drawn.random.randrange(9)):
        module, id_ = drawn.one_of("Leads", "Deals", "Contacts"), drawn.one_of(None, *IDS, "5")
        name = drawn.one_of(*CALLED)
        raw = as_json({"Owner": {"id": id_, "name": name}})
        versions.append({"module": module, "version": version, "owner_id": id_, "raw_data": raw})
        if id_ and module != "Contacts":
            last[id_] = name
    drawn.put("crm.record_versions", drawn.random.sample(versions, len(versions)))
    for id_, name in last.items():
        if key(name):
            told[id_].append((2, 0, name))


def _tell(drawn: Drawn, told: Told) -> None:
    """Put what Zoho's history tells of who owned before; of each one name."""
    entries: list[Row] = [{"raw_data": "{}"}]
    for id_ in drawn.random.sample(("1", "2", "5", "6", "7", " "), drawn.random.randrange(5)):
        name = drawn.one_of("Asha", "Devi", "Esha")
        owner = as_json({"automation_details": {"owner": {"old": {"id": id_, "name": name}}}})
        entries += [{"raw_data": owner}] * drawn.one_of(1, 2)
        told[id_].append((3, 0, name))
    drawn.put("crm.record_history", entries)


JUDGES = {
    "owners": Judge(
        owners, ("owner_id",),
        (*RECORDS, "crm.record_versions", "crm.record_history", "crm.users"),
    ),
}  # fmt: skip
