"""Landing a window: whole records, exact numbers, one transaction, nothing older over newer."""

import json
from datetime import UTC, datetime, timedelta

import psycopg2
import pytest

from aha_pipeline.warehouse.connection import connect
from aha_pipeline.warehouse.landing import Window, open_window
from aha_pipeline.warehouse.state import run_log

START = datetime(2026, 3, 1, tzinfo=UTC)
END = START + timedelta(days=1)


def lead(number: int, minute: int = 0, **values: object) -> dict:
    time = (START + timedelta(minutes=minute)).isoformat(timespec="seconds")
    return {"id": str(number), "Last_Name": f"L{number}", "Modified_Time": time, **values}


def land(url: str, *records: dict, run_id: str = "run", deletions=(), texts=()):
    window = Window(run_id, "Leads", START, END)
    with open_window(url, window) as landing:
        landing.stage([json.dumps(record).encode() for record in records], api_calls=1)
        landing.stage([text.encode() for text in texts], api_calls=1)
        landing.stage_deletions(deletions)
        return landing.finish(api_calls=2, read_until=END, timezone="UTC")


def rows(url: str, query: str) -> list[tuple]:
    with connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


def test_the_whole_record_is_kept_as_sent(database_url):
    record = lead(1, Annual_Revenue=1, **{"$converted": False, "Owner": {"id": "7", "name": "अ"}})
    land(database_url, record)
    assert rows(database_url, "select raw_data, owner_name from crm.leads_raw") == [(record, "अ")]


def test_numbers_keep_every_digit(database_url):
    number = "123456789012345678901234567890.10"
    text = f'{{"id": "1", "Modified_Time": null, "Amount": {number}}}'
    land(database_url, texts=[text])
    assert rows(database_url, "select raw_data ->> 'Amount' from crm.leads_raw") == [(number,)]


def test_landing_the_same_window_twice_changes_no_row(database_url):
    first = land(database_url, lead(1), lead(2), run_id="a")
    before = rows(database_url, "select *, xmin from crm.leads_raw order by id")
    second = land(database_url, lead(1), lead(2), run_id="b")
    assert (first.inserted, second.inserted, second.updated, second.unchanged) == (2, 0, 0, 2)
    assert rows(database_url, "select *, xmin from crm.leads_raw order by id") == before


def test_a_change_replaces_the_record_and_keeps_what_it_said(database_url):
    land(database_url, lead(1, 0, Lead_Status="Contacted"), run_id="a")
    landed = land(database_url, lead(1, 5, Lead_Status="Qualified"), run_id="b")
    assert landed.updated == 1
    assert rows(database_url, "select lead_status from crm.leads_raw") == [("Qualified",)]
    assert rows(
        database_url, "select raw_data ->> 'Lead_Status', replaced_by from crm.record_versions"
    ) == [("Contacted", START + timedelta(minutes=5))]


def test_a_value_that_changes_by_itself_makes_no_version(database_url):
    land(database_url, lead(1, Last_Activity_Time="2026-03-01T00:00:00Z"), run_id="a")
    land(database_url, lead(1, Last_Activity_Time="2026-03-01T01:00:00Z"), run_id="b")
    assert rows(database_url, "select count(*) from crm.record_versions") == [(0,)]


def test_an_older_page_does_not_overwrite_a_newer_record(database_url):
    land(database_url, lead(1, 9, Company="new"), run_id="a")
    landed = land(database_url, lead(1, 3, Company="old"), run_id="b")
    assert (landed.updated, landed.unchanged) == (0, 1)
    assert rows(database_url, "select company from crm.leads_raw") == [("new",)]


def test_of_a_record_twice_in_a_window_the_newest_stays(database_url):
    landed = land(database_url, lead(1, 7, Company="new"), lead(1, 2, Company="old"))
    assert landed.records_read == 1
    assert rows(database_url, "select company from crm.leads_raw") == [("new",)]


def test_records_after_the_window_are_left_to_their_own(database_url):
    landed = land(database_url, lead(1), lead(2, minute=24 * 60))
    assert landed.records_read == 1
    assert rows(database_url, "select id from crm.leads_raw") == [("1",)]


def test_a_deleted_record_keeps_its_values_and_a_restored_one_lives_again(database_url):
    gone = ("1", "recycle", lead(1, 10)["Modified_Time"])
    land(database_url, lead(1, Company="X"), run_id="a")
    assert land(database_url, deletions=[gone], run_id="b").deleted == 1
    assert rows(database_url, "select company, deleted_at, deleted_type from crm.leads_raw") == [
        ("X", START + timedelta(minutes=10), "recycle")
    ]
    assert land(database_url, deletions=[gone], run_id="c").deleted == 0
    land(database_url, lead(1, 20, Company="X"), run_id="d")
    assert rows(database_url, "select deleted_at from crm.leads_raw") == [(None,)]


