"""The files of lists, and a record's address in Zoho: what they hold, what they let nobody do."""

import csv
import io
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from psycopg2 import sql as names
from psycopg2.extras import RealDictCursor

from aha_pipeline import sql
from aha_pipeline.crm.data_centres import web_url_for
from aha_pipeline_tests.warehouse.marts_company import (
    ASHA,
    account,
    build,
    call,
    company,
    contact,
    deal,
    ist,
    lead,
    put,
    put_history,
)
from aha_pipeline_tests.warehouse.told_histories import (
    TRACKED,
    Life,
    lives,
    tell,
    text,
    timeline,
    tracker,
    watch,
)
from dashboard import cards
from dashboard.record_page import _activity, _value, _worth
from dashboard.records import as_csv, as_xlsx
from dashboard.source import Source

COLUMNS = {"name": "Deal", "amount": "Amount"}
HOSTILE = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "＝1+1", "a;=1+1"]


def rows(names: list[str]) -> list[dict]:
    return [
        {"id": f"52498700545364751{n:02}", "name": name, "amount": Decimal("1234567.89")}
        for n, name in enumerate(names)
    ]


def test_a_csv_holds_no_formula_and_keeps_its_ids():
    text = as_csv(COLUMNS, rows(HOSTILE)).decode("utf-8-sig")
    heading, *cells = csv.reader(io.StringIO(text))
    assert heading == ["Id", "Deal", "Amount"]
    assert all(name.startswith("'") or ";'" in name for _, name, _ in cells)
    assert cells[0][0] == "zcrm_5249870054536475100"
    assert cells[0][2] == "1234567.89"


