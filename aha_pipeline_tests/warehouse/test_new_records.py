"""Copying new records straight into their table leaves what merging every record would leave."""

import json
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from aha_pipeline.warehouse import batches, landing
from aha_pipeline.warehouse.connection import connect
from aha_pipeline.warehouse.landing import LoadResult, Window, open_window
from aha_pipeline_tests.kit.databases import fresh_database

START = datetime(2026, 3, 1, tzinfo=UTC)
END = START + timedelta(days=1)
KINDS = {
    # how many ids there are, share of odd records, whether the window ends, who is forgotten
    "a first load with overlapping pages": (400, 0.0, False, False),
    "few records that change all the time": (15, 0.0, False, False),
    "odd records, and some after the window": (60, 0.4, True, False),
    "odd records of all kinds, nearly all twice": (20, 0.8, False, False),
    "a forgotten person": (40, 0.1, True, True),
}
WORDS = ("plain", "a\u00a0b", "मीरा", "🏠", "back\\slash", 'quo"te', "", "x" * 3000)
TIMES = (
    None, "", "yesterday", "2026-02-30T10:00:00+05:30", "2026-03-01T10:00:00Z",
    "2026-03-01T10:00:00.250+05:30", "20260301T100000+0530", "2026-03-05T10:00:00+05:30",
    "2026-03-02T05:30:00+05:30", "2026-03-02T05:29:59+05:30", "2026-03-01T24:00:00+00:00",
    "2026-03-01T23:59:60+00:00", "2026-03-01T10:00:00+19:00", 7,
)  # fmt: skip
NO_OBJECTS = ("[3]", '"3"', "7")  # which no reader hands on; erasure could not look into them
QUERIES = {
    "records": """
        select id, raw_data::text, deleted_at, deleted_type, kept_fields, modified_time,
            created_time, owner_id, owner_name, lead_status, is_converted, content_since
        from crm.leads_raw order by id
    """,
    "versions": """
        select id, modified_time, replaced_by, raw_data::text
        from crm.record_versions order by id, version
    """,
    "quarantine": "select id, reason, original from crm.quarantine order by reason, original",
    "log": """
        select run_id, status, records_read, inserted, updated, unchanged, deleted
        from crm.sync_logs order by run_id
    """,
    "added": """
        select sum(added) from crm.table_writes where relation = 'crm.leads_raw'::regclass
    """,
}


def drawn(rng: Random, ids: int, odd: float, objects_alone: bool) -> bytes:
    """A record as a page may hold it."""
    number = str(rng.randrange(ids))
    time = START + timedelta(minutes=rng.randrange(3))  # often the same one
    record = {
        "id": number,
        "Modified_Time": time.isoformat(),
        "Created_Time": START.isoformat(),
        "Company": rng.choice(WORDS),
        "Lead_Status": rng.choice(["Contacted", "Qualified", None]),
        "Owner": {"id": "7", "name": "A"},
    }
    if rng.random() >= odd:
        return json.dumps(record).encode()
    text = json.dumps(record | {"Modified_Time": rng.choice(TIMES)}, ensure_ascii=False)
    return rng.choice([
        text,
        text.replace(f'"id": "{number}"', f'"id": {number}'),
        text.replace(f'"id": "{number}"', f'"id": "\\u00{ord(number[0]):02x}{number[1:]}"'),
        text.replace(f'"id": "{number}"', f'"id": "old", "id": "{number}"'),
        text.replace(f'"id": "{number}"', f'"ID": "{number}"'),
        text.replace(f'"id": "{number}"', '"id": null'),
        text.replace(f'"id": "{number}"', f'"id": "{number}\\u0000"'),
        text.replace('"Owner"', '"Note": "half \\ud83d", "Owner"'),
        text.replace('"Owner"', '"Amount": 1.2300000000000000000001e3, "Owner"'),
        *([] if objects_alone else NO_OBJECTS),
    ]).encode()  # fmt: skip


def drawn_pages(rng: Random, ids: int, odd: float, objects_alone: bool) -> list[list[bytes]]:
    """Pages of which each begins with some of what the one before ended with."""
    pages: list[list[bytes]] = [[]]
    for _ in range(rng.randrange(2, 9)):
        again = pages[-1][-rng.randrange(4) :]
        pages.append(
            again + [drawn(rng, ids, odd, objects_alone) for _ in range(rng.randrange(40))]
        )
    return pages


def land(url: str, run_id: str, pages, until_end: bool, deletions) -> LoadResult:
    window = Window(run_id, "Leads", START, END, from_the_beginning=True, is_open=not until_end)
    with open_window(url, window) as opened:
        for number, page in enumerate(pages):
            opened.stage(page, api_calls=number)
        opened.stage_deletions(deletions)
        opened.uncertain_deletions(END)
        return opened.finish(api_calls=9, read_until=END, timezone="Asia/Kolkata")


