"""Invented leads as Zoho CRM v2 answers them: about 1.5 kB each, the same for the same seed."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

import msgspec

from zoho_sandbox.clock import stamp
from zoho_sandbox.zoho.fields import LEAD_STATUSES, SOURCES
from zoho_sandbox.zoho.modules import blank, metadata_id
from zoho_sandbox.zoho.records import Record

SEED = "benchmarks"
FIRST_ID = 5249870000000000000
YEAR = timedelta(days=365)
# The set ends some days ago, so that what a benchmark changes meanwhile is the newest of all.
ENDED = timedelta(days=3)
FIRST_NAMES = ("Asha", "Ravi", "Meera", "Imran", "Divya", "Joseph", "Kavita", "Nikhil", "Farah")
LAST_NAMES = ("Iyer", "Menon", "Chawla", "Khan", "Pillai", "Thomas", "Joshi", "Rao", "Sheikh")
CITIES = ("Pune", "Kochi", "Nagpur", "Surat", "Mysuru", "Indore", "Jaipur", "Bhopal")
REPS = [
    {"name": name, "id": metadata_id(f"user {name}"), "email": f"{name.lower()}@example.com"}
    for name in ("Anil", "Bina", "Chitra", "Dinesh")
]


def times(count: int, rng: Random) -> list[float]:
    """Return `count` moments of a year in order, at random gaps: a CRM's days at its real pace."""
    end = (datetime.now(UTC) - ENDED).timestamp()
    return sorted(end - rng.random() * YEAR.total_seconds() for _ in range(count))


def leads(moments: list[float], *, converted: float = 0.0, seed: str = SEED) -> Iterator[Record]:
    """Yield one lead for each moment, ids in the same order; `converted` is the share of them."""
    rng = Random(seed)
    template = blank("Leads")
    for number, moment in enumerate(moments):
        yield _record(_lead(template, number, moment, rng, rng.random() < converted))


def _record(data: dict) -> Record:
    """Return a record that is held as text only: a million of them must fit the memory."""
    return Record(data, msgspec.json.encode(data))


def _lead(template: dict, number: int, moment: float, rng: Random, converted: bool) -> dict:
    first, last = rng.choice(FIRST_NAMES), rng.choice(LAST_NAMES)
    owner, changed = rng.choice(REPS), stamp(moment)
    lead = template | {
        "id": str(FIRST_ID + number),
        "Owner": owner,
        "Created_By": owner,
        "Modified_By": owner,
        "Created_Time": stamp(moment - rng.random() * 1e6),
        "Modified_Time": changed,
        "Company": f"{last} Interiors",
        "First_Name": first,
        "Last_Name": last,
        "Full_Name": f"{first} {last}",
        "Email": f"{first.lower()}.{last.lower()}{number}@example.com",
        "Phone": f"+91 98{rng.randrange(10**8):08d}",
        "Lead_Source": rng.choice(SOURCES),
        "Lead_Status": rng.choice(LEAD_STATUSES),
        "Annual_Revenue": rng.randrange(10**9) / 100,
        "City": rng.choice(CITIES),
        "Description": f"Call {number}: lighting in {rng.randrange(9) + 1} rooms, then curtains.",
    }
    if converted:
        lead["$converted"] = True
        lead["$converted_detail"] = {"convert_date": changed[:10]}
        lead["Converted_Date_Time"] = changed
    return lead