def test_a_workbook_holds_no_formula_and_no_link():
    made = as_xlsx(COLUMNS, rows([*HOSTILE, "http://x.example"]))
    with zipfile.ZipFile(io.BytesIO(made)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        strings = book.read("xl/sharedStrings.xml").decode()
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet
    assert "1234567.89" in sheet
    assert "zcrm_5249870054536475100" in strings
    assert "'=1+1" in strings


@pytest.mark.parametrize(
    ("accounts", "domain", "address"),
    [
        ("https://accounts.zoho.in", "org60001", "https://crm.zoho.in/crm/org60001"),
        ("https://accounts.zohocloud.ca", "org7", "https://crm.zohocloud.ca/crm/org7"),
        ("https://accounts.zoho.com.cn", "org7", "https://crm.zoho.com.cn/crm/org7"),
        ("http://127.0.0.1:9000", "org7", None),
        ("https://accounts.zoho.in", None, None),
    ],
)
def test_a_record_opens_in_the_data_centre_of_the_organisation(accounts, domain, address):
    assert web_url_for(accounts, domain) == address
    source = SimpleNamespace(web_url=address)
    opened = Source.record_url(source, "Deals", "5/7")
    assert opened == (address and f"{address}/tab/Potentials/5%2F7")
    assert Source.record_url(source, "Products", "1") is None


@pytest.mark.parametrize(
    ("data_type", "value", "text"),
    [
        ("date", "2026-11-24", "24 Nov 2026"),
        ("date", "tomorrow", "tomorrow"),
        ("datetime", "2026-09-02T10:24:26+00:00", "2 Sep 2026, 15:54 IST"),
        ("datetime", "2026-09-31T10:24:26+00:00", "2026-09-31T10:24:26+00:00"),
        ("currency", "4771000", "₹47,71,000.00"),
        ("currency", "much", "much"),
        ("percent", "12.5", "12.5%"),
        ("percent", "90.0", "90%"),
        ("percent", "high", "high"),
        (None, "2026-11-24", "2026-11-24"),
    ],
)
def test_a_value_is_printed_as_people_write_it_and_else_as_it_stands(data_type, value, text):
    source = SimpleNamespace(currency="INR", zone=ZoneInfo("Asia/Kolkata"))
    row = {"data_type": data_type, "currency": None}
    assert _value(value, row, source).replace("\\", "") == text


DAY = ist("2026-03-04 10:00:00")
WITH_CONTACT = {"Contact_Name": {"id": "C1", "name": "Contact 1"}}
OF_DEAL = {"Of the deal": None, "Ahead": "planned", "Dropped": "cancelled",
           "Dropped ahead": "cancelled"}  # fmt: skip
OF_CONTACT = OF_DEAL | {"Of its contact": None, "Of the contact before": None}
LOGGED = {
    ("Leads", "L1"): {"Outbound of the lead": None, "Missed": "missed"},
    ("Leads", "L2"): {"Without a time": "no time set", "Scheduled ahead": "planned",
                      "Overdue ahead": "planned", "Overdue": "overdue", "Scheduled": "not held",
                      "Incoming": "not held", "Dropped too": "cancelled"},
    ("Deals", "D2"): OF_DEAL | {"Of its contact": None},
    ("Deals", "D4"): {"Of its contact": None, "Of a deal of another account": None},
    ("Contacts", "C1"): OF_CONTACT | {"Of a deal of another account": None,
                                      "Of another account": None},
    ("Contacts", "C3"): {"Of another contact": None},
    ("Accounts", "A1"): OF_CONTACT | {"Of the account": None},
    ("Accounts", "A2"): {"Of a deal of another account": None, "Of another account": None,
                         "Of another contact": None},
    ("Accounts", "A3"): {},
}  # fmt: skip
NOT_HELD = (
    ("Scheduled ahead", "2126-03-05 11:00:00", {"Call_Status": "Scheduled"}),
    ("Overdue ahead", "2126-03-04 11:00:00", {"Outgoing_Call_Status": "Overdue"}),
    ("Overdue", "2026-03-05 11:00:00", {"Outgoing_Call_Status": "Overdue"}),
    ("Scheduled", "2026-03-04 11:00:00", {"Outbound_Call_Status": " scheduled"}),
    ("Incoming", "2026-03-04 10:00:00", {"Call_Status": "Scheduled", "Call_Type": "Inbound"}),
    ("Dropped too", "2026-03-03 11:00:00", {"Call_Status": "Canceled"}),
)


@pytest.fixture(scope="module")
def logged(module_database_url):
    """A connection to a company with calls of a lead, of a deal, and of the deal's contact."""
    with company(module_database_url) as connection:
        put(connection, "Leads", lead(1, DAY), lead(2, DAY))
        for number, (title, start, said) in enumerate(NOT_HELD):
            put(connection, "Calls", call(20 + number, ist(start), "L2", Subject=title, **said))
        put(connection, "Events", {"id": "E1", "Event_Title": "Without a time", "Owner": ASHA,
                                   "What_Id": {"id": "L2"}, "Created_Time": DAY})  # fmt: skip
        put(connection, "Accounts", account(1), account(2), account(3))
        of_first, of_second = ({"Account_Name": {"id": id_}} for id_ in ("A1", "A2"))
        put(connection, "Contacts", contact(1) | of_first, contact(3) | of_second)
        put(
            connection,
            "Deals",
            deal(2, DAY, **WITH_CONTACT),
            deal(3, DAY, **WITH_CONTACT),
            deal(4, DAY, **WITH_CONTACT, **of_second),
        )
        of_deal, of_contact = {"What_Id": {"id": "D2"}}, {"What_Id": None, "Who_Id": {"id": "C1"}}
        put(
            connection, "Calls",
            call(1, ist("2026-03-04 11:00:00"), "L1", Subject="Outbound of the lead"),
            call(2, ist("2026-03-04 12:00:00"), "L1", Subject="Missed", Call_Type="Missed"),
            call(3, ist("2026-03-05 11:00:00"), "", Subject="Of the deal", **of_deal),
            call(4, ist("2126-03-05 11:00:00"), "", Subject="Ahead", **of_deal),
            call(5, ist("2026-03-04 10:30:00"), "", Subject="Dropped", Call_Status="Cancelled",
                 **of_deal),
            call(13, ist("2126-03-04 10:30:00"), "", Subject="Dropped ahead",
                 Call_Status="Cancelled", **of_deal),
            call(6, ist("2026-03-04 10:40:00"), "", Subject="Of its contact", **of_contact),
            call(7, ist("2026-03-03 10:40:00"), "", Subject="Of the contact before", **of_contact),
            call(9, ist("2026-03-05 09:00:00"), "A1", Subject="Of the account"),
            call(10, ist("2026-03-03 09:00:00"), "A2", Subject="Of another account",
                 Who_Id={"id": "C1"}),
            call(11, ist("2026-03-06 09:00:00"), "D4", Subject="Of a deal of another account"),
            call(12, DAY, "", Subject="Of another contact", What_Id=None, Who_Id={"id": "C3"}),
        )  # fmt: skip
        put(connection, "Calls", call(8, DAY, "L1", Subject="Gone"), deleted_at=DAY)
        build(connection, only=("activities", "owners"))
        connection.commit()
        yield connection


def test_a_records_activities_are_its_own_the_latest_first(logged):
    for (module, id_), expected in LOGGED.items():
        with logged.cursor(cursor_factory=RealDictCursor) as cursor:
            cursor.execute(sql.read("dashboard/record_activities"), {"module": module, "id": id_})
            rows = cursor.fetchall()
        assert {row["title"]: row["state"] for row in rows} == expected
        at = [row["at"] for row in rows if row["at"]]
        assert at == sorted(at, reverse=True)


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        ({"Owner": {"id": "100001", "name": "Asha", "email": "a@x.example"}},
         {"Owner": {"id": "100001", "name": "Asha", "email": "b@x.example"}}, []),
        ({"Owner": {"id": "100001", "name": "Asha"}}, {"Owner": {"id": "200002", "name": "Asha"}},
         [("Owner", "Asha (…00001)", "Asha (…00002)")]),
        ({"Amount": 100}, {"Amount": 100.0}, []),
        ({"Amount": 100, "Probability": None}, {"Amount": 200, "Probability": ""},
         [("Amount", "100", "200")]),
    ],
)  # fmt: skip
def test_what_reads_the_same_before_and_after_is_no_change(logged, before, after, changes):
    put_history(logged, "Deals", deal(90, DAY, **before), deal(90, DAY, **after))
    found = timeline_of(logged, "Deals", "D90")
    logged.rollback()
    assert [(row["label"], row["before"], row["after"]) for row in found] == changes


