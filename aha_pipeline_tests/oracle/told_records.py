"""Records of which Zoho's history tells in part, with faults, and in ways that cannot be read."""

import string
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

from psycopg2.extras import execute_values

from aha_pipeline_tests.oracle.told import TIMELINE, TRACKER, Entry, Names, Told
from aha_pipeline_tests.warehouse.marts_company import as_json, put_told

CREATED = datetime(2026, 3, 2, 9, tzinfo=UTC)
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
LANDED = CREATED + 90 * DAY
# After the creation: when records were first read, and when entries are stamped.
READ = [*[5 * DAY] * 5, 30 * DAY, DAY, DAY - SECOND, 2 * SECOND, 0 * DAY, -SECOND]
STAMPS = [SECOND * it for it in (-3600, 0, 30, 59, 60, 61, 3600, 7200, 80000)]
STAMPS += [DAY * it for it in (1, 2, 3, 4, 8)]
AROUND_READ = [SECOND * it for it in (-1, 0, 4, 5, 6, 60)]
OWNERS = [("1", "Asha"), ("2", "Bala"), ("3", "Chand"), ("4", "Bala")]
TEXTS = {
    # The last one may be cut.
    "Stage": [
        *("Qualification", "qualification ", "Negotiation/Review", "Closed Won", "Closed Lost"),
        *("Finished", "Contacted", "shown", "kept", "-None-", None, "x" * 254, "x" * 255),
    ],
    "Lead_Status": ["Contacted", "CONTACTED", "Junk Lead", "Shown", "Qualification", "--", None],
    "Lead_Source": ["Partner", "Web", "Shown", "n/a", None],
    "Amount": ["1000", "1000.0", "1000.5", "1.000", "2,000", "-7", "-1.250", "blank", None],
    "Probability": ["10", "50", "50.0", "12.500", None],
    "Closing_Date": ["2026-05-01", "2026-05-01T10:00:00", "2026-06-30", "01/05/2026", None],
    "Owner": ["1", "2", "3"],
    "Layout": ["Standard", "Own"],
}
FIELDS = {
    "Deals": ["Stage", "Amount", "Probability", "Closing_Date", "Owner"],
    "Leads": ["Lead_Status", "Lead_Source", "Owner"],
}
# Values that are shown by one name and kept by another, or by another spelling of the same.
OPTIONS = {
    ("Deals", "Stage"): [("Shown", "Kept"), ("Finished", "finished")],
    ("Deals", "Lead_Status"): [("Contacted", "Reached")],
    ("Leads", "Lead_Source"): [("Shown", "Kept")],
    ("Leads", "Stage"): [("Qualification", "Offer")],
}
TWO_NAMES = {
    (*of, name.lower())
    for of, options in OPTIONS.items()
    for shown, kept in options
    for name in (shown, kept)
    if shown.lower() != kept.lower()
}
NAMES = Names(OWNERS, TWO_NAMES)


def drawn(random: Random, records: int) -> Iterator[Told]:
    """Yield records of which Zoho tells much that fits together, and some that does not."""
    ids = [str(number) for number in range(records * 7)]
    random.shuffle(ids)
    for number in range(records):
        module = random.choice(list(FIELDS))
        read = CREATED + random.choice(READ)
        ways = random.choice([[TIMELINE], [TIMELINE], [TIMELINE], [TRACKER], [TIMELINE, TRACKER]])
        stamps = [CREATED + it for it in STAMPS] + [read + it for it in AROUND_READ]
        stamps = random.choices(stamps, k=random.randrange(7))
        stamps = sorted(stamps + stamps[: random.choice([0, 0, 1])])  # two of one moment
        fields = [name for name in FIELDS[module] if random.random() < 0.8] or FIELDS[module]
        said = {name: random.choice(TEXTS[name]) for name in (*fields, "Layout")}
        entries = []
        for at in stamps:
            before, names = dict(said), [name for name in said if random.random() < 0.4]
            said |= {name: random.choice(TEXTS[name]) for name in names}
            way = random.choice(ways)
            raw = _saved(random, before, said, names) if way == TIMELINE else _entered(said)
            entries += [Entry(way, ids.pop(), at, raw)] if random.random() < 0.9 else []
        content = {name: content_of(name, said[name]) for name in fields}
        reach = random.choice([CREATED, CREATED, CREATED - DAY, None, *stamps])
        yield Told(
            module, f"R{number}", CREATED, read, content,
            reach if TIMELINE in ways else None, entries,
        )  # fmt: skip


