"""A company to build marts from: records as Zoho sends them, put into the module tables."""

from collections.abc import Iterable, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise

import msgspec
from psycopg2.extras import execute_values

from aha_pipeline.warehouse.checks import find_failing_rows, mart_checks
from aha_pipeline.warehouse.connection import connect
from aha_pipeline.warehouse.mart_files import read_marts
from aha_pipeline.warehouse.marts import refresh
from aha_pipeline.warehouse.meanings import derive_labels

TABLES = {
    "Leads": "leads_raw",
    "Deals": "crm_deals",
    "Contacts": "crm_contacts",
    "Accounts": "crm_accounts",
}
ACTIVITIES = {
    "Calls": "crm_calls",
    "Tasks": "crm_tasks",
    "Events": "crm_events",
    "Notes": "crm_notes",
}
ASHA = {"id": "1", "name": "Asha"}
BALA = {"id": "2", "name": "Bala"}


def ist(text: str) -> str:
    """Return a time of day in India as Zoho writes it: `ist("2025-03-01 23:59:59")`."""
    return f"{text.replace(' ', 'T')}+05:30"


def lead(number: int, created: str, status: str | None = "Not Contacted", **fields) -> dict:
    return {
        "id": f"L{number}",
        "Last_Name": f"Lead {number}",
        "Lead_Status": status,
        "Lead_Source": "Facebook",
        "Owner": ASHA,
        "$converted": False,
        "$converted_detail": {},
        "Created_Time": created,
        "Modified_Time": created,
    } | fields


def deal(number: int, created: str, stage: str | None = "Qualification", **fields) -> dict:
    return {
        "id": f"D{number}",
        "Deal_Name": f"Deal {number}",
        "Stage": stage,
        "Lead_Source": "Facebook",
        "Owner": ASHA,
        "Amount": 1000,
        "Created_Time": created,
        "Modified_Time": created,
    } | fields


def call(number: int, started: str, lead_id: str, **fields) -> dict:
    return {
        "id": f"T{number}",
        "Call_Type": "Outbound",
        "Call_Start_Time": started,
        "What_Id": {"id": lead_id},
        "Owner": ASHA,
        "Created_Time": started,
        "Modified_Time": started,
    } | fields


def email(number: int, time: str, **fields) -> dict:
    """Return an e-mail that a rep sent, as it is kept."""
    return {
        "message_id": f"M{number}",
        "time": time,
        "sent": True,
        "source": "individual",
        "owner": {"id": ASHA["id"]},
        "status": ["sent"],
    } | fields


def account(number: int, industry: str | None = None) -> dict:
    time = ist("2025-01-01 09:00:00")
    return {
        "id": f"A{number}",
        "Account_Name": f"Account {number}",
        "Industry": industry,
        "Owner": ASHA,
        "Created_Time": time,
        "Modified_Time": time,
    }


def contact(number: int, owner: dict | None = ASHA) -> dict:
    time = ist("2025-01-01 09:00:00")
    return {
        "id": f"C{number}",
        "Last_Name": f"Contact {number}",
        "Owner": owner,
        "Created_Time": time,
        "Modified_Time": time,
    }


@contextmanager
def company(database_url: str, timezone: str = "Asia/Kolkata"):
    """Yield a connection to a database that knows its organisation."""
    with connect(database_url) as connection:
        name_organisation(connection, timezone)
        connection.commit()
        yield connection


def name_organisation(connection, timezone: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into crm.organisation (org_id, name, is_sandbox, timezone, currency) "
            "values ('60001', 'Test company', true, %s, 'INR') "
            "on conflict (singleton) do update set timezone = excluded.timezone",
            [timezone],
        )


def as_json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def put(connection, module: str, *records: dict, deleted_at: str | None = None) -> None:
    rows = [(record["id"], as_json(record), deleted_at) for record in records]
    insert = f"insert into crm.{(TABLES | ACTIVITIES)[module]} (id, raw_data, deleted_at) values %s"  # noqa: S608
    with connection.cursor() as cursor:
        execute_values(cursor, insert, rows)