def fields_of(connection, id_: str) -> list[dict]:
    query = names.SQL(sql.read("dashboard/record_fields"))
    with connection.cursor(cursor_factory=RealDictCursor) as cursor:
        given = {"table": names.Identifier("crm_deals"), "module": names.Literal("Deals")}
        cursor.execute(query.format(**given), {"id": id_})
        return cursor.fetchall()


@pytest.mark.parametrize(
    ("currency", "fields", "related"),
    [
        ("USD", ["$1,500.00", "40%"], "$1.5K"),
        ("JPY", ["¥1,500", "40%"], "¥1.5K"),
        (None, ["₹1,500.00", "40%"], "₹1,500"),
    ],
)
def test_a_records_own_values_are_printed_with_their_own_unit(logged, currency, fields, related):
    source = SimpleNamespace(currency="INR", zone=ZoneInfo("Asia/Kolkata"))
    said = {"Currency": currency, "Account_Name": {"id": "A3", "name": "Account 3"}}
    with logged.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(
            "insert into crm.crm_fields (module, api_name, label, data_type, raw_data) values "
            "('Deals', 'Amount', 'Amount', 'currency', '{}'), "
            "('Deals', 'Probability', 'Probability', 'integer', '{}')"
        )
        old, new = deal(91, DAY, Amount=1000, Probability=10, **said), deal(91, DAY, **said)
        put_history(logged, "Deals", old, new | {"Amount": 1500, "Probability": 40})
        wanted = ("Amount", "Probability")
        found = [r for r in fields_of(logged, "D91") if r["label"] in wanted]
        changed = timeline_of(logged, "Deals", "D91")
        cursor.execute(sql.read("dashboard/record_related"), {"module": "Accounts", "id": "A3"})
        [of_account] = cursor.fetchall()
    logged.rollback()
    for values in ([_value(r["value"], r, source) for r in found],
                   [_value(r["after"], r, source) for r in changed]):  # fmt: skip
        assert [value.replace("\\", "") for value in values] == fields
    assert _worth(of_account, source) == related


def timeline_of(connection, module: str, id_: str) -> list[dict]:
    table = names.Identifier({"Leads": "leads_raw", "Deals": "crm_deals"}[module])
    query = names.SQL(sql.read("dashboard/record_timeline"))
    with connection.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(query.format(table=table, module=names.Literal(module)), {"id": id_})
        return cursor.fetchall()


NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
FIRST_READ = NOW - timedelta(days=45)


@pytest.fixture(scope="module")
def company_lives() -> list[Life]:
    return [life for life in lives("a small company", NOW, 40) if life.created < FIRST_READ]