def _saved(random: Random, before: dict, said: dict, names: list[str]) -> dict:
    """Return an entry of the timeline; some of them tell of less or of something else."""
    raw: dict = {"action": random.choice(["updated", "updated", "updated", "added", None])}
    raw = {name: value for name, value in raw.items() if value}
    fields = []
    for name in names:
        old = random.choice(TEXTS[name]) if random.random() < 0.1 else before[name]
        values = {"old": old, "new": said[name]}
        if name == "Owner":
            people = {when: {"id": id_, "name": dict(OWNERS)[id_]} for when, id_ in values.items()}
            told_by = random.randrange(5)
            if told_by:
                raw["automation_details"] = {"owner": people}
            if told_by == 1:
                del people[random.choice(["old", "new"])]
            if told_by > 2:
                continue
            values = {when: dict(OWNERS)[id_] for when, id_ in values.items()}
            values["old"] = random.choice([values["old"], values["old"], "Nobody", None])
        if random.random() < 0.05:
            del values[random.choice(["old", "new"])]
        fields += [{"api_name": name, "_value": values}] * random.choice([*[1] * 19, 2])
    return raw | {"field_history": fields or random.choice([None, []])}


def _entered(said: dict) -> dict:
    """Return a row of the stage tracker."""
    return {name: said[name] for name in ("Stage", "Lead_Status", "Amount") if name in said}


def content_of(name: str, text: str | None) -> object:
    """Return a value as the record itself says it."""
    if text is None or name not in ("Amount", "Probability", "Closing_Date"):
        return text
    if name == "Closing_Date":
        return text[:10] if text.startswith("2026") else None
    return None if text == "blank" else float(text.replace(",", ""))


def land(cursor, told: list[Told]) -> None:
    """Land what is told, and other things of records of another module that have the same ids.

    Of which nothing is told, that was not read.
    """
    cursor.execute("delete from analytics.owners")
    execute_values(cursor, "insert into analytics.owners (owner_id, name) values %s", OWNERS)
    listed = [
        (*of, as_json([{"display_value": shown, "actual_value": kept} for shown, kept in options]))
        for of, options in OPTIONS.items()
    ]
    cursor.execute("delete from crm.crm_fields")
    execute_values(
        cursor,
        "insert into crm.crm_fields (module, api_name, picklist, raw_data) values %s",
        listed,
        "(%s, %s, %s, '{}')",
    )
    entries, reads = [], []
    of_other = {"Deals": "Leads", "Leads": "Deals"}
    for one, stranger in zip(told, reversed(told), strict=True):
        module, other = one.module, of_other[one.module]
        entries += [(module, one.id, it.way, it.id, it.at, it.raw) for it in one.entries]
        entries += [(other, one.id, it.way, f"x{it.id}", it.at, it.raw) for it in stranger.entries]
        reads.append((other, one.id, TIMELINE, CREATED, LANDED + 9 * HOUR))
        if one.entries or one.reach:
            number = int(one.id.strip(string.ascii_letters))
            at = LANDED + number % 5 * HOUR
            if one.reach or number % 2:
                reads.append((module, one.id, TIMELINE, one.reach, at))
            reads.append((module, one.id, TRACKER, CREATED, LANDED + number % 3 * HOUR))
    put_told(cursor, entries, reads)
    # Of all tables it would hold a lock on those that databases share, as long as this is open.
    cursor.execute("analyze crm.record_history, crm.record_history_reads")
