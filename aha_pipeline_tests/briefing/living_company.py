"""The stand-in's company over a season, with all that its records said before, in module tables.

Weekends, a festival, reps who push dates; and what its own random numbers seldom bring: an import
of 260 leads in one morning, a very large deal that is lost, a week in which a source falls silent.
"""

import random
from collections import defaultdict
from datetime import date, timedelta

from aha_pipeline_tests.warehouse.marts_company import put, put_history
from zoho_sandbox.clock import stamp
from zoho_sandbox.company.hours import first_second
from zoho_sandbox.company.simulation import SEED, Calendar, apply
from zoho_sandbox.zoho.store import Store

FIRST, LAST = date(2025, 9, 24), date(2025, 11, 22)  # sixty days around Diwali
IMPORTED, LOST, SILENT = date(2025, 10, 9), date(2025, 10, 28), date(2025, 11, 10)
HOUR = 3600


def fill(connection, seed: str = SEED) -> None:
    """Put the company as it stands at the end of LAST, with its history."""
    contents: dict[tuple[str, str], list[dict]] = defaultdict(list)
    store = Store()
    for event in Calendar(seed).until(first_second(LAST + timedelta(days=1)) - 1):
        if event.module == "Leads" and event.action == "create" and _is_silent(event):
            continue
        apply(store, event)
        if event.id in store.tables[event.module].records:
            now = dict(store.tables[event.module].records[event.id].data)
            contents[event.module, event.id].append(now)
    _import(contents)
    _lose(contents)
    for module in ("Accounts", "Contacts"):
        records = [all_[-1] for (name, _), all_ in contents.items() if name == module]
        put(connection, module, *records)
    for (module, id_), all_ in contents.items():
        deleted = store.tables[module].deletions.get(id_)
        if module in ("Leads", "Deals"):
            told = [one for n, one in enumerate(all_) if n == 0 or one != all_[n - 1]]
            deleted_at = stamp(deleted.at) if deleted else None
            put_history(connection, module, *told, deleted_at=deleted_at)


def _is_silent(event) -> bool:
    days = (date.fromisoformat(stamp(event.at)[:10]) - SILENT).days
    return 0 <= days < 7 and event.changes.get("Lead_Source") == "Facebook"


def _import(contents: dict) -> None:
    """Bring in the visitors of a fair, all in one hour."""
    rng = random.Random(1)
    model = next(all_[0] for (module, _), all_ in contents.items() if module == "Leads")
    for number in range(260):
        at = stamp(first_second(IMPORTED) + 11 * HOUR + rng.randint(0, HOUR))
        id_ = f"77{number:05}"
        one = model | {"id": id_, "Created_Time": at, "Modified_Time": at}
        one |= {"Lead_Source": "Property fair", "Last_Name": f"Visitor {number}"}
        contents["Leads", id_] = [one]


def _lose(contents: dict) -> None:
    """Let a deal of 6.4 crore be talked about for six weeks, and lost."""
    model = next(
        all_[0] for (module, _), all_ in contents.items() if module == "Deals" and all_[0]["Amount"]
    )
    states = []
    for days, change in (
        (0, {"Stage": "Qualification", "Closing_Date": "2025-10-15"}),
        (12, {"Stage": "Proposal/Price Quote"}),
        (20, {"Closing_Date": "2025-10-27"}),
        (41, {"Stage": "Closed Lost", "Closing_Date": LOST.isoformat(), "Lost_Reason": "Price"}),
    ):
        at = stamp(first_second(date(2025, 9, 17)) + days * 24 * HOUR + 12 * HOUR)
        before = states[-1] if states else model | {"id": "7999999", "Created_Time": at}
        before |= {"Deal_Name": "Meridian Towers - Residential Tower", "Amount": 64000000}
        states.append(before | change | {"Modified_Time": at})
    contents["Deals", "7999999"] = states