@pytest.mark.parametrize("told", ["nothing", "timeline", "tracker", "both"])
def test_a_record_has_what_zoho_told_of_the_time_before_its_first_read(logged, company_lives, told):
    found = [life for life in company_lives if len(life.states) > 1][:40]
    watch(logged, found, FIRST_READ)
    reaches = {}
    for life in found:
        by_timeline, by_tracker = timeline(life), tracker(life)
        middle = len(by_timeline.entries) // 2
        half = replace(
            by_timeline,
            entries=by_timeline.entries[middle:],
            reaches=by_timeline.entries[middle][0],
        )
        histories = {"timeline": [by_timeline], "tracker": [by_tracker],
                     "both": [half, by_tracker]}.get(told, [])  # fmt: skip
        reaches[life.id] = {"timeline": life.created, "both": half.reaches}.get(told)
        tell(logged, histories)
    kinds = set()
    for life in found:
        said = [
            (row["changed"].replace(microsecond=0), row["label"], row["before"] or "",
             row["after"] or "", row["is_told"])
            for row in timeline_of(logged, life.module, life.id)
        ]  # fmt: skip
        expected = list(by_hand(life, reaches[life.id], is_tracked=told in ("tracker", "both")))
        assert sorted(said) == sorted(expected), life.id
        assert [row[0] for row in said] == sorted((row[0] for row in said), reverse=True)
        kinds |= {row[4] for row in said}
    logged.rollback()
    assert kinds == ({False} if told == "nothing" else {False, True})


def by_hand(life: Life, reaches: datetime | None, *, is_tracked: bool):
    """Yield what changed in a life, as it was seen, or told by what knows of that time."""
    for (_, old), (at, new) in pairwise(life.states):
        is_told = at <= FIRST_READ
        by_timeline = reaches is not None and at >= reaches
        for name, value in new.items():
            if name in ("Modified_Time", "Last_Activity_Time") or name.startswith("$"):
                continue
            if is_told and not by_timeline and not (is_tracked and name == TRACKED[life.module]):
                continue
            written = told_text if is_told else seen_text
            before, after = written(name, old.get(name)), written(name, value)
            if before != after:
                day = at.astimezone(ZoneInfo("Asia/Kolkata")).replace(microsecond=0, tzinfo=None)
                yield day, name.replace("_", " "), before, after, is_told


def told_text(name: str, value: object) -> str:
    return value["name"] if name == "Owner" else text(value) or ""


def seen_text(_: str, value: object) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return value["name"] if isinstance(value, dict) else text(value) or ""


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (("call", "outbound", "Hello_", None), ("4 Mar 2026, 11:00 · Asha", "Call · Hello_")),
        (
            ("call", "inbound", None, "missed"),
            ("4 Mar 2026, 11:00 · Asha", "Incoming call · missed"),
        ),
        (("task", "outbound", "Quote", "open"), ("Asha", "Task · Quote · open")),
        (("note", None, "Gate code", None), ("4 Mar 2026, 11:00 · Asha", "Note · Gate code")),
    ],
)
def test_an_activity_says_what_it_was_and_whether_it_took_place(row, said):
    kind, direction, title, state = row
    moment = None if kind == "task" else datetime(2026, 3, 4, 11, 0)  # noqa: DTZ001
    of = {"kind": kind, "direction": direction, "title": title, "state": state}
    printed = _activity({**of, "at": moment, "owner_name": "Asha"})
    assert tuple(part.replace("\\", "") for part in printed) == said


@pytest.mark.parametrize(
    ("label", "since", "said"),
    [
        ("Win rate", date(2025, 7, 3), "No comparison: no deals closed 1–30 Oct"),
        ("Junk share", date(2026, 10, 1), "No comparison: no new leads 1–30 Oct"),
        ("Win rate", date(2026, 10, 2), "No comparison: known since 2 Oct"),
        ("Won", date(2026, 10, 2), "No comparison: known since 2 Oct"),
        ("Open pipeline", date(2026, 10, 31), "No comparison: known since 31 Oct"),
        # A sum is there for any days since then, but for those of deals of unknown value.
        ("Won", date(2026, 10, 1), "No comparison: one of the two values is not known"),
        ("Open pipeline", date(2026, 10, 30), "No comparison: one of the two values is not known"),
        ("Win rate", None, "No records yet"),
    ],
)
def test_a_figure_says_why_it_has_none_to_compare_with(label, since, said):
    days = {"before_first": date(2026, 10, 1), "before_last": date(2026, 10, 30)}
    days["has_whole_days"] = True
    source = SimpleNamespace(filters=SimpleNamespace(**days), today=date(2026, 11, 30))
    [card] = [card for card in cards.CARDS if card.label == label]
    assert cards._without_before(card, {"since": since}, source) == said