def put_emails(connection, module: str, record_id: str, *emails: dict) -> None:
    """Put e-mails of a record as they are kept, and note that all of them were read."""
    with connection.cursor() as cursor:
        execute_values(
            cursor,
            "insert into crm.record_emails (module, record_id, message_id, raw_data) values %s",
            [(module, record_id, email["message_id"], as_json(email)) for email in emails],
        )
        cursor.execute(
            "insert into crm.record_email_reads (module, record_id, read_at) values (%s, %s, now())"
            " on conflict do nothing",
            [module, record_id],
        )


def put_history(connection, module: str, *contents: dict, deleted_at: str | None = None) -> None:
    """Put one record whose contents, oldest first, took each other's place."""
    put_histories(connection, module, [contents], deleted_at=deleted_at)


def put_histories(
    connection, module: str, records: Iterable[Sequence[dict]], deleted_at: str | None = None
) -> None:
    """Put records, each as its contents, oldest first."""
    records = list(records)
    put(connection, module, *(contents[-1] for contents in records), deleted_at=deleted_at)
    rows = [
        (
            module,
            old["id"],
            old["Modified_Time"],
            new["Modified_Time"],
            as_json(old),
        )
        for contents in records
        for old, new in pairwise(contents)
    ]
    insert = (
        "insert into crm.record_versions (module, id, modified_time, replaced_by, raw_data) "
        "values %s"
    )
    with connection.cursor() as cursor:
        execute_values(cursor, insert, rows)


def put_told(
    cursor,
    entries: Iterable[tuple[str, str, str, str, datetime, object]],
    reads: Iterable[tuple[str, str, str, datetime | None, datetime | None]],
) -> None:
    """Put entries of Zoho's own histories, and which of them were read to their ends.

    entries: module and id of the record, way, id, time and content; reads: module and id, way, how
    far back, and when, None for now.
    """
    execute_values(
        cursor,
        "insert into crm.record_history "
        "(module, record_id, way, entry_id, audited_time, raw_data) values %s",
        [(*of, as_json(raw)) for *of, raw in entries],
    )
    execute_values(
        cursor,
        "insert into crm.record_history_reads "
        "(module, record_id, way, complete, reaches_back_to, read_at) values %s",
        list(reads),
        "(%s, %s, %s, true, %s, coalesce(%s, now()))",
    )


def put_sync(connection, module: str, started: str) -> None:
    """Note that a module was read at that time."""
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into crm.sync_logs (run_id, module, window_start, window_end, status, "
            "started_at) values (%(time)s, %(module)s, %(time)s, %(time)s, 'success', %(time)s)",
            {"module": module, "time": started},
        )


def build(
    connection,
    first_day: date | None = None,
    last_day: date | None = None,
    only: tuple[str, ...] | None = None,
    derive: bool = True,
) -> None:
    """Refresh every mart; the daily ones and what reads them for the days given, or not at all.

    `only`: the names of those that are wanted, which come with all that they read. derive: labels
    from what has landed, without the user's file.
    """
    if derive:
        derive_labels(connection)
    marts = read_marts()
    wanted = {f"analytics.{name}" for name in only} if only else {m.relation for m in marts}
    for mart in reversed(marts):
        if mart.relation in wanted:
            wanted.update(mart.sources)
    by_day: set[str] = set()
    for mart in marts:
        if mart.kind == "daily" or by_day & set(mart.sources):
            by_day.add(mart.relation)
        if mart.relation not in wanted:
            continue
        if mart.relation not in by_day:
            refresh(connection, mart)
        elif first_day:
            refresh(connection, mart, *((first_day, last_day) if mart.kind == "daily" else ()))


def rows(connection, query: str) -> list[dict]:
    """Return the rows of a mart, or of a query, as dicts."""
    text = query if " " in query else f"select * from analytics.{query}"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(text)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]


def wrong(connection) -> dict[str, list[dict]]:
    """Return what the checks of the figures find, by asset."""
    found = {check.asset: find_failing_rows(connection, check) for check in mart_checks()}
    return {asset: list(result.first) for asset, result in found.items() if result.count}


def total(connection, mart: str, column: str) -> Decimal | int:
    return sum(row[column] for row in rows(connection, mart))


def today(connection) -> date:
    """Return the organisation's present day, by the database's clock."""
    query = "select (now() at time zone timezone)::date as day from crm.organisation"
    return rows(connection, query)[0]["day"]


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