def contents(url: str) -> dict[str, list[tuple]]:
    found = {}
    with connect(url) as connection, connection.cursor() as cursor:
        for name, query in QUERIES.items():
            cursor.execute(query)
            found[name] = cursor.fetchall()
    return found


def run(url: str, kind: str, seed: int) -> tuple[dict, list[LoadResult]]:
    """Land the same two windows into a database; return what it then holds."""
    ids, odd, until_end, forgets = KINDS[kind]
    rng = Random(f"{kind} {seed}")
    if forgets:
        with connect(url) as connection, connection.cursor() as cursor:
            cursor.execute("""
                with erasure as (insert into crm.erasures (basis) values ('request') returning id)
                insert into crm.forgotten select 'Leads', '3', id from erasure
            """)
    results = []
    for run_id in ("a", "b"):
        pages = drawn_pages(rng, ids, odd, forgets)
        deletions = [
            (str(rng.randrange(ids)), "recycle", START + timedelta(minutes=rng.randrange(40)))
            for _ in range(rng.randrange(4))
        ]
        results.append(land(url, run_id, pages, until_end, deletions))
    return contents(url), results


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", KINDS)
def test_new_records_are_as_if_they_had_been_merged(
    postgres, template_database, monkeypatch, kind, seed
):
    """Both ways the pages are cut into the same batches, or other former contents would be kept."""
    monkeypatch.setattr(landing, "WAITING_RECORDS", 1 + 25 * seed)
    monkeypatch.setattr(landing, "BATCH_RECORDS", 1)
    with fresh_database(postgres, template_database) as copied_url:
        copied = run(copied_url, kind, seed)
    monkeypatch.setattr(batches, "split", lambda texts, until: ({}, [(None, t) for t in texts]))
    with fresh_database(postgres, template_database) as merged_url:
        merged = run(merged_url, kind, seed)
    assert copied == merged


@pytest.mark.parametrize("kind", KINDS)
def test_what_waits_to_be_merged_is_not_overtaken(postgres, template_database, monkeypatch, kind):
    """Records alone: of one that comes thrice, fewer former contents are kept where it waits."""
    monkeypatch.setattr(landing, "WAITING_RECORDS", 10)
    with fresh_database(postgres, template_database) as waiting_url:
        waiting, _ = run(waiting_url, kind, 7)
    monkeypatch.setattr(batches, "split", lambda texts, until: ({}, [(None, t) for t in texts]))
    with fresh_database(postgres, template_database) as merged_url:
        merged, _ = run(merged_url, kind, 7)
    assert [row[:-1] for row in waiting["records"]] == [row[:-1] for row in merged["records"]]
    assert waiting["quarantine"] == merged["quarantine"]


def says(id_: object, company: str) -> bytes:
    """A record of one moment, whatever it says."""
    record = {"id": id_, "Modified_Time": START.isoformat(), "Company": company}
    return json.dumps(record).encode()


RECORD = b'{"id": "1", "Modified_Time": "2026-03-01T10:00:00+00:00"}'


@pytest.mark.parametrize(
    ("texts", "until", "is_plain"),
    [
        ([RECORD], None, True),
        ([RECORD, RECORD], END, True),
        ([RECORD], START, False),
        ([RECORD, RECORD.replace(b"10:00", b"11:00")], None, False),
        ([b'{"id": "1", "Modified_Time": null}'], None, True),
        ([b'{"id": "1", "Modified_Time": null}'], END, False),
        ([RECORD.replace(b'"1"', b"1")], None, False),
        ([RECORD, b"{}"], None, False),
        ([RECORD, b"{"], None, False),
        ([RECORD, b'{"id": "2"}, {"id": "3"}'], None, False),
        ([RECORD, b"[" * 100_000], None, False),
    ],
)
def test_a_record_is_plain_where_nothing_is_to_be_decided(texts, until, is_plain):
    plain, others = batches.split(texts, until)
    assert list(plain) == (["1"] if is_plain else [])
    assert [text for _, text in others] == ([] if is_plain else texts)


@pytest.mark.parametrize(
    "waiting",
    [
        [says("1", "one"), says("1", "two")],
        [says(1, "one"), says("2", "one")],
        [says("1", "one"), says(1, "two")],
    ],
)
def test_what_a_record_says_later_does_not_overtake_what_waits(database_url, monkeypatch, waiting):
    monkeypatch.setattr(landing, "WAITING_RECORDS", 2)
    land(database_url, "a", [waiting, [says("1", "three"), says("3", "one")]], False, [])
    (first, *_) = contents(database_url)["records"]
    assert '"three"' in first[1]


def test_a_failure_after_a_copy_leaves_nothing(database_url, monkeypatch):
    monkeypatch.setattr(landing, "WAITING_RECORDS", 1)

    def fail():
        with open_window(database_url, Window("a", "Leads", START, END)) as opened:
            opened.stage([RECORD], api_calls=1)
            raise RuntimeError("Zoho went away.")

    with pytest.raises(RuntimeError):
        fail()
    assert contents(database_url)["records"] == []