def test_a_failure_leaves_the_table_as_it_was_and_says_why_in_the_log(database_url):
    land(database_url, lead(1), run_id="a")

    def fail():
        with open_window(database_url, Window("b", "Leads", START, END)) as landing:
            landing.stage([json.dumps(lead(2)).encode()], api_calls=1)
            raise RuntimeError("Zoho went away.\nCompletely.")

    with pytest.raises(RuntimeError):
        fail()
    assert rows(database_url, "select id from crm.leads_raw") == [("1",)]
    with connect(database_url) as connection:
        (row,) = run_log(connection, "b")
    assert (row["status"], row["error"]) == ("failed", "Zoho went away. Completely.")


def test_a_window_left_open_by_a_killed_process_is_closed_by_the_next(database_url):
    with connect(database_url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "insert into crm.sync_logs (run_id, module, window_start, window_end, status) "
            "values ('killed', 'Leads', now(), now(), 'running')"
        )
    land(database_url, lead(1), run_id="next")
    assert rows(database_url, "select status from crm.sync_logs where run_id = 'killed'") == [
        ("interrupted",)
    ]


def test_a_record_that_is_no_json_fails_the_window(database_url):
    with pytest.raises(psycopg2.DataError):
        land(database_url, texts=['{"id": "1"'])
    assert rows(database_url, "select count(*) from crm.leads_raw") == [(0,)]


@pytest.mark.parametrize("bad", [r"\u0000", r"\ud83d", r"\udc00", r"\uD83Dx"])
def test_what_jsonb_cannot_hold_is_landed_cleaned_with_its_own_text_beside(database_url, bad):
    record = f'{{"id": "1", "Modified_Time": null, "Company": "a{bad}b", "Amount": 1.50}}'
    fine = '{"id": "2", "Company": "fine"}'
    land(database_url, texts=[fine, record], run_id="a")
    land(database_url, texts=[fine, record], run_id="b")
    landed = rows(database_url, "select company from crm.leads_raw order by id")
    assert landed == [("a\ufffdxb" if bad.endswith("x") else "a\ufffdb",), ("fine",)]
    assert rows(database_url, "select id, original from crm.quarantine") == [("1", record)]


def test_whole_pairs_and_escaped_backslashes_are_left_alone(database_url):
    text = r'{"id": "1", "Company": "\ud83d\ude00 \\u0000 \\\\ud83d"}'
    land(database_url, texts=[text])
    assert rows(database_url, "select company from crm.leads_raw") == [("😀 \\u0000 \\\\ud83d",)]
    assert rows(database_url, "select count(*) from crm.quarantine") == [(0,)]


@pytest.mark.parametrize(
    ("damaged", "id_", "kept"),
    [
        (b'{"id": "1", "Name": "a\x00b"}', "1", '{"id": "1", "Name": "a\\u0000b"}'),
        (b'{"id": "1", "Name": "\xff"}', "1", '{"id": "1", "Name": "\\xff"}'),
        (b'{"id": "1", "x": [[[[NaN]]]]}', "1", '{"id": "1", "x": [[[[NaN]]]]}'),
        (b'{"id": "1", "Name": "\\x"}', None, '{"id": "1", "Name": "\\x"}'),
        (b"null", None, "null"),
    ],
)
def test_a_damaged_record_is_kept_in_quarantine_and_the_rest_landed(
    database_url, damaged, id_, kept
):
    for run_id in ("a", "b"):
        with open_window(database_url, Window(run_id, "Leads", START, END)) as landing:
            landing.stage([b'{"id": "2", "Company": "fine"}'], 1, [damaged])
            landing.finish(api_calls=1, read_until=END, timezone="UTC")
    assert rows(database_url, "select company from crm.leads_raw") == [("fine",)]
    found = set(rows(database_url, "select id, original, reason from crm.quarantine"))
    assert found == {(id_, kept, "what is not valid JSON")}


def test_a_module_nobody_foresaw_gets_its_own_table(database_url):
    window = Window("run", "Solar_Sites__c", START, END)
    with open_window(database_url, window) as landing:
        landing.stage([json.dumps(lead(5)).encode()], api_calls=1)
        landing.finish(api_calls=1, read_until=END, timezone="UTC")
    assert rows(database_url, "select id from crm.crm_solar_sites__c") == [("5",)]


def test_a_record_that_looks_like_sql_is_text(database_url):
    hostile = "x'); drop table crm.leads_raw; --"
    land(database_url, lead(1, Last_Name=hostile, Lead_Source=hostile))
    assert rows(database_url, "select lead_source from crm.leads_raw") == [(hostile,)]
